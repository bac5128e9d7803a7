import type { AnyContractRouter } from '@orpc/contract';

import type { ReadroomError } from '../contract/errors.ts';
import { connectChannel, type Channel, type HostRouter, type ServeOptions } from './channel.ts';
import { portChannel, serve, type PortLike } from './message-port.ts';
import {
  diedError,
  type SpawnWorker,
  type WorkerContracts,
  type WorkerEntry,
  type WorkerExit,
  type WorkerProcess,
} from './workers.ts';

/**
 * Child processes in Electron. Only the main process may fork a `utilityProcess`, so the engine asks it to, and
 * gets one end of a message channel whose other end the child has; calls do not pass through main.
 */

/** `process.parentPort` of a utility process; `electron` itself is not needed for it. */
export interface ParentPort {
  on(event: 'message', listener: (event: { data: unknown; ports: PortLike[] }) => void): unknown;
  postMessage(message: unknown): void;
}

/** What the engine asks of main. `child` is the engine's own number. */
export type ChildRequest =
  | {
      type: 'child.spawn';
      child: number;
      entry: WorkerEntry;
      env: Record<string, string>;
      execArgv: string[];
    }
  | { type: 'child.kill'; child: number; signal: NodeJS.Signals };

/** What main answers; `child.spawned` comes with the port. */
export type ChildNotice =
  | { type: 'child.spawned'; child: number; pid: number }
  | { type: 'child.exited'; child: number; exit: WorkerExit; output: string };

/** This process's port to Electron's main process; null outside of a utility process. */
export function utilityParentPort(): ParentPort | null {
  return (process as { parentPort?: ParentPort }).parentPort ?? null;
}

/** Messages that a child sent just before its end may still be under way when its end is told. */
const drainMs = 1000;

interface Child {
  spawned(pid: number, port: PortLike): void;
  exited(exit: WorkerExit, output: string): void;
}

export interface UtilitySpawner {
  spawn: SpawnWorker;
  /** Takes what main says about children. */
  hear(notice: ChildNotice, port: PortLike | undefined): void;
}

/** Makes the port through which the engine starts its child processes, in Electron. */
export function createUtilitySpawner(ask: (request: ChildRequest) => void): UtilitySpawner {
  const children = new Map<number, Child>();
  let last = 0;
  return {
    spawn: <E extends WorkerEntry>(entry: E, options: Parameters<SpawnWorker>[1] = {}) => {
      last += 1;
      const child = last;
      const { process, events } = remoteChild<WorkerContracts[E]>(entry, (signal) =>
        ask({ type: 'child.kill', child, signal }),
      );
      children.set(child, events);
      void process.exited.then(() => children.delete(child));
      ask({ type: 'child.spawn', child, entry, env: options.env ?? {}, execArgv: options.execArgv ?? [] });
      return process;
    },
    hear(notice, port) {
      const child = children.get(notice.child);
      if (notice.type === 'child.exited') child?.exited(notice.exit, notice.output);
      else if (port !== undefined) child?.spawned(notice.pid, port);
    },
  };
}

function remoteChild<C extends AnyContractRouter>(
  name: string,
  kill: (signal: NodeJS.Signals) => void,
): { process: WorkerProcess<C>; events: Child } {
  let asked = false;
  let pid = -1;
  const port = Promise.withResolvers<PortLike>();
  const exit = Promise.withResolvers<{ exit: WorkerExit; output: string }>();
  const drained = Promise.withResolvers<undefined>();
  const closed = Promise.all([exit.promise, drained.promise]).then(([{ exit: how, output }]) =>
    diedError(name, how, output, asked),
  );
  return {
    process: {
      client: connectChannel<C>(laterChannel(port.promise, closed)),
      get pid() {
        return pid;
      },
      exited: exit.promise.then(({ exit: how }) => how),
      kill(signal = 'SIGKILL') {
        asked = true;
        kill(signal);
      },
    },
    events: {
      spawned(itsPid, itsPort) {
        pid = itsPid;
        portChannel(itsPort).onClose(() => drained.resolve(undefined));
        port.resolve(itsPort);
      },
      exited(how, output) {
        exit.resolve({ exit: how, output });
        setTimeout(() => drained.resolve(undefined), drainMs).unref();
      },
    },
  };
}

/** A channel over a port that is yet to come; what is sent before waits for it. */
function laterChannel(port: Promise<PortLike>, closed: Promise<ReadroomError>): Channel {
  const channel = port.then(portChannel);
  const refused = closed.then((reason) => Promise.reject(reason));
  refused.catch(() => undefined);
  return {
    send: async (message) => (await Promise.race([channel, refused])).send(message),
    onMessage: (listener) => void channel.then((open) => open.onMessage(listener)),
    onClose: (listener) => void closed.then(listener),
  };
}

/**
 * The child's side: serves `router` on the port that main hands over, and ends the process when the engine at its
 * other end is gone, so that no orphan keeps a GPU or a core.
 */
export function serveUtility<C extends AnyContractRouter>(
  router: HostRouter<C>,
  parentPort: ParentPort,
  options: ServeOptions = {},
): void {
  parentPort.on('message', ({ ports }) => {
    const [port] = ports;
    if (port === undefined) return;
    portChannel(port).onClose(() => process.exit(0));
    serve(router, port, { onBug: (error) => console.error(error), ...options });
  });
}
