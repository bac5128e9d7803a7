import { fork, type ChildProcess } from 'node:child_process';
import { flushCompileCache } from 'node:module';

import type { AnyContractRouter } from '@orpc/contract';

import { ReadroomError } from '../contract/errors.ts';
import { connectChannel, serveChannel, type Channel, type HostRouter, type ServeOptions } from './channel.ts';
import { serveUtility, utilityParentPort } from './utility-process.ts';
import {
  diedError,
  outputTailLength,
  type SpawnOptions,
  type SpawnWorker,
  type WorkerContracts,
  type WorkerEntry,
  type WorkerExit,
  type WorkerProcess,
} from './workers.ts';

export type { SpawnOptions, SpawnWorker, WorkerContracts, WorkerEntry, WorkerProcess };

/**
 * Forks `file` and connects to what it serves with `serveWorker`. Its stdout and stderr never reach
 * ours; their end comes with the `workerDied` error in `data.output`.
 */
export function connectForked<C extends AnyContractRouter>(
  name: string,
  file: string,
  options: SpawnOptions & { args?: string[] } = {},
): WorkerProcess<C> {
  const child = fork(file, options.args ?? [], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: options.execArgv ?? [],
    env: { ...process.env, ...options.env },
  });
  let output = '';
  const keepTail = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-outputTailLength);
  };
  child.stdout?.on('data', keepTail);
  child.stderr?.on('data', keepTail);

  let asked = false;
  let settleExit: (exit: WorkerExit) => void;
  const exited = new Promise<WorkerExit>((resolve) => {
    settleExit = resolve;
  });
  child.once('exit', (code, signal) => settleExit({ code, signal }));
  child.once('error', (error) => {
    output += error.message;
    if (child.pid === undefined) settleExit({ code: null, signal: null });
  });
  // Messages sent just before the end are still in the pipe at `exit`; the pipe's own end comes last.
  const drained = new Promise<void>((resolve) => {
    if (child.connected) child.once('disconnect', () => resolve());
    else resolve();
  });
  const closed = Promise.all([exited, drained]).then(([exit]) => diedError(name, exit, output, asked));
  const client = connectChannel<C>(processChannel(child, closed));
  return {
    client,
    pid: child.pid ?? -1,
    exited,
    kill(signal = 'SIGKILL') {
      asked = true;
      child.kill(signal);
    },
  };
}

/** Makes the port through which the engine starts its child processes, on plain Node. */
export function createForkSpawner(resolveEntry: (entry: WorkerEntry) => string): SpawnWorker {
  return <E extends WorkerEntry>(entry: E, options?: SpawnOptions) =>
    connectForked<WorkerContracts[E]>(entry, resolveEntry(entry), options);
}

function processChannel(end: ChildProcess | NodeJS.Process, closed: Promise<ReadroomError>): Channel {
  return {
    send: (message) =>
      new Promise<void>((resolve, reject) => {
        const refuse = (): void => void closed.then(reject);
        if (!end.connected || end.send === undefined) {
          refuse();
          return;
        }
        end.send(message, undefined, undefined, (error) => (error === null ? resolve() : refuse()));
      }),
    onMessage: (listener) => void end.on('message', listener),
    onClose: (listener) => void closed.then(listener),
  };
}

/** Late enough that what the first calls compile is mostly kept too, early enough for a child that lives shortly. */
const flushAfterMs = 500;

/**
 * The child's side, one call per entry file. Ends the process when the parent is gone, so that no
 * orphan keeps a GPU or a core. Ctrl-C reaches the whole terminal group: the parent decides what it
 * means, so the child ignores it.
 */
export function serveWorker<C extends AnyContractRouter>(
  router: HostRouter<C>,
  options: ServeOptions = {},
): void {
  // Node writes what it compiled at a process's own end, and this one is killed.
  setTimeout(flushCompileCache, flushAfterMs).unref();
  const parentPort = utilityParentPort();
  if (parentPort !== null) {
    serveUtility(router, parentPort, options);
    return;
  }
  if (process.send === undefined) {
    throw new Error('This file is started by Readroom as a child process; it does nothing on its own.');
  }
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => process.exit(0));
  const closed = new Promise<ReadroomError>((resolve) => {
    process.once('disconnect', () =>
      resolve(new ReadroomError('workerDied', 'The parent process has ended.')),
    );
  });
  const channel = processChannel(process, closed);
  serveChannel(router, channel, { onBug: (error) => console.error(error), ...options });
}
