import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import type { OpenEngine } from '../../src/cli/host.ts';
import type { Contract } from '../../src/contract/index.ts';
import type { EngineClient } from '../../src/rpc/jobs.ts';
import { connect } from '../../src/rpc/websocket.ts';
import { createServer, type RunningServer } from '../../src/server/create-server.ts';
import { startEngine } from '../support/engine.ts';
import { openImageProject } from '../support/image-project.ts';

/** A running server, and people who sign in to it from browsers of their own. */

let folder: string;
let engine: OpenEngine;
let server: RunningServer;
let project: string;
let ids: string[];
const sockets: WebSocket[] = [];

beforeEach(async () => {
  const made = await openImageProject(['normal', 'opacity']);
  folder = made.folder;
  ids = made.add([{ path: 'f/0.png' }, { path: 'f/1.png' }]);
  made.session.close();
  engine = startEngine('server', mkdtempSync(join(tmpdir(), 'readroom-settings-')));
  project = (await engine.client.project.open({ path: folder })).project;
  server = await createServer({ ...engine, port: 0 });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await server.close();
  await engine.close();
  rmSync(dirname(folder), { recursive: true });
});

const home = (): string => `http://127.0.0.1:${server.port}`;

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(home() + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: home(), ...headers },
    body: JSON.stringify(body),
  });

async function signIn(name: string, secret: string): Promise<string> {
  const answer = await post('/sign-in', { name, secret });
  expect(answer.status).toBe(204);
  const cookie = answer.headers.getSetCookie()[0]!;
  expect(cookie).toMatch(/^readroom-\d+=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);
  return cookie.split(';')[0]!;
}

interface Browser {
  cookie: string;
  socket: WebSocket;
  client: EngineClient;
}

async function browser(name: string, secret: string): Promise<Browser> {
  const cookie = await signIn(name, secret);
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, { headers: { cookie, origin: home() } });
  sockets.push(socket);
  await once(socket, 'open');
  return { cookie, socket, client: connect<Contract>(socket) };
}

async function member(name: string, role: 'reader' | 'adjudicator' | 'owner'): Promise<string> {
  await engine.client.reader.add({ project, name, role });
  return (await engine.client.profile.add({ name })).secret;
}

describe('people who sign in to a server', () => {
  it('work on one project, each under their own name', async () => {
    const ada = await browser('Ada', await member('Ada', 'reader'));
    const ben = await browser('ben ', await member('Ben', 'reader'));
    expect(await ada.client.system.about()).toMatchObject({ profile: 'Ada' });
    await ada.client.label.set({ project, reader: 'Ada', image: ids[0]!, class: 'normal' });
    await ben.client.label.set({ project, reader: 'Ben', image: ids[0]!, class: 'opacity' });
    await expect(
      ben.client.label.set({ project, reader: 'Ada', image: ids[0]!, class: 'opacity' }),
    ).rejects.toMatchObject({ code: 'notPermitted' });
    const { labels } = await ben.client.dataset.image({ project, image: ids[0]! });
    expect(labels.map(({ reader, class: name }) => [reader, name]).sort()).toEqual([
      ['Ada', 'normal'],
      ['Ben', 'opacity'],
    ]);
    await ada.client.label.undo({ project, reader: 'Ada' });
    expect((await ben.client.dataset.image({ project, image: ids[0]! })).label).toBe('opacity');
  });

  it('set their own theme, and nothing of the machine', async () => {
    const ada = await browser('Ada', await member('Ada', 'owner'));
    expect(await ada.client.settings.set({ theme: 'light' })).toMatchObject({
      theme: 'light',
      reader: 'Ada',
    });
    expect(await ada.client.settings.get()).toMatchObject({ theme: 'light', reader: 'Ada' });
    expect(await engine.client.settings.get()).toMatchObject({ theme: 'dark', reader: '' });
    for (const changes of [{ reader: 'Ben' }, { projectsFolder: '/tmp' }, { backend: 'cpu' }])
      await expect(ada.client.settings.set(changes)).rejects.toMatchObject({ code: 'notPermitted' });
    await engine.client.profile.remove({ name: 'ada' });
    await engine.client.profile.add({ name: 'Ada' });
    expect(await engine.client.settings.get()).toMatchObject({ theme: 'dark' });
  });

  it('see pictures of their projects; only owners send files', async () => {
    const reader = { cookie: await signIn('Ada', await member('Ada', 'reader')) };
    const owner = { cookie: await signIn('Owen', await member('Owen', 'owner')) };
    const { secret } = await engine.client.profile.add({ name: 'Mallory' });
    const stranger = { cookie: await signIn('Mallory', secret) };
    const look = async (path: string, headers: Record<string, string>): Promise<number> =>
      (await fetch(`${home()}/media/${project}/${path}`, { headers })).status;
    // The picture's file is not there, which is told to members only.
    expect(await look(`${ids[0]!}/thumbnail`, reader)).toBe(404);
    expect(await look(`${ids[0]!}/thumbnail`, stranger)).toBe(403);
    expect(await look(`file/${ids[0]!}/thumbnail`, owner)).toBe(403);
    expect(await look(`runs/${ids[0]!}/report`, reader)).toBe(403);
    expect(await look(`runs/${ids[0]!}/report`, owner)).toBe(404);
    const archive = 'exports/018f2b6e-20260102030405.zip';
    expect(await look(archive, reader)).toBe(403);
    expect(await look(archive, stranger)).toBe(403);
    expect(await look(archive, owner)).toBe(404);
    const send = async (headers: Record<string, string>): Promise<number> => {
      const sent = await fetch(`${home()}/media/${project}/incoming/${crypto.randomUUID()}/a.png`, {
        method: 'PUT',
        headers: { ...headers, origin: home(), 'content-type': 'application/octet-stream' },
        body: 'bytes',
      });
      await sent.arrayBuffer();
      return sent.status;
    };
    expect(await send(reader)).toBe(403);
    expect(await send(stranger)).toBe(403);
    expect(await send(owner)).toBe(200);
  });

  it('are slowed after five tries that were wrong, known name or not', async () => {
    const secret = await member('Ada', 'reader');
    for (const name of ['Ada', 'Nobody', 'Ada', 'Ada', 'Nobody']) {
      const answer = await post('/sign-in', { name, secret: 'wrong' });
      expect([answer.status, await answer.text()]).toEqual([401, 'The name or the secret is not right.\n']);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    const slowed = await post('/sign-in', { name: 'Ada', secret });
    expect(slowed.status).toBe(429);
    expect(Number(slowed.headers.get('retry-after'))).toBeLessThanOrEqual(10);
  });

  it('are out at once when they sign out, and only they', async () => {
    const ada = await browser('Ada', await member('Ada', 'reader'));
    const ben = await browser('Ben', await member('Ben', 'reader'));
    const closed = once(ada.socket, 'close');
    const answer = await post('/sign-out', {}, { cookie: ada.cookie });
    expect([answer.status, answer.headers.getSetCookie()[0]]).toEqual([
      204,
      expect.stringContaining('Max-Age=0'),
    ]);
    await closed;
    expect((await fetch(home(), { headers: { cookie: ada.cookie } })).status).toBe(401);
    expect((await fetch(home(), { headers: { cookie: ben.cookie } })).status).not.toBe(401);
    expect(await ben.client.project.list()).toHaveLength(1);
  });

  it.each(['remove', 'reset'] as const)(
    'lose what is open when their profile is changed: %s',
    async (how) => {
      const secret = await member('Ada', 'reader');
      const ada = await browser('Ada', secret);
      const closed = once(ada.socket, 'close');
      await engine.client.profile[how]({ name: 'Ada' });
      await closed;
      expect((await fetch(home(), { headers: { cookie: ada.cookie } })).status).toBe(401);
      expect((await post('/sign-in', { name: 'Ada', secret })).status).toBe(401);
    },
  );

  it('leave what the token allows as it was', async () => {
    await member('Ada', 'reader');
    const socket = new WebSocket(server.url.replace('http', 'ws').replace('/?', '/rpc?'));
    sockets.push(socket);
    const client = connect<Contract>(socket);
    expect(await client.system.about()).toMatchObject({ profile: null });
    await client.label.set({ project, reader: 'Anybody', image: ids[0]!, class: 'normal' });
    expect(await client.profile.list()).toMatchObject([{ name: 'Ada' }]);
  });
});
