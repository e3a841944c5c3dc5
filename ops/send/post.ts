/** Posts events to the webhook and counts the answers. */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import type { Pace } from '../pace.ts';
import { postJson } from './post-json.ts';

/** An answer of the webhook, and how often it came. */
export interface AnswerCount {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly count: number;
  /** The text of the first such answer. */
  readonly detail: string;
}

/** Result of posting. */
export interface PostResult {
  readonly posted: number;
  /** Answered 202: on the queue. */
  readonly accepted: number;
  /** Answered 200: the route ignores it. */
  readonly ignored: number;
  readonly failed: number;
  /** The most frequent first. */
  readonly answers: readonly AnswerCount[];
  /** Time to the answer, milliseconds; `undefined` when nothing was posted. */
  readonly median: number | undefined;
  readonly longest: number | undefined;
}

/** Events to post. */
export interface PostOptions {
  /** The webhook's URL, without the token. */
  readonly url: string;
  readonly token: string;
  readonly count: number;
  readonly pace: Pace;
  readonly event: () => JsonObject;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((posted: number) => void) | undefined;
}

/** Concurrent requests. */
const PARALLEL = 16;

interface Answer {
  readonly status: number;
  readonly detail: string;
}

/** The text of an answer: a problem's detail, the reason for ignoring it, or its status. */
function detailOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) {
      const detail = value['detail'] ?? value['reason'] ?? value['message'] ?? value['status'];
      if (typeof detail === 'string') return detail;
    }
  } catch {
    // Not JSON: its first characters, below.
  }
  return text.slice(0, 200);
}

async function postOne({ url, token, event }: PostOptions): Promise<Answer> {
  // The same URL as Glasnostic's. In a header, a token could work that does not work in the path.
  const { status, text } = await postJson(`${url}/${token}`, event(), token);
  return { status, detail: status === 0 ? text : detailOf(text) };
}

/** Posts events. Never rejects: failures are counted. */
export async function postEvents(options: PostOptions): Promise<PostResult> {
  const { count, pace, signal, onProgress } = options;
  const answers = new Map<number, { count: number; readonly detail: string }>();
  const times: number[] = [];
  let started = 0;
  const work = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      if (!(await pace.acquire(1, signal))) return;
      const begin = performance.now();
      const { status, detail } = await postOne(options);
      times.push(performance.now() - begin);
      const known = answers.get(status);
      if (known === undefined) answers.set(status, { count: 1, detail });
      else known.count += 1;
      onProgress?.(times.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, count) }, work));
  const countOf = (status: number): number => answers.get(status)?.count ?? 0;
  const sorted = times.toSorted((a, b) => a - b);
  return {
    posted: times.length,
    accepted: countOf(202),
    ignored: countOf(200),
    failed: times.length - countOf(202) - countOf(200),
    answers: [...answers]
      .map(([status, { count: of, detail }]) => ({ status, count: of, detail }))
      .toSorted((a, b) => b.count - a.count),
    median: sorted[Math.floor(sorted.length / 2)],
    longest: sorted.at(-1),
  };
}
