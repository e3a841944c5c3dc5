/** Messages of the log lines that end a test (`./bridge send --test`); the command waits for them. */

/** PagerDuty accepted the resolve that follows the trigger. */
export const TEST_RESOLVED = 'The incident of a test was resolved';

/** It did not, so the incident of the test stays open. */
export const TEST_NOT_RESOLVED = 'The incident of a test stays open';
