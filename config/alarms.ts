/** Reads when alarms ring. */

import type { Section } from './section.ts';
import type { AlarmSettings } from './stage.ts';

/** Reads the alarm settings. */
export function readAlarms(stage: Section): AlarmSettings {
  const section = stage.section('alarms');
  const settings: AlarmSettings = {
    deliveryDelaySeconds: section.integer('deliveryDelaySeconds', 300, {
      min: 10,
      max: 86_400,
      why: 'a page that is a day late is no page',
    }),
    unauthorizedPerFiveMinutes: section.integer('unauthorizedPerFiveMinutes', 100, {
      min: 1,
      max: 1_000_000,
      why: 'the alarm has to ring at some number',
    }),
    silenceHours: section.integer('silenceHours', 0, {
      min: 0,
      max: 24,
      why: '0 switches the alarm off, and CloudWatch looks back one day',
    }),
    runbookUrl:
      section.optionalText('runbookUrl', {
        pattern: /^[^\s#?]+$/,
        fix: 'write an address without blanks, query or fragment; alarms append the section',
      }) ?? 'docs/runbook.md',
  };
  section.close();
  return settings;
}
