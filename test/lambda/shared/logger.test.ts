import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../..');

/** Runs a program that has a `log` in a process of its own, and returns the lines that it wrote. */
function linesOf(program: string, env: Readonly<Record<string, string>> = {}): unknown[] {
  const source = `
    import { powertoolsLog } from './lambda/shared/logger.ts';
    import { metricFields } from './lambda/shared/metrics.ts';
    const log = powertoolsLog('ingest');
    ${program}`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', source],
    { cwd: ROOT, env: { ...env, NODE_OPTIONS: '' }, encoding: 'utf8' },
  );
  // Lambda collects both.
  return `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

describe('a log line', () => {
  test('is one line of JSON, with metrics at the top level, as CloudWatch needs', () => {
    const program = `log.info('Event accepted', {
      request_id: 'r', view: undefined, odd: 'a\\n\\ud800', ...metricFields('example', { EventsAccepted: 1 }, 5),
    });`;
    expect(linesOf(program)).toEqual([
      {
        level: 'INFO',
        message: 'Event accepted',
        timestamp: expect.any(String),
        service: 'ingest',
        request_id: 'r',
        odd: 'a\n\uD800',
        _aws: expect.objectContaining({ Timestamp: 5 }),
        Stage: 'example',
        EventsAccepted: 1,
      },
    ]);
  });

  test('has the ID of its invocation, once that is set', () => {
    const program = `
      log.addContext({ awsRequestId: 'invocation-1', functionName: 'f', memoryLimitInMB: '128' });
      log.error('no', { error: { name: 'TypeError', message: 'x' } });`;
    expect(linesOf(program)).toEqual([
      {
        level: 'ERROR',
        message: 'no',
        timestamp: expect.any(String),
        service: 'ingest',
        function_request_id: 'invocation-1',
        error: { name: 'TypeError', message: 'x' },
      },
    ]);
  });

  test.each([
    [{}, ['INFO', 'WARN', 'ERROR']],
    [{ AWS_LAMBDA_LOG_LEVEL: 'INFO' }, ['INFO', 'WARN', 'ERROR']],
    // Lambda's own variable has precedence.
    [{ AWS_LAMBDA_LOG_LEVEL: 'INFO', POWERTOOLS_LOG_LEVEL: 'ERROR' }, ['INFO', 'WARN', 'ERROR']],
    [{ AWS_LAMBDA_LOG_LEVEL: 'ERROR' }, ['ERROR']],
  ])('is written from the configured level on: %j', (env, levels) => {
    const program = `for (const level of ['info', 'warn', 'error']) log[level]('x', {});`;
    expect(linesOf(program, env)).toEqual(
      levels.map((level) => expect.objectContaining({ level })),
    );
  });
});
