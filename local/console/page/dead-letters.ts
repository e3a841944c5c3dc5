/** The list of dead letters in groups. */

import type { DeadLetterGroupView, DeadLetterRow, DeadLettersView } from '../state.ts';
import { get, messageOf } from './api.ts';
import { find, make, setAttribute, setText } from './dom.ts';
import { formatAge, formatNumber, formatTime, plural } from './format.ts';
import { type OpenableRow, showPagedList } from './paged-list.ts';
import { type Replay, startReplay } from './replay.ts';
import { toneOf } from './severity.ts';
import type { NamedText } from './rows.ts';
import { columnTable, valueTable } from './value-table.ts';

/** Dead letters of an open group that each click shows. */
const STEP = 50;

const REASONS: Readonly<Record<string, string>> = {
  rejected: 'PagerDuty refused it',
  retries_exhausted: 'not delivered within its time limit',
  no_route: 'no route matches',
  malformed: 'cannot be read as an event',
  crashed: 'delivery crashed on it',
};

function reasonText({ reason, httpStatus }: DeadLetterGroupView): string {
  return `${REASONS[reason] ?? reason}${httpStatus === undefined ? '' : ` (${httpStatus})`}`;
}

function groupRows(group: DeadLetterGroupView): NamedText[] {
  const { detail, service, dedupKey, newestAt, oldestAt, count } = group;
  return [
    ['reason', reasonText(group)],
    ['answer', detail],
    ['service', service ?? 'unknown'],
    ['dedup key', dedupKey ?? 'unknown'],
    ...(count > 1 ? [['oldest', formatTime(oldestAt)] as const] : []),
    ['newest', formatTime(newestAt)],
  ];
}

/** Fills the body of a group: what all have in common, then each dead letter. */
function showGroup(
  body: HTMLElement,
  group: DeadLetterGroupView,
  rows: readonly DeadLetterRow[],
  replay: Replay,
): void {
  let shown = 0;
  const all = make('button', {
    attributes: { type: 'button' },
  });
  all.addEventListener('click', () => replay.run({ groups: [group.id] }));
  const more = make('button', { class: 'quiet', attributes: { type: 'button' } });
  const table = columnTable(
    'Dead letters',
    ['Failed at', 'Event', 'Tries', 'Message ID', 'Again'],
    [],
  );
  const cells = ({ id, failedAt, receiveCount, title }: DeadLetterRow): HTMLTableRowElement => {
    const one = make('button', {
      class: 'quiet',
      text: 'Replay',
      attributes: { type: 'button', 'aria-label': `Replay dead letter ${id}` },
    });
    one.addEventListener('click', () => replay.run({ ids: [id] }));
    const texts = [formatTime(failedAt), title, String(receiveCount ?? 'unknown'), id];
    return make('tr', {}, [
      ...texts.map((text) => make('td', { text })),
      make('td', {}, rows.length > 1 ? [one] : []),
    ]);
  };
  const showMore = (): void => {
    table.tBodies[0]?.append(...rows.slice(shown, shown + STEP).map(cells));
    shown = Math.min(rows.length, shown + STEP);
    more.hidden = shown === rows.length;
    setText(more, `Show ${formatNumber(Math.min(STEP, rows.length - shown))} more`);
  };
  more.addEventListener('click', showMore);
  showMore();
  setText(all, rows.length === 1 ? 'Replay this one' : `Replay these ${formatNumber(rows.length)}`);
  body.replaceChildren(
    make('h3', { text: group.title }),
    make('div', { class: 'toolbar' }, [all]),
    valueTable('Why', groupRows(group)),
    table,
    more,
  );
}

function groupRow(
  first: DeadLetterGroupView,
  replay: Replay,
  showError: (message: string) => void,
): OpenableRow<DeadLetterGroupView> {
  const { id } = first;
  const severity = make('span', { class: 'severity' });
  const title = make('span', { class: 'title' });
  const times = make('span', { class: 'times' });
  const age = make('span', { class: 'age' });
  const why = make('span', { class: 'why' });
  const box = make('input', { attributes: { type: 'checkbox' } });
  box.addEventListener('change', () => replay.select(id, box.checked));
  const body = make('div', { class: 'group-detail' });
  let shownFor = '';
  const load = async (group: DeadLetterGroupView): Promise<void> => {
    const rows = await get<readonly DeadLetterRow[]>(`/api/dead-letters?group=${id}`);
    showGroup(body, group, rows, replay);
  };
  return {
    head: [severity, title, times, age, why],
    before: box,
    body,
    update: (group, element, isOpen) => {
      const { count, newestAt, detail } = group;
      element.classList.add('dead-letter');
      setAttribute(element, 'data-severity', group.severity ?? 'error');
      setAttribute(element, 'data-tone', toneOf(group.severity));
      setText(severity, group.severity ?? 'no event');
      setText(title, group.title);
      setText(times, count === 1 ? '' : `×${formatNumber(count)}`);
      setText(age, formatAge(newestAt, Date.now()));
      setText(why, `${reasonText(group)}: ${detail}`);
      setAttribute(box, 'aria-label', `Select ${plural(count, 'dead letter')}: ${group.title}`);
      box.checked = replay.isSelected(id);
      const version = `${count} ${newestAt}`;
      if (!isOpen || version === shownFor) return;
      shownFor = version;
      load(group).catch((error: unknown) => showError(messageOf(error)));
    },
  };
}

/** Starts the list. @returns what shows other dead letters, and what updates their ages */
export function showDeadLetters(): {
  readonly update: (view: DeadLettersView) => void;
  readonly tick: () => void;
} {
  const empty = find('dead-letters-empty', HTMLParagraphElement);
  const count = find('dead-letter-count', HTMLSpanElement);
  const replay = startReplay();
  const show = showPagedList<DeadLetterGroupView>({
    name: 'dead-letter',
    keyOf: ({ id }) => id,
    textOf: ({ title, detail, reason, httpStatus, service, severity }) =>
      [title, detail, reason, httpStatus, service, severity].join(' '),
    makeRow: (group) => groupRow(group, replay, replay.showError),
  });
  return {
    update: (view) => {
      const { groups, total } = view;
      replay.update(view);
      show(groups);
      empty.hidden = total > 0;
      const inGroups = groups.length < total ? ` in ${plural(groups.length, 'group')}` : '';
      setText(count, total === 0 ? '' : `${formatNumber(total)}${inGroups}`);
    },
    tick: () => show(),
  };
}
