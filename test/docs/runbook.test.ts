/** Every alarm has a section in the runbook, and every such section has an alarm. */

import { describe, expect, test } from '@jest/globals';
import { stages } from '../../config/index.ts';
import { hardened, templateOf } from '../lib/stages.ts';
import { sectionsOf, textOf } from '../support/markdown.ts';

const SECTIONS = sectionsOf(textOf('docs/runbook.md')).filter(({ level }) => level === 2);
const OF_ALARMS = SECTIONS.filter(({ text }) => text.startsWith('**Description.**'));

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

describe.each(OF_ALARMS)('$title', ({ text }) => {
  test('has description, investigation, resolution and escalation, in this order', () => {
    const parts = [...text.matchAll(/^\*\*(\w+)\.\*\* (?=\S)/gm)].map(([, part]) => part);
    expect(parts).toEqual(['Description', 'Investigation', 'Resolution', 'Escalation']);
  });
});

test('every other section is a list of steps', () => {
  const others = SECTIONS.filter((section) => !OF_ALARMS.includes(section));
  expect(others.map(({ title }) => title)).toEqual([
    'An outage of PagerDuty, from start to end',
    'A storm',
    'Rotating the token',
    'What became of one event',
    'Rotating an integration key',
  ]);
  for (const { text } of others) expect(text).toMatch(/^1\. /m);
});
