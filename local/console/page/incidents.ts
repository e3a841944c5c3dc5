/** The list of incidents. */

import type { IncidentDetail, IncidentRow, IncidentsView } from '../state.ts';
import { ask, get, messageOf } from './api.ts';
import { find, make, setAttribute, setText } from './dom.ts';
import { formatAge, formatNumber, plural } from './format.ts';
import { showDetail } from './incident-detail.ts';
import { endText } from './incident-text.ts';
import { type OpenableRow, showPagedList } from './paged-list.ts';
import { toneOf } from './severity.ts';

type ShowError = (message: string) => void;

/** Keeps the detail of an open row as new as the row. */
function detailOf(body: HTMLElement, showError: ShowError) {
  let shownFor = '';
  let shown: IncidentDetail | undefined;
  let end: HTMLElement | undefined;
  const load = async (number: number): Promise<void> => {
    shown = await get<IncidentDetail>(`/api/incident?number=${number}`);
    const focused = document.activeElement?.getAttribute('aria-label');
    end = showDetail(body, shown, () => {
      showError('');
      ask('POST', '/api/incidents/resolve', { number }).catch((error: unknown) =>
        showError(messageOf(error)),
      );
    });
    tick();
    // A reader who was at a link stays there.
    const again = [...body.querySelectorAll<HTMLElement>('a, button')];
    again.find((each) => focused !== null && each.getAttribute('aria-label') === focused)?.focus();
  };
  const tick = (): void => {
    if (end !== undefined && shown !== undefined) setText(end, endText(shown, Date.now()));
  };
  return {
    tick,
    update: ({ number, changedAt, status, events }: IncidentRow): void => {
      const version = `${changedAt} ${status} ${events}`;
      if (version === shownFor) return;
      shownFor = version;
      load(number).catch((error: unknown) => showError(messageOf(error)));
    },
  };
}

function incidentRow(showError: ShowError): OpenableRow<IncidentRow> {
  const severity = make('span', { class: 'severity' });
  const summary = make('span', { class: 'title' });
  const count = make('span', { class: 'times' });
  const age = make('span', { class: 'age' });
  const body = make('div', { class: 'incident-detail' });
  const detail = detailOf(body, showError);
  return {
    head: [severity, summary, count, age],
    body,
    update: (incident, element, isOpen) => {
      const { number, status, openedAt, events } = incident;
      element.classList.add('incident');
      setAttribute(element, 'data-severity', toneOf(incident.severity));
      setAttribute(element, 'data-status', status);
      setText(severity, status === 'triggered' ? incident.severity : status);
      setText(summary, incident.summary);
      setText(count, plural(events, 'event'));
      setText(age, `#${number}, ${formatAge(openedAt, Date.now())}`);
      if (isOpen) detail.update(incident);
      if (isOpen) detail.tick();
    },
  };
}

/** Starts the list. @returns what shows other incidents, and what updates their ages */
export function showIncidents(): {
  readonly update: (view: IncidentsView) => void;
  readonly tick: () => void;
} {
  const error = find('incident-error', HTMLParagraphElement);
  const empty = find('incidents-empty', HTMLParagraphElement);
  const count = find('incident-count', HTMLSpanElement);
  const show = showPagedList<IncidentRow>({
    name: 'incident',
    keyOf: ({ number }) => String(number),
    textOf: ({ number, status, severity, summary, service }) =>
      `#${number} ${status === 'resolved' ? '' : 'open'} ${status} ${severity} ${summary} ${service}`,
    makeRow: () => incidentRow((message) => setText(error, message)),
  });
  return {
    update: ({ rows, open }) => {
      show(rows);
      empty.hidden = rows.length > 0;
      const all = formatNumber(rows.length);
      setText(count, rows.length === 0 ? '' : `${formatNumber(open)} open of ${all}`);
    },
    tick: () => show(),
  };
}
