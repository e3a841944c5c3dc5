/** Checks of the console page in a browser. */

import axe from 'axe-core';
import type { Page } from 'playwright-core';

async function evaluated(page: Page, script: string): Promise<string[]> {
  const result: unknown = JSON.parse(String(await page.evaluate(script)));
  return Array.isArray(result) ? result.map(String) : [];
}

/** Rules whose result depends on the colours. */
const OF_COLORS = "runOnly: ['color-contrast', 'link-in-text-block'],";

/** Violations that axe finds: in light those of every rule, in dark those of colours. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: string[] = [];
  for (const [colorScheme, rules] of [
    ['dark', OF_COLORS],
    ['light', ''],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const texts = await evaluated(
      page,
      `axe.run(document, { ${rules} resultTypes: ['violations'] }).then(({ violations }) =>
         JSON.stringify(violations.map(({ id, nodes }) =>
           id + ': ' + nodes.map(({ target, failureSummary }) => target + ' ' + failureSummary).join(' | '))))`,
    );
    found.push(...texts.map((text) => `${colorScheme}: ${text}`));
  }
  return found;
}

/** Texts that reach out of their card, and whether the page scrolls sideways. */
const OVERFLOWS = `(() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const text = node.textContent.trim();
    if (text === '' || node.parentElement.closest('.unseen, .skip, [hidden], noscript')) continue;
    const card = node.parentElement.closest('.step, .panel, .verdict, .top, main').getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(node);
    const isOut = ({ left, right, width }) => width > 0 && (left < card.left - 0.5 || right > card.right + 0.5);
    if ([...range.getClientRects()].some(isOut)) found.push(innerWidth + ' px: ' + text.slice(0, 60));
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push(innerWidth + ' px: the page scrolls');
  return JSON.stringify(found);
})()`;

/** What is outside its card at one of the widths, in pixels. */
export async function overflows(page: Page, widths: readonly number[]): Promise<string[]> {
  const found: string[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    found.push(...(await evaluated(page, OVERFLOWS)));
  }
  return found;
}

/** How often one presses the Tab key from the top of the page until the focus is in an element. */
export async function tabStopsTo(page: Page, selector: string, most = 50): Promise<number> {
  // Focus in the page's first element is the first stop.
  await page.locator('.skip').first().focus();
  for (let stops = 2; stops <= most; stops += 1) {
    await page.keyboard.press('Tab');
    if ((await page.locator(`${selector} :focus`).count()) > 0) return stops;
  }
  return Infinity;
}

/**
 * Records layout shifts without user input. A new row moves the older rows of its list down, and
 * another size of the window moves everything, which a slow machine shows a frame later; nothing else
 * may move.
 */
export const RECORD_SHIFTS = `
  window.shifts = [];
  let resizedAt = -Infinity;
  addEventListener('resize', () => { resizedAt = performance.now(); });
  new PerformanceObserver((list) => {
    for (const { hadRecentInput, startTime, value, sources } of list.getEntries()) {
      if (Math.abs(startTime - resizedAt) < 500) continue;
      const moved = sources
        .map(({ node }) => (node?.nodeType === 1 ? node : node?.parentElement))
        .filter((element) => element !== undefined && !element?.closest('.rows'))
        .map((element) => element?.outerHTML.slice(0, 80));
      if (!hadRecentInput && moved.length > 0) window.shifts.push({ value, moved });
    }
  }).observe({ type: 'layout-shift', buffered: true });
`;
