/** Dead letters as text: what all of them have in common once, then one or two lines each. */

import { formatDuration } from '../../lambda/shared/duration.ts';
import type { DeadLetterGroup } from '../dead-letters/groups.ts';
import { count, multiplier, plain, wrap } from '../terminal/terminal.ts';
import { formatLocalTime } from '../time.ts';

/** Characters of an ID: enough to identify one of 100,000. */
const SHORT_ID = 8;

/** Characters before the text of an entry. */
const INDENT = SHORT_ID + 2;

/** Width from which an entry is one line. */
const WIDE = 100;

/** How to write a list. */
export interface ListStyle {
  /** Width of the terminal, in characters. */
  readonly width: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether an entry is a single dead letter. */
  readonly each: boolean;
}

/** Facts that all entries can have in common, each as it is said once. */
interface Facts {
  readonly service: string;
  readonly reason: string;
  readonly detail: string;
}

function factsOf({ newest }: DeadLetterGroup): Facts {
  const { service, reason, httpStatus, detail } = newest;
  // PagerDuty's words begin with the status.
  const words = plain(detail).replace(`${String(httpStatus)} `, '');
  const status = httpStatus === undefined ? '' : ` ${httpStatus}`;
  return {
    service: plain(service ?? 'unknown'),
    reason: `${plain(reason)}${status}`,
    detail: words,
  };
}

/** What every entry has in common; nothing for a single one. */
function commonOf(groups: readonly DeadLetterGroup[]): Partial<Facts> {
  const [first, ...others] = groups.map(factsOf);
  if (first === undefined || others.length === 0) return {};
  const { service, reason, detail } = first;
  const isSameReason = others.every((one) => one.reason === reason);
  const isSameDetail =
    isSameReason &&
    others.every((one) => one.detail === detail) &&
    groups.every((group) => group.isSameDetail);
  return {
    ...(others.every((one) => one.service === service) ? { service } : {}),
    ...(isSameReason ? { reason } : {}),
    ...(isSameDetail ? { detail } : {}),
  };
}

function reasonText({ reason, detail }: Partial<Facts>): string {
  return [reason, detail].filter((one) => one !== undefined && one !== '').join(': ');
}

function commonText(common: Partial<Facts>): string | undefined {
  const { service } = common;
  const parts = [service === undefined ? '' : `service ${service}`, reasonText(common)];
  const text = parts.filter((part) => part !== '').join(', ');
  return text === '' ? undefined : `All: ${text}`;
}

/** What the dead letters are about: the view and its metric, as far as they are known. */
function subjectOf({ newest: { event, problem } }: DeadLetterGroup): string {
  if (event === undefined) return plain(problem ?? 'no event');
  const { view, environment, metric, kind } = event;
  const name = view?.name ?? view?.id ?? environment.name ?? environment.id;
  return plain(`${name} ${metric ?? kind}`);
}

/** `1 min ago at 14:03`; of several, `newest 1 min ago at 14:03`. */
function whenText({ newest: { failedAt }, count: size }: DeadLetterGroup, now: number): string {
  const ago = `${formatDuration(now - failedAt)} ago at ${formatLocalTime(failedAt, now)}`;
  return size === 1 ? ago : `newest ${ago}`;
}

function entryText(group: DeadLetterGroup, common: Partial<Facts>, style: ListStyle): string {
  const { newest, count: size, events, severity, isSameDetail } = group;
  const { each, width, now } = style;
  const about = each
    ? plain(newest.event?.summary ?? newest.problem ?? 'no event')
    : subjectOf(group);
  const what = [
    `${about}${multiplier(size)}`,
    ...(severity === undefined ? [] : [severity]),
    whenText(group, now),
    ...(events > size ? [`at least ${count(events, 'event')}`] : []),
  ].join(', ');
  const { service, reason, detail } = factsOf(group);
  const more = isSameDetail ? '' : ' (the newest; others differ)';
  const why = [
    ...(common.service === undefined ? [service] : []),
    reasonText({
      ...(common.reason === undefined ? { reason } : {}),
      ...(common.detail === undefined ? { detail: `${detail}${more}` } : {}),
    }),
  ].filter((part) => part !== '');
  const id = newest.id.slice(0, SHORT_ID).padEnd(INDENT);
  const lines = why.length === 0 ? [what] : [what, why.join(', ')];
  if (width >= WIDE) return wrap(`${id}${lines.join(', ')}`, width, INDENT);
  return lines
    .map((line, index) => wrap(`${index === 0 ? id : ' '.repeat(INDENT)}${line}`, width, INDENT))
    .join('\n');
}

/** Writes entries; the newest first, as they come. */
export function listText(groups: readonly DeadLetterGroup[], style: ListStyle): string {
  const common = commonOf(groups);
  const head = commonText(common);
  return [
    ...(head === undefined ? [] : [wrap(head, style.width, 'All: '.length), '']),
    ...groups.map((group) => entryText(group, common, style)),
  ].join('\n');
}
