/** The answer on top of the page. */

import type { VerdictView } from '../state.ts';
import { find, setAttribute, setText } from './dom.ts';
import { formatAgo, formatSpan, formatTime } from './format.ts';

const NONE = '–';

function nextText({ nextAttemptAt }: VerdictView, now: number): string {
  if (nextAttemptAt === undefined) return NONE;
  return nextAttemptAt - now < 1_000 ? 'now' : `in ${formatSpan(nextAttemptAt - now)}`;
}

function momentText(at: number | undefined, now: number): string {
  return at === undefined ? NONE : `${formatTime(at)}, ${formatAgo(at, now)}`;
}

/** Starts the answer. @returns what shows another one, and what updates its ages */
export function showVerdict(): {
  readonly update: (view: VerdictView) => void;
  readonly tick: () => void;
} {
  const box = find('verdict', HTMLElement);
  const word = find('verdict-word', HTMLElement);
  const sentence = find('verdict-sentence', HTMLParagraphElement);
  const live = find('verdict-live', HTMLParagraphElement);
  const facts = {
    oldest: find('oldest-waiting', HTMLElement),
    failing: find('failing-since', HTMLElement),
    next: find('next-attempt', HTMLElement),
    last: find('last-page', HTMLElement),
  };
  const { title } = document;
  let last: VerdictView | undefined;

  const tick = (): void => {
    if (last === undefined) return;
    const now = Date.now();
    const { oldestAt, failingSince, lastPageAt } = last;
    setText(facts.oldest, oldestAt === undefined ? 'none' : formatSpan(now - oldestAt));
    setText(facts.failing, momentText(failingSince, now));
    setText(facts.next, nextText(last, now));
    setText(facts.last, momentText(lastPageAt, now));
  };
  return {
    update: (view) => {
      // The reason has times in it: announced with each change, it would never be silent.
      if (view.answer !== last?.answer) {
        const text = `Are pages getting out? ${view.word}: ${view.sentence}.`;
        if (last !== undefined) setText(live, text);
      }
      last = view;
      setAttribute(box, 'data-answer', view.answer);
      setText(word, view.word);
      setText(sentence, `${view.sentence}.`);
      document.title = `${view.word} · ${title}`;
      tick();
    },
    tick,
  };
}
