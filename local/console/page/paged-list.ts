/**
 * A list in pages, with a filter. It is one tab stop, and arrow keys move in it. At most one row is
 * open.
 */

import { find, keyedList, make, setAttribute, setText } from './dom.ts';
import { formatNumber } from './format.ts';
import { hasWords } from './rows.ts';

/** Rows of a page. */
const PAGE_SIZE = 50;

/** A row: its head is always shown, its body while it is open. */
export interface OpenableRow<Item> {
  /** In the button that opens the row. */
  readonly head: readonly (Node | string)[];
  /** Beside the button. */
  readonly before?: HTMLElement;
  readonly body: HTMLElement;
  /** Called with each state of the item, and every second. */
  readonly update: (item: Item, element: HTMLElement, isOpen: boolean) => void;
}

/** How a list shows its items. */
export interface ListOptions<Item> {
  /** IDs of its elements begin with it: `incident` has `incident-list`. */
  readonly name: string;
  readonly keyOf: (item: Item) => string;
  /** Text in which the filter looks. */
  readonly textOf: (item: Item) => string;
  readonly makeRow: (item: Item) => OpenableRow<Item>;
}

/** The next index for a key; `undefined` for keys that do not move. */
function moved(key: string, index: number, last: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, index + 1);
    case 'ArrowUp':
      return Math.max(0, index - 1);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

/** Starts a list. @returns what shows other items; without items, it shows the last ones again */
export function showPagedList<Item>(options: ListOptions<Item>): (items?: readonly Item[]) => void {
  const { name, keyOf, textOf, makeRow } = options;
  const list = find(`${name}-list`, HTMLOListElement);
  const filter = find(`${name}-filter`, HTMLInputElement);
  const pager = find(`${name}-pager`, HTMLDivElement);
  const range = find(`${name}-range`, HTMLParagraphElement);
  const [back, forward] = ['back', 'forward'].map((way) =>
    find(`${name}-${way}`, HTMLButtonElement),
  );
  let items: readonly Item[] = [];
  let page = 0;
  let openKey: string | undefined;
  /** The row that the Tab key reaches. */
  let current: string | undefined;

  const heads = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>('.row-button')];
  const setTabStops = (): void => {
    const rows = [...list.children];
    const stop = rows.find((row) => row.getAttribute('data-key') === current) ?? rows[0];
    for (const row of rows) {
      for (const element of row.querySelectorAll('.row-head > button, .row-head > input'))
        setAttribute(element, 'tabindex', row === stop ? '0' : '-1');
    }
  };
  const update = keyedList(list, keyOf, (first: Item) => {
    const key = keyOf(first);
    const row = makeRow(first);
    const button = make(
      'button',
      { class: 'row-button', attributes: { type: 'button' } },
      row.head,
    );
    button.addEventListener('click', () => {
      openKey = openKey === key ? undefined : key;
      show();
    });
    const head = make('div', { class: 'row-head' }, [
      ...(row.before === undefined ? [] : [row.before]),
      button,
    ]);
    const element = make('li', { class: 'row', attributes: { 'data-key': key } }, [head, row.body]);
    row.body.classList.add('row-body');
    return {
      element,
      update: (item) => {
        const isOpen = openKey === key;
        setAttribute(button, 'aria-expanded', String(isOpen));
        row.body.hidden = !isOpen;
        row.update(item, element, isOpen);
      },
    };
  });
  const show = (next: readonly Item[] = items): void => {
    items = next;
    const words = filter.value.trim();
    const matching = words === '' ? items : items.filter((item) => hasWords(textOf(item), words));
    const pages = Math.max(1, Math.ceil(matching.length / PAGE_SIZE));
    page = Math.min(page, pages - 1);
    const from = page * PAGE_SIZE;
    const shown = matching.slice(from, from + PAGE_SIZE);
    update(shown);
    setTabStops();
    const end = formatNumber(from + shown.length);
    const text =
      shown.length === 0
        ? 'Nothing matches the filter.'
        : `${formatNumber(from + 1)}–${end} of ${formatNumber(matching.length)}`;
    setText(range, text);
    pager.hidden = items.length === 0;
    if (back !== undefined) back.disabled = page === 0;
    if (forward !== undefined) forward.disabled = page === pages - 1;
  };
  const turn = (by: number): void => {
    page = Math.max(0, page + by);
    show();
    list.scrollTop = 0;
  };
  back?.addEventListener('click', () => turn(-1));
  forward?.addEventListener('click', () => turn(1));
  filter.addEventListener('input', () => {
    page = 0;
    show();
  });
  list.addEventListener('focusin', ({ target }) => {
    if (!(target instanceof Element)) return;
    current = target.closest('[data-key]')?.getAttribute('data-key') ?? undefined;
    setTabStops();
  });
  list.addEventListener('keydown', (event) => {
    const all = heads();
    const { activeElement } = document;
    const index = all.findIndex((head) => head === activeElement);
    if (index < 0) return;
    const next = moved(event.key, index, all.length - 1);
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  });
  return show;
}
