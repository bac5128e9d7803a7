import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import type { EngineEvent } from '../../src/contract/events.ts';
import { waitForJob, type EngineClient } from '../../src/rpc/jobs.ts';
import { builtApplication } from '../support/built.ts';
import { startApp, type DrivenApp } from '../support/electron-stand-in/drive.ts';
import { startEngine } from '../support/engine.ts';
import { greyPng, pattern } from '../support/picture-files.ts';
import { quickly } from '../support/run-bench.ts';

let out: string;
beforeAll(async () => {
  out = await builtApplication();
});

const started: DrivenApp[] = [];
afterEach(() => {
  for (const app of started.splice(0)) app.kill();
});

async function start(options?: Parameters<typeof startApp>[1]): Promise<DrivenApp> {
  const app = await startApp(out, options);
  started.push(app);
  return app;
}

/** Started, with the page's connection to the engine. */
async function startConnected(): Promise<{ app: DrivenApp; client: EngineClient }> {
  const app = await start();
  const [client] = await Promise.all([app.engine(), app.bridge.call('connect', null)]);
  return { app, client };
}

/** A split project of 24 small pictures in two classes, made through the page's own connection. */
async function makeProject(client: EngineClient): Promise<{ project: string; folder: string }> {
  const parent = mkdtempSync(path.join(tmpdir(), 'electron-'));
  const films = path.join(parent, 'films');
  for (let index = 0; index < 24; index += 1) {
    const folder = path.join(films, index % 2 ? 'sick' : 'well', `P${index >> 1}`);
    mkdirSync(folder, { recursive: true });
    const samples = pattern(30).map((sample) => (sample + index * 9) % 256);
    writeFileSync(path.join(folder, `${index}.png`), greyPng(6, 5, samples));
  }
  const folder = path.join(parent, 'project');
  const { project } = await client.project.create({ path: folder });
  const patient = { from: 'folder' } as const;
  const imported = await client.dataset.import({
    project,
    sources: [films],
    patient,
    labels: { from: 'folder' },
  });
  expect(await waitForJob(client, imported.job)).toMatchObject({ added: 24 });
  const split = await client.dataset.split({ project, seed: 1, train: 0.5, val: 0.25, test: 0.25 });
  await waitForJob(client, split.job);
  return { project, folder };
}

/** Resolves with the first event that fits. */
async function eventWhere(client: EngineClient, fits: (event: EngineEvent) => boolean): Promise<EngineEvent> {
  for await (const { event } of await client.system.events({ since: 0 })) if (fits(event)) return event;
  throw new Error('The events ended.');
}

const long = { ...quickly, epochs: 400, 'checkpoint.everySeconds': 0 };
const pidsOf = async (app: DrivenApp, entry: string): Promise<number[]> =>
  (await app.control('read')).utilities
    .filter(({ file }) => path.basename(file) === `${entry}.js`)
    .map(({ pid }) => pid);

test('the scheme would be registered too late, or the window made without its bounds and policy', async () => {
  const app = await start();
  await vi.waitFor(async () => expect((await app.control('read')).windows[0]?.isShown).toBe(true), 60_000);
  const { order, windows, schemes, utilities } = await app.control('read');
  expect(order.slice(0, 5)).toEqual([
    'registerSchemesAsPrivileged',
    'lock',
    'ready',
    'protocol.handle',
    'BrowserWindow',
  ]);
  expect(schemes).toMatchObject([{ scheme: 'app', privileges: { standard: true, secure: true } }]);
  expect(windows).toMatchObject([
    {
      url: 'app://readroom/',
      options: {
        minWidth: 1024,
        minHeight: 640,
        show: false,
        webPreferences: {
          preload: path.join(out, 'preload/index.cjs'),
          contextIsolation: true,
          sandbox: true,
          nodeIntegration: false,
          webviewTag: false,
        },
      },
    },
  ]);
  expect(utilities.map(({ file }) => path.basename(file))).toEqual(['engine.js']);
});

test('a second start would open the project beside the first instead of in it', async () => {
  const second = startApp(out, { env: { STAND_IN_SECOND_INSTANCE: '1' } });
  await expect(second).rejects.toThrow('It ended with 0');
  const app = await start({ args: ['--some-switch', '/films/chest'] });
  await app.control('secondInstance', { project: '/films/knee' });
  await app.control('secondInstance', { project: '../etc' });
  await vi.waitFor(
    () => expect(app.heard.commands).toEqual(['project.open:/films/chest', 'project.open:/films/knee']),
    60_000,
  );
  expect((await app.control('read')).order).toContain('focus');
});

test('the window could be led away, open others, or be given what a page may not have', async () => {
  const app = await start();
  expect(await app.control('navigate', 'https://example.org/')).toBe(true);
  expect(await app.control('navigate', 'app://readroom/settings')).toBe(false);
  expect(await app.control('attachWebview')).toBe(true);
  expect(await app.control('openWindow', 'app://readroom/')).toBe('deny');
  expect(await app.control('permission', 'media', 'app://readroom/')).toEqual({
    checked: false,
    requested: false,
  });
});

describe('a call to the host', () => {
  test.each(['subframe', 'foreignPage', 'foreignWindow'] as const)(
    'would be answered to a stranger: %s',
    async (sender) => {
      const app = await start();
      const answer = await app.invoke(sender, 'connect', null);
      expect(answer).toMatchObject({ ok: false, error: { code: 'permissionDenied' } });
      expect(await app.invoke('own', 'engineState', null)).toMatchObject({ ok: true });
    },
  );

  test('would be taken under any name, or with any input', async () => {
    const app = await start();
    for (const [name, input] of [
      ['quit', null],
      ['__proto__', null],
      ['constructor', {}],
      [{ name: 'connect' }, null],
      ['showInFolder', { path: '../../etc' }],
      ['showInFolder', { path: '/films', more: 1 }],
      ['pickFiles', { title: 'x'.repeat(100_000_000) }],
      ['pickFiles', { title: 'Films', filters: [{ name: 'x', extensions: ['../x'] }] }],
      ['connect', { url: 'x' }],
    ] as const) {
      expect(await app.invoke('own', name, input)).toMatchObject({ ok: false, error: { code: 'usage' } });
    }
    const opened = await app.invoke('own', 'openExternal', { url: 'file:///etc/passwd' });
    expect(opened).toMatchObject({ ok: false, error: { code: 'permissionDenied' } });
    expect((await app.control('read')).opened).toEqual([]);
  }, 120_000);

  test('would show the wrong dialog, or lose what was chosen', async () => {
    const app = await start();
    await app.control(
      'answerDialogs',
      { canceled: false, filePaths: ['/films'] },
      { canceled: true, filePaths: [] },
      { canceled: false, filePath: '/models/chest' },
    );
    const { bridge } = app;
    expect(await bridge.call('pickFolder', { title: 'Open a project' })).toBe('/films');
    expect(await bridge.call('pickFiles', { title: 'Import' })).toBeNull();
    expect(await bridge.call('pickSavePath', { title: 'Export' })).toBe('/models/chest');
    const { dialogs } = await app.control('read');
    expect(dialogs).toMatchObject([
      {
        kind: 'open',
        options: { title: 'Open a project', properties: ['openDirectory', 'createDirectory'] },
      },
      { kind: 'open', options: { properties: ['multiSelections', 'openFile'] } },
      { kind: 'save', options: { title: 'Export' } },
    ]);
    expect(bridge.pathOf({ path: '/films/a.png' })).toBe('/films/a.png');
    await expect(bridge.call('openExternal', { url: 'http://doi.org' })).rejects.toThrow('not one that');
  });

  test('of the menu would not reach the page', async () => {
    const app = await start();
    await app.control('clickMenu', '&File', 'Open project…');
    await app.control('clickMenu', '&View', 'Find a command…');
    await vi.waitFor(() => expect(app.heard.commands).toEqual(['project.open', 'app.palette']), 60_000);
  });
});

test('a project opened over the handed port would have no database, pictures or place among the recent', async () => {
  const { app, client } = await startConnected();
  const { project, folder } = await makeProject(client);
  const { rows } = await client.dataset.images({ project, offset: 0, limit: 1 });
  const [{ image } = { image: '' }] = rows;
  const answer = await app.control('fetch', `app://readroom/media/${project}/${image}/thumbnail`);
  expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'image/webp' } });
  expect(Buffer.from(answer.body.subarray(8, 12)).toString()).toBe('WEBP');
  const { etag = '' } = answer.headers;
  const again = await app.control('fetch', `app://readroom/media/${project}/${image}/thumbnail`, {
    headers: { 'if-none-match': etag },
  });
  expect(again.status).toBe(304);
  const stranger = { initiatorOrigin: 'https://example.org' };
  const refused = await app.control('fetch', `app://readroom/media/${project}/${image}/thumbnail`, stranger);
  expect(refused.status).toBe(403);
  await vi.waitFor(async () => {
    const { recentDocuments, menu } = await app.control('read');
    expect(recentDocuments).toContain(folder);
    const open = menu[0]?.submenu.find(({ label }) => label === 'Open recent');
    expect(open?.submenu[0]?.label).toContain(folder);
  }, 60_000);
});

test('a training would run without its progress in the window', async () => {
  const { client } = await startConnected();
  const { project } = await makeProject(client);
  const { run, job } = await client.run.train({ project, set: quickly });
  const told: EngineEvent['type'][] = [];
  await waitForJob(client, job, { run, onEvent: ({ type }) => told.push(type) });
  expect(told.filter((type) => type === 'run.epochEnded')).toHaveLength(2);
  expect(told).toContain('run.stepEnded');
  expect(await client.run.get({ project, run })).toMatchObject({ status: 'completed', backend: 'cpu' });
});

test('a trainer that dies would take the engine with it, or leave its run for ever running', async () => {
  const { app, client } = await startConnected();
  const { project } = await makeProject(client);
  const { run, job } = await client.run.train({ project, set: long });
  await eventWhere(client, ({ type }) => type === 'run.epochEnded');
  const trainer = (await pidsOf(app, 'compute')).at(-1)!;
  process.kill(trainer, 'SIGKILL');
  await expect(waitForJob(client, job)).rejects.toMatchObject({
    code: 'workerDied',
    message: expect.stringContaining('SIGKILL') as string,
  });
  expect(await client.run.get({ project, run })).toMatchObject({ status: 'interrupted' });
  expect(await client.project.list()).toHaveLength(1);
  expect(app.heard.states).not.toContain('stopped');
});

test('an engine that dies would leave the window dead, and its trainers at work', async () => {
  const { app, client } = await startConnected();
  const { project, folder } = await makeProject(client);
  const { run } = await client.run.train({ project, set: long });
  await eventWhere(client, ({ type }) => type === 'run.epochEnded');
  const [engine] = await pidsOf(app, 'engine');
  const trainer = (await pidsOf(app, 'compute')).at(-1)!;
  const next = app.engine();
  process.kill(engine!, 'SIGKILL');
  await expect(eventWhere(client, () => false)).rejects.toMatchObject({ code: 'workerDied' });
  const fresh = await next;
  const { project: again } = await fresh.project.open({ path: folder });
  expect((await fresh.run.get({ project: again, run })).status).toBe('interrupted');
  await vi.waitFor(() => expect(() => process.kill(trainer, 0)).toThrow(), { timeout: 60_000 });
  expect(app.heard.states.some((state) => state.includes('was ended by SIGKILL'))).toBe(true);
  expect(await app.bridge.call('engineState', null)).toMatchObject({ status: 'running' });
});

test('an engine that dies again and again would be started for ever, without a word', async () => {
  const app = await start();
  await app.control('answerDialogs', { response: 1 });
  const kill = async (times: number): Promise<void> => {
    const pids = await vi.waitFor(async () => {
      const found = await pidsOf(app, 'engine');
      expect(found).toHaveLength(times);
      return found;
    }, 60_000);
    process.kill(pids.at(-1)!, 'SIGKILL');
  };
  for (const times of [1, 2, 3, 4]) await kill(times);
  await vi.waitFor(async () => {
    expect(app.heard.states.at(-1)).toMatch(/^stopped The engine stopped/);
    expect((await app.control('read')).dialogs).toHaveLength(1);
  }, 60_000);
  expect(await pidsOf(app, 'engine')).toHaveLength(4);
  const [client] = await Promise.all([
    app.engine(),
    app.bridge.call('connect', null),
    app.bridge.call('restartEngine', null),
  ]);
  expect(await client.project.list()).toEqual([]);
});

test('quitting in the middle of a training would not ask, or lose what was trained', async () => {
  const { app, client } = await startConnected();
  const { project, folder } = await makeProject(client);
  const { run } = await client.run.train({ project, set: long });
  await eventWhere(client, ({ type }) => type === 'run.epochEnded');
  // Small pictures of the import, too, are work that would be asked about.
  const underWay = async () =>
    (await client.job.list({ project })).filter(({ status }) => status === 'running');
  await vi.waitFor(async () => expect(await underWay()).toMatchObject([{ kind: 'train' }]), 60_000);

  await app.control('answerDialogs', { response: 1 }, { response: 0 });
  await app.control('closeWindow');
  await vi.waitFor(async () => expect((await app.control('read')).dialogs).toHaveLength(1), 60_000);
  expect((await client.run.get({ project, run })).status).toBe('running');
  const { dialogs } = await app.control('read');
  expect(dialogs).toMatchObject([
    { options: { message: 'A training is still running.', buttons: ['Stop and quit', 'Cancel'] } },
  ]);

  void app.control('quit').catch(() => undefined);
  expect(await app.exited).toBe(0);
  const engine = startEngine();
  const { project: again } = await engine.client.project.open({ path: folder });
  const stopped = await engine.client.run.get({ project: again, run });
  expect(['cancelled', 'interrupted', 'paused']).toContain(stopped.status);
  expect(stopped.epochs).toBeGreaterThan(0);
  const resumed = await engine.client.run.resume({ project: again, run });
  const { type } = await eventWhere(engine.client, (event) => event.type === 'run.epochEnded');
  expect(type).toBe('run.epochEnded');
  await engine.client.job.cancel({ job: resumed.job });
  await engine.close();
});

test('a page whose process dies would leave an empty window, or be loaded for ever', async () => {
  const app = await start();
  await app.control('answerDialogs', { response: 1 });
  for (let times = 0; times < 3; times += 1) await app.control('crashPage');
  await vi.waitFor(async () => expect((await app.control('read')).dialogs).toHaveLength(1), 60_000);
  expect((await app.control('read')).order.filter((what) => what === 'reload')).toHaveLength(2);
  const [client] = await Promise.all([app.engine(), app.bridge.call('connect', null)]);
  expect(await client.project.list()).toEqual([]);
});

test('a signal of the system would wait for an answer, or tear the project', async () => {
  const { app, client } = await startConnected();
  const { project, folder } = await makeProject(client);
  const { run } = await client.run.train({ project, set: long });
  await eventWhere(client, ({ type }) => type === 'run.epochEnded');
  process.kill(app.pid, 'SIGTERM');
  expect(await app.exited).toBe(0);
  const engine = startEngine();
  const { project: again, readOnly } = await engine.client.project.open({ path: folder });
  expect(readOnly).toBe(false);
  expect((await engine.client.run.get({ project: again, run })).epochs).toBeGreaterThan(0);
  await engine.close();
});

test('quitting with nothing at work would ask', async () => {
  const { app } = await startConnected();
  void app.control('quit').catch(() => undefined);
  expect(await app.exited).toBe(0);
});
