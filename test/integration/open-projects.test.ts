import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { importReportSchema } from '../../src/contract/import.ts';
import type { EngineEvent } from '../../src/contract/events.ts';
import type { Contract } from '../../src/contract/index.ts';
import { createEngine, type Engine } from '../../src/engine/create-engine.ts';
import { openProject } from '../../src/engine/project/session.ts';
import { connect } from '../../src/rpc/in-process.ts';
import { type EngineClient, waitForJob } from '../../src/rpc/jobs.ts';
import { spawnDecoder } from '../support/import-project.ts';
import { greyPng, pattern } from '../support/picture-files.ts';

let folder: string;
let films: string;
let chest: string;
let engine: Engine;
let client: EngineClient;

function startEngine(): void {
  engine = createEngine({
    ...{ spawn: spawnDecoder, program: 'a test', lockWaitMs: 0, version: '0.0.0' },
    ...{ settingsFolder: path.join(folder, 'settings'), host: 'command line', userName: 'weber' },
  });
  client = connect<Contract>(engine.router);
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-projects-'));
  films = path.join(folder, 'films');
  chest = path.join(folder, 'chest');
  mkdirSync(films);
  for (const i of [1, 2, 3]) {
    const pixels = pattern(64).map((sample) => (sample * i) % 256);
    writeFileSync(path.join(films, `${i}.png`), greyPng(8, 8, pixels));
  }
  startEngine();
});

afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

/** A project of three films, open for writing. */
async function makeChest(): Promise<string> {
  const { project } = await client.project.create({ path: chest, classes: ['a', 'b'] });
  await importFilms(project);
  return project;
}

async function importFilms(project: string, dryRun = false) {
  const { job } = await client.dataset.import({
    project,
    sources: [films],
    labels: { from: 'none' },
    dryRun,
  });
  return importReportSchema.parse(await waitForJob(client, job));
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: unknown) => (error as { code: string }).code,
  );

it('says in a dry run what an import would do, in a project opened for reading and beside a writer', async () => {
  await client.project.close({ project: (await client.project.create({ path: chest })).project });
  const writer = await openProject(chest, { program: 'another', lockWaitMs: 0 });
  const { project } = await client.project.open({ path: chest, mode: 'read' });
  expect(await importFilms(project, true)).toMatchObject({ dryRun: true, added: 3, images: 3 });
  expect(await codeOf(importFilms(project))).toBe('projectReadOnly');
  expect((await client.project.get({ project })).images).toBe(0);
  writer.close();
});

it('never takes a project for its copy', async () => {
  const first = await makeChest();
  await client.project.close({ project: first });
  cpSync(chest, path.join(folder, 'copy'), { recursive: true });
  expect((await client.project.open({ path: chest })).project).toBe(first);
  const copy = await client.project.open({ path: path.join(folder, 'copy') });
  expect(copy.project).not.toBe(first);
  await client.label.set({ project: copy.project, image: '1.png', class: 'a', reader: 'Ada' });
  const labelled = async (project: string) => (await client.project.get({ project })).labelled;
  expect([await labelled(first), await labelled(copy.project)]).toEqual([0, 1]);
  await client.project.close({ project: copy.project });
  expect(await labelled(first)).toBe(0);
});

it('goes from reading to writing under one id, or keeps reading when that is refused', async () => {
  await client.project.close({ project: await makeChest() });
  const { project } = await client.project.open({ path: chest, mode: 'read' });
  const holder = fork(path.join(import.meta.dirname, '..', 'support', 'hold-project.ts'), [chest]);
  await once(holder, 'message');
  expect(await codeOf(client.project.open({ path: chest }))).toBe('projectLocked');
  expect((await client.dataset.images({ project })).total).toBe(3);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  // Two at once: neither is refused because of the other.
  const opened = await Promise.all([1, 2].map(() => client.project.open({ path: chest })));
  expect(opened.map((summary) => [summary.project, summary.readOnly])).toEqual([
    [project, false],
    [project, false],
  ]);
  await client.label.set({ project, image: '1.png', class: 'a', reader: 'Ada' });
});

it('keeps the labels of imports and models out of the reach of names', async () => {
  const project = await makeChest();
  const set = (reader: string) => client.label.set({ project, image: '1.png', class: 'a', reader });
  expect(await codeOf(set('Import'))).toBe('unknownReader');
  expect(await codeOf(client.label.undo({ project, reader: 'import' }))).toBe('unknownReader');
  expect(await codeOf(client.label.undo({ project, reader: 'Nobody' }))).toBe('unknownReader');
  await set('Ada');
  await client.label.undo({ project, reader: 'ada' });
  expect((await client.project.get({ project })).labelled).toBe(0);
  // The refused names left no reader behind.
  await client.project.close({ project });
  const session = await openProject(chest, { program: 'a test', lockWaitMs: 0 });
  expect(session.projects.findReader('Nobody', 'person')).toBeNull();
  session.close();
});

it('tells of every label that an undo takes back', async () => {
  await client.project.close({ project: await makeChest() });
  const session = await openProject(chest, { program: 'a test', lockWaitMs: 0 });
  const [a] = session.projects.classes();
  const images = (await session.dataset.candidates()).map(({ image }) => image);
  const changes = images.map((id) => ({ target: { kind: 'image' as const, id }, to: { class: a!.id } }));
  const actor = session.projects.readerNamed('Ada', 'person').id;
  session.writing().journal.set(changes, { actor, round: '' });
  session.close();
  const { project } = await client.project.open({ path: chest });
  await client.label.undo({ project, reader: 'Ada' });
  const stop = new AbortController();
  const told: EngineEvent[] = [];
  for await (const { event } of await client.system.events({ since: 0 }, { signal: stop.signal })) {
    if (event.type !== 'label.changed') continue;
    told.push(event);
    break;
  }
  stop.abort();
  const change = { type: 'label.changed', project, count: 3, reader: 'Ada' };
  expect(told).toEqual([{ ...change, images: expect.arrayContaining(images) as string[] }]);
});

it('knows its jobs after a restart', async () => {
  const project = await makeChest();
  const [before] = await client.job.list({ project });
  await engine.close();
  startEngine();
  await client.project.open({ path: chest, mode: 'read' });
  expect(await client.job.get({ job: before!.job })).toEqual(before);
  expect(await client.job.list({ project })).toEqual([before]);
});

it('leaves neither job nor run of a training that was refused', async () => {
  const project = await makeChest();
  expect(await codeOf(client.run.train({ project, set: {} }))).toBe('noSplit');
  expect((await client.run.list({ project })).runs).toEqual([]);
  expect((await client.job.list({ project })).map(({ kind }) => kind)).toEqual(['import']);
});

it('knows which files are gone, and when they are back', async () => {
  const project = await makeChest();
  const missing = async (): Promise<string[]> =>
    (await client.dataset.images({ project })).rows
      .filter((row) => row.missing)
      .map((row) => row.relativePath);
  const away = (name: string): string => path.join(folder, name);
  renameSync(path.join(films, '1.png'), away('1.png'));
  await importFilms(project);
  expect(await missing()).toEqual(['1.png']);
  renameSync(away('1.png'), path.join(films, '1.png'));
  await importFilms(project);
  expect(await missing()).toEqual([]);

  renameSync(path.join(films, '2.png'), away('2.png'));
  const { rows } = await client.dataset.images({ project });
  const { image } = rows.find(({ fileName }) => fileName === '2.png')!;
  const look = async (): Promise<number> =>
    (await engine.media(new Request(`http://localhost/media/${project}/${image}/thumbnail`))).status;
  expect([await look(), await missing()]).toEqual([404, ['2.png']]);
  renameSync(away('2.png'), path.join(films, '2.png'));
  await look();
  expect([await look(), await missing()]).toEqual([200, []]);
});

it('pages behind an image at the cost of a first page', async () => {
  const project = await makeChest();
  const all = (await client.dataset.images({ project })).rows;
  const page = await client.dataset.images({ project, after: all[0]!.image, limit: 1 });
  expect(page).toEqual({ total: 3, rows: [all[1]] });
});
