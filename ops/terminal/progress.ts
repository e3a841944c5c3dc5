/** Progress bars with rate and time left; plain lines now and then when there is no terminal. */

import cliProgress from 'cli-progress';

import { formatDuration } from '../../lambda/shared/duration.ts';
import { formatNumber, writeLine, type Output } from './terminal.ts';

/** Shows how far a command is. */
export interface Progress {
  readonly update: (done: number, total: number) => void;
  /** A remark that stays on the screen. */
  readonly note: (text: string) => void;
  readonly end: () => void;
}

/** Milliseconds between two lines without a terminal. */
const LINE_INTERVAL = 5_000;

/** Milliseconds that the shown rate is averaged over. */
const RATE_SPAN = 5_000;

/** Milliseconds before the first figures: a command that is quicker shows none. */
const QUIET = 400;

/** Rate per second over the last moments. Pure but for the samples that it keeps. */
function rateMeter(): (done: number, now: number) => number {
  const samples: { readonly at: number; readonly done: number }[] = [];
  return (done, now) => {
    samples.push({ at: now, done });
    while (samples.length > 2 && now - (samples[1]?.at ?? now) > RATE_SPAN) samples.shift();
    const [first] = samples;
    const span = first === undefined ? 0 : now - first.at;
    return first === undefined || span === 0 ? 0 : ((done - first.done) / span) * 1_000;
  };
}

function timeLeft(done: number, total: number, rate: number): string {
  if (done >= total) return 'done';
  return rate <= 0
    ? 'time left unknown'
    : `${formatDuration(((total - done) / rate) * 1_000)} left`;
}

/**
 * Starts to show progress.
 *
 * @param what is being done, such as `Replaying`
 */
export function startProgress(stream: Output, what: string): Progress {
  const rateOf = rateMeter();
  const startedAt = performance.now();
  return stream.isTTY === true
    ? barProgress(stream, what, { rateOf, startedAt })
    : lineProgress(stream, what, { rateOf, startedAt });
}

interface Meter {
  readonly rateOf: (done: number, now: number) => number;
  readonly startedAt: number;
}

function barProgress(stream: Output, what: string, { rateOf, startedAt }: Meter): Progress {
  const bar = new cliProgress.SingleBar({
    format: `${what} {bar} {done} of {all} | {rate}/s | {left}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    stream,
    hideCursor: true,
    clearOnComplete: true,
    // Ctrl-C is the command's business.
    gracefulExit: false,
    emptyOnZero: true,
  });
  let shown = false;
  return {
    update: (done, total) => {
      const now = performance.now();
      const rate = rateOf(done, now);
      const values = {
        done: formatNumber(done),
        all: formatNumber(total),
        rate: formatNumber(rate < 10 ? rate : Math.round(rate)),
        left: timeLeft(done, total, rate),
      };
      if (shown) {
        bar.setTotal(total);
        bar.update(done, values);
      } else if (now - startedAt > QUIET) {
        shown = true;
        bar.start(total, done, values);
      }
    },
    note: (text) => {
      if (shown) bar.stop();
      shown = false;
      writeLine(stream, text);
    },
    end: () => {
      if (shown) bar.stop();
      shown = false;
    },
  };
}

function lineProgress(stream: Output, what: string, { rateOf, startedAt }: Meter): Progress {
  let lastLine = startedAt;
  return {
    update: (done, total) => {
      const now = performance.now();
      const rate = rateOf(done, now);
      if (now - lastLine < LINE_INTERVAL) return;
      lastLine = now;
      writeLine(
        stream,
        `${what}: ${formatNumber(done)} of ${formatNumber(total)}, ${formatNumber(Math.round(rate))}/s, ${timeLeft(done, total, rate)}`,
      );
    },
    note: (text) => {
      writeLine(stream, text);
    },
    end: () => undefined,
  };
}
