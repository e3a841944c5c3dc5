/** States of the console page that a bridge takes long to reach. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';

import { startBrowser } from '../browser/browser.ts';
import { type ScenePage, scenes, serveScenes } from '../support/console-scenes.ts';
import { overflows, tabStopsTo, violations } from '../support/page-checks.ts';

let browser: Browser;
let page: Page;
let served: ScenePage;

beforeAll(async () => {
  [served, browser] = await Promise.all([serveScenes(Date.now()), startBrowser()]);
  page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(20_000);
  await page.goto(served.url);
});

afterAll(async () => {
  await browser?.close();
  await served?.stop();
});

/** Shows given messages on the page, as if a bridge had sent them. */
async function showScene(name: keyof ReturnType<typeof scenes>): Promise<void> {
  const scene = scenes(Date.now())[name];
  served.show(scene);
  await page.locator('#verdict-sentence', { hasText: scene.verdict.sentence }).waitFor();
}

test('no text leaves its card at any width, with seven digits and open rows', async () => {
  // Steps of 80, and both sides of each limit of the stylesheet.
  const steps = Array.from({ length: 15 }, (_, index) => 320 + 80 * index);
  const widths = [...steps, 390, 561, 900, 901, 1_024];
  await showScene('outage');
  await page.locator('.incident .row-button').first().click();
  await page.locator('.incident table').first().waitFor();
  await page.locator('.dead-letter .row-button').nth(1).click();
  await page.locator('.dead-letter table').first().waitFor();
  expect(await overflows(page, widths)).toEqual([]);
  expect(await violations(page)).toEqual([]);
});

test('a mode stays chosen when an older message comes, until the bridge insists', async () => {
  await showScene('idle');
  await page.clock.install();
  await page.clock.pauseAt(Date.now() + 60_000);
  const [works, down] = ['works', 'down (503)'].map((name) => page.getByRole('radio', { name }));
  const answered = page.waitForResponse(/mode$/);
  await down?.check();
  await answered;
  await showScene('thousand');
  await page.locator('#accounting', { hasText: '98,765 accepted' }).waitFor();
  expect(await down?.isChecked()).toBe(true);
  await page.clock.resume();
  await works?.and(page.locator(':checked')).waitFor();
});

test('every one of 1,000 incidents and dead letters is reachable, with few tab stops', async () => {
  await showScene('thousand');
  expect(await tabStopsTo(page, '#dead-letter-list')).toBeLessThan(20);
  const rows = page.locator('.incident');
  const forward = page.getByRole('button', { name: 'Next incidents' });
  for (let turn = 1; turn < 20; turn += 1) await forward.click();
  await page.getByText('951–1,000 of 1,000').waitFor();
  await page.locator('.incident', { hasText: '#1,' }).waitFor();
  await page.getByLabel('Filter the incidents').fill('open info service-333:');
  await page.getByText('1–1 of 1', { exact: true }).waitFor();
  await rows.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await rows.getByRole('row', { name: 'view · id 4' }).waitFor();
  await page.getByLabel('Filter the dead letters').fill('payments-999');
  await page.locator('.dead-letter', { hasText: 'payments-999' }).waitFor();
  expect(await violations(page)).toEqual([]);
});
