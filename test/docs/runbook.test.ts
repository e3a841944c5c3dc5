/** Every alarm has a section in the runbook, and every such section has an alarm. */

import { describe, expect, test } from '@jest/globals';
import { stages } from '../../config/index.ts';
import { hardened, templateOf } from '../lib/stages.ts';
import { sectionsOf, textOf } from '../support/markdown.ts';

const SECTIONS = sectionsOf(textOf('docs/runbook.md')).filter(({ level }) => level === 2);

/** The text of each section with its blocks, by title. */
const WHOLE = new Map(
  textOf('docs/runbook.md')
    .split(/^## /m)
    .map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n')).trim()]),
);
const OF_ALARMS = SECTIONS.filter(({ text }) => text.startsWith('**Meaning.**'));

/** The text of a description, which is in parts if it has the region of the stack. */
function textOfDescription(description: unknown): string {
  return JSON.stringify(description).replaceAll('\\n', '\n');
}

/** The runbook anchors in the alarm descriptions of a stage. */
function anchorsOf(stage: Parameters<typeof templateOf>[0]): readonly string[] {
  return Object.values(templateOf(stage).findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties: { AlarmDescription } }) =>
      /\nRunbook: [^#]+#([\w-]+)/.exec(textOfDescription(AlarmDescription))?.[1] ?? '',
  );
}

/** The first command of each alarm, without the stage, by the anchor of its section. */
const FIRST_COMMANDS = new Map(
  Object.values(templateOf(hardened).findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties: { AlarmDescription: text } }) => [
      /\nRunbook: [^#]+#(\S+)/.exec(text)?.[1],
      /\nFirst: (.+)/.exec(text)?.[1]?.replace(' --stage hardened', ''),
    ],
  ),
);

// The hardened stage has every alarm; another stage may leave some out.
test.each([...stages, hardened])('every alarm of the stage $name has a section', (stage) => {
  const anchors = new Set(OF_ALARMS.map(({ anchor }) => anchor));
  const alarms = anchorsOf(stage);
  expect(alarms.length).toBeGreaterThan(10);
  expect(alarms.filter((anchor) => !anchors.has(anchor))).toEqual([]);
});

test('every section of an alarm has an alarm', () => {
  const alarms = new Set(anchorsOf(hardened));
  expect(OF_ALARMS.map(({ anchor }) => anchor).filter((anchor) => !alarms.has(anchor))).toEqual([]);
});

describe.each(OF_ALARMS)('$title', ({ title, anchor }) => {
  test('has the meaning in one sentence, causes, a command and the escalation, in this order', () => {
    const [meaning = '', table = '', ...rest] = (WHOLE.get(title) ?? '').split('\n\n');
    expect(meaning).toMatch(/^\*\*Meaning\.\*\* (?:[^.]|\.(?=\w))+\.$/);
    const [head = '', , ...rows] = table.split('\n');
    expect(head).toMatch(/^\| cause +\| how to see it +\| what to do +\|$/);
    expect(rows).not.toEqual([]);
    expect(rest[0]).toMatch(/^```sh\n/);
    expect(rest[0]?.split('\n')[1]).toBe(FIRST_COMMANDS.get(anchor));
    expect(rest.at(-1)).toMatch(/^\*\*Escalate\.\*\* \S/);
  });
});

test('a block of commands can be pasted as it is', () => {
  const blocks = [...textOf('docs/runbook.md').matchAll(/^ *```sh\n([^]*?)^ *```$/gm)];
  expect(blocks.length).toBeGreaterThan(20);
  // A placeholder is in capitals, such as SERVICE. Only the first block sets a variable.
  for (const [, commands = ''] of blocks) {
    expect(commands.replace('BRIDGE_STAGE', '')).not.toMatch(/\b[A-Z]{2,}\b/);
  }
});

test('after the first minute and the alarms, every section is a list of steps', () => {
  const others = SECTIONS.filter((section) => !OF_ALARMS.includes(section)).slice(1);
  expect(others.map(({ title }) => title)).toEqual([
    'An outage of PagerDuty, from start to end',
    'A noisy view',
    'A storm',
    'Rotating the token',
    'What became of one event',
    'Pages that PagerDuty does not pass on',
    'Rotating an integration key',
  ]);
  for (const { text } of others) expect(text).toMatch(/^1\. /m);
});
