import { describe, expect, test } from '@jest/globals';

import {
  alarmFaults,
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
    // A day of 200 events takes minutes to simulate.
    Object.keys(LOADS).flatMap((load) =>
      (load === '200 events' ? [6] : [6, 24]).map((hours) => [trouble, load, hours] as const),
    ),
  );

describe('trouble is one alarm and one end', () => {
  test.each(CASES)('%s, %s, %i h', async (trouble, load, hours) => {
    const recordings = await Promise.all(
      (hours === 6 && load !== '200 events' ? [1, 2] : [1]).map(async (seed) =>
        inTrouble({ trouble, load, hours }, { seed }),
      ),
    );
    expect(recordings.flatMap((recording) => alarmFaults(trouble, recording))).toEqual([]);
  });
});
