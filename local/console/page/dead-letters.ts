/** The list of dead letters, and their replay. */

import type { DeadLettersView, DeadLetterView, ReplayAnswer } from '../state.ts';
import { ask, messageOf } from './api.ts';
import { detailList, find, keyedList, make, type Row, setAttribute, setText } from './dom.ts';
import { formatAgo, formatNumber, plural } from './format.ts';

const REASONS: Readonly<Record<string, string>> = {
  rejected: 'PagerDuty refused it',
  retries_exhausted: 'not delivered within its time limit',
  no_route: 'no route matches',
  malformed: 'cannot be read as an event',
  crashed: 'delivery crashed on it',
};

interface Actions {
  readonly replay: (body: object) => void;
  readonly select: (id: string, isSelected: boolean) => void;
}

function deadLetterRow(first: DeadLetterView, actions: Actions): Row<DeadLetterView> {
  const { id } = first;
  const title = first.event?.summary ?? first.problem ?? 'No event';
  const age = make('span');
  const box = make('input', { attributes: { type: 'checkbox', 'aria-label': `Select: ${title}` } });
  box.addEventListener('change', () => actions.select(id, box.checked));
  const replay = make('button', {
    class: 'quiet',
    text: 'Replay',
    attributes: { type: 'button', 'aria-label': `Replay: ${title}` },
  });
  replay.addEventListener('click', () => actions.replay({ ids: [id] }));
  const status = first.httpStatus === null ? '' : ` (${first.httpStatus})`;
  const element = make('li', { class: 'card dead-letter', attributes: { 'data-id': id } }, [
    make('div', { class: 'card-head' }, [box, make('h3', { text: title }), replay]),
    make('p', { class: 'facts' }, [
      make('b', { text: `${REASONS[first.reason] ?? first.reason}${status}` }),
      age,
    ]),
    make('p', { class: 'words', text: first.detail }),
    make('details', {}, [
      make('summary', { text: 'Details' }),
      detailList([
        ['dedup key', first.dedupKey ?? 'unknown'],
        ['service', first.service ?? 'unknown'],
        ['tries', String(first.receiveCount ?? 'unknown')],
        ['message ID', id],
      ]),
    ]),
  ]);
  return {
    element,
    update: ({ failedAt }) => {
      setText(age, failedAt === null ? '' : formatAgo(Date.parse(failedAt), Date.now()));
    },
  };
}

function resultText({ sent, deduplicated, failed, remaining, reason }: ReplayAnswer): string {
  const parts = [
    `${formatNumber(sent)} put back on the queue`,
    ...(deduplicated > 0 ? [`${formatNumber(deduplicated)} deduplicated`] : []),
    ...(failed > 0 ? [`${formatNumber(failed)} failed`] : []),
    ...(remaining > 0 ? [`${formatNumber(remaining)} left`] : []),
  ];
  return `${parts.join(', ')}.${reason === undefined ? '' : ` ${reason}`}`;
}

/** Starts the list. @returns what shows other dead letters, and what updates their ages */
export function showDeadLetters(): {
  readonly update: (view: DeadLettersView) => void;
  readonly tick: () => void;
} {
  const outcome = find('replay-outcome', HTMLParagraphElement);
  const empty = find('dead-letters-empty', HTMLParagraphElement);
  const count = find('dead-letter-count', HTMLSpanElement);
  const buttons = {
    selected: find('replay-selected', HTMLButtonElement),
    all: find('replay-all', HTMLButtonElement),
    newest: find('replay-newest', HTMLButtonElement),
  };
  const selected = new Set<string>();
  let last: DeadLettersView = { shown: [], total: 0 };
  let isBusy = false;

  const showOutcome = (text: string, kind: 'done' | 'failed' | 'busy'): void => {
    setText(outcome, text);
    setAttribute(outcome, 'data-kind', kind);
  };
  const showButtons = (): void => {
    buttons.all.disabled = isBusy || last.total === 0;
    buttons.newest.disabled = buttons.all.disabled;
    buttons.selected.disabled = isBusy || selected.size === 0;
    const number = selected.size === 0 ? '' : ` (${selected.size})`;
    setText(buttons.selected, `Replay selected${number}`);
  };
  const replay = async (body: object): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    showButtons();
    showOutcome('Replaying …', 'busy');
    try {
      const answer = await ask<ReplayAnswer>('POST', '/api/dead-letters/replay', body);
      const isDone = answer.failed + answer.remaining === 0;
      showOutcome(resultText(answer), isDone ? 'done' : 'failed');
    } catch (error) {
      showOutcome(messageOf(error), 'failed');
    } finally {
      isBusy = false;
      showButtons();
    }
  };
  const actions: Actions = {
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
    find('dead-letter-list', HTMLOListElement),
    ({ id }: DeadLetterView) => id,
    (deadLetter) => deadLetterRow(deadLetter, actions),
  );
  const show = (view: DeadLettersView): void => {
    last = view;
    const { shown, total } = view;
    update(shown);
    const ids = new Set(shown.map(({ id }) => id));
    for (const id of selected) if (!ids.has(id)) selected.delete(id);
    empty.hidden = total > 0;
    const cut = shown.length < total ? `, ${shown.length} shown` : '';
    setText(count, total === 0 ? '' : `${plural(total, 'dead letter')}${cut}`);
    showButtons();
  };
  return { update: show, tick: () => show(last) };
}
