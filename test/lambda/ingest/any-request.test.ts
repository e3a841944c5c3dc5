import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { readCandidate } from '../../../lambda/delivery/candidate.ts';
import type { WebhookResponse } from '../../../lambda/ingest/response.ts';
import type { WebhookRequest } from '../../../lambda/ingest/request.ts';
import { translate } from '../../../lambda/pagerduty/translate.ts';
import { isJsonObject } from '../../../lambda/shared/json.ts';
import { type Route, routeTable } from '../../../lambda/shared/routes.ts';
import { anyText } from '../../support/any-text.ts';
import { eventText } from '../../support/event-text.ts';
import { ingestBench, TOKEN } from '../../support/ingest.ts';
import { jsonText } from '../../support/json-text.ts';
import { KEY } from '../../support/pagerduty-event.ts';
import { pagerDutyProblems } from '../../support/pagerduty-rules.ts';
import { RUNS } from '../../support/runs.ts';
import { sqsRefusal } from '../../support/sqs-rules.ts';

const ROUTES: readonly Route[] = [
  { environment: '1', view: '4', service: 'shop', severity: 'critical' },
  { environment: '1', metric: '*', domain: 'SEGMENTATION', ignore: true },
  {
    environment: '*',
    service: 'any',
    severity: { default: 'info', over: [{ ratio: 2, severity: 'error' }] },
  },
];

/** Status codes of the HTTP contract that a sender can cause, and the type of their bodies. */
const ANSWERS: Readonly<Record<number, string>> = {
  200: 'application/json',
  202: 'application/json',
  400: 'application/problem+json',
  401: 'application/problem+json',
  404: 'application/problem+json',
  413: 'application/problem+json',
  422: 'application/problem+json',
};

/** Violations of the HTTP contract in a response. */
function answerProblems({ statusCode, headers, body }: WebhookResponse): string[] {
  const expected = ANSWERS[statusCode];
  const read: unknown = JSON.parse(body);
  const { status } = isJsonObject(read) ? read : {};
  return [
    ...(expected === undefined ? [`answered ${statusCode}`] : []),
    ...(headers['content-type'] === expected ? [] : ['the answer has another content type']),
    ...(typeof status === 'string' || status === statusCode ? [] : [`${body} is no answer`]),
  ];
}

/** Errors of a message that ingest put on the queue, in each step to PagerDuty. */
function messageProblems(message: { readonly body: string; readonly groupId: string }): string[] {
  const refusal = sqsRefusal(message.body);
  if (refusal !== undefined) return [refusal];
  const queued = { messageId: 'm', receiptHandle: 'h', receiveCount: 1, sentAt: 0 };
  const read = readCandidate({ ...queued, ...message }, routeTable(ROUTES));
  if (read.kind !== 'candidate') return [`not delivered: ${read.undeliverable.detail}`];
  const { event, severity, receivedAt, service, occurredAt, dedupKey } = read.candidate;
  const alert = translate(event, {
    integrationKey: KEY,
    dedupKey,
    severity,
    ownSeverity: severity,
    consoleUrl: 'https://app.glasnostic.com',
    receivedAt,
    now: Date.parse(receivedAt) + 3_600_000,
    deduplicated: { count: 3, first: occurredAt, last: occurredAt },
  });
  return [
    ...pagerDutyProblems(JSON.stringify(alert)),
    ...(service === message.groupId ? [] : ['delivery finds another service than ingest']),
  ];
}

/** Posts a request and returns all violations in its response and messages. */
async function problemsOf(request: Partial<WebhookRequest>) {
  const { post, sent, log } = ingestBench({ routes: ROUTES });
  const answer = await post(request);
  const isSent = answer.statusCode === 202;
  const problems = [
    ...answerProblems(answer),
    ...sent.flatMap(messageProblems),
    ...(sent.length === (isSent ? 1 : 0) ? [] : ['an answer that does not fit the queue']),
    ...(log.text().includes(TOKEN) ? ['the token is in the log'] : []),
  ];
  return { status: answer.statusCode, problems };
}

const encoded = (body: string): Partial<WebhookRequest> => ({
  body: Buffer.from(body).toString('base64'),
  isBase64Encoded: true,
});

describe('no request causes a 5xx, and every accepted event can be delivered to PagerDuty', () => {
  test('events, in text and in base64', async () => {
    const statuses: number[] = [];
    await fc.assert(
      fc.asyncProperty(eventText, fc.boolean(), async (text, isBase64) => {
        const { status, problems } = await problemsOf(isBase64 ? encoded(text) : { body: text });
        expect(problems).toEqual([]);
        statuses.push(status);
      }),
      RUNS,
    );
    // Otherwise the property would test nothing.
    const accepted = statuses.filter((status) => status === 202).length;
    expect(accepted).toBeGreaterThan(statuses.length / 3);
    expect(new Set(statuses)).toEqual(new Set([200, 202, 422]));
  });

  test('any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(jsonText, async (body) => {
        expect((await problemsOf({ body })).problems).toEqual([]);
      }),
      RUNS,
    );
  });

  test('any request at all', async () => {
    const text = fc.oneof(
      anyText,
      fc.string({ unit: fc.constantFrom('\uD800', '\uDFFF', '\0', '\uFFFE', '{', '"', ' ') }),
      eventText,
      fc.constant(TOKEN),
      fc.constant(`Bearer ${TOKEN}`),
    );
    const names = fc.constantFrom('token', 'authorization', '__proto__', 'x');
    const fields = fc.option(fc.dictionary(names, text), { nil: undefined });
    const request = fc.record(
      {
        body: fc.oneof(
          text,
          fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
        ),
        isBase64Encoded: fc.boolean(),
        headers: fields,
        pathParameters: fc.oneof(fields, fc.constant({ token: TOKEN })),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(request, async (anyRequest) => {
        expect((await problemsOf(anyRequest)).problems).toEqual([]);
      }),
      RUNS,
    );
  });
});

const deep = (open: string, close: string, levels: number): string =>
  open.repeat(levels) + close.repeat(levels);
const inEvent = (field: string): string =>
  `{"type":"EVENT","environment":{"id":"e"},"event":{"content":{"metric":"requests"},"view":{"id":"4"}},${field}}`;
const inContent = (content: string): string =>
  `{"type":"EVENT","environment":{"id":"e"},"event":{"content":${content}}}`;

describe('requests of a hostile sender', () => {
  test.each<[string, string, number]>([
    ['100,000 levels of arrays', deep('[', ']', 100_000), 400],
    ['100,000 levels that never end', '['.repeat(100_000), 400],
    ['40,000 levels of objects', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`, 422],
    ['100,000 levels in a field', inEvent(`"x":${deep('[', ']', 100_000)}`), 202],
    ['100,000 levels for the content', inContent(deep('[', ']', 100_000)), 202],
    ['100,000 levels for a metric', inContent(`{"metric":${deep('[', ']', 100_000)}}`), 202],
    ['100,000 levels for a time', inEvent(`"time":${deep('[', ']', 100_000)}`), 202],
    [
      '100,000 levels for an ID',
      `{"type":"EVENT","environment":{"id":${deep('[', ']', 100_000)}}}`,
      422,
    ],
    ['100,000 levels for a type', `{"type":${deep('[', ']', 100_000)}}`, 422],
    ['40,000 empty objects', inContent(`[${'{},'.repeat(40_000)}{}]`), 202],
    ['numbers that grow when they are written out', inContent(`[${'1e20,'.repeat(50_000)}1]`), 202],
    ['a number of 200,000 digits', inContent(`{"value":${'9'.repeat(200_000)}}`), 202],
    ['a name of 250,000 characters', inEvent(`"${'x'.repeat(250_000)}":1`), 202],
    ['260,000 bytes of U+FFFF', inContent(`{"x":"${'\uFFFF'.repeat(86_000)}"}`), 202],
    ['IDs of 120,000 characters', thresholdOf(`"${'x'.repeat(120_000)}"`), 202],
    ['IDs of emoji', thresholdOf(`"${'😀'.repeat(30_000)}"`), 202],
    ['IDs of half pairs', thresholdOf(`"${'\\ud83d'.repeat(20_000)}"`), 202],
    ['IDs of NULs', thresholdOf(`"${'\\u0000'.repeat(20_000)}"`), 202],
    ['IDs named __proto__', thresholdOf('"__proto__"'), 202],
    [
      'a prototype',
      '{"__proto__":{"type":"EVENT","environment":{"id":"e"}},"constructor":{"prototype":{}}}',
      422,
    ],
    [
      'a prototype for each part',
      '{"type":"EVENT","environment":{"id":"e","__proto__":{}},"event":{"__proto__":{"view":1},"content":{"__proto__":null,"toString":1,"valueOf":2}}}',
      202,
    ],
    ['10 MB', `{"a":"${'x'.repeat(10_000_000)}"}`, 413],
    ['10 MB of one character', '['.repeat(10_000_000), 413],
    ['an event without anything', '{"type":"EVENT"}', 422],
  ])('%s', async (_, body, expected) => {
    const { status, problems } = await problemsOf({ body });
    expect(problems).toEqual([]);
    expect(status).toBe(expected);
    expect({}).not.toHaveProperty('type');
  });
});

function thresholdOf(id: string): string {
  return `{"type":"EVENT","environment":{"id":${id}},"event":{"view":{"id":${id}},"content":{"metric":"m","value":2,"threshold":1}}}`;
}
