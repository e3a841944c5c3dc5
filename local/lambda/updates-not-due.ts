/** Which messages of the events queue are updates that wait until they are due. */

import { readDeliverySettings } from '../../lambda/shared/delivery-settings.ts';
import { ENV } from '../../lambda/shared/environment.ts';
import type { FunctionModel } from '../stack/model.ts';
import type { Journal } from './journal.ts';

/** Time between two updates of an incident, milliseconds, from the function's environment. */
export function updateIntervalOf({ environment }: Pick<FunctionModel, 'environment'>): number {
  const settings = environment[ENV.deliverySettings];
  if (settings === undefined) return 0;
  return readDeliverySettings(settings).updateIntervalSeconds * 1000;
}

/** Updates that wait until they are due. */
export interface UpdatesNotDue {
  /** Call it with the message IDs of each batch that the delivery function gets. */
  readonly received: (messageIds: readonly string[]) => void;
  /** Message IDs of those that wait now. */
  readonly ids: () => ReadonlySet<string>;
}

/**
 * Finds updates that are not due in the log of the delivery function, which has the last disposition
 * of each message. SQS cannot tell: it knows only that a message is not visible. An update that is
 * not received again when it is due counts as waiting from then on.
 *
 * @param options.updateInterval of the stage, milliseconds
 * @param options.now milliseconds since 1970
 */
export function watchUpdatesNotDue(options: {
  readonly journal: Pick<Journal, 'watch'>;
  readonly functionName: string;
  readonly updateInterval: number;
  readonly now: () => number;
}): UpdatesNotDue {
  const { journal, functionName, updateInterval, now } = options;
  /** Message ID -> when the message is due at the latest, milliseconds since 1970. */
  const waiting = new Map<string, number>();
  journal.watch(({ functionName: name, fields }) => {
    if (name !== functionName || fields?.['message'] !== 'Events wait') return;
    const { reason, message_ids: ids } = fields;
    if (typeof reason !== 'string' || !reason.startsWith('update_due:')) return;
    if (!Array.isArray(ids)) return;
    for (const id of ids) waiting.set(String(id), now() + updateInterval);
  });
  return {
    received: (messageIds) => {
      for (const id of messageIds) waiting.delete(id);
    },
    ids: () => {
      for (const [id, due] of waiting) if (due <= now()) waiting.delete(id);
      return new Set(waiting.keys());
    },
  };
}
