/** Makes, finds and updates elements. */

/** Attributes and properties of a new element. */
interface Init {
  readonly class?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Makes an element. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  init: Init = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (init.class !== undefined) element.className = init.class;
  if (init.text !== undefined) element.textContent = init.text;
  for (const [name, value] of Object.entries(init.attributes ?? {})) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * Finds an element of the page by its ID.
 *
 * @throws Error when index.html has no such element
 */
export function find<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const element = document.querySelector(`#${id}`);
  if (element instanceof type) return element;
  throw new Error(`The page has no ${id}.`);
}

/** Sets a text only when it differs: a screen reader announces each change. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute only when it differs. */
export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** A row of a list. */
export interface Row<Item> {
  readonly element: HTMLElement;
  readonly update: (item: Item) => void;
}

/**
 * Updates a list from its items. Rows are reused by key, so that focus, open details and selection
 * are kept.
 */
export function keyedList<Item>(
  list: HTMLElement,
  keyOf: (item: Item) => string,
  makeRow: (item: Item) => Row<Item>,
): (items: readonly Item[]) => void {
  const rows = new Map<string, Row<Item>>();
  return (items) => {
    // Removes the placeholders of index.html.
    if (rows.size === 0) list.replaceChildren();
    const keys = new Set(items.map(keyOf));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.element.remove();
      rows.delete(key);
    }
    for (const [position, item] of items.entries()) {
      const key = keyOf(item);
      const row = rows.get(key) ?? makeRow(item);
      rows.set(key, row);
      row.update(item);
      const there = list.children[position] ?? null;
      if (there !== row.element) list.insertBefore(row.element, there);
    }
  };
}
