/** The local bridge with its API and its console page: what `npm start` serves. */

import { local } from '../config/local.ts';
import { bridgeApi } from './bridge-api.ts';
import { startBridge, type Bridge, type BridgeOptions } from './bridge.ts';
import { startConsole } from './console/console.ts';

/** Starts a bridge whose port answers the webhook, the API and the console page. */
export async function startBridgeWithConsole(options: BridgeOptions = {}): Promise<Bridge> {
  const bridge = await startBridge(options);
  try {
    const page = startConsole(bridge, options.stage ?? local);
    bridge.answerWith(bridgeApi(bridge, page));
    const stop = async (): Promise<void> => {
      await page.stop();
      await bridge.stop();
    };
    return { ...bridge, stop };
  } catch (error) {
    await bridge.stop();
    throw error;
  }
}
