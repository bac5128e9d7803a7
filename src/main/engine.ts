// The engine's process in Electron: a utility process, so that SQLite never stalls the window.
import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { Contract } from '../contract/index.ts';
import { createEngine } from '../engine/create-engine.ts';
import { defaultSettingsFolder } from '../host/settings-folder.ts';
import { currentUserName } from '../host/user-name.ts';
import { connect } from '../rpc/in-process.ts';
import type { EngineClient } from '../rpc/jobs.ts';
import { serveMedia, type BinaryPort } from '../rpc/media-port.ts';
import { serve, type PortLike } from '../rpc/message-port.ts';
import { createUtilitySpawner, utilityParentPort } from '../rpc/utility-process.ts';
import type { Activity, FromEngine, RecentFolder, ToEngine } from './engine-messages.ts';

/** Another window of Readroom, or a command, may just be closing the project. */
const lockWaitMs = 3000;
const trainingKinds = new Set(['train', 'rerun']);
const mostRecent = 10;

const parentPort = utilityParentPort();
if (parentPort === null) throw new Error('This file is started by Electron’s main process.');
const tell = (message: FromEngine): void => parentPort.postMessage(message);
const onBug = (error: unknown): void => console.error(error);

function readVersion(): string {
  const file = path.join(import.meta.dirname, '..', '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const spawner = createUtilitySpawner(tell);
const engine = createEngine({
  spawn: spawner.spawn,
  program: 'Readroom',
  lockWaitMs,
  version: readVersion(),
  settingsFolder: defaultSettingsFolder(),
  host: 'electron',
  userName: currentUserName(),
});
const client: EngineClient = connect<Contract>(engine.router, { onBug });

async function activity(): Promise<Activity> {
  const running = (await client.job.list({})).filter(({ status }) => status === 'running');
  const trainings = running.filter(({ kind }) => trainingKinds.has(kind)).length;
  return { trainings, others: running.length - trainings };
}

async function recentFolders(): Promise<RecentFolder[]> {
  const recent = await client.project.recent();
  return recent
    .filter(({ present }) => present)
    .slice(0, mostRecent)
    .map(({ path: folder, name }) => ({ path: folder, name }));
}

/** Keeps the menu's list of projects as it is. */
async function tellRecent(): Promise<void> {
  tell({ type: 'recent', projects: await recentFolders() });
  for await (const { event } of await client.system.events({})) {
    if (event.type === 'project.opened') tell({ type: 'recent', projects: await recentFolders() });
  }
}

async function hear(message: ToEngine, port: (PortLike & BinaryPort) | undefined): Promise<void> {
  switch (message.type) {
    case 'page':
      return port && serve<Contract>(engine.router, port, { onBug });
    case 'media':
      return port && serveMedia(port, engine.media, onBug);
    case 'askActivity':
      return tell({ type: 'activity', activity: await activity() });
    case 'close':
      await engine.close();
      return tell({ type: 'closed' });
    default:
      return spawner.hear(message, port);
  }
}

parentPort.on('message', ({ data, ports }) => {
  hear(data as ToEngine, ports[0] as (PortLike & BinaryPort) | undefined).catch(onBug);
});
tell({ type: 'ready' });
tellRecent().catch(onBug);
