import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import type { Route } from '../../lambda/shared/routes.ts';
import { startBridgeWithConsole } from '../../local/bridge-with-console.ts';
import { entriesOf } from '../../local/aws-endpoint/protocol.ts';
import type { Bridge } from '../../local/bridge.ts';
import { startBrowser } from '../browser/browser.ts';
import { startScenario, until } from '../../testkit/scenario.ts';
import { overflows, RECORD_SHIFTS, violations } from '../support/page-checks.ts';

const delivery = {
  updateIntervalSeconds: 1,
  callTimeoutSeconds: 1,
  retryBaseSeconds: 1,
  retryCapSeconds: 2,
  circuitCapSeconds: 1,
};

/** A route with a quiet time that is longer than the test. */
const routes: readonly Route[] = [
  {
    environment: '*',
    service: 'local-service',
    severity: { default: 'warning', over: [{ ratio: 2, severity: 'critical' }] },
    resolveAfterMinutes: 10,
  },
];

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

let bridge: Bridge;
let browser: Browser;
let page: Page;
const messages: string[] = [];

beforeAll(async () => {
  [bridge, browser] = await Promise.all([
    startScenario({ delivery, routes }, {}, startBridgeWithConsole),
    startBrowser(),
  ]);
  page = await browser.newPage({ viewport: DESKTOP });
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') messages.push(message.text());
  });
  page.on('pageerror', (error) => messages.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(bridge.url)) messages.push(`outside: ${request.url()}`);
  });
  await page.addInitScript(RECORD_SHIFTS);
  await page.goto(`${bridge.url}/`);
  await page.locator('#connection[data-state=live]').waitFor();
});

afterAll(async () => {
  await browser?.close();
  await bridge?.stop();
});

/** Sends an event with the page's form. */
async function send(view: string, value = 42): Promise<void> {
  await page.getByLabel('View', { exact: true }).fill(view);
  await page.getByLabel('Value').fill(String(value));
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('#send-form .outcome', { hasText: 'Accepted (202).' }).waitFor();
}

async function choose(mode: string): Promise<void> {
  const input = page.getByRole('radio', { name: mode });
  await input.check();
  const kind = await input.getAttribute('value');
  await until(() => bridge.standIn?.mode().kind === kind, { seconds: 10 });
}

function step(name: string, state: string): ReturnType<Page['locator']> {
  return page.locator(`[data-step=${name}][data-state=${state}]`);
}

function incident(text: string | RegExp): ReturnType<Page['locator']> {
  return page.locator('.incident', { hasText: text });
}

async function figure(name: string): Promise<number> {
  const text = await page.locator(`[data-step=${name}] .main b`).textContent();
  return Number(text?.replaceAll(',', ''));
}

test('an empty page shows what to do next, and is accessible', async () => {
  await page.getByText('Send an event with the form to open one.').waitFor();
  await page.getByText('Set PagerDuty to “refuses (400)” and send an event').waitFor();
  await page.locator('#verdict[data-answer=yes]', { hasText: 'no event waits' }).waitFor();
  await expect(page.locator('.step[data-state=idle]').count()).resolves.toBe(6);
  expect(await violations(page)).toEqual([]);
});

test('an event that is sent becomes an incident as a responder sees it', async () => {
  await send('checkout', 65);
  const row = incident('View checkout: requests 65 r/s exceeded threshold 30 r/s');
  await row.getByRole('button').click();
  await row.getByText('The incident as the stand-in received it').waitFor();
  expect(await row.locator('.facts').textContent()).toMatch(
    /^critical#1 triggered1 eventnotified after \d+\.\d s$/,
  );
  await row
    .getByText(/^The bridge resolves it at \d\d:\d\d:\d\d, in \d+ (?:s|min), if no/)
    .waitFor();
  const link = row.getByRole('link', { name: 'incident 1' }).first();
  expect(await link.getAttribute('href')).toBe(
    'https://app.glasnostic.com/environments/YegltGN8vgAK8THi/views/checkout/metrics',
  );
  await row.getByRole('row', { name: /^over by / }).waitFor();
  await row.getByRole('row', { name: /opened, critical: View checkout/ }).waitFor();
  await page
    .locator('#accounting[data-balanced=true]', { hasText: '1 accepted = 1 delivered' })
    .waitFor();
});

test('after an incident was resolved, the next event opens a new one', async () => {
  await page.getByRole('button', { name: 'Resolve incident 1' }).click();
  await incident(/Resolved at \d\d:\d\d:\d\d\. The next event opens a new incident\./).waitFor();
  await send('checkout', 66);
  await incident(/resolved by hand/).waitFor();
  await incident('#2,').waitFor();
  expect(await page.locator('#incident-count').textContent()).toBe('1 open of 2');
});

test('the message for a refused input is shown below its form', async () => {
  await page.getByLabel('View', { exact: true }).fill(' ');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('#send-form .outcome', { hasText: 'Name a view.' }).waitFor();
  // The browser logs every 400.
  expect(messages.splice(0)).toEqual([expect.stringContaining('400 (Bad Request)')]);
});

test('an outage shows a growing backlog and the state of each step, and the recovery drains it', async () => {
  await choose('down (503)');
  const backlog: number[] = [];
  for (const view of ['a', 'b', 'c']) {
    await send(view);
    await until(async () => (await figure('queue')) > backlog.length, { seconds: 20 });
    backlog.push(await figure('queue'));
  }
  expect(backlog).toEqual([1, 2, 3]);
  await step('queue', 'backing-off').waitFor();
  await step('delivery', 'backing-off').waitFor();
  await step('pagerduty', 'broken').waitFor();
  await page.locator('[data-step=pagerduty] .main', { hasText: /^\d+ failed$/ }).waitFor();
  await page.locator('#verdict[data-answer=no]', { hasText: 'PagerDuty answers 503' }).waitFor();
  await page.locator('#verdict-live', { hasText: 'Are pages getting out? NO:' }).waitFor();
  await page.locator('#failing-since', { hasText: /^\d\d:\d\d:\d\d, / }).waitFor();
  await page.locator('#next-attempt', { hasText: /^(?:now|in \d)/ }).waitFor();
  expect(await violations(page)).toEqual([]);

  await choose('works');
  for (const view of ['a', 'b', 'c']) await incident(`View ${view}:`).waitFor();
  await page.locator('[data-step=queue] .main b:text-is("0")').waitFor();
  await page.locator('[data-step=pagerduty]:not([data-state=broken])').waitFor();
  await page
    .locator('#accounting[data-balanced=true]', { hasText: '5 accepted = 5 delivered' })
    .waitFor();
});

test('a refused event is a dead letter with PagerDuty’s error message, and can be replayed by keyboard', async () => {
  await choose('refuses (400)');
  await send('payments');
  const deadLetter = page.locator('.dead-letter', { hasText: 'View payments' });
  await deadLetter.waitFor();
  await deadLetter.getByText(/^PagerDuty refused it \(400\): .*Event object is invalid/).waitFor();
  expect(await deadLetter.locator('.times').textContent()).toBe('');
  await deadLetter.getByRole('button').click();
  await deadLetter.getByRole('row', { name: /^answer .*Event object is invalid/ }).waitFor();
  await step('dead-letters', 'broken').waitFor();
  await page.setViewportSize(PHONE);
  expect(await violations(page)).toEqual([]);
  await page.setViewportSize(DESKTOP);

  // Arrow keys move between the modes: "refuses" is three below "works".
  await page.getByRole('radio', { name: 'refuses (400)' }).focus();
  for (const _ of [1, 2, 3]) await page.keyboard.press('ArrowUp');
  await until(() => bridge.standIn?.mode().kind === 'ok', { seconds: 10 });
  await deadLetter.getByRole('checkbox').focus();
  await page.keyboard.press('Space');
  await page.getByRole('button', { name: 'Replay selected (1)' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('#replay-outcome', { hasText: '1 put back on the queue.' }).waitFor();
  await incident('View payments').waitFor();
  await page.getByText('Set PagerDuty to “refuses (400)” and send an event').waitFor();
});

test('a storm deduplicates into its incidents, and the chart counts it', async () => {
  await page.getByLabel('Events', { exact: true }).fill('60');
  await page.getByLabel('Views', { exact: true }).fill('2');
  await page.getByLabel('Per second').fill('60');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.locator('#storm-form .outcome', { hasText: '60 of 60 accepted.' }).waitFor();
  await incident('Recommendation').or(incident('View 2')).first().waitFor();
  await page
    .locator('#accounting[data-balanced=true]', { hasText: '0 in the queue + 0 dead letters' })
    .waitFor();
  await until(async () => (await figure('webhook')) === 66, { seconds: 20 });
  await page.locator('#events-chart[aria-label*="waiting 0, accepted 66"]').waitFor();
  expect(await page.locator('#events-chart canvas').count()).toBe(1);
});

test('the layout does not shift, fits into 390 px, and the browser logs no errors', async () => {
  // A tenth of a good score: a text that gets wider may shift its neighbours. https://web.dev/articles/cls
  const shifts: unknown = await page.evaluate(
    'JSON.stringify(window.shifts.filter(({ value }) => value > 0.01))',
  );
  expect(shifts).toBe('[]');
  await page.setViewportSize(PHONE);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
  await page.setViewportSize(DESKTOP);
  expect(messages).toEqual([]);
});

test('an event that another caller takes out of a queue is missing, in red', async () => {
  await choose('refuses (400)');
  await send('lost');
  await page.locator('.dead-letter', { hasText: 'View lost' }).waitFor();
  const outsider = { name: 'outsider' };
  const queue = { QueueUrl: bridge.queue('deadLetters').url };
  const { body } = await bridge.aws.call(outsider, 'sqs', 'ReceiveMessage', queue);
  const [{ ReceiptHandle } = {}] = entriesOf(body, 'Messages');
  await bridge.aws.call(outsider, 'sqs', 'DeleteMessage', { ...queue, ReceiptHandle });
  await page.locator('#accounting[data-wrong=true]').waitFor();
  const line = page.getByLabel('Where the accepted events are');
  expect(await line.textContent()).toMatch(
    /^Does not add up since \d\d:\d\d:\d\d: 1 event missing\. 67 accepted ≠ .* dead letters$/,
  );
  expect(await violations(page)).toEqual([]);
  expect(await overflows(page, [320, PHONE.width, DESKTOP.width])).toEqual([]);
  const color = 'getComputedStyle(document.querySelector("#accounting")).color';
  expect(await page.evaluate(color)).toBe('rgb(176, 26, 34)');
});

test('the page survives a restart of the bridge', async () => {
  const port = Number(new URL(bridge.url).port);
  await bridge.stop();
  await page.locator('#connection[data-state=lost]').waitFor();
  bridge = await startScenario({ delivery, routes }, { port }, startBridgeWithConsole);
  await page.locator('#connection[data-state=live]').waitFor();
  await page.getByText('Send an event with the form to open one.').waitFor();
  await send('again');
  await incident('View again').waitFor();
  // The browser logs each attempt to connect. The page's script must log nothing.
  expect(messages.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
});
