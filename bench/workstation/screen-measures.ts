import path from 'node:path';

import type { Locator, Page } from 'playwright-core';

import { type Measure, measure } from './figures.ts';

/** What `probe.scroll` records. */
interface Scrolled {
  frames: number[];
  seen: number;
  blank: number;
  unknown: number;
  blankFrames: number;
  settled: number;
  tasks: number[];
  pixels: number;
}

interface LabelTiming {
  duration: number;
  prefetched: boolean;
}

/** Runs a line of JavaScript in the page, in which the probe is known. */
const inPage = <T>(page: Page, script: string): Promise<T> => page.evaluate<T>(script);

interface Probe {
  clickToShown(element: unknown): Promise<number>;
}

/** Clicks, and waits until the grid shows other pictures. */
const clickToShown = (target: Locator): Promise<number> =>
  target.evaluate((element) => (globalThis as unknown as { probe: Probe }).probe.clickToShown(element));

export async function addProbe(page: Page): Promise<void> {
  await page.addInitScript({ path: path.join(import.meta.dirname, 'probe.js') });
}

/** The page from its address: first paint, and all pictures of the grid there. */
export async function measureStart(page: Page, address: string): Promise<Measure[]> {
  const paints: number[] = [];
  const shown: number[] = [];
  for (let repeat = 0; repeat < 5; repeat++) {
    await page.goto(address);
    shown.push(await inPage(page, 'probe.untilShown()'));
    paints.push(
      await inPage(page, `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN`),
    );
  }
  return [
    measure('first paint of the page', 'ms', paints),
    measure('page loaded again, until the grid shows its pictures', 'ms', shown),
  ];
}

/** Closes the project and opens it again from Home: until all pictures of the first rows are painted. */
export async function measureOpeningOnScreen(page: Page, name: string): Promise<Measure> {
  const values: number[] = [];
  for (let repeat = 0; repeat < 5; repeat++) {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('Close the project');
    await page.keyboard.press('Enter');
    const entry = page.locator('.recent button', { hasText: name }).first();
    await entry.waitFor();
    values.push(await clickToShown(entry));
  }
  return measure('open a project, until its first pictures are painted', 'ms', values, {
    of: 'worst',
    most: 2000,
  });
}

/** Pixels a second: a wheel turned briskly, and as fast as single pictures can still be made out. */
const paces = [
  { what: 'steadily from the start', from: 0, speed: 2000, seconds: 8 },
  { what: 'steadily in the middle', from: 0.5, speed: 2000, seconds: 8 },
  { what: 'steadily upwards from the end', from: 1, speed: -2000, seconds: 8 },
  { what: 'fast from the start', from: 0, speed: 4000, seconds: 8 },
  { what: 'over the whole length', from: 0, speed: null, seconds: 15 },
];

/** Scrolling the grid: frames a second, tasks that hold the page up, cells without a picture. */
export async function measureScrolling(page: Page): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const { what, ...way } of paces) {
    const { frames, seen, blank, unknown, tasks, settled, pixels } = await inPage<Scrolled>(
      page,
      `probe.scroll(${JSON.stringify(way)})`,
    );
    const mean = frames.reduce((sum, ms) => sum + ms, 0) / frames.length;
    const title = `scroll ${what} (${Math.round(pixels / way.seconds)} px/s)`;
    const isSteady = way.speed !== null;
    const none = { of: 'worst', most: 0 } as const;
    measures.push(
      measure(`${title}: frames`, 'frames/s', [1000 / mean]),
      measure(`${title}: time of a frame`, 'ms', frames),
      measure(`${title}: long tasks`, 'ms', tasks.length > 0 ? tasks : [0], { of: 'worst', most: 50 }),
      measure(
        `${title}: cells without their row, of ${seen} seen`,
        'cells',
        [unknown],
        isSteady ? none : null,
      ),
      measure(`${title}: cells without their picture, of ${seen} seen`, 'cells', [blank]),
      measure(`${title}: until all pictures are there at its end`, 'ms', [settled]),
    );
  }
  return measures;
}

/** A filter and an order, from the click to the new first pictures. */
export async function measureChanges(page: Page): Promise<Measure[]> {
  const turn = page.getByRole('button', { name: /turn the order around/ });
  // Not the class whose pictures come first without it.
  const filter = page.getByRole('checkbox').nth(2);
  const click = async (target: Locator, times: number): Promise<number[]> => {
    const values: number[] = [];
    for (let repeat = 0; repeat < times; repeat++) values.push(await clickToShown(target));
    return values;
  };
  await click(turn, 2);
  const sorted = await click(turn, 10);
  const filtered = await click(filter, 10);
  return [
    measure('turn the order around, until its pictures are painted', 'ms', sorted),
    measure('filter by a class, until its pictures are painted', 'ms', filtered),
  ];
}

/** Labels images by key in Read; the screen itself measures from the key to the next picture. */
export async function measureReading(page: Page, labels = 60): Promise<Measure[]> {
  await page.keyboard.press('Alt+2');
  await page.waitForURL(/\/read\//);
  await page.locator('canvas').first().waitFor();
  await page.waitForTimeout(1000);
  let timings: LabelTiming[] = [];
  for (let label = 0; label < labels; label++) {
    await page.keyboard.press(String(1 + (label % 3)));
    timings = await inPage(page, `probe.untilLabelled(${label + 1})`);
  }
  const warm = timings.filter(({ prefetched }) => prefetched).map(({ duration }) => duration);
  const cold = timings.filter(({ prefetched }) => !prefetched).map(({ duration }) => duration);
  const measures = [
    measure('label by key, until the next image is painted, prefetched', 'ms', warm, {
      of: 'p95',
      most: 100,
    }),
  ];
  if (cold.length > 0)
    measures.push(measure('the same, not prefetched', 'ms', cold, { of: 'worst', most: 1500 }));
  return measures;
}
