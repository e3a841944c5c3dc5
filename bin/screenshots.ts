/**
 * Makes the README's picture of the console page: `npm run screenshots`. With a folder it makes
 * pictures at 1280 and 390 px, in light and in dark, to look at: `npm run screenshots -- FOLDER`.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { startBridgeWithConsole } from '../local/bridge-with-console.ts';
import { startBrowser } from '../test/browser/browser.ts';

const PICTURES = fileURLToPath(new URL('../docs/images/', import.meta.url));

const USAGE = `Usage: npm run screenshots [-- FOLDER]

Makes docs/images/console.png; with a folder, pictures at two widths, in light and in dark, to look at.`;

/** Longest wait for anything on the page, milliseconds. */
const PATIENCE = 60_000;

const WIDE = { width: 1280, height: 1040 };
const NARROW = { width: 390, height: 844 };

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
  await page.getByLabel('A second').fill(String(rate));
  await page.getByRole('button', { name: 'Start' }).click();
}

async function stormSays(page: Page, words: string | RegExp): Promise<void> {
  await page.locator('#storm-form .outcome', { hasText: words }).waitFor();
}

/** A storm, a refusal, and then an outage with a growing backlog. */
async function play(page: Page): Promise<void> {
  await send(page, 'Catalogue', 36);
  await page.locator('.incident').first().waitFor();
  await startStorm(page, 500, 4, 25);
  await stormSays(page, '500 of 500 accepted');
  await page.locator('[data-stage=queue] .main-figure:text-is("0")').waitFor();
  await choose(page, 'refuses (400)');
  await send(page, 'Payments', 71);
  await send(page, 'Shipping', 48);
  await page.locator('.letter').nth(1).waitFor();
  await choose(page, 'works');
  await startStorm(page, 300, 5, 20);
  await stormSays(page, '300 of 300 accepted');
  await choose(page, 'down (503)');
  await startStorm(page, 260, 60, 10);
  await page.locator('[data-stage=delivery][data-state=backing-off]').waitFor();
  await stormSays(page, /^2\d\d of 260 sent/);
}

async function takeAll(page: Page, folder: string): Promise<void> {
  for (const [name, viewport] of [
    ['1280', WIDE],
    ['390', NARROW],
  ] as const) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), fullPage: true });
    }
  }
}

const folder = process.argv[2];
if (folder?.startsWith('-')) {
  console.log(USAGE);
  process.exit(folder === '--help' || folder === '-h' ? 0 : 2);
}
await mkdir(folder ?? PICTURES, { recursive: true });
const bridge = await startBridgeWithConsole();
const browser = await startBrowser();
try {
  const page = await browser.newPage({ viewport: WIDE, colorScheme: 'light' });
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`${bridge.url}/`);
  await page.locator('#connection[data-state=live]').waitFor();
  if (folder === undefined) {
    await play(page);
    await page.screenshot({ path: join(PICTURES, 'console.png') });
  } else {
    await page.screenshot({ path: join(folder, 'empty.png') });
    await play(page);
    await takeAll(page, folder);
  }
} finally {
  await browser.close();
  await bridge.stop();
}
