/** A browser for looking at the console page: tests, and the picture in the README. */

import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

/**
 * Starts the browser that comes with the development packages. It needs nothing of the system.
 *
 * @throws Error when it does not start within 30 s
 */
export async function startBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // Without a language it would take the environment's, and C is none that Intl knows.
    args: [...chromium.args, '--lang=en-US'],
    env: { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: 'en_US.UTF-8', LANGUAGE: 'en_US' },
    headless: true,
    timeout: 30_000,
  });
}
