/** A system under a load, and what the loads read from its PagerDuty stand-in. */

import type { StageConfig } from '../../config/stage.ts';
import type { Bridge } from '../../local/bridge.ts';
import type { Incident } from '../../local/pagerduty/incidents.ts';
import type { Call, StandIn, StandInOptions } from '../../local/pagerduty/stand-in.ts';
import type { AssemblyStack } from '../../local/stack/template.ts';
import { viewEvent } from '../../testkit/scenario.ts';
import type { ContestantId } from './rows.ts';

/** Services of every load, each with an integration key of its own. */
export const SERVICES = ['a', 'b'] as const;

/** A service of a load. */
export type Service = (typeof SERVICES)[number];

/** Integration key of each service, in the format of PagerDuty's. */
export const KEYS: Readonly<Record<Service, string>> = {
  a: 'a'.repeat(32),
  b: 'b'.repeat(32),
};

/** A running system with a stand-in of its own. */
export interface Contestant {
  readonly id: ContestantId;
  /** Where events are posted to. */
  readonly webhookUrl: string;
  readonly standIn: StandIn;
  /** Only of this bridge. */
  readonly bridge?: Bridge;
  /** Stops it and its stand-in. */
  readonly stop: () => Promise<void>;
}

/** What a system needs to know of the load. */
export interface ContestantOptions {
  /** IDs of the views that the load uses: the vendor's handler maps each to a key. */
  readonly views: Readonly<Partial<Record<Service, readonly string[]>>>;
  readonly standIn?: Pick<StandInOptions, 'refuses'>;
  /** The stage of this bridge, and its stack. */
  readonly stage: StageConfig;
  readonly assembly: AssemblyStack;
}

/** The service of an integration key. */
export function serviceOf(integrationKey: string): Service | undefined {
  return SERVICES.find((service) => KEYS[service] === integrationKey);
}

/** ID of the environment whose events go to a service. */
export function environmentOf(service: Service): string {
  return `env-${service}`;
}

/** An event of a service. The threshold is 30; 45 is an error and 60 is critical. */
export function eventOf(service: Service, view: string, value = 42): object {
  return viewEvent(view, { environment: environmentOf(service), value });
}

/** The view of an incident, from its summary: all systems put the name of the view into it. */
export function viewOf({ summary }: Pick<Incident, 'summary'>): string | undefined {
  return /\bView ([\w-]+)/.exec(summary)?.[1];
}

/** When the first incident of each view opened, milliseconds since 1970. */
export function openedAt(standIn: StandIn): ReadonlyMap<string, number> {
  const opened = new Map<string, number>();
  for (const incident of standIn.incidents()) {
    const view = viewOf(incident);
    if (view !== undefined && !opened.has(view)) opened.set(view, Date.parse(incident.openedAt));
  }
  return opened;
}

/**
 * How long to wait for what a system does after its answers, seconds. The vendor's handler does
 * nothing then.
 */
export function afterAnswers({ id }: Contestant, seconds: number): number {
  return id === 'vendor' ? 0 : seconds;
}

/** Whether each view has an incident. */
export function allOpen(standIn: StandIn, views: readonly string[]): boolean {
  const opened = openedAt(standIn);
  return views.every((view) => opened.has(view));
}

/** From posting to opening, milliseconds; `Infinity` for a view without an incident. */
export function delaysOf(standIn: StandIn, posted: ReadonlyMap<string, number>): readonly number[] {
  const opened = openedAt(standIn);
  return [...posted].map(([view, at]) => (opened.get(view) ?? Infinity) - at);
}

/** The calls with the integration key of a service. */
export function callsOf(standIn: StandIn, service: Service): readonly Call[] {
  return standIn.calls().filter((call) => call.service === service);
}
