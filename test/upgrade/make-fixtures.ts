/**
 * Writes `test/upgrade/VERSION/` for the version in package.json: the reviewed templates, messages,
 * dead letters, and what this version reads in them. Part of a release, see CONTRIBUTING.md:
 * `npx node test/upgrade/make-fixtures.ts`.
 */

import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stages } from '../../config/index.ts';
import { deadLetterEntry } from '../../lambda/delivery/queue/dead-letter.ts';
import {
  type DeduplicatedEvents,
  FAILURE_REASONS,
  replayBody,
  writeEventMessage,
} from '../../lambda/shared/message.ts';
import { reviewedPath } from '../../lib/reviewed.ts';
import { ROOT, textOf } from '../support/markdown.ts';
import { readDeadLetterLine, readMessage } from './read.ts';

const SAMPLES = ['view-threshold', 'view-limit', 'segmentation'];

const TWELVE: DeduplicatedEvents = {
  count: 12,
  first: Date.UTC(2026, 0, 1, 3),
  last: Date.UTC(2026, 0, 1, 4),
  ratio: 2.5,
};

function messages(): readonly string[] {
  const meta = { receivedAt: '2026-01-01T03:00:00.600Z', requestId: 'fixture=' };
  const events = SAMPLES.map((name) => textOf(`test/samples/${name}.json`));
  const [first = ''] = events;
  const bodies = [...events, JSON.stringify({ ...JSON.parse(first), bridgeTest: true })].map(
    (event) => writeEventMessage(meta, JSON.stringify(JSON.parse(event))),
  );
  const [body = ''] = bodies;
  return [...bodies, replayBody(body), replayBody(body, TWELVE)];
}

function deadLetters(bodies: readonly string[]): readonly string[] {
  return FAILURE_REASONS.flatMap((reason) =>
    [undefined, TWELVE].map((standsFor, index) => {
      const body = reason === 'malformed' ? 'not JSON' : (bodies[index] ?? '');
      const message = { messageId: 'm', receiptHandle: 'r', body, receiveCount: 2, sentAt: 0 };
      const status = reason === 'rejected' ? 400 : undefined;
      const disposition = {
        kind: 'deadLetter',
        reason,
        detail: 'Why.',
        status,
        standsFor,
      } as const;
      const { MessageAttributes: attributes } = deadLetterEntry(
        { message, disposition },
        'entry',
        TWELVE.last,
      );
      return JSON.stringify({ body, groupId: 'platform', attributes });
    }),
  );
}

const { version }: { version: string } = JSON.parse(textOf('package.json'));
const folder = join(ROOT, 'test', 'upgrade', version);
const bodies = messages();
const lines = deadLetters(bodies);
const files = {
  'messages.jsonl': bodies.join('\n'),
  'dead-letters.jsonl': lines.join('\n'),
  'expected.json': JSON.stringify(
    { messages: bodies.map(readMessage), deadLetters: lines.map(readDeadLetterLine) },
    undefined,
    2,
  ),
};
if (existsSync(folder)) {
  console.error(
    `test/upgrade/${version} exists, and is never written again. Raise the version first.`,
  );
  process.exit(1);
}
mkdirSync(folder);
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `${text}\n`);
for (const { name } of stages) {
  copyFileSync(reviewedPath(name, 'template'), join(folder, `${name}.template.json`));
}
console.log(`Wrote test/upgrade/${version}.`);
