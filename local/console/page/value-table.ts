/** Names and values as a table. */

import { make } from './dom.ts';
import type { NamedText } from './rows.ts';

/** A table of two columns with a caption. */
export function valueTable(caption: string, rows: readonly NamedText[]): HTMLTableElement {
  return make('table', {}, [
    make('caption', { text: caption }),
    make(
      'tbody',
      {},
      rows.map(([name, text]) =>
        make('tr', {}, [
          make('th', { text: name, attributes: { scope: 'row' } }),
          make('td', { text }),
        ]),
      ),
    ),
  ]);
}

/** A table with a head, for screens that scroll to it. */
export function columnTable(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (string | Node)[])[],
): HTMLTableElement {
  return make('table', { class: 'columns-table' }, [
    make('caption', { text: caption }),
    make('thead', {}, [
      make(
        'tr',
        {},
        heads.map((text) => make('th', { text, attributes: { scope: 'col' } })),
      ),
    ]),
    make(
      'tbody',
      {},
      rows.map((cells) =>
        make(
          'tr',
          {},
          cells.map((cell) => make('td', {}, [cell])),
        ),
      ),
    ),
  ]);
}
