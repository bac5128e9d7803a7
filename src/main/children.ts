import { app, MessageChannelMain, utilityProcess, type MessagePortMain, type UtilityProcess } from 'electron';

import type { ChildNotice, ChildRequest } from '../rpc/utility-process.ts';
import { outputTailLength, type WorkerExit } from '../rpc/workers.ts';
import { exitOf, type GoneReason } from './exit.ts';

/** Trainers and decoders: forked here because only main may, and handed to the engine by a port. */
export interface Children {
  hear(request: ChildRequest): void;
  /** Ends all of them: their engine is gone. */
  killAll(): void;
}

/** Why the system says a utility process went, by the name it was started under; told beside its own `exit`. */
const goneReasons = new Map<string, GoneReason>();
let listening = false;

function listenForGone(): void {
  if (listening) return;
  listening = true;
  app.on('child-process-gone', (_event, { name, reason }) => {
    if (name !== undefined) goneReasons.set(name, reason);
  });
}

/** Calls `listener` once, with how the process ended and the last that it printed. */
export function onceGone(
  child: UtilityProcess,
  name: string,
  asked: () => NodeJS.Signals | null,
  listener: (exit: WorkerExit, output: string) => void,
): void {
  listenForGone();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-outputTailLength);
    });
  }
  child.once('exit', (code) => {
    // The reason comes in an event of its own, before this one or right after it.
    setImmediate(() => {
      const reason = goneReasons.get(name);
      goneReasons.delete(name);
      listener(exitOf(code, reason, asked()), output);
    });
  });
}

let started = 0;

/** A name under which this process is known to the system's own notices. */
export function nextName(entry: string): string {
  started += 1;
  return `Readroom ${entry} ${started}`;
}

interface RunningChild {
  process: UtilityProcess;
  asked: NodeJS.Signals | null;
}

export function createChildren(
  fileOf: (entry: string) => string,
  tell: (notice: ChildNotice, port?: MessagePortMain) => void,
): Children {
  const children = new Map<number, RunningChild>();

  function spawn({ child, entry, env, execArgv }: ChildRequest & { type: 'child.spawn' }): void {
    const name = nextName(entry);
    const process_ = utilityProcess.fork(fileOf(entry), [], {
      serviceName: name,
      stdio: 'pipe',
      env: { ...process.env, ...env },
      execArgv,
    });
    const own: RunningChild = { process: process_, asked: null };
    children.set(child, own);
    onceGone(
      process_,
      name,
      () => own.asked,
      (exit, output) => {
        children.delete(child);
        tell({ type: 'child.exited', child, exit, output });
      },
    );
    process_.once('spawn', () => {
      const { port1, port2 } = new MessageChannelMain();
      process_.postMessage(null, [port1]);
      tell({ type: 'child.spawned', child, pid: process_.pid ?? -1 }, port2);
    });
  }

  function kill(own: RunningChild, signal: NodeJS.Signals): void {
    own.asked = signal;
    // Electron's own kill is SIGTERM, which a child stuck in native code does not hear.
    if (own.process.pid === undefined || signal === 'SIGTERM') own.process.kill();
    else process.kill(own.process.pid, signal);
  }

  return {
    hear(request) {
      if (request.type === 'child.spawn') return spawn(request);
      const own = children.get(request.child);
      if (own !== undefined) kill(own, request.signal);
    },
    killAll() {
      for (const own of children.values()) kill(own, 'SIGKILL');
    },
  };
}
