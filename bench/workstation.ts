import { mkdirSync } from 'node:fs';
import { loadavg } from 'node:os';

import { openHost } from '../test/e2e/support/host.ts';
import type { Benchmark, BenchOptions } from './benchmark.ts';
import { clientOf, measureEngine, measureOpening } from './workstation/engine-measures.ts';
import { isWithin, type Measure, measure, tableOf } from './workstation/figures.ts';
import { ensureProject, type Making } from './workstation/project.ts';
import { ensureRows } from './workstation/rows.ts';
import {
  addProbe,
  measureChanges,
  measureOpeningOnScreen,
  measureReading,
  measureScrolling,
  measureStart,
} from './workstation/screen-measures.ts';
import { ensureFilm, measurePainters, measureWindowing } from './workstation/windowing.ts';

const benchmark: Benchmark = {
  name: 'workstation',
  record: 'workstation',
  description:
    'A large project in the server host and Chromium at 1920 × 1080: opening, scrolling, filters, bulk labels, reading, window and level',
  async run({ cache, images, rows }: BenchOptions) {
    mkdirSync(cache, { recursive: true });
    const { folder, making } = await ensureProject(cache, images);
    const manyRows = await ensureRows(cache, rows);
    const loadBefore = loadavg()[0]!;
    const measures = [...makingMeasures(making), ...(await measureHost(folder, manyRows, { images, rows }))];
    measures.push(...(await measureViewer(await ensureFilm(cache))));
    const verdicts = measures.map(isWithin);
    const summary = [
      `A project of ${images} small pictures, made by script, and one of ${rows} rows without files.`,
      '',
      ...tableOf(measures),
      '',
      `Load of the machine before the measurements: ${loadBefore.toFixed(1)}. Making the project is not judged.`,
    ];
    const results = { images, rows, loadBefore, measures };
    return { passed: verdicts.every((verdict) => verdict !== false), results, summary };
  },
};
export default benchmark;

function makingMeasures({ images, importSeconds, thumbnailSeconds, splitSeconds }: Making): Measure[] {
  const rate = (what: string, seconds: number | null): Measure[] =>
    seconds === null ? [] : [measure(what, 'images/s', [images / seconds])];
  return [
    ...rate('import', importSeconds),
    ...rate('thumbnails after it', thumbnailSeconds),
    measure('split', 's', [splitSeconds]),
  ];
}

async function measureHost(
  folder: string,
  manyRows: string,
  { images, rows }: Pick<BenchOptions, 'images' | 'rows'>,
): Promise<Measure[]> {
  const tell = (what: string): void => console.error(`bench: workstation: ${what}`);
  const host = await openHost({ kind: 'server', project: folder, width: 1920, height: 1080 });
  try {
    const { page, address } = host;
    const client = clientOf(address!);
    const measures: Measure[] = [];
    tell(`opening ${rows} rows`);
    measures.push(
      await measureOpening(client, manyRows, `open ${rows} images and read the first rows, engine`, 3000),
    );
    await addProbe(page);
    const summary = await client.project.open({ path: folder });
    tell('starting the page');
    const grid = new URL(`/project/${summary.project}/images`, address!).href;
    measures.push(...(await measureStart(page, grid)));
    tell('opening the project');
    measures.push(await measureOpeningOnScreen(page, summary.name));
    tell('scrolling');
    measures.push(...(await measureScrolling(page)));
    tell('filters and orders');
    measures.push(...(await measureChanges(page)));
    tell('the engine');
    measures.push(...(await measureEngine(client, await client.project.open({ path: folder }))));
    tell('reading');
    measures.push(...(await measureReading(page)));
    if (host.problems.length > 0) throw new Error(`The page had problems: ${host.problems.join('; ')}`);
    if (summary.images !== images)
      throw new Error(`The project has ${summary.images} images, not ${images}.`);
    return measures;
  } finally {
    await host.close();
  }
}

/** In a page of its own: a drag over a large film. */
async function measureViewer(folder: string): Promise<Measure[]> {
  console.error('bench: workstation: window and level');
  const host = await openHost({ kind: 'server', project: folder, width: 1920, height: 1080 });
  try {
    const { project } = await clientOf(host.address!).project.open({ path: folder });
    const read = new URL(`/project/${project}/read?sort=added`, host.address!).href;
    const inRead = await measureWindowing(host.page, read);
    return [...inRead, ...(await measurePainters(host.page))];
  } finally {
    await host.close();
  }
}
