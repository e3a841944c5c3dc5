/** Answers 5xx: each has a `Retry-After`, and the event is not stored. */

import { expect, test } from '@jest/globals';

import { sampleText } from '../../support/glasnostic.ts';
import { ingestBench } from '../../support/ingest.ts';

const body = sampleText('view-threshold');

const problem = (status: number, title: string): object => ({
  type: 'about:blank',
  title,
  status,
  detail: 'The event was not accepted; send it again.',
});

const never = new Promise<never>(() => undefined);

type Options = NonNullable<Parameters<typeof ingestBench>[0]>;

test.each<[string, number, string, Options]>([
  [
    'the queue cannot be reached',
    503,
    'The event could not be enqueued and was not accepted',
    {
      enqueue: async () => {
        throw new Error('connect ECONNREFUSED');
      },
    },
  ],
  [
    'the queue fails with something that is no error',
    503,
    'The event could not be enqueued and was not accepted',
    {
      enqueue: async () => {
        // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- what is thrown is not ours to choose
        throw 'queue';
      },
    },
  ],
  [
    'the secret cannot be read',
    503,
    'The webhook token cannot be read; the event was not accepted',
    {
      readSecret: async () => {
        throw new Error('AccessDeniedException');
      },
    },
  ],
  [
    'the queue does not answer before the function is stopped',
    503,
    'AWS did not answer in time; the event was not accepted',
    { enqueue: async () => never, timeLeft: 501 },
  ],
  [
    'the bridge itself fails',
    500,
    'The bridge failed to process a request',
    {
      routes: () => {
        throw new TypeError('undefined is not a function');
      },
    },
  ],
])(
  '%s: the answer is %d with Retry-After, and an error in the log',
  async (_, status, message, options) => {
    const bench = ingestBench(options);
    const answer = await bench.post({ body });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toEqual({
      'content-type': 'application/problem+json',
      'retry-after': '30',
    });
    const title = status === 503 ? 'Not available' : 'Internal error';
    expect(JSON.parse(answer.body)).toEqual(problem(status, title));
    expect(bench.log.lines).toEqual([
      expect.objectContaining({ level: 'error', message, request_id: 'request-1' }),
    ]);
    expect(bench.log.text()).not.toContain('EventsAccepted');
  },
);
