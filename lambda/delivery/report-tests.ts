import type { Log } from '../shared/log.ts';
import { TEST_NOT_RESOLVED, TEST_RESOLVED } from '../shared/test-lines.ts';
import type { TestReport } from './batch-run.ts';

/** Logs the resolves of tests. `send --test` waits for one of these lines. */
export function reportTests(tests: readonly TestReport[], log: Log): void {
  for (const { events, outcome } of tests) {
    const [{ service, dedupKey }] = events;
    const fields = {
      pagerduty_service: service,
      dedup_key: dedupKey,
      status: outcome.status,
      // As in the line about the trigger.
      request_ids: events.slice(-10).map(({ requestId }) => requestId),
    };
    if (outcome.kind === 'delivered') log.info(TEST_RESOLVED, fields);
    else log.warn(TEST_NOT_RESOLVED, { ...fields, detail: outcome.detail });
  }
}
