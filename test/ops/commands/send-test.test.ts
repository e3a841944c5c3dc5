/** `send --test`, to the local bridge and to a deployed stage. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';

import { type OperatedBridge, startOperatedBridge } from '../support/bridge.ts';
import { type Deployed, startDeployed } from '../support/deployed.ts';
import { run } from '../support/run.ts';

describe('on the local bridge', () => {
  let operated: OperatedBridge;

  beforeAll(async () => {
    operated = await startOperatedBridge();
  }, 60_000);

  afterEach(async () => {
    await operated.cleanUp();
  });

  afterAll(async () => {
    await operated.bridge.stop();
  });

  test('an event is triggered and resolved, and each step is shown', async () => {
    const { code, stdout, stderr } = await operated.run(['send', '--test', '--view', 'net']);
    expect(code).toBe(0);
    expect(stderr).toContain('Posting a test to service network of stage local');
    expect(stdout).toMatch(
      /Event accepted .*\n.*PagerDuty accepted an event .*severity=info.*\n.*The incident of a test was resolved .*\nPagerDuty accepted the test for service network, and its resolve\.\n$/,
    );
    const incident = operated.bridge.standIn
      ?.incidents()
      .find(({ dedupKey }) => dedupKey === 'glasnostic-test:YegltGN8vgAK8THi:net:requests');
    expect(incident).toMatchObject({
      severity: 'info',
      summary: 'TEST, no action needed: View net: requests 42 r/s exceeded threshold 30 r/s',
    });
    expect(incident?.status).toBe('resolved');
  });

  test('a refused test is reported as a dead letter, with exit code 1', async () => {
    operated.bridge.standIn?.setMode({ kind: 'refuse' });
    const ran = await operated.run(['send', '--test', '--view', 'refused', '--json']);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({ service: 'platform', end: 'dead_letter' });
  });

  test('Ctrl-C while it waits says how to look later', async () => {
    operated.bridge.standIn?.setMode({ kind: 'down' });
    let stop: (() => void) | undefined;
    const ran = await operated.run(['send', '--test', '--view', 'down'], {
      onStart: (interrupt) => {
        stop = interrupt;
      },
      onOutput: (text) => {
        if (text.includes('will be retried')) stop?.();
      },
    });
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining('./bridge trace ') });
  });

  test('is one event', async () => {
    expect(await operated.run(['send', '--test', '--count', '2'])).toMatchObject({ code: 2 });
  });
});

/** A log line. */
const line = (message: string, fields: object): string =>
  JSON.stringify({ timestamp: new Date().toISOString(), message, ...fields });

describe('on a deployed stage', () => {
  let deployed: Deployed;

  beforeAll(async () => {
    deployed = await startDeployed();
  });

  afterAll(async () => {
    await deployed.stop();
  });

  /** The lines that the functions write about the event that the webhook answered 202. */
  const writeLines = (last: string): void => {
    deployed.logs.set('ingest-log', [
      line('Event accepted', { message_id: 'message-1', request_id: 'request-1' }),
    ]);
    deployed.logs.set('delivery-log', [
      line('PagerDuty accepted an event', { request_ids: ['request-1'] }),
      line(last, { request_ids: ['request-1'] }),
    ]);
  };

  test.each([
    ['The incident of a test was resolved', 0, 'resolved'],
    ['The incident of a test stays open', 1, 'open'],
  ])('it ends with the line "%s": exit code %d', async (last, code, end) => {
    writeLines(last);
    const ran = await run(['send', '--test', '--yes', '--json'], { stages: deployed.stages });
    expect(ran).toMatchObject({ code, stderr: expect.stringMatching(/\(account 0{12}/) });
    expect(JSON.parse(ran.stdout)).toMatchObject({ id: 'message-1', service: 'platform', end });
  });

  test('an event that no route takes is not posted', async () => {
    deployed.posted.length = 0;
    const [stage] = deployed.stages;
    const stages = stage === undefined ? [] : [{ ...stage, routes: stage.routes.slice(0, 1) }];
    const ran = await run(['send', '--test', '--yes'], { stages });
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('No route takes') });
    expect(deployed.posted).toEqual([]);
  });
});
