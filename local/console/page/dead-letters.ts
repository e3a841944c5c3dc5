/** Dead letters, and their replay. */

import type { LettersView, LetterView } from '../state.ts';
import { ask, numberIn, textIn, wordsOf } from './api.ts';
import { find, keyedList, make, type Row, setAttribute, setText } from './dom.ts';
import { formatAgo, formatNumber, plural } from './format.ts';

const REASONS: Readonly<Record<string, string>> = {
  rejected: 'PagerDuty refused it',
  retries_exhausted: 'given up after its time',
  no_route: 'no route takes it',
  malformed: 'not an event',
  crashed: 'delivery crashed on it',
};

interface Desk {
  readonly replay: (body: object) => void;
  readonly select: (id: string, isSelected: boolean) => void;
}

function letterRow(first: LetterView, desk: Desk): Row<LetterView> {
  const { id } = first;
  const what = first.event?.summary ?? first.problem ?? 'No event';
  const age = make('span');
  const box = make('input', {
    attributes: { type: 'checkbox', 'aria-label': `Select: ${what}` },
  });
  box.addEventListener('change', () => desk.select(id, box.checked));
  const replay = make('button', {
    class: 'quiet',
    text: 'Replay',
    attributes: { type: 'button', 'aria-label': `Replay: ${what}` },
  });
  replay.addEventListener('click', () => desk.replay({ ids: [id] }));
  const status = first.httpStatus === null ? '' : ` (${first.httpStatus})`;
  const facts = [
    ['event', first.dedupKey ?? 'unknown'],
    ['service', first.service ?? 'unknown'],
    ['tries', String(first.receiveCount ?? 'unknown')],
    ['letter', id],
  ] as const;
  const element = make('li', { class: 'card letter', attributes: { 'data-id': id } }, [
    make('div', { class: 'card-head' }, [box, make('h3', { text: what }), replay]),
    make('p', { class: 'facts' }, [
      make('b', { text: `${REASONS[first.reason] ?? first.reason}${status}` }),
      age,
    ]),
    make('p', { class: 'words', text: first.detail }),
    make('details', {}, [
      make('summary', { text: 'Details' }),
      make(
        'dl',
        { class: 'details' },
        facts.map(([name, text]) =>
          make('div', {}, [make('dt', { text: name }), make('dd', { text })]),
        ),
      ),
    ]),
  ]);
  return {
    element,
    update: ({ failedAt }) => {
      setText(age, failedAt === null ? '' : formatAgo(Date.parse(failedAt), Date.now()));
    },
  };
}

function outcomeText(answer: Readonly<Record<string, unknown>>): string {
  const [sent, deduplicated, failed, remaining] = [
    'sent',
    'deduplicated',
    'failed',
    'remaining',
  ].map((name) => numberIn(answer, name));
  const parts = [
    `${formatNumber(sent ?? 0)} put back on the queue`,
    ...(deduplicated ? [`${formatNumber(deduplicated)} deduplicated`] : []),
    ...(failed ? [`${formatNumber(failed)} failed`] : []),
    ...(remaining ? [`${formatNumber(remaining)} left`] : []),
  ];
  const trouble = textIn(answer, 'trouble');
  return `${parts.join(', ')}.${trouble === '' ? '' : ` ${trouble}`}`;
}

/** Starts the list. @returns what shows other letters, and what lets their ages grow */
export function showLetters(): {
  readonly update: (view: LettersView) => void;
  readonly tick: () => void;
} {
  const outcome = find('letter-outcome', HTMLParagraphElement);
  const empty = find('letters-empty', HTMLParagraphElement);
  const count = find('letter-count', HTMLSpanElement);
  const buttons = {
    selected: find('replay-selected', HTMLButtonElement),
    all: find('replay-all', HTMLButtonElement),
    newest: find('replay-newest', HTMLButtonElement),
  };
  const selected = new Set<string>();
  let last: LettersView = { shown: [], total: 0 };
  let isBusy = false;

  const showButtons = (): void => {
    const none = isBusy || last.total === 0;
    buttons.all.disabled = none;
    buttons.newest.disabled = none;
    buttons.selected.disabled = isBusy || selected.size === 0;
    setText(
      buttons.selected,
      selected.size === 0 ? 'Replay selected' : `Replay selected (${selected.size})`,
    );
  };
  const replay = async (body: object): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    showButtons();
    setText(outcome, 'Replaying …');
    setAttribute(outcome, 'data-kind', 'busy');
    try {
      const answer = await ask('POST', '/api/dead-letters/replay', body);
      setText(outcome, outcomeText(answer));
      const isDone = numberIn(answer, 'failed') + numberIn(answer, 'remaining') === 0;
      setAttribute(outcome, 'data-kind', isDone ? 'done' : 'failed');
    } catch (error) {
      setText(outcome, wordsOf(error));
      setAttribute(outcome, 'data-kind', 'failed');
    } finally {
      isBusy = false;
      showButtons();
    }
  };
  const desk: Desk = {
    replay: (body) => void replay(body),
    select: (id, isSelected) => {
      if (isSelected) selected.add(id);
      else selected.delete(id);
      showButtons();
    },
  };
  buttons.selected.addEventListener('click', () => void replay({ ids: [...selected] }));
  buttons.all.addEventListener('click', () => void replay({}));
  buttons.newest.addEventListener('click', () => void replay({ newestPerIncident: true }));

  const update = keyedList(
    find('letter-list', HTMLOListElement),
    ({ id }: LetterView) => id,
    (letter) => letterRow(letter, desk),
  );
  const show = (view: LettersView): void => {
    last = view;
    update(view.shown);
    const ids = new Set(view.shown.map(({ id }) => id));
    for (const id of selected) if (!ids.has(id)) selected.delete(id);
    empty.hidden = view.total > 0;
    const cut = view.shown.length < view.total ? `, ${view.shown.length} shown` : '';
    setText(count, view.total === 0 ? '' : `${plural(view.total, 'letter')}${cut}`);
    showButtons();
  };
  return { update: show, tick: () => show(last) };
}
