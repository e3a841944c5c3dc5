/**
 * Installs the browser when it is missing or outdated. `npm run test:long` and `npm run screenshots`
 * start with it. The browser is a package of its own, so that `npm ci` need not download its 70 MB.
 */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isBrowserInstalled } from './browser.ts';

if (!isBrowserInstalled()) {
  process.stderr.write('Installing the browser, once: npm ci --prefix test/browser (70 MB)\n');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  // Every other test runs without it, so this is not an error here.
  if (status !== 0 || !isBrowserInstalled())
    process.stderr.write(
      'The browser was not installed: the tests of the console page will fail.\n',
    );
}
