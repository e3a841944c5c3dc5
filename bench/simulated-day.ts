/** Prints what an outage of PagerDuty of a whole day would do to the bridge: `npx node bench/simulated-day.ts`. */

import { simulateOutage, WHOLE_DAY } from './simulation/day.ts';

const startedAt = performance.now();
const result = await simulateOutage(WHOLE_DAY);
const { opened, calls, ...figures } = result;
const minutes = (milliseconds = NaN): number => Math.round(milliseconds / 6_000) / 10;
console.log(
  JSON.stringify(
    {
      ...WHOLE_DAY,
      ...figures,
      calls: calls.length,
      oldestAge: `${(figures.oldestAge / 3_600_000).toFixed(3)} h`,
      incidentsOpened: opened.length,
      openedMinutesAfterRecovery: {
        min: minutes(opened[0]),
        median: minutes(opened[Math.floor(opened.length / 2)]),
        max: minutes(opened.at(-1)),
      },
      tookSeconds: Math.round(performance.now() - startedAt) / 1000,
    },
    undefined,
    2,
  ),
);
