/** Incidents as a responder sees them. */

import type { IncidentsView, IncidentView } from '../state.ts';
import { ask, wordsOf } from './api.ts';
import { find, keyedList, make, type Row, setAttribute, setText } from './dom.ts';
import { formatAgo, formatNumber, formatSpan, formatTime, plural } from './format.ts';

const SEVERITIES = ['critical', 'error', 'warning', 'info'];

function detailText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function detailRows(details: IncidentView['details']): HTMLElement[] {
  return Object.entries(details).map(([name, value]) =>
    make('div', {}, [make('dt', { text: name }), make('dd', { text: detailText(value) })]),
  );
}

/** What a responder has to know about a resolved incident before sending the next event. */
function afterResolve({ deduplicatesUntil }: IncidentView, now: number): string {
  if (deduplicatesUntil === undefined) return '';
  return deduplicatesUntil > now
    ? `Resolved. Delivery deduplicates what comes in the next ${Math.ceil((deduplicatesUntil - now) / 1000)} s; the event after that opens a new incident.`
    : 'Resolved. The next event opens a new incident.';
}

function incidentRow(first: IncidentView, fail: (words: string) => void): Row<IncidentView> {
  let shown = first;
  const severity = make('span', { class: 'severity' });
  const summary = make('h3');
  const since = make('span');
  const events = make('span');
  const delay = make('span');
  const after = make('p', { class: 'hint' });
  const details = make('dl', { class: 'details' });
  const link = make('a', {
    class: 'button',
    text: 'Open in Glasnostic',
    attributes: { target: '_blank', rel: 'noreferrer' },
  });
  const resolve = make('button', {
    text: 'Resolve',
    class: 'quiet',
    attributes: { type: 'button' },
  });
  resolve.addEventListener('click', () => {
    fail('');
    ask('POST', '/api/incidents/resolve', { number: shown.number }).catch((error: unknown) =>
      fail(wordsOf(error)),
    );
  });
  const element = make('li', { class: 'card incident' }, [
    make('div', { class: 'card-head' }, [severity, summary]),
    make('p', { class: 'facts' }, [since, events, delay]),
    after,
    make('div', { class: 'actions' }, [link, resolve]),
    make('details', {}, [make('summary', { text: 'Details' }), details]),
  ]);
  let detailsJson = '';
  const tick = (): void => {
    const now = Date.now();
    const { number, status, openedAt } = shown;
    setText(
      since,
      `#${number} ${status} since ${formatTime(openedAt)}, ${formatAgo(openedAt, now)}`,
    );
    setText(after, afterResolve(shown, now));
  };
  return {
    element,
    update: (incident) => {
      shown = incident;
      const known = SEVERITIES.includes(incident.severity) ? incident.severity : 'info';
      setAttribute(element, 'data-severity', known);
      setAttribute(element, 'data-status', incident.status);
      setText(severity, incident.severity);
      setText(summary, incident.summary);
      setText(events, `${plural(incident.events, 'event')} in one incident`);
      const late = incident.delay ?? 0;
      setText(delay, `told after ${formatSpan(late)}`);
      setAttribute(delay, 'data-late', String(late > 10_000));
      resolve.hidden = incident.status === 'resolved';
      link.hidden = incident.link === undefined;
      if (incident.link !== undefined) setAttribute(link, 'href', incident.link);
      setAttribute(resolve, 'aria-label', `Resolve incident ${incident.number}`);
      setAttribute(link, 'aria-label', `Open in Glasnostic: incident ${incident.number}`);
      const json = JSON.stringify(incident.details);
      if (json !== detailsJson) {
        detailsJson = json;
        details.replaceChildren(...detailRows(incident.details));
      }
      tick();
    },
  };
}

/** Starts the list. @returns what shows other incidents, and what lets their ages grow */
export function showIncidents(): {
  readonly update: (view: IncidentsView) => void;
  readonly tick: () => void;
} {
  const error = find('incident-error', HTMLParagraphElement);
  const empty = find('incidents-empty', HTMLParagraphElement);
  const count = find('incident-count', HTMLSpanElement);
  const update = keyedList(
    find('incident-list', HTMLOListElement),
    ({ number }: IncidentView) => String(number),
    (incident) => incidentRow(incident, (words) => setText(error, words)),
  );
  let last: IncidentsView | undefined;
  const show = (view: IncidentsView): void => {
    last = view;
    update(view.shown);
    empty.hidden = view.total > 0;
    const { open, total, shown } = view;
    const cut = shown.length < total ? `, ${formatNumber(shown.length)} shown` : '';
    setText(count, total === 0 ? '' : `${formatNumber(open)} open of ${formatNumber(total)}${cut}`);
  };
  return {
    update: show,
    tick: () => {
      if (last !== undefined) show(last);
    },
  };
}
