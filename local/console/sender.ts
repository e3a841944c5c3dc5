/** Sends the page's events to the webhook, as Glasnostic does. */

import { evenPace, UNPACED } from '../../ops/pace.ts';
import { postEvents, type PostOptions } from '../../ops/send/post.ts';
import { sampleEvent } from '../../ops/send/sample.ts';
import type { Bridge } from '../bridge.ts';
import type { SendAnswer, StormView } from './state.ts';

/** A storm. */
export interface StormChoice {
  readonly count: number;
  /** Number of different views: each opens an incident. */
  readonly views: number;
  /** Events per second. */
  readonly rate: number;
}

/** Sends events to a bridge. */
export interface Sender {
  readonly send: (choice: { view: string; value: number }) => Promise<SendAnswer>;
  /** Starts a storm. @returns false while another one runs */
  readonly storm: (choice: StormChoice) => boolean;
  readonly stopStorm: () => void;
  /** The last storm. */
  readonly view: () => StormView | undefined;
}

/** Values of a storm, over the threshold of 30: together they have every severity. */
const STORM_VALUES = { from: 33, step: 7, different: 6 };

/** Makes a sender. */
export function eventSender(bridge: Bridge): Sender {
  const target = (): Pick<PostOptions, 'url' | 'token'> => {
    // Read each time, because the token may have been rotated.
    const { webhookUrl } = bridge;
    const split = webhookUrl.lastIndexOf('/');
    return { url: webhookUrl.slice(0, split), token: webhookUrl.slice(split + 1) };
  };
  let storm: StormView | undefined;
  let stopping = new AbortController();

  const runStorm = async ({ count, views, rate }: StormChoice): Promise<void> => {
    let index = 0;
    const { accepted, failed, posted, answers } = await postEvents({
      ...target(),
      count,
      pace: evenPace(rate),
      signal: stopping.signal,
      event: () => {
        const { from, step, different } = STORM_VALUES;
        const view = `${(index % views) + 1}`;
        const value = from + step * (Math.floor(index / views) % different);
        index += 1;
        return sampleEvent({ view, value }, Date.now());
      },
      onProgress: (done) => {
        storm = { running: true, total: count, posted: done, accepted: done, failed: 0 };
      },
    });
    const other = answers.find(({ status }) => status !== 202);
    const failure = other && `${other.status || 'No answer'}: ${other.detail}`;
    storm = { running: false, total: count, posted, accepted, failed, failure };
  };

  return {
    send: async ({ view, value }) => {
      const { answers } = await postEvents({
        ...target(),
        count: 1,
        pace: UNPACED,
        event: () => sampleEvent({ view, value }, Date.now()),
      });
      const [answer] = answers;
      return answer ?? { status: 0, detail: 'There was no answer.' };
    },
    storm: (choice) => {
      if (storm?.running === true) return false;
      storm = { running: true, total: choice.count, posted: 0, accepted: 0, failed: 0 };
      stopping = new AbortController();
      void runStorm(choice);
      return true;
    },
    stopStorm: () => stopping.abort(),
    view: () => storm,
  };
}
