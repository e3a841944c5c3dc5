/** Whoever is woken by an alarm finds what to do. */

import { describe, expect, test } from '@jest/globals';
import { stages } from '../../config/index.ts';
import { hardened, templateOf } from '../lib/stages.ts';
import { sectionsOf, textOf } from '../support/markdown.ts';

const SECTIONS = sectionsOf(textOf('docs/runbook.md')).filter(({ level }) => level === 2);
const OF_ALARMS = SECTIONS.filter(({ text }) => text.startsWith('**Description.**'));

/** The anchors that the alarms of a stage name. */
function named(stage: Parameters<typeof templateOf>[0]): readonly string[] {
  return Object.values(templateOf(stage).findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties: { AlarmDescription } }) =>
      /#([\w-]+)$/.exec(String(AlarmDescription))?.[1] ?? '',
  );
}

// The hardened stage has every alarm there is; a real one may leave some out.
test.each([...stages, hardened])('every alarm of the stage $name has its section', (stage) => {
  const anchors = new Set(OF_ALARMS.map(({ anchor }) => anchor));
  const alarms = named(stage);
  expect(alarms.length).toBeGreaterThan(10);
  expect(alarms.filter((anchor) => !anchors.has(anchor))).toEqual([]);
});

test('every section of an alarm has its alarm', () => {
  const alarms = new Set(named(hardened));
  expect(OF_ALARMS.map(({ anchor }) => anchor).filter((anchor) => !alarms.has(anchor))).toEqual([]);
});

describe.each(OF_ALARMS)('$title', ({ text }) => {
  test('says what it means, how to look, how to mend, and when to escalate, in this order', () => {
    const parts = [...text.matchAll(/^\*\*(\w+)\.\*\* (?=\S)/gm)].map(([, part]) => part);
    expect(parts).toEqual(['Description', 'Investigation', 'Resolution', 'Escalation']);
  });
});

test('what takes several steps is told from start to end', () => {
  const others = SECTIONS.filter((section) => !OF_ALARMS.includes(section));
  expect(others.map(({ title }) => title)).toEqual([
    'An outage of PagerDuty, from start to end',
    'A storm',
    'Rotating the token',
    'Rotating an integration key',
  ]);
  for (const { text } of others) expect(text).toMatch(/^1\. /m);
});
