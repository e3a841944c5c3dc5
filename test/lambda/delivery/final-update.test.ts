import { describe, expect, test } from '@jest/globals';

import { deliverBatch } from '../../../lambda/delivery/deliver.ts';
import { keyStateOf } from '../../../lambda/delivery/instance-state.ts';
import { reportBatch } from '../../../lambda/delivery/report.ts';
import { deliveryBench, OUTCOMES, type Script } from '../../support/delivery-bench.ts';
import { KEYS, NO_LEVELS, NOW, queued, ROUTES } from '../../support/delivery-fixtures.ts';
import { recordingLog } from '../../support/recording-log.ts';

/**
 * An instance that has notified view 4 a minute ago, and deduplicated an event into one that another
 * instance has received since.
 */
async function withFinalUpdate(script: Script) {
  const bench = deliveryBench(script);
  const { context } = bench;
  const deliver = async (...messages: Parameters<typeof deliverBatch>[0]) =>
    deliverBatch(messages, context.now() + 60_000, context);
  await deliver(queued());
  bench.wait(15_000);
  await deliver(queued({ at: NOW + 10_000 }), queued({ at: NOW + 12_000 }));
  bench.wait(47_000);
  const other = async () => deliver(queued({ view: 'other', at: context.now() - 1_000 }));
  return {
    ...bench,
    other,
    finalUpdates: keyStateOf(context.state, KEYS['shop'] ?? '').finalUpdates,
  };
}

describe('an update that no message of the batch asks for', () => {
  test('is sent once, and then there is none', async () => {
    const { other, views, sent, finalUpdates } = await withFinalUpdate(() => OUTCOMES.delivered);
    await other();
    expect(views()).toEqual(['4', 'other', '4']);
    expect(sent[2]?.event.payload.custom_details).not.toHaveProperty('deduplicated');
    await other();
    expect(views()).toEqual(['4', 'other', '4']);
    expect(finalUpdates.size).toBe(0);
  });

  test('is not repeated when PagerDuty refuses it', async () => {
    const { other, views } = await withFinalUpdate((_, call) =>
      call === 2 ? OUTCOMES.refused : OUTCOMES.delivered,
    );
    await other();
    await other();
    expect(views()).toEqual(['4', 'other', '4']);
  });

  test('is not sent when it is more than a quarter of an update interval late', async () => {
    const { other, views, wait, finalUpdates } = await withFinalUpdate(() => OUTCOMES.delivered);
    wait(14_000);
    await other();
    expect(views()).toEqual(['4', 'other']);
    expect(finalUpdates.size).toBe(0);
  });

  test('that fails in the bridge returns no message of the batch to the queue, and is logged', async () => {
    const { other, views } = await withFinalUpdate((_, call) => {
      if (call === 2) throw new TypeError('undefined is not a function');
      return OUTCOMES.delivered;
    });
    const report = await other();
    expect(report.processed.map(({ disposition }) => disposition.kind)).toEqual(['delivered']);
    const log = recordingLog();
    const tally = { delivered: 1, deduplicated: 0, deadLettered: 0, waiting: 0 };
    reportBatch(report, { keep: [], tally }, log, {
      stage: 'test',
      routes: ROUTES,
      levels: NO_LEVELS,
      begin: NOW,
      now: NOW,
    });
    expect(log.lines).toContainEqual({
      level: 'error',
      message: 'An internal error of the bridge',
      detail: 'TypeError: undefined is not a function',
    });
    await other();
    expect(views()).toEqual(['4', 'other', '4']);
  });
});
