import { expect, test } from '@jest/globals';

import { createJournal } from '../../../local/lambda/journal.ts';
import { watchUpdatesNotDue } from '../../../local/lambda/updates-not-due.ts';

const FUNCTION = 'delivery';

function setUp() {
  const journal = createJournal();
  let now = 0;
  const updates = watchUpdatesNotDue({
    journal,
    functionName: FUNCTION,
    updateInterval: 60_000,
    now: () => now,
  });
  const log = (reason: string, ids: readonly string[], from = FUNCTION): void => {
    journal.write(from, JSON.stringify({ message: 'Events wait', reason, message_ids: ids }));
  };
  return {
    updates,
    log,
    ids: () => [...updates.ids()],
    setTime: (millis: number) => {
      now = millis;
    },
  };
}

test('an update is not due from its disposition until it is received again', () => {
  const { updates, log, ids } = setUp();
  log('update_due: One update per 60 s.', ['a', 'b']);
  expect(ids()).toEqual(['a', 'b']);
  updates.received(['a', 'c']);
  expect(ids()).toEqual(['b']);
});

test('what waits for another reason, or in a log line of another function, is not counted', () => {
  const { log, ids } = setUp();
  log('unavailable: 503', ['a']);
  log('update_due: One update per 60 s.', ['b'], 'ingest');
  expect(ids()).toEqual([]);
});

test('an update that is not received when it is due waits like any other event', () => {
  const { log, ids, setTime } = setUp();
  log('update_due: One update per 60 s.', ['a']);
  setTime(59_999);
  expect(ids()).toEqual(['a']);
  setTime(60_000);
  expect(ids()).toEqual([]);
});
