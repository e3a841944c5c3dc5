import { describe, expect, test } from '@jest/globals';

import { errorFields, withFields } from '../../../lambda/shared/log.ts';
import { recordingLog } from '../../support/recording-log.ts';

describe('an error in a log line', () => {
  test('has its name and message, and not its stack, cause or other fields', () => {
    const error = Object.assign(new TypeError('no', { cause: 'secret' }), { request: 'secret' });
    expect(errorFields(error)).toEqual({ error: { name: 'TypeError', message: 'no' } });
  });

  test.each([
    ['text', 'text'],
    [undefined, 'undefined'],
    [5, '5'],
  ])('may be any thrown value: %j', (thrown, message) => {
    expect(errorFields(thrown)).toEqual({ error: { name: 'unknown', message } });
  });
});

test('common fields are in every line, and a line can override them', () => {
  const log = recordingLog();
  const withCommon = withFields(log, { request_id: 'r', a: 1 });
  withCommon.info('one', { b: 2 });
  withCommon.warn('two', { a: 3 });
  withCommon.error('three', {});
  expect(log.lines).toEqual([
    { level: 'info', message: 'one', request_id: 'r', a: 1, b: 2 },
    { level: 'warn', message: 'two', request_id: 'r', a: 3 },
    { level: 'error', message: 'three', request_id: 'r', a: 1 },
  ]);
});
