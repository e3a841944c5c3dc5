import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { escapeRefused, replaceRefused } from '../../../lambda/shared/sqs-text.ts';
import { anyTextOf } from '../../support/any-text.ts';
import { RUNS } from '../../support/runs.ts';
import { sqsRefusal } from '../../support/sqs-rules.ts';

const REFUSED = '\0\u001B\uFFFE\uFFFF';
const TAKEN = '\t\n\r\u007F \uFFFD😀';

describe('a character that SQS refuses', () => {
  test('is replaced, and nothing else', () => {
    expect(replaceRefused(`${REFUSED}\uD83D${TAKEN}`)).toBe(`${'\uFFFD'.repeat(5)}${TAKEN}`);
  });

  test('is escaped in JSON, and nothing else', () => {
    expect(escapeRefused(`"${REFUSED}${TAKEN}"`)).toBe(`"\\u0000\\u001b\\ufffe\\uffff${TAKEN}"`);
  });

  test('is in no text afterwards, and the JSON keeps its meaning', () => {
    fc.assert(
      fc.property(anyTextOf({ minLength: 1 }), (text) => {
        expect(sqsRefusal(replaceRefused(text))).toBeUndefined();
        const json = JSON.stringify(text);
        expect(sqsRefusal(escapeRefused(json))).toBeUndefined();
        expect(JSON.parse(escapeRefused(json))).toBe(text);
      }),
      RUNS,
    );
  });
});
