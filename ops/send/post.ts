/** Posts events to the webhook, and counts what it answers. */

import { isJsonObject, type JsonObject } from '../../lambda/shared/json.ts';
import type { Pace } from '../pace.ts';

/** What the webhook answered, and how often. */
export interface AnswerCount {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly count: number;
  /** The first such answer's own words. */
  readonly detail: string;
}

/** What posting came to. */
export interface PostResult {
  readonly posted: number;
  /** Answered 202: on the queue. */
  readonly accepted: number;
  /** Answered 200: the route says to ignore it. */
  readonly ignored: number;
  readonly failed: number;
  /** The most frequent first. */
  readonly answers: readonly AnswerCount[];
  /** Time to the answer, milliseconds; `undefined` when nothing was posted. */
  readonly median: number | undefined;
  readonly longest: number | undefined;
}

/** What to post, and how. */
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

/** Requests under way at once. */
const PARALLEL = 16;

/** An HTTP API answers within 30 s or not at all, milliseconds. */
const ANSWER_TIME = 31_000;

interface Answer {
  readonly status: number;
  readonly detail: string;
}

/** The words of an answer: a problem's detail, the reason for ignoring, or the ID on the queue. */
function wordsOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) {
      const words = value['detail'] ?? value['reason'] ?? value['message'] ?? value['status'];
      if (typeof words === 'string') return words;
    }
  } catch {
    // Not JSON: its beginning, as below.
  }
  return text.slice(0, 200);
}

/** A failed request's reason. The cause says more than `fetch failed`. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

async function postOne({ url, token, event }: PostOptions): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      // In a header, so that no error and no proxy's log can hold it as a part of the URL.
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(event()),
      signal: AbortSignal.timeout(ANSWER_TIME),
    });
    return { status: response.status, detail: wordsOf(await response.text()) };
  } catch (error) {
    return { status: 0, detail: reasonOf(error) };
  }
}

/** Posts events. Never rejects: what fails is counted. */
export async function postEvents(options: PostOptions): Promise<PostResult> {
  const { count, pace, signal, onProgress } = options;
  const answers = new Map<number, { count: number; readonly detail: string }>();
  const times: number[] = [];
  let started = 0;
  const work = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      if (!(await pace.leave(1, signal))) return;
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
