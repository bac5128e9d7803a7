import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, expect, it, onTestFinished, vi } from 'vitest';

import type { Contract } from '../../src/contract/index.ts';
import { createEngine } from '../../src/engine/create-engine.ts';
import { findWithoutThumbnail, storeThumbnails } from '../../src/engine/media/store-thumbnails.ts';
import { thumbnailPath } from '../../src/engine/media/thumbnails.ts';
import { connect } from '../../src/rpc/in-process.ts';
import { type EngineClient, waitForJob } from '../../src/rpc/jobs.ts';
import { type ImportBench, openImportBench, spawnDecoder } from '../support/import-project.ts';
import { greyPng, pattern } from '../support/picture-files.ts';
import { untroubled } from '../support/run-bench.ts';

let bench: ImportBench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

const small = (index: number): Buffer =>
  greyPng(
    9,
    7,
    pattern(63).map((sample) => (sample + index) % 256),
  );

async function importFilms(): Promise<ImportBench> {
  bench = await openImportBench();
  const films = Array.from({ length: 6 }, (_, index) => [`s${index}.png`, small(index)] as const);
  bench.write({
    ...Object.fromEntries(films),
    'twin.png': Buffer.concat([small(0)]),
    'film.png': greyPng(300, 200),
  });
  await bench.run();
  return bench;
}

const missing = (of: ImportBench): Promise<number[]> =>
  findWithoutThumbnail(of.session, new AbortController().signal);

it('leaves the thumbnail of a film in the pass that imports it, and none in a dry run', async () => {
  bench = await openImportBench();
  bench.write({ 'film.png': greyPng(300, 200) });
  const stored = (): string[] => {
    const folder = path.join(bench!.session.folder, 'cache', 'thumbnails');
    return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  };
  await bench.run({ dryRun: true });
  expect(stored()).toEqual([]);
  await bench.run();
  expect(stored()).toEqual([expect.any(String), expect.stringMatching(/\.webp$/)]);
  expect(await missing(bench)).toEqual([]);
});

it('makes what is lacking, passes over files that are gone, and finds the rest again', async () => {
  const { session, pool, data } = await importFilms();
  expect(await missing(bench!)).toHaveLength(6);
  rmSync(path.join(data, 's3.png'));
  const told: number[] = [];
  const result = await storeThumbnails(session, await missing(bench!), {
    pool,
    context: { ...untroubled(), progress: (done) => void told.push(done) },
  });
  expect(result).toEqual({ stored: 5, failed: 1 });
  expect(told).toEqual([1, 2, 3, 4, 5, 6]);
  expect(await missing(bench!)).toHaveLength(1);
  writeFileSync(path.join(data, 's3.png'), small(3));
  const rest = { pool, context: untroubled() };
  expect(await storeThumbnails(session, await missing(bench!), rest)).toEqual({ stored: 1, failed: 0 });
  expect(await missing(bench!)).toEqual([]);
});

it('shows a picture that a person waits for before those that nobody looks at', async () => {
  const { session, pool } = await importFilms();
  const files = session.dataset.files(session.images.idsOf(await missing(bench!)));
  const ended: string[] = [];
  const render = async (index: number, priority: 'screen' | 'background'): Promise<void> => {
    const to = path.join(session.folder, `${index}.webp`);
    await pool.render({ path: files[index]!.path, frame: 0, to, edge: 256 }, undefined, priority);
    ended.push(`${priority} ${index}`);
  };
  await Promise.all([...[0, 1, 2, 3].map((index) => render(index, 'background')), render(4, 'screen')]);
  expect(ended.slice(0, 2)).toEqual(['background 0', 'screen 4']);
});

it('works in a job after an import, can be cancelled, and goes on when the project is opened again', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-thumbnails-'));
  const films = path.join(folder, 'films');
  mkdirSync(films);
  for (let index = 0; index < 40; index++) writeFileSync(path.join(films, `${index}.png`), small(index));
  const engine = createEngine({
    ...{ spawn: spawnDecoder, program: 'a test', lockWaitMs: 0, version: '0.0.0' },
    ...{ settingsFolder: path.join(folder, 'settings'), host: 'server', userName: 'weber' },
  });
  onTestFinished(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const client: EngineClient = connect<Contract>(engine.router);
  const project = path.join(folder, 'project');
  const { project: id } = await client.project.create({ path: project });
  const { job } = await client.dataset.import({ project: id, sources: [films], labels: { from: 'none' } });
  await waitForJob(client, job);
  const thumbnailJobs = async () =>
    (await client.job.list({ project: id })).filter(({ kind }) => kind === 'thumbnails');
  await vi.waitFor(async () => expect(await thumbnailJobs()).toHaveLength(1), 60_000);
  const [first] = await thumbnailJobs();
  await client.job.cancel({ job: first!.job });
  await vi.waitFor(async () => expect((await thumbnailJobs())[0]!.status).toBe('cancelled'), 60_000);

  await client.project.close({ project: id });
  await client.project.open({ path: project });
  await vi.waitFor(
    async () => expect((await thumbnailJobs()).at(-1)).toMatchObject({ status: 'completed' }),
    { timeout: 60_000, interval: 100 },
  );
  const made = readdirSync(path.join(project, 'cache', 'thumbnails'), { recursive: true, encoding: 'utf8' });
  expect(made.filter((name) => name.endsWith('.webp'))).toHaveLength(40);
  expect(thumbnailPath('/c', 'ab12')).toBe(path.join('/c', 'thumbnails', 'ab', 'ab12.webp'));
});
