/** The parts of the comparison that run without the programs of others. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { alertmanagerConfig, FAST_TIMES } from '../../bench/comparison/alertmanager-config.ts';
import { alertmanagerVersion, startAlertmanager } from '../../bench/comparison/alertmanager.ts';
import { stageOf } from '../../bench/comparison/bridge.ts';
import { eventOf, KEYS, viewOf } from '../../bench/comparison/contestant.ts';
import { createTurn, delaysText } from '../../bench/comparison/load.ts';
import { contestantsOf } from '../../bench/comparison/run.ts';
import { alertOf } from '../../bench/comparison/translator.ts';
import { startVendor, vendorVersion } from '../../bench/comparison/vendor.ts';
import { isJsonObject } from '../../lambda/shared/json.ts';
import { post, until } from '../../testkit/scenario.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'comparison-test-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const OPTIONS = {
  views: { a: ['4'] },
  stage: stageOf(false),
  assembly: { artifactId: '', directory: '', stackName: '' },
};

describe('the alert of an event', () => {
  test.each([
    [31, 'warning'],
    [45, 'error'],
    [60, 'critical'],
  ])('of value %d has severity %s', (value, severity) => {
    expect(alertOf(eventOf('a', '4', value))).toEqual({
      labels: { alertname: 'requests', environment: 'env-a', view: '4', severity },
      annotations: {
        summary: `View 4: requests ${value} r/s exceeded threshold 30 r/s`,
        value: `${value}`,
      },
    });
  });

  test('needs a view', () => {
    expect(() => alertOf({ type: 'EVENT', environment: { id: 'e' } })).toThrow('no view');
    expect(() => alertOf([])).toThrow('not an event');
  });
});

test("Alertmanager's configuration groups by metric and view, and routes each service to its key", () => {
  const config: unknown = JSON.parse(alertmanagerConfig(FAST_TIMES, 'http://127.0.0.1:1'));
  expect(config).toMatchObject({
    route: {
      group_by: ['alertname', 'view'],
      group_wait: '10s',
      group_interval: '1m',
      routes: [
        { receiver: 'a', matchers: ['environment="env-a"'] },
        { receiver: 'b', matchers: ['environment="env-b"'] },
      ],
    },
    receivers: [
      {
        name: 'a',
        pagerduty_configs: [{ routing_key: KEYS.a, url: 'http://127.0.0.1:1/v2/enqueue' }],
      },
      { name: 'b', pagerduty_configs: [{ routing_key: KEYS.b }] },
    ],
  });
});

/** A handler with the interface of the vendor's, and a client with that of axios. */
function writeHandler(): string {
  mkdirSync(join(folder, 'node_modules', 'axios'), { recursive: true });
  const client = `let change = (config) => config;
    const axios = () => {};
    axios.interceptors = { request: { use: (next) => { change = next; } } };
    axios.post = (url, data) => fetch(change({ url }).url, { method: 'POST', body: JSON.stringify(data) });
    module.exports = axios;`;
  writeFileSync(join(folder, 'node_modules', 'axios', 'index.js'), client);
  const handler = `const axios = require('axios');
    exports.webhook = async ({ body }) => {
      const { environment, event } = JSON.parse(body);
      const key = JSON.parse(process.env.WEBHOOK_CONFIG)[environment.id][event.view.id];
      const payload = { summary: event.view.name, source: 'test', severity: 'warning' };
      const sent = { routing_key: key, event_action: 'trigger', payload };
      const { status } = await axios.post('https://events.pagerduty.com/v2/enqueue', sent);
      return { statusCode: status };
    };`;
  writeFileSync(join(folder, 'handler.js'), handler);
  return folder;
}

test("the vendor's handler calls the stand-in, with its code as it is", async () => {
  const vendor = await startVendor(writeHandler(), OPTIONS);
  try {
    expect(await post(vendor, eventOf('a', '4'))).toBe(202);
    expect(vendor.standIn.incidents()).toMatchObject([{ summary: 'View 4', service: 'a' }]);
    expect(await post(vendor, eventOf('a', 'unknown'))).toBe(400);
    expect(vendor.standIn.callCounts()).toEqual({ 202: 1, 400: 1 });
  } finally {
    await vendor.stop();
  }
});

/** A program that listens and logs as Alertmanager does, and notifies of each alert at once. */
function writeAlertmanager(): string {
  const path = join(folder, 'alertmanager');
  const program = `#!${process.execPath}
    if (process.argv.includes('--version')) {
      console.log('alertmanager, version 9.9.9 (branch: none)');
      process.exit();
    }
    const { readFileSync } = require('node:fs');
    const file = process.argv.find((one) => one.startsWith('--config.file=')).slice(14);
    const { url, routing_key } = JSON.parse(readFileSync(file)).receivers[0].pagerduty_configs[0];
    const server = require('node:http').createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const [{ labels, annotations }] = JSON.parse(body);
      const payload = { summary: annotations.summary, source: 'test', severity: labels.severity };
      const event = { routing_key, event_action: 'trigger', dedup_key: labels.view, payload };
      await fetch(url, { method: 'POST', body: JSON.stringify(event) });
      response.end();
    });
    server.listen(0, '127.0.0.1', () => {
      const address = '127.0.0.1:' + server.address().port;
      console.error('ts=1 level=info msg="Listening on" address=' + address);
    });`;
  writeFileSync(path, program, { mode: 0o755 });
  return path;
}

test('an event reaches Alertmanager through the translator, and PagerDuty through Alertmanager', async () => {
  const path = writeAlertmanager();
  expect(await alertmanagerVersion(path)).toBe('Alertmanager 9.9.9');
  const alertmanager = await startAlertmanager(path, 'fastAlertmanager', OPTIONS);
  try {
    expect(await post(alertmanager, eventOf('a', '4', 90))).toBe(200);
    await until(() => alertmanager.standIn.incidents().length === 1, { seconds: 10 });
    const [incident] = alertmanager.standIn.incidents();
    expect(incident).toMatchObject({ severity: 'critical', service: 'a' });
    expect(isJsonObject(incident) && viewOf(incident)).toBe('4');
    expect(await post(alertmanager, {})).toBe(502);
  } finally {
    await alertmanager.stop();
  }
});

test('a program that is not Alertmanager, or does not start, is an error', async () => {
  await expect(alertmanagerVersion('/bin/echo')).rejects.toThrow('is not Alertmanager');
  await expect(alertmanagerVersion('/nowhere')).rejects.toThrow('is not Alertmanager');
  await expect(vendorVersion('/nowhere')).rejects.toThrow('is not a clone');
  await expect(startVendor('/nowhere', OPTIONS)).rejects.toThrow('npm ci --omit=dev');
  await expect(startAlertmanager('/bin/false', 'alertmanager', OPTIONS)).rejects.toThrow(
    'did not start',
  );
});

test('systems that are not given are left out', () => {
  expect(contestantsOf({})).toEqual(['bridge']);
  expect(contestantsOf({ alertmanager: 'a' })).toHaveLength(3);
  expect(contestantsOf({ alertmanager: 'a', vendorHandler: 'b' })).toHaveLength(4);
});

test('delays are quantiles, and say how many never ended', () => {
  expect(delaysText([5, 1500, 30_000], [0.5, 1])).toBe('1.5 s / 30 s');
  expect(delaysText([5, Infinity], [0.5])).toBe('5 ms; 1 of 2 never');
  expect(delaysText([Infinity], [0.5, 1])).toBe('never');
});

test('tasks of one turn run one after the other, also after one that failed', async () => {
  const turn = createTurn();
  const order: string[] = [];
  const task = (name: string) => async (): Promise<void> => {
    order.push(`${name} begins`);
    await Promise.resolve();
    order.push(`${name} ends`);
    if (name === 'a') throw new Error('a failed');
  };
  const [first] = await Promise.allSettled([turn(task('a')), turn(task('b'))]);
  expect(first).toMatchObject({ status: 'rejected' });
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});
