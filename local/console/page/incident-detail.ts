/** An incident as the stand-in received it. */

import type { IncidentDetail } from '../state.ts';
import { make } from './dom.ts';
import { formatSpan, plural } from './format.ts';
import { fieldRows, timelineRows } from './incident-text.ts';
import { rowsOf } from './rows.ts';
import { columnTable, valueTable } from './value-table.ts';

/** Fills the body of a row. */
export function showDetail(
  body: HTMLElement,
  incident: IncidentDetail,
  resolve: () => void,
): HTMLElement {
  const { number, severity, status, summary, events, delay, links } = incident;
  const end = make('p', { class: 'hint' });
  const button = make('button', {
    class: 'quiet',
    text: 'Resolve',
    attributes: { type: 'button', 'aria-label': `Resolve incident ${number}` },
  });
  button.addEventListener('click', resolve);
  const facts = [
    `#${number} ${status}`,
    plural(events, 'event'),
    ...(delay === undefined ? [] : [`notified after ${formatSpan(delay)}`]),
  ];
  body.replaceChildren(
    make('p', { class: 'label', text: 'The incident as the stand-in received it' }),
    make('h3', { text: summary }),
    make('p', { class: 'facts' }, [
      make('span', { class: 'severity', text: severity }),
      ...facts.map((text) => make('span', { text })),
    ]),
    end,
    make('div', { class: 'toolbar' }, [
      ...links.map(({ href, text }) =>
        make('a', {
          text,
          attributes: {
            href,
            target: '_blank',
            rel: 'noreferrer',
            'aria-label': `${text}: incident ${number}`,
          },
        }),
      ),
      ...(status === 'resolved' ? [] : [button]),
    ]),
    valueTable('Details', rowsOf(incident.details)),
    valueTable('Event', fieldRows(incident)),
    columnTable('Timeline', ['Time', 'Change'], timelineRows(incident)),
  );
  return end;
}
