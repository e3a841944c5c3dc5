/** A storm of 10,000 events: calls to PagerDuty, answers 429, and memory of the functions. */

import type { Measurement, Row } from './measuring/row.ts';
import { stormOnTheBridge } from './storm/bridge.ts';
import { stormOnTheClock } from './storm/clock.ts';

async function measure(progress: (text: string) => void): Promise<readonly Row[]> {
  return [...(await stormOnTheBridge(progress)), ...(await stormOnTheClock(progress))];
}

const storm: Measurement = {
  about:
    '10,000 events of 10 incidents on the local bridge, and of 1,000 incidents on a virtual clock',
  seconds: 28,
  measure,
};
export default storm;
