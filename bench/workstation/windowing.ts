import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';

import { openEngine } from '../../src/cli/engine.ts';
import { waitForJob } from '../../src/rpc/jobs.ts';
import { paintersScript } from '../../test/e2e/support/painters.ts';
import { type Measure, measure } from './figures.ts';
import { writeFilm } from './pictures.ts';

const film = '3000 × 2500 of 16 bit';
const bar = { of: 'p95', most: 16 } as const;

/** A project of one such film below a cache folder. Made once. */
export async function ensureFilm(cache: string): Promise<string> {
  const folder = path.join(cache, 'film-project');
  if (existsSync(path.join(folder, 'project.sqlite'))) return folder;
  writeFilm(path.join(cache, 'film', 'film.png'));
  const engine = openEngine({
    ...{ program: 'the benchmark', version: '0.0.0', userName: 'reader', host: 'server' },
    settingsFolder: mkdtempSync(path.join(tmpdir(), 'bench-settings-')),
  });
  try {
    const { project } = await engine.client.project.create({ path: folder });
    const { job } = await engine.client.dataset.import({ project, sources: [path.join(cache, 'film')] });
    await waitForJob(engine.client, job);
  } finally {
    await engine.close();
  }
  return folder;
}

/** Drags brightness and contrast over the film at `address`, the Read screen: script of each step, from the pointer to the drawing. */
export async function measureWindowing(page: Page, address: string, steps = 100): Promise<Measure[]> {
  await page.goto(address);
  await page.locator('[data-shown="picture"]').waitFor();
  const box = (await page.locator('[data-shown="picture"]').boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const scriptMs = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'ScriptDuration')!.value * 1000;
  };
  const values: number[] = [];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 1; step <= steps; step++) {
    const before = await scriptMs();
    await page.mouse.move(x + step, y + (step % 7));
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done)))');
    values.push((await scriptMs()) - before);
  }
  await page.mouse.up();
  await session.detach();
  return [measure(`window/level on ${film}, script of a step in Read`, 'ms', values, bar)];
}

/** The drawing alone, by each painter: WebGL is played by the processor where no card is, which takes no script. */
export async function measurePainters(page: Page, steps = 100): Promise<Measure[]> {
  await page.goto('about:blank');
  await page.addScriptTag({ content: await paintersScript() });
  const { canvas, webgl } = await page.evaluate<{ canvas: number[]; webgl: number[] }>(
    `painters.timeWindowing(${steps})`,
  );
  return [
    measure(`window/level on ${film}, drawing with Canvas 2D`, 'ms', canvas, bar),
    measure(`window/level on ${film}, drawing with WebGL`, 'ms', webgl, bar),
  ];
}
