import { expect, test } from '@jest/globals';
import { drawDashboard } from '../../lib/dashboard-picture.ts';
import { hardened, templateOf } from './stages.ts';

test('the dashboard asks in the order of an operator', () => {
  const picture = drawDashboard(JSON.stringify(templateOf(hardened).toJSON()));
  const questions = [...picture.matchAll(/>## ([^<]+)</g)].map(([, question]) => question);
  expect(questions).toEqual([
    'Are pages getting out?',
    'How late?',
    'What is stuck?',
    'Why?',
    'Is the bridge itself well?',
  ]);
  expect(picture).toContain('>17 alarms<');
});

test('a template without a dashboard is said to have none', () => {
  expect(() => drawDashboard('{"Resources":{}}')).toThrow('The template has no dashboard.');
});
