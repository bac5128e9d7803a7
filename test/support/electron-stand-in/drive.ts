import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import vm from 'node:vm';

import type { HostBridge } from '../../../src/contract/host.ts';
import type { Contract } from '../../../src/contract/index.ts';
import type { EngineClient } from '../../../src/rpc/jobs.ts';
import { connect, type PortLike } from '../../../src/rpc/message-port.ts';
import type { Controls, SenderKind } from './main.ts';
import { createLeafPorts, type Packet, type StandInPort } from './ports.ts';

type Answer<K extends keyof Controls> = Awaited<ReturnType<Controls[K]>>;

export interface DrivenApp {
  control<K extends keyof Controls>(name: K, ...args: Parameters<Controls[K]>): Promise<Answer<K>>;
  /** An IPC call as a frame of this kind makes it. */
  invoke(from: SenderKind, name: unknown, input: unknown): Promise<unknown>;
  /** What the built preload gave the page. */
  bridge: HostBridge;
  /** The engine behind the port that came as the last window message; waits for one. */
  engine(): Promise<EngineClient>;
  /** Commands and states that arrived in the page. */
  heard: { commands: string[]; states: string[] };
  settingsFolder: string;
  exited: Promise<number | null>;
  pid: number;
  kill(): void;
}

/** Starts the built application `out` in a process of its own, with this process as its window's page. */
export async function startApp(
  out: string,
  options: { args?: string[]; env?: Record<string, string>; settingsFolder?: string } = {},
): Promise<DrivenApp> {
  const config = options.settingsFolder ?? mkdtempSync(path.join(tmpdir(), 'settings-'));
  const child = fork(path.join(import.meta.dirname, 'main.ts'), options.args ?? [], {
    serialization: 'advanced',
    env: {
      ...process.env,
      XDG_CONFIG_HOME: config,
      STAND_IN_MAIN: path.join(out, 'main', 'index.js'),
      ...options.env,
    },
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const ports = createLeafPorts({
    send(packet) {
      if (child.connected) child.send(packet);
    },
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const ipcListeners = new Map<string, (event: { ports: StandInPort[] }, data: unknown) => void>();
  const heard: DrivenApp['heard'] = { commands: [], states: [] };
  let last = 0;

  const booted = new Promise<void>((resolve, reject) => {
    child.on('message', (message: Packet | { kind: 'booted' } | { kind: 'controlled' }) => {
      if (message.kind === 'booted') resolve();
      else if (message.kind === 'controlled') settle(message as never);
      else if (message.kind === 'message') {
        ipcListeners.get(message.channel)?.({ ports: message.ports.map(ports.adopt) }, message.data);
      } else ports.hear(message);
    });
    void exited.then((code) => {
      reject(new Error(`It ended with ${code} before it was up.`));
      for (const { reject: refuse } of waiting.values())
        refuse(new Error(`The application ended with ${code}.`));
    });
  });
  function settle({ id, value, failed }: { id: number; value: unknown; failed?: string }): void {
    const own = waiting.get(id);
    waiting.delete(id);
    if (failed === undefined) own?.resolve(value);
    else own?.reject(new Error(failed));
  }
  const control: DrivenApp['control'] = (name, ...args) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve: resolve, reject });
      child.send({ kind: 'control', id: last, name, args });
    });

  const page = loadPreload(path.join(out, 'preload', 'index.cjs'), {
    invoke: (channel, ...args) => control('invoke', 'own', channel, args),
    on: (channel, listener) => void ipcListeners.set(channel, listener),
  });
  page.bridge.onCommand((command) => heard.commands.push(command));
  page.bridge.onEngineState(({ status, reason }) => heard.states.push(`${status} ${reason}`.trim()));
  await booted;
  return {
    control,
    invoke: (from, name, input) => control('invoke', from, 'readroom:call', [name, input]),
    bridge: page.bridge,
    engine: async () => connect<Contract>(await page.nextPort()),
    heard,
    settingsFolder: config,
    exited,
    pid: child.pid!,
    kill: () => void child.kill('SIGKILL'),
  };
}

interface PageSideIpc {
  invoke(channel: string, ...args: unknown[]): Promise<unknown>;
  on(channel: string, listener: (event: { ports: StandInPort[] }, data: unknown) => void): void;
}

/** Runs the built preload as a sandboxed one is run: `require` gives `electron` and nothing else. */
function loadPreload(
  file: string,
  ipcRenderer: PageSideIpc,
): { bridge: HostBridge; nextPort(): Promise<PortLike> } {
  const exposed: Record<string, unknown> = {};
  const arrived: StandInPort[] = [];
  const wanted: ((port: StandInPort) => void)[] = [];
  const window = {
    location: { origin: 'app://readroom' },
    postMessage(data: { readroom?: string }, origin: string, transfer: StandInPort[]) {
      if (origin !== 'app://readroom' || data.readroom !== 'port') throw new Error('posted to a stranger');
      const [port] = transfer;
      const want = wanted.shift();
      if (want) want(port!);
      else arrived.push(port!);
    },
  };
  const electron = {
    ipcRenderer,
    contextBridge: { exposeInMainWorld: (name: string, value: unknown) => void (exposed[name] = value) },
    webUtils: { getPathForFile: (given: { path?: string }) => given.path ?? '' },
  };
  const require = (name: string): unknown => {
    if (name === 'electron') return electron;
    throw new Error(`A sandboxed preload cannot require ${name}`);
  };
  const module = { exports: {} };
  const run = vm.compileFunction(readFileSync(file, 'utf8'), ['require', 'module', 'exports', 'window'], {
    filename: file,
  }) as (...given: unknown[]) => void;
  run(require, module, module.exports, window);
  return {
    bridge: exposed['readroom'] as HostBridge,
    nextPort: () =>
      new Promise((resolve) => {
        const port = arrived.shift();
        if (port) resolve(port);
        else wanted.push((later) => resolve(later));
      }),
  };
}
