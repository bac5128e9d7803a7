import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Annotation } from '../../src/contract/annotation.ts';
import { maskArea, maskFromRuns } from '../../src/core/masks.ts';
import { runCommandLines } from '../support/cli-process.ts';
import { startEngine } from '../support/engine.ts';
import { writePng } from '../support/picture-files.ts';
import { type OpenHost, openHost } from './support/host.ts';

const size = { width: 400, height: 300 };
/** Where the picture turns from dark (40) to bright (200). */
const edge = 200;

/** A project of one picture, dark on the left and bright on the right, in which every kind of shape is drawn. */
async function makeProject(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-annotate-'));
  const files = path.join(folder, 'files');
  const project = path.join(folder, 'halves');
  mkdirSync(files);
  const samples = Array.from({ length: size.width * size.height }, (_, at) =>
    at % size.width < edge ? 40 : 200,
  );
  writeFileSync(path.join(files, 'halves.png'), writePng({ ...size, colourType: 0, bits: 8, samples }));
  await runCommandLines(
    [
      ['new', project, '--classes', 'nodule,effusion'],
      ['import', project, files, '--labels', 'none'],
    ],
    folder,
  );
  await withEngine(project, async (client, id) => {
    await client.project.changeLabels({
      project: id,
      reader: 'weber',
      labels: {
        ...{ kind: 'single', level: 'image', number: null },
        shapes: ['box', 'polygon', 'freehand', 'mask', 'point'],
      },
    });
  });
  return project;
}

async function withEngine<T>(
  path: string,
  use: (client: ReturnType<typeof startEngine>['client'], project: string) => Promise<T>,
): Promise<T> {
  const engine = startEngine();
  try {
    const { project } = await engine.client.project.open({ path });
    return await use(engine.client, project);
  } finally {
    await engine.close();
  }
}

describe('shapes on a picture', { timeout: 120_000 }, () => {
  let project: string;
  let host: OpenHost;
  let page: Page;

  beforeAll(async () => {
    project = await makeProject();
    host = await openHost({ project });
    page = host.page;
    await page.getByRole('button', { name: /^halves/ }).click();
    await page
      .getByRole('navigation', { name: 'Screens' })
      .getByRole('link', { name: 'Read', exact: true })
      .click();
    await page.locator('[data-shown="picture"]').waitFor();
  }, 120_000);
  afterAll(() => host.close());
  beforeEach(({ task, onTestFailed }) =>
    onTestFailed(async () => {
      await page.screenshot({ path: `test-results/${task.name.slice(0, 60)}.png` });
    }),
  );

  const panel = () => page.getByRole('region', { name: 'Shapes' });
  const rows = () => panel().getByRole('listitem');
  const rowTexts = () => rows().allInnerTexts();
  /** Where a place of the picture is on the page, while the whole of it is seen. */
  async function on(x: number, y: number): Promise<[number, number]> {
    const box = (await page.locator('[data-shown]').boundingBox())!;
    const scale = Math.min(box.width / size.width, box.height / size.height);
    return [
      box.x + box.width / 2 + (x - size.width / 2) * scale,
      box.y + box.height / 2 + (y - size.height / 2) * scale,
    ];
  }
  async function drag(...places: [number, number][]): Promise<void> {
    const [first, ...others] = places;
    await page.mouse.move(...(await on(...first!)));
    await page.mouse.down();
    for (const place of others) await page.mouse.move(...(await on(...place)), { steps: 5 });
    await page.mouse.up();
  }

  it('a box is drawn, moved by keys and undone step by step', async () => {
    await page.keyboard.press('Shift+B');
    await page.keyboard.press('1');
    await drag([50, 50], [90, 80]);
    await expect.poll(rowTexts).toEqual([expect.stringMatching(/NODULE[^]*Box, 40 × 30 px/i)]);
    await page.keyboard.press('Alt+ArrowRight');
    await expect.poll(rowTexts).toEqual([expect.stringContaining('41 × 30 px')]);
    await page.keyboard.press('z');
    await expect.poll(rowTexts).toEqual([expect.stringContaining('40 × 30 px')]);
    await page.keyboard.press('z');
    await expect.poll(() => rows().count()).toBe(0);
    await page.keyboard.press('Escape');
  });

  it('a mask and a polygon are undone and done again, and are there after a reload', async () => {
    await page.keyboard.press('Shift+D');
    await drag([60, 200], [140, 200]);
    await expect.poll(rowTexts).toEqual([expect.stringContaining('Mask')]);
    const [first] = await rowTexts();
    // The second stroke goes on with the mask.
    await drag([60, 240], [140, 240]);
    await expect.poll(async () => (await rowTexts()).join()).not.toBe(first);
    expect(await rows().count()).toBe(1);

    await page.keyboard.press('Shift+P');
    for (const [x, y] of [
      [250, 40],
      [350, 40],
      [350, 140],
      [300, 60],
    ] as const)
      await page.mouse.click(...(await on(x, y)));
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Enter');
    await expect
      .poll(rowTexts)
      .toEqual([expect.stringContaining('Mask'), expect.stringContaining('Polygon')]);
    await expect.poll(async () => (await rowTexts())[1]).toMatch(/(4,9\d\d|5,0\d\d) px²/);

    const drawn = await rowTexts();
    await page.keyboard.press('z');
    await expect.poll(() => rows().count()).toBe(1);
    await page.keyboard.press('z');
    await expect.poll(rowTexts).toEqual([first]);
    await page.keyboard.press('Shift+Z');
    await page.keyboard.press('Shift+Z');
    await expect.poll(rowTexts).toEqual(drawn);

    await page.reload();
    await expect.poll(rowTexts).toEqual(drawn);
  });

  it('a brush with a threshold paints only what is bright', async () => {
    await page.keyboard.press('Shift+D');
    await page.keyboard.press('2');
    await panel().getByRole('button', { name: 'Between', exact: true }).click();
    await drag([150, 250], [250, 250]);
    await expect.poll(() => rows().count()).toBe(3);
    await panel().getByRole('button', { name: 'All', exact: true }).click();
  });

  it('with Shift a stroke begins a mask, and an eraser that leaves nothing removes it', async () => {
    await page.keyboard.down('Shift');
    await drag([300, 200], [301, 200]);
    await page.keyboard.up('Shift');
    await expect.poll(() => rows().count()).toBe(4);
    await page.keyboard.press('Shift+E');
    for (const _ of [1, 2, 3, 4]) await page.keyboard.press(']');
    await drag([290, 200], [310, 200]);
    await expect.poll(() => rows().count()).toBe(3);
  });

  it('a box and a point are set by keys alone', async () => {
    await page.keyboard.press('Shift+B');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+T');
    await page.keyboard.press('Enter');
    await expect.poll(() => rows().count()).toBe(4);
    await expect.poll(async () => (await rowTexts())[3]).toMatch(/Point, at 200, 150/);
    await page.keyboard.press('Shift+ArrowLeft');
    await expect.poll(async () => (await rowTexts())[3]).toMatch(/Point, at 190, 150/);
    // Another one while the first is still selected.
    await page.keyboard.press('Enter');
    await expect.poll(() => rows().count()).toBe(5);
    await page.keyboard.press('Delete');
    await expect.poll(() => rows().count()).toBe(4);
    await page.keyboard.press('z');
    await page.keyboard.press('z');
    await expect.poll(() => rows().count()).toBe(4);
    await rows().nth(3).click();
    await page.keyboard.press('Delete');
    await expect.poll(() => rows().count()).toBe(3);
  });

  it('all of it is in the project', async () => {
    await expect.poll(() => panel().getAttribute('aria-busy')).toBe('false');
    expect(host.problems).toEqual([]);
    const reader = await page.getByRole('contentinfo').innerText();
    await host.close();
    const found = await withEngine(project, async (client, id) => {
      const { view } = await client.dataset.openView({ project: id });
      const { rows: images } = await client.dataset.viewRows({ project: id, view, offset: 0, limit: 1 });
      const all = await client.annotation.all({ project: id, image: images[0]!.image });
      return all.filter((entry) => reader.includes(entry.reader));
    });
    expect(found.map(({ shape }) => shape.kind)).toEqual(['mask', 'polygon', 'mask']);
    const bright = found[2] as Annotation;
    if (bright.shape.kind !== 'mask') throw new Error('It is no mask.');
    expect(bright.shape.x).toBe(edge);
    expect(maskArea(maskFromRuns(bright.shape))).toBeGreaterThan(40 * 40);
  });
});
