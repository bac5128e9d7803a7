import { fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import path from 'node:path';

import type { ForkOptions, UtilityProcess } from 'electron';

import { createHubPorts, type Link, type Packet, type StandInPort } from './ports.ts';

export const hub = createHubPorts();

/** Every utility process that was started, for the test. */
export interface StartedUtility {
  file: string;
  serviceName: string;
  pid: number;
}
export const startedUtilities: StartedUtility[] = [];

/** Told like `app`'s 'child-process-gone'. */
export const goneListeners: ((details: Electron.Details) => void)[] = [];

const bootstrap = path.join(import.meta.dirname, 'utility.ts');

/** `utilityProcess.fork` by Node's own fork. */
export function forkUtility(file: string, args: string[] = [], options: ForkOptions = {}): UtilityProcess {
  const { serviceName = '' } = options;
  const stdio = options.stdio === 'pipe' ? 'pipe' : 'inherit';
  const child = fork(file, args, {
    serialization: 'advanced',
    stdio: ['ignore', stdio, stdio, 'ipc'],
    env: (options.env as NodeJS.ProcessEnv | undefined) ?? process.env,
    execArgv: [...(options.execArgv ?? []), '--import', bootstrap],
  });
  startedUtilities.push({ file, serviceName, pid: child.pid ?? -1 });
  const link: Link = {
    send(packet) {
      if (child.connected) child.send(packet);
    },
  };
  const events = new EventEmitter();
  let ended = false;
  child.on('message', (packet: Packet) => {
    if (packet.kind === 'message') events.emit('message', packet.data);
    else hub.hear(packet);
  });
  child.once('spawn', () => events.emit('spawn'));
  // Electron's exit comes when the process is gone and what it sent was delivered.
  child.once('close', (code, signal) => {
    ended = true;
    hub.drop(link);
    const exitCode = signal === null ? (code ?? 0) : constants.signals[signal];
    if (exitCode !== 0) {
      const reason = signal === null ? 'abnormal-exit' : signal === 'SIGKILL' ? 'killed' : 'crashed';
      for (const tell of goneListeners) {
        tell({ type: 'Utility', reason, exitCode, serviceName: 'node.mojom.NodeService', name: serviceName });
      }
    }
    events.emit('exit', exitCode);
  });
  const own = {
    get pid() {
      return ended ? undefined : child.pid;
    },
    stdout: child.stdout,
    stderr: child.stderr,
    kill: () => child.kill('SIGTERM'),
    postMessage(data: unknown, transfer: StandInPort[] = []) {
      const { ids, flush } = hub.transfer(transfer, link);
      link.send({ kind: 'message', channel: 'parent', data: structuredClone(data), ports: ids });
      flush();
    },
  } satisfies { [K in 'pid' | 'stdout' | 'stderr' | 'kill']: UtilityProcess[K] } & Record<string, unknown>;
  return Object.defineProperties(events, Object.getOwnPropertyDescriptors(own)) as unknown as UtilityProcess;
}
