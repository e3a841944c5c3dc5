/** The browser for the tests and the screenshots of the console page. */

import { existsSync, readFileSync } from 'node:fs';
import { type Browser, chromium as playwright } from 'playwright-core';

/** The part of `@sparticuz/chromium` that is used. Its own types exist only where it is installed. */
interface Chromium {
  readonly args: readonly string[];
  /** `false` leaves out WebGL and its flags. */
  setGraphicsMode: boolean;
  readonly executablePath: () => Promise<string>;
}

const PACKAGE = new URL('node_modules/@sparticuz/chromium/', import.meta.url);

function packageJson(folder: URL) {
  const content: {
    readonly version?: string;
    readonly devDependencies?: Readonly<Record<string, string>>;
  } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
  return content;
}

/** True when the version that `test/browser/package.json` names is installed. */
export function isBrowserInstalled(): boolean {
  const { devDependencies } = packageJson(new URL('.', import.meta.url));
  return (
    existsSync(new URL('package.json', PACKAGE)) &&
    packageJson(PACKAGE).version === devDependencies?.['@sparticuz/chromium']
  );
}

/**
 * Starts the browser. It needs no libraries of the system.
 *
 * @throws Error when it is not installed, or does not start within 30 s
 */
export async function startBrowser(): Promise<Browser> {
  if (!isBrowserInstalled())
    throw new Error('The browser is not installed. Run: npm ci --prefix test/browser');
  const { default: chromium }: { readonly default: Chromium } = await import(
    new URL('build/index.js', PACKAGE).href
  );
  chromium.setGraphicsMode = false;
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // Emulating a GPU takes a third of the CPU time, and the page does not use WebGL. Without a
    // language it takes the environment's, and Intl does not know the locale "C".
    args: [...chromium.args, '--disable-gpu', '--lang=en-US'],
    env: { ...process.env, LANG: 'en_US.UTF-8', LC_ALL: 'en_US.UTF-8', LANGUAGE: 'en_US' },
    headless: true,
    timeout: 30_000,
  });
}
