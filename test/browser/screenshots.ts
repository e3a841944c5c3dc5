/** Takes screenshots of the console page; see {@link USAGE}. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { startBridgeWithConsole } from '../../local/bridge-with-console.ts';
import { until } from '../../local/traffic/wait.ts';
import { type ScenePage, scenes, serveScenes } from '../support/console-scenes.ts';
import { startBrowser } from './browser.ts';

const PICTURES = fileURLToPath(new URL('../../docs/images/', import.meta.url));

const USAGE = `Usage: npm run screenshots [-- FOLDER]

Takes the pictures docs/images/console.png and docs/images/incident.png. With a folder, writes
pictures of each state at 390, 1024 and 1440 px, in light and in dark, into it.`;

/** Timeout of each action on the page, milliseconds. */
const TIMEOUT = 60_000;

const README_SIZE = { width: 1280, height: 1180 };

const WIDTHS = [390, 1024, 1440];

let served: ScenePage | undefined;

async function send(page: Page, view: string, value: number): Promise<void> {
  await page.getByLabel('View', { exact: true }).fill(view);
  await page.getByLabel('Value').fill(String(value));
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('#send-form .outcome[data-kind=done]').waitFor();
}

async function choose(page: Page, mode: string): Promise<void> {
  await page.getByRole('radio', { name: mode }).check();
}

async function startStorm(page: Page, count: number, views: number, rate: number): Promise<void> {
  await page.getByLabel('Events', { exact: true }).fill(String(count));
  await page.getByLabel('Views', { exact: true }).fill(String(views));
  await page.getByLabel('Per second').fill(String(rate));
  await page.getByRole('button', { name: 'Start' }).click();
}

async function stormShows(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('#storm-form .outcome', { hasText: text }).waitFor();
}

/** Runs a storm, a refusal, and an outage with a growing backlog. */
async function runStory(page: Page): Promise<void> {
  await send(page, 'Catalogue', 36);
  await page.locator('.incident').first().waitFor();
  await send(page, 'Catalogue', 71);
  await startStorm(page, 500, 4, 25);
  await stormShows(page, '500 of 500 accepted');
  await page.locator('[data-step=queue] .main b:text-is("0")').waitFor();
  await choose(page, 'refuses (400)');
  await send(page, 'Payments', 71);
  await send(page, 'Shipping', 48);
  await page.locator('.dead-letter').nth(1).waitFor();
  await choose(page, 'works');
  await startStorm(page, 300, 5, 20);
  await stormShows(page, '300 of 300 accepted');
  await page.locator('.incident[data-status=resolved]', { hasText: 'Catalogue' }).waitFor();
  await choose(page, 'down (503)');
  await startStorm(page, 260, 60, 10);
  await page.locator('[data-step=delivery][data-state=backing-off]').waitFor();
  await stormShows(page, /^2\d\d of 260 sent/);
}

async function takeAll(page: Page, folder: string, name: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: README_SIZE.height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({
        path: join(folder, `${name}-${width}-${colorScheme}.png`),
        fullPage: true,
      });
    }
  }
}

/** Takes the picture of one incident of a storm: 10,000 events of ten views in 20 s. */
async function takeIncident(browser: Browser): Promise<void> {
  const bridge = await startBridgeWithConsole({ tickSeconds: 5 });
  try {
    // Without the page, which takes as much of a small machine as the storm.
    const { status } = await fetch(`${bridge.url}/api/storm`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ count: 10_000, views: 10, rate: 500 }),
    });
    if (status !== 200) throw new Error(`The storm was answered ${status}.`);
    await until(
      () => {
        const list = bridge.standIn?.incidents() ?? [];
        return list.length === 10 && list.every((incident) => incident.status === 'resolved');
      },
      { seconds: 300 },
    );
    const page = await browser.newPage({
      viewport: { width: 600, height: 1600 },
      deviceScaleFactor: 2,
      colorScheme: 'light',
    });
    page.setDefaultTimeout(TIMEOUT);
    await page.goto(`${bridge.url}/`);
    const row = page.locator('.incident').last();
    await row.getByRole('button').first().click();
    const detail = row.locator('.incident-detail');
    await detail.getByRole('table').first().waitFor();
    // The list scrolls; the picture has the whole incident, but not the fields that no person reads.
    await page.evaluate(
      `document.querySelector('#incidents').style.cssText = 'height: auto; max-height: none';
      document.querySelectorAll('.incident-detail table')[1].remove()`,
    );
    await detail.screenshot({ path: join(PICTURES, 'incident.png') });
  } finally {
    await bridge.stop();
  }
}

/** Shows a state that a bridge takes long to reach; see {@link scenes}. */
async function showScene(page: Page, name: 'storm' | 'thousand'): Promise<void> {
  const now = Date.now();
  served ??= await serveScenes(now);
  const scene = scenes(now)[name];
  served.show(scene);
  await page.goto(served.url);
  await page.locator('#verdict-sentence', { hasText: scene.verdict.sentence }).waitFor();
}

const folder = process.argv[2];
if (folder?.startsWith('-')) {
  console.log(USAGE);
  process.exit(folder === '--help' || folder === '-h' ? 0 : 2);
}
await mkdir(folder ?? PICTURES, { recursive: true });
const bridge = await startBridgeWithConsole({ tickSeconds: 5 });
const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: README_SIZE, colorScheme: 'light' });
  page.setDefaultTimeout(TIMEOUT);
  await page.goto(`${bridge.url}/`);
  await page.locator('#connection[data-state=live]').waitFor();
  if (folder === undefined) {
    await runStory(page);
    await page.screenshot({ path: join(PICTURES, 'console.png') });
    await takeIncident(browser);
  } else {
    await takeAll(page, folder, 'idle');
    await runStory(page);
    await takeAll(page, folder, 'outage');
    for (const name of ['storm', 'thousand'] as const) {
      await showScene(page, name);
      await takeAll(page, folder, name);
    }
  }
} finally {
  await browser.close();
  await served?.stop();
  await bridge.stop();
}
