/** Progress with rate and time left: a bar in a terminal, a line every few seconds elsewhere. */

import cliProgress from 'cli-progress';

import { formatDuration } from '../../lambda/shared/duration.ts';
import type { Session } from '../session.ts';
import { formatNumber, writeLine, type Output } from './terminal.ts';

/** Shows the progress of a command. */
export interface Progress {
  readonly update: (done: number, total: number) => void;
  /** Writes a remark that stays on the screen. */
  readonly note: (text: string) => void;
  readonly end: () => void;
}

/** Milliseconds between two lines without a terminal. */
const LINE_INTERVAL = 5_000;

/** Milliseconds that the shown rate is averaged over. */
const RATE_SPAN = 5_000;

/** Milliseconds before the bar: a quicker command shows none. */
const QUIET = 400;

/** Measures the rate per second over the last {@link RATE_SPAN}. */
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
 * Runs a task with progress that Ctrl-C interrupts.
 *
 * @param what name of the task, such as `Replaying`
 */
export async function withProgress<T>(
  session: Session,
  what: string,
  task: (signal: AbortSignal, progress: Progress) => Promise<T>,
): Promise<T> {
  return session.interruptible(async (signal) => {
    const progress = startProgress(session.terminal.stderr, what);
    return task(signal, progress).finally(progress.end);
  });
}

/** Starts to show progress. */
export function startProgress(stream: Output, what: string): Progress {
  return stream.isTTY === true ? barProgress(stream, what) : lineProgress(stream, what);
}

function barProgress(stream: Output, what: string): Progress {
  const rateOf = rateMeter();
  const startedAt = performance.now();
  const bar = new cliProgress.SingleBar({
    format: `${what} {bar} {done} of {all} | {rate}/s | {left}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    stream,
    hideCursor: true,
    clearOnComplete: true,
    // The command handles Ctrl-C.
    gracefulExit: false,
    emptyOnZero: true,
  });
  let shown = false;
  const hide = (): void => {
    if (shown) bar.stop();
    shown = false;
  };
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
      hide();
      writeLine(stream, text);
    },
    end: hide,
  };
}

function lineProgress(stream: Output, what: string): Progress {
  const rateOf = rateMeter();
  let lastLine = performance.now();
  return {
    update: (done, total) => {
      const now = performance.now();
      const rate = rateOf(done, now);
      if (now - lastLine < LINE_INTERVAL) return;
      lastLine = now;
      const counts = `${formatNumber(done)} of ${formatNumber(total)}`;
      const perSecond = formatNumber(Math.round(rate));
      writeLine(stream, `${what}: ${counts}, ${perSecond}/s, ${timeLeft(done, total, rate)}`);
    },
    note: (text) => writeLine(stream, text),
    end: () => undefined,
  };
}
