import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { EngineEvent } from '../../src/contract/events.ts';
import type { Contract } from '../../src/contract/index.ts';
import { projectSummarySchema } from '../../src/contract/project.ts';
import { createEngine, type Engine } from '../../src/engine/create-engine.ts';
import { connect } from '../../src/rpc/in-process.ts';
import { type EngineClient, waitForJob } from '../../src/rpc/jobs.ts';
import { spawnDecoder } from '../support/import-project.ts';

let folder: string;
let engine: Engine;
let client: EngineClient;

const at = (...names: string[]): string => path.join(folder, ...names);

function startEngine(): { engine: Engine; client: EngineClient } {
  const started = createEngine({
    ...{ spawn: spawnDecoder, program: 'a test', lockWaitMs: 0, version: '1.2.3' },
    ...{ settingsFolder: at('settings'), host: 'command line', userName: 'weber' },
  });
  return { engine: started, client: connect<Contract>(started.router) };
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-workspace-'));
  ({ engine, client } = startEngine());
});

afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: unknown) => (error as { code: string }).code,
  );

/** Every event so far, up to and with the first of a type. */
async function eventsUntil(type: EngineEvent['type']): Promise<EngineEvent[]> {
  const stop = new AbortController();
  const seen: EngineEvent[] = [];
  for await (const { event } of await client.system.events({ since: 0 }, { signal: stop.signal })) {
    seen.push(event);
    if (event.type === type) break;
  }
  stop.abort();
  return seen;
}

describe('settings', () => {
  it('keeps what was chosen, leaves the rest, and tells of it', async () => {
    expect(await client.settings.get()).toMatchObject({
      theme: 'dark',
      textSize: 100,
      autoNext: true,
      keys: {},
    });
    await client.settings.set({ theme: 'light', textSize: 130, preparedGigabytes: 5 });
    await client.settings.set({ keys: { 'read.skip': 'x' }, projectsFolder: at('work') });
    await eventsUntil('settings.changed');
    await engine.close();
    ({ engine, client } = startEngine());
    const kept = {
      theme: 'light',
      textSize: 130,
      preparedGigabytes: 5,
      keys: { 'read.skip': 'x' },
      projectsFolder: at('work'),
      autoNext: true,
    };
    expect(await client.settings.get()).toMatchObject(kept);
    expect(await codeOf(client.settings.set({ projectsFolder: 'here' }))).toBe('usage');
    expect(await codeOf(client.settings.set({ textSize: 120 as 115 }))).toBe('usage');
  });

  it.each(['{"formatVersion":1,"content":{"theme":"pink"}}', '{"formatVersion":2}', '\0\0\0', ''])(
    'starts afresh from a broken file, and keeps that aside: %j',
    async (text) => {
      mkdirSync(at('settings'));
      writeFileSync(at('settings', 'settings.json'), text);
      expect(await client.settings.get()).toMatchObject({ theme: 'dark' });
      expect(await client.settings.set({ autoNext: false })).toMatchObject({ autoNext: false });
      expect(readFileSync(at('settings', 'settings.broken.json'), 'utf8')).toBe(text);
    },
  );

  it('is whole whoever writes at once', async () => {
    const other = startEngine();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? client : other.client).settings.set({ reader: `reader ${i}` }),
      ),
    );
    await other.engine.close();
    expect((await client.settings.get()).reader).toMatch(/^reader 1[89]$/);
    expect(readdirSync(at('settings'))).toEqual(['settings.json']);
  });
});

describe('recent projects', () => {
  it('come newest first, with their handle while they are open, and say when a folder is gone', async () => {
    const a = await client.project.create({ path: at('a'), classes: ['x'] });
    const b = await client.project.create({ path: at('b') });
    await client.project.close({ project: a.project });
    const list = async () =>
      (await client.project.recent()).map((each) => [each.name, each.present, each.project]);
    expect(await list()).toEqual([
      ['b', true, b.project],
      ['a', true, null],
    ]);
    await client.project.open({ path: at('a'), mode: 'read' });
    expect(await list()).toEqual([
      ['a', true, a.project],
      ['b', true, b.project],
    ]);
    await client.project.close({ project: a.project });
    rmSync(at('a'), { recursive: true });
    expect((await list())[0]).toEqual(['a', false, null]);
    await client.project.forgetRecent({ path: a.path });
    expect(await list()).toEqual([['b', true, b.project]]);
    const told = (await eventsUntil('project.closed')).map(({ type }) => type);
    expect(told).toEqual(['project.opened', 'project.opened', 'project.closed']);
  });

  it('are thirty at most, and do not keep a project from opening when they cannot be written', async () => {
    for (let i = 0; i < 32; i += 1) {
      const { project } = await client.project.create({ path: at(`p${i}`) });
      await client.project.close({ project });
    }
    const names = (await client.project.recent()).map(({ name }) => name);
    expect([names.length, names[0], names.at(-1)]).toEqual([30, 'p31', 'p2']);
    rmSync(at('settings'), { recursive: true });
    writeFileSync(at('settings'), 'a file in the way');
    expect((await client.project.open({ path: at('p1') })).name).toBe('p1');
    expect(await client.project.recent()).toEqual([]);
  });
});

describe('folders', () => {
  it('shows folders first, in natural order, and only what can be imported', async () => {
    for (const name of ['film 10', 'film 9', '.hidden', 'chest']) mkdirSync(at(name));
    for (const name of [
      'b.PNG',
      'a10.jpg',
      'a9.jpg',
      'notes.docx',
      'labels.csv',
      'all.zip',
      '.x.png',
      'model.json',
    ])
      writeFileSync(at(name), 'twelve bytes');
    writeFileSync(at('chest', 'project.sqlite'), '');
    symlinkSync(at('film 9'), at('link'));
    symlinkSync(at('gone'), at('broken.png'));
    const { entries, parent, truncated, places } = await client.system.listFolder({ path: folder });
    expect(entries.map(({ name, kind, sizeBytes }) => [name, kind, sizeBytes])).toEqual([
      ['chest', 'project', null],
      ['film 9', 'folder', null],
      ['film 10', 'folder', null],
      ['link', 'folder', null],
      ['a9.jpg', 'file', 12],
      ['a10.jpg', 'file', 12],
      ['all.zip', 'file', 12],
      ['b.PNG', 'file', 12],
      ['labels.csv', 'file', 12],
      ['model.json', 'file', 12],
    ]);
    expect([parent, truncated]).toEqual([path.dirname(folder), false]);
    expect(places.map(({ path: place }) => place)).toEqual(expect.arrayContaining([homedir(), '/']));
    const { entries: all } = await client.system.listFolder({ path: folder, hidden: true });
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['.hidden', '.x.png']));
    expect((await client.system.listFolder({})).path).toBe(homedir());
    expect((await client.system.listFolder({ path: '/' })).parent).toBeNull();
  });

  it('shows the first two thousand of a huge folder', async () => {
    for (let i = 0; i < 2100; i += 1) writeFileSync(at(`${i}.png`), '');
    mkdirSync(at('z'));
    const { entries, truncated } = await client.system.listFolder({ path: folder });
    expect([entries.length, truncated, entries[0]!.name, entries[1]!.name, entries.at(-1)!.name]).toEqual([
      ...[2000, true, 'z', '0.png', '1998.png'],
    ]);
  });

  it('refuses what it cannot show, and says why', async () => {
    writeFileSync(at('file.png'), '');
    mkdirSync(at('closed'));
    chmodSync(at('closed'), 0);
    const list = (asked: string) => codeOf(client.system.listFolder({ path: asked }));
    expect(await list(at('none'))).toBe('fileNotFound');
    expect(await list(at('file.png'))).toBe('usage');
    expect(await list('relative')).toBe('usage');
    // The superuser may read everything.
    if (process.getuid?.() !== 0) expect(await list(at('closed'))).toBe('permissionDenied');
    chmodSync(at('closed'), 0o700);
  });

  it.each([
    ['Chest films', 'Chest films'],
    ['../../etc/passwd', 'etc-passwd'],
    ['a/b:c*d', 'a-b-c-d'],
    ['  ...  ', 'Project'],
    ['con', 'con project'],
    ['Röntgen „Thorax“', 'Röntgen „Thorax“'],
    ['x'.repeat(200), 'x'.repeat(100)],
  ])('suggests a folder for a project called %j', async (name, expected) => {
    await client.settings.set({ projectsFolder: at('work') });
    expect(await client.project.suggestFolder({ name })).toEqual({ path: at('work', expected) });
    mkdirSync(at('work', expected), { recursive: true });
    expect(await client.project.suggestFolder({ name })).toEqual({ path: at('work', `${expected} 2`) });
  });
});

describe('a sample project', () => {
  it('is drawn, imported and split in one job', async () => {
    await client.settings.set({ projectsFolder: at('work') });
    const { job } = await client.project.createSample({ template: 'pneumonia', images: 24 });
    const steps: (readonly [number, number | null])[] = [];
    const onProgress = ({ done, total }: { done: number; total: number | null }) =>
      void steps.push([done, total]);
    const made = projectSummarySchema.parse(await waitForJob(client, job, { onProgress }));
    expect(made).toMatchObject({ images: 24, labelled: 24, generated: true, template: 'pneumonia' });
    expect(made.path).toBe(at('work', 'Pneumonia from chest films (sample)'));
    expect(made.patients).toBeGreaterThan(4);
    const split = await client.dataset.currentSplit({ project: made.project });
    expect([split?.by, split?.seed]).toEqual(['patient', 1]);
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.every(([, total]) => total === 96)).toBe(true);
    expect(steps.map(([done]) => done)).toEqual(steps.map(([done]) => done).toSorted((a, b) => a - b));
    expect((await client.project.recent())[0]).toMatchObject({ path: made.path, images: 24 });
  });

  it.each([
    // A class folder in place of the table would leave every film without its number.
    ['bone-age', { labelled: 60, task: 'regression', classes: [] }],
    // Masks that were taken for pictures would make it 120 images; without masks there is nothing to split.
    ['mri-segmentation', { task: 'segmentation' }],
  ])('of %s has its pictures as they are labelled, and no masks among them', async (template, facts) => {
    const { job } = await client.project.createSample({ template, images: 60, path: at(template) });
    const made = projectSummarySchema.parse(await waitForJob(client, job));
    expect(made).toMatchObject({ images: 60, generated: true, template, ...facts });
    expect(made.patients).toBeGreaterThan(1);
  });

  it('of the augmentation study leaves few pictures to learn from, so that augmentation has something to add', async () => {
    const { job } = await client.project.createSample({
      ...{ template: 'augmentation-study', images: 24, path: at('augmentation') },
    });
    const { project } = projectSummarySchema.parse(await waitForJob(client, job));
    const { counts } = (await client.dataset.currentSplit({ project }))!;
    expect(counts.train + counts.val + counts.test).toBe(24);
    expect(counts.train).toBeLessThan(9);
    expect(counts.test).toBeGreaterThan(12);
  });

  it('leaves nothing when it is cancelled, and keeps a folder that was there', async () => {
    mkdirSync(at('mine'));
    const { job } = await client.project.createSample({
      template: 'pneumonia',
      images: 500,
      path: at('mine'),
    });
    await eventsUntil('job.progressed');
    await client.job.cancel({ job });
    expect(await codeOf(waitForJob(client, job))).toBe('cancelled');
    expect(readdirSync(at('mine'))).toEqual([]);
    expect(await client.project.list()).toEqual([]);
    expect((await client.project.recent()).map((each) => each.path)).toEqual([]);
  });

  it('refuses a template without pictures at once', async () => {
    expect(await codeOf(client.project.createSample({ template: 'classification' }))).toBe('unknownTemplate');
    expect(await codeOf(client.project.createSample({ template: 'pneumonia', path: 'here' }))).toBe('usage');
  });
});

it('says where it runs, for whom, and from where events are to be read', async () => {
  const before = await client.system.about();
  expect(before).toMatchObject({
    version: '1.2.3',
    host: 'command line',
    userName: 'weber',
    backend: null,
    seq: 0,
  });
  await client.settings.set({});
  expect((await client.system.about()).seq).toBe(1);
  expect((await client.system.doctor()).chosenBackend).not.toBeNull();
  expect((await client.system.about()).backend?.id).toBeTruthy();
});
