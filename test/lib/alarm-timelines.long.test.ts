import { describe, test } from '@jest/globals';

import {
  expectOneAlarmEach,
  inTrouble,
  LOADS,
  TROUBLES,
  type Trouble,
} from '../support/alarm-timelines.ts';

function isTrouble(name: string): name is Trouble {
  return Object.hasOwn(TROUBLES, name);
}

const CASES = Object.keys(TROUBLES)
  .filter(isTrouble)
  .flatMap((trouble) =>
    Object.keys(LOADS).flatMap((load) => [6, 24].map((hours) => [trouble, load, hours] as const)),
  );

describe('trouble is one alarm and one end', () => {
  test.each(CASES)('%s, %s, %i h', async (trouble, load, hours) => {
    for (const seed of [1, 2]) {
      expectOneAlarmEach(trouble, await inTrouble({ trouble, load, hours }, { seed }));
    }
  });
});
