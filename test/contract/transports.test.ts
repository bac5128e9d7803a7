import { fileURLToPath } from 'node:url';

import { afterAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import type { Contract } from '../../src/contract/index.ts';
import { connectForked } from '../../src/rpc/child-process.ts';
import { connect as connectSocket } from '../../src/rpc/websocket.ts';
import { createServer } from '../../src/server/create-server.ts';
import { startEngine } from '../support/engine.ts';
import { transports } from '../support/transports.ts';
import { playScenario, writeFilms } from './scenario.ts';
import { waitForJob } from '../../src/rpc/jobs.ts';

const unhandled: unknown[] = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
afterAll(() => expect(unhandled).toEqual([]));

test.each(Object.entries(transports))('the scenario over %s', async (_name, connect) => {
  const engine = startEngine();
  const { client, close } = await connect(engine.router);
  try {
    await playScenario(client);
  } finally {
    await close();
    await engine.close();
  }
});

test('the scenario over a forked child', async () => {
  const child = connectForked<Contract>(
    'engine',
    fileURLToPath(new URL('../support/engine-child.ts', import.meta.url)),
  );
  try {
    await playScenario(child.client);
  } finally {
    child.kill('SIGTERM');
    await child.exited;
  }
});

test('the scenario through the server host, and pixels beside it', async () => {
  const engine = startEngine();
  const server = await createServer({ router: engine.router, media: engine.media, port: 0 });
  try {
    const address = new URL(server.url);
    const token = address.searchParams.get('token') ?? '';
    const client = connectSocket<Contract>(new WebSocket(`ws://${address.host}/rpc?token=${token}`));
    await playScenario(client);

    const { project } = await client.project.create({ path: `${writeFilms()}/project` });
    const importing = await client.dataset.import({ project, sources: [writeFilms()] });
    await waitForJob(client, importing.job);
    const { rows } = await client.dataset.images({ project, limit: 1 });
    const get = (path: string, headers: Record<string, string>) =>
      fetch(`http://${address.host}${path}`, { headers });
    const path = `/media/${project}/${rows[0]?.image ?? ''}/thumbnail`;
    const bearer = { authorization: `Bearer ${token}` };
    expect((await get(path, {})).status).toBe(401);
    const thumbnail = await get(path, bearer);
    expect([thumbnail.status, thumbnail.headers.get('content-type')]).toEqual([200, 'image/webp']);
    expect((await thumbnail.arrayBuffer()).byteLength).toBeGreaterThan(20);
    expect((await get(`/media/${project}/unknown/thumbnail`, bearer)).status).toBe(404);
  } finally {
    await server.close();
    await engine.close();
  }
});
