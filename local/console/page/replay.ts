/** The replay of dead letters, and its buttons. */

import type { DeadLettersView, ReplayAnswer } from '../state.ts';
import { ask, messageOf } from './api.ts';
import { find, setAttribute, setText } from './dom.ts';
import { formatNumber } from './format.ts';

/** Replays dead letters, and knows which groups are selected. */
export interface Replay {
  /** Replays what the body of the request names. */
  readonly run: (body: object) => void;
  readonly select: (groupId: string, isSelected: boolean) => void;
  readonly isSelected: (groupId: string) => boolean;
  readonly showError: (message: string) => void;
  readonly update: (view: DeadLettersView) => void;
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

/** Starts the buttons. */
export function startReplay(): Replay {
  const outcome = find('replay-outcome', HTMLParagraphElement);
  const buttons = {
    selected: find('replay-selected', HTMLButtonElement),
    all: find('replay-all', HTMLButtonElement),
    newest: find('replay-newest', HTMLButtonElement),
  };
  const selected = new Set<string>();
  let last: DeadLettersView = { groups: [], total: 0 };
  let isBusy = false;

  const showOutcome = (text: string, kind: 'done' | 'failed' | 'busy'): void => {
    setText(outcome, text);
    setAttribute(outcome, 'data-kind', kind);
  };
  const showButtons = (): void => {
    buttons.all.disabled = isBusy || last.total === 0;
    buttons.newest.disabled = buttons.all.disabled;
    buttons.selected.disabled = isBusy || selected.size === 0;
    let number = 0;
    for (const { id, count } of last.groups) if (selected.has(id)) number += count;
    setText(buttons.selected, `Replay selected${number === 0 ? '' : ` (${formatNumber(number)})`}`);
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
  const run = (body: object): void => void replay(body);
  buttons.selected.addEventListener('click', () => run({ groups: [...selected] }));
  buttons.all.addEventListener('click', () => run({}));
  buttons.newest.addEventListener('click', () => run({ newestPerIncident: true }));
  return {
    run,
    select: (id, isSelected) => {
      if (isSelected) selected.add(id);
      else selected.delete(id);
      showButtons();
    },
    isSelected: (id) => selected.has(id),
    showError: (message) => showOutcome(message, 'failed'),
    update: (view) => {
      last = view;
      const ids = new Set(view.groups.map(({ id }) => id));
      for (const id of selected) if (!ids.has(id)) selected.delete(id);
      showButtons();
    },
  };
}
