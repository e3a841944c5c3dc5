/** Events that the page sends: through the webhook, as Glasnostic does. */

import { evenPace, UNPACED } from '../../ops/pace.ts';
import { postEvents } from '../../ops/send/post.ts';
import { sampleEvent } from '../../ops/send/sample.ts';
import type { Bridge } from '../bridge.ts';
import type { SendAnswer, StormView } from './state.ts';

/** What a storm is made of. */
export interface StormChoice {
  readonly count: number;
  /** Different views, so different incidents. */
  readonly views: number;
  /** Events a second. */
  readonly rate: number;
}

/** Sends events to a bridge. */
export interface Sender {
  readonly send: (choice: { view: string; value: number }) => Promise<SendAnswer>;
  /** Starts a storm. @returns false while another one is under way */
  readonly storm: (choice: StormChoice) => boolean;
  /** Ends a storm that is under way. */
  readonly calm: () => void;
  /** The last storm. */
  readonly view: () => StormView | undefined;
}

/** Values of a storm: over the threshold of 30, by so much that every severity comes up. */
const STORM_VALUES = { from: 33, step: 7, different: 6 };

/** Opens a sender. `changed` is told of a storm's progress. */
export function eventSender({ webhookUrl }: Bridge, changed: () => void): Sender {
  const split = webhookUrl.lastIndexOf('/');
  const target = { url: webhookUrl.slice(0, split), token: webhookUrl.slice(split + 1) };
  let storm: StormView | undefined;
  let stopping = new AbortController();

  const rage = async ({ count, views, rate }: StormChoice): Promise<void> => {
    let index = 0;
    const { accepted, failed, posted, answers } = await postEvents({
      ...target,
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
        changed();
      },
    });
    const trouble = answers.find(({ status }) => status !== 202);
    storm = {
      running: false,
      total: count,
      posted,
      accepted,
      failed,
      trouble: trouble && `${trouble.status || 'No answer'}: ${trouble.detail}`,
    };
    changed();
  };

  return {
    send: async ({ view, value }) => {
      const { answers } = await postEvents({
        ...target,
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
      void rage(choice);
      return true;
    },
    calm: () => stopping.abort(),
    view: () => storm,
  };
}
