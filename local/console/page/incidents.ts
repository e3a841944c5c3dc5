/** The list of incidents. */

import type { IncidentsView, IncidentView } from '../state.ts';
import { ask, messageOf } from './api.ts';
import { detailList, find, keyedList, make, type Row, setAttribute, setText } from './dom.ts';
import { formatAgo, formatNumber, formatSpan, formatTime, plural } from './format.ts';

/** A delay above this is highlighted, milliseconds. */
const LATE = 10_000;

const SEVERITIES = ['critical', 'error', 'warning', 'info'];

/** When an open incident is resolved. */
function whenResolved({ resolvesAt }: IncidentView, now: number): string {
  if (resolvesAt === undefined) return 'Stays open until a person resolves it.';
  return resolvesAt > now
    ? `The bridge resolves it at ${formatTime(resolvesAt)}, in ${formatSpan(resolvesAt - now)}, if no event comes.`
    : 'The bridge resolves it at the next tick.';
}

/** Since when an incident is resolved, and what its next event does. */
function afterResolve(resolvedAt: number, { nextUpdateAt = 0 }: IncidentView, now: number): string {
  const resolved = `Resolved at ${formatTime(resolvedAt)}.`;
  return nextUpdateAt > now
    ? `${resolved} A new event opens a new incident in ${Math.ceil((nextUpdateAt - now) / 1000)} s, or at once if its severity is higher.`
    : `${resolved} The next event opens a new incident.`;
}

function incidentRow(first: IncidentView, showError: (message: string) => void): Row<IncidentView> {
  let shown = first;
  const severity = make('span', { class: 'severity' });
  const summary = make('h3');
  const since = make('span');
  const events = make('span');
  const notified = make('span');
  const end = make('p', { class: 'hint' });
  let details = detailList([]);
  let detailsJson = '';
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
    showError('');
    ask('POST', '/api/incidents/resolve', { number: shown.number }).catch((error: unknown) =>
      showError(messageOf(error)),
    );
  });
  const element = make('li', { class: 'card incident' }, [
    make('div', { class: 'card-head' }, [severity, summary]),
    make('p', { class: 'facts' }, [since, events, notified]),
    end,
    make('div', { class: 'toolbar' }, [link, resolve]),
    make('details', {}, [make('summary', { text: 'Details' }), details]),
  ]);
  return {
    element,
    update: (incident) => {
      shown = incident;
      const now = Date.now();
      const { number, status, openedAt, delay = 0 } = incident;
      const known = SEVERITIES.includes(incident.severity) ? incident.severity : 'info';
      setAttribute(element, 'data-severity', known);
      setAttribute(element, 'data-status', status);
      setText(severity, incident.severity);
      setText(summary, incident.summary);
      const opened = `opened ${formatTime(openedAt)}, ${formatAgo(openedAt, now)}`;
      setText(since, `#${number} ${status}, ${opened}`);
      setText(events, `${plural(incident.events, 'event')} in one incident`);
      setText(notified, `notified after ${formatSpan(delay)}`);
      setAttribute(notified, 'data-late', String(delay > LATE));
      const { resolvedAt } = incident;
      setText(
        end,
        resolvedAt === undefined
          ? whenResolved(incident, now)
          : afterResolve(resolvedAt, incident, now),
      );
      resolve.hidden = status === 'resolved';
      link.hidden = incident.link === undefined;
      if (incident.link !== undefined) setAttribute(link, 'href', incident.link);
      setAttribute(resolve, 'aria-label', `Resolve incident ${number}`);
      setAttribute(link, 'aria-label', `Open in Glasnostic: incident ${number}`);
      const json = JSON.stringify(incident.details);
      if (json === detailsJson) return;
      detailsJson = json;
      const before = details;
      details = detailList(
        Object.entries(incident.details).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      );
      before.replaceWith(details);
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
  const update = keyedList(
    find('incident-list', HTMLOListElement),
    ({ number }: IncidentView) => String(number),
    (incident) => incidentRow(incident, (message) => setText(error, message)),
  );
  let last: IncidentsView = { shown: [], open: 0, total: 0 };
  const show = (view: IncidentsView): void => {
    last = view;
    update(view.shown);
    empty.hidden = view.total > 0;
    const { open, total, shown } = view;
    const cut = shown.length < total ? `, ${formatNumber(shown.length)} shown` : '';
    setText(count, total === 0 ? '' : `${formatNumber(open)} open of ${formatNumber(total)}${cut}`);
  };
  return { update: show, tick: () => show(last) };
}
