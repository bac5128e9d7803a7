import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { findChromium } from '../../src/engine/system/find-browser.ts';
import { paintersScript } from './support/painters.ts';

interface Comparison {
  name: string;
  smooth: boolean;
  greatest: number;
  mean: number;
  light: number;
}

let browser: Browser;
let page: Page;

beforeAll(async () => {
  const installed = await findChromium();
  if (installed === null) throw new Error('No Chromium was found: npm run setup -- --browser fetches one.');
  browser = await chromium.launch({
    executablePath: installed.path,
    // Chromium's own sandbox does not run as root, as in a container.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  page = await browser.newPage();
  await page.addScriptTag({ content: await paintersScript() });
});
afterAll(() => browser.close());

describe('the painters', () => {
  it('draw the same, whichever the machine has: all turns, curves, kinds and shapes of pictures, and scales', async () => {
    const found = await page.evaluate<Comparison[]>('painters.compare()');
    expect(found).toHaveLength(3 * 2 * 2 * 4 * 8);
    const differing = found.filter(({ smooth, greatest, mean }) =>
      smooth ? greatest > 4 || mean > 0.5 : greatest > 1,
    );
    expect(differing).toEqual([]);
    expect(found.filter(({ light }) => light < 5)).toEqual([]);
  });
});
