import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { openEngine } from '../../src/cli/engine.ts';
import type { ImportReport } from '../../src/contract/import.ts';
import { type EngineClient, waitForJob } from '../../src/rpc/jobs.ts';
import { patientPattern, writePictures } from './pictures.ts';
import { createPace, type Pace } from './progress.ts';

/** How long the steps took when the project was made; null for a step that an earlier, broken-off making had done. */
export interface Making {
  images: number;
  importSeconds: number | null;
  thumbnailSeconds: number | null;
  splitSeconds: number;
}

const noteName = 'making.json';

/** The project of so many real small pictures below a cache folder: imported, split, with its thumbnails. Made once. */
export async function ensureProject(
  cache: string,
  images: number,
): Promise<{ folder: string; making: Making }> {
  const folder = path.join(cache, `project-${images}`);
  const note = path.join(cache, `project-${images}.${noteName}`);
  if (existsSync(note)) return { folder, making: JSON.parse(readFileSync(note, 'utf8')) as Making };
  const pictures = path.join(cache, `pictures-${images}`);
  writePictures(pictures, images, createPace('drawing'));
  const engine = openEngine({
    ...{ program: 'the benchmark', version: '0.0.0', userName: 'reader', host: 'server' },
    settingsFolder: mkdtempSync(path.join(tmpdir(), 'bench-settings-')),
  });
  try {
    const making = await make(engine.client, { folder, pictures, images });
    writeFileSync(note, JSON.stringify(making));
    return { folder, making };
  } finally {
    await engine.close();
  }
}

async function make(
  client: EngineClient,
  { folder, pictures, images }: { folder: string; pictures: string; images: number },
): Promise<Making> {
  const isThere = existsSync(path.join(folder, 'project.sqlite'));
  const { project, images: before } = isThere
    ? await client.project.open({ path: folder })
    : await client.project.create({ path: folder });
  const importSeconds = before === images ? null : await importPictures(client, project, pictures, images);
  const thumbnailsStarted = performance.now();
  const thumbnails = await thumbnailsJob(client, project);
  if (thumbnails !== null)
    await waitForJob(client, thumbnails, { onProgress: toldBy(createPace('thumbnails')) });
  const thumbnailSeconds = thumbnails === null ? null : secondsSince(thumbnailsStarted);
  const splitStarted = performance.now();
  const { job } = await client.dataset.split({ project, seed: 1 });
  await waitForJob(client, job);
  const isWhole = importSeconds !== null;
  return {
    images,
    importSeconds,
    thumbnailSeconds: isWhole ? thumbnailSeconds : null,
    splitSeconds: secondsSince(splitStarted),
  };
}

async function importPictures(
  client: EngineClient,
  project: string,
  pictures: string,
  images: number,
): Promise<number> {
  const started = performance.now();
  const { job } = await client.dataset.import({
    project,
    sources: [pictures],
    patient: { from: 'regex', pattern: patientPattern },
  });
  const onProgress = toldBy(createPace('import'));
  const report = (await waitForJob(client, job, { onProgress })) as ImportReport;
  if (report.images !== images)
    throw new Error(`${report.images} images came in, not ${images}: ${JSON.stringify(report.refused[0])}`);
  return secondsSince(started);
}

/** The job that the engine starts by itself for thumbnails that are lacking; null: none lacks. */
async function thumbnailsJob(client: EngineClient, project: string): Promise<string | null> {
  const startsWithinMs = 20_000;
  const until = performance.now() + startsWithinMs;
  while (performance.now() < until) {
    const jobs = await client.job.list({ project });
    const found = jobs.findLast(({ kind, status }) => kind === 'thumbnails' && status === 'running');
    if (found) return found.job;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return null;
}

const toldBy =
  (pace: Pace) =>
  ({ done, total }: { done: number; total: number | null }): void => {
    if (total !== null && done > 0) pace(done, total);
  };

const secondsSince = (started: number): number => (performance.now() - started) / 1000;
