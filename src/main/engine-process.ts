import { MessageChannelMain, utilityProcess, type MessagePortMain, type UtilityProcess } from 'electron';

import type { EngineState } from '../contract/host.ts';
import { connectMedia } from '../rpc/media-port.ts';
import { createChildren, nextName, onceGone } from './children.ts';
import type { Activity, FromEngine, RecentFolder, ToEngine } from './engine-messages.ts';

/** The engine's process, supervised: started, started again after a crash, and closed with time to save. */
export interface EngineProcess {
  readonly state: EngineState;
  start(): void;
  /** One end of a new connection to the engine that runs or is about to. */
  connect(): MessagePortMain;
  media(request: Request): Promise<Response>;
  /** Null when it does not answer. */
  activity(): Promise<Activity | null>;
  /** Lets it stop its work and close its projects; ends it when that takes too long. */
  close(): Promise<void>;
}

export interface EngineListeners {
  /** `crashed`: it ended unasked just now. */
  onState(state: EngineState, crashed: boolean): void;
  onRecent(projects: RecentFolder[]): void;
}

/** A crash is answered by a new start; more of them within a minute are told instead. */
const restartsAMinute = 3;
const closeWithinMs = 20_000;
const answerWithinMs = 3000;

interface RunningEngine {
  process: UtilityProcess;
  media: (request: Request) => Promise<Response>;
}

export function createEngineProcess(
  fileOf: (entry: string) => string,
  listeners: EngineListeners,
): EngineProcess {
  let state: EngineState = { status: 'stopped', reason: '' };
  let running: RunningEngine | null = null;
  let closing = false;
  let crashedAt: number[] = [];
  let onActivity: ((activity: Activity) => void) | null = null;
  let onClosed: (() => void) | null = null;

  function enter(status: EngineState['status'], reason: string, crashed = false): void {
    state = { status, reason };
    listeners.onState(state, crashed);
  }

  function hear(message: FromEngine, children: ReturnType<typeof createChildren>): void {
    switch (message.type) {
      case 'ready':
        return enter('running', state.reason);
      case 'recent':
        return listeners.onRecent(message.projects);
      case 'activity':
        return onActivity?.(message.activity);
      case 'closed':
        return onClosed?.();
      default:
        return children.hear(message);
    }
  }

  function crashed(how: string, output: string): void {
    const now = performance.now();
    crashedAt = [...crashedAt.filter((at) => now - at < 60_000), now];
    const last = output.trim().split('\n').at(-1) ?? '';
    const reason = `The engine stopped: its process ${how}${last === '' ? '' : ` (${last})`}.`;
    if (crashedAt.length > restartsAMinute) return enter('stopped', reason, true);
    enter('starting', reason, true);
    start();
  }

  function start(): void {
    const name = nextName('engine');
    const process_ = utilityProcess.fork(fileOf('engine'), [], { serviceName: name, stdio: 'pipe' });
    const send = (message: ToEngine, port?: MessagePortMain): void =>
      process_.postMessage(message, port ? [port] : []);
    const children = createChildren(fileOf, (notice, port) => send(notice, port));
    const { port1, port2 } = new MessageChannelMain();
    send({ type: 'media' }, port1);
    running = { process: process_, media: connectMedia(port2) };
    if (state.status !== 'starting') enter('starting', '');
    process_.on('message', (message: FromEngine) => hear(message, children));
    onceGone(
      process_,
      name,
      () => null,
      ({ code, signal }, output) => {
        running = null;
        // Without their engine they have nobody to work for.
        children.killAll();
        onClosed?.();
        if (closing) return;
        crashed(
          signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was ended by ${signal}`,
          output,
        );
      },
    );
  }

  return {
    get state() {
      return state;
    },
    start() {
      if (running !== null) return;
      crashedAt = [];
      start();
    },
    connect() {
      const { port1, port2 } = new MessageChannelMain();
      running?.process.postMessage({ type: 'page' } satisfies ToEngine, [port1]);
      return port2;
    },
    media: (request) =>
      running?.media(request) ??
      Promise.resolve(new Response('The engine does not run at the moment.\n', { status: 503 })),
    async activity() {
      if (running === null || state.status !== 'running') return null;
      const answer = new Promise<Activity | null>((resolve) => {
        onActivity = resolve;
        setTimeout(() => resolve(null), answerWithinMs).unref();
      });
      running.process.postMessage({ type: 'askActivity' } satisfies ToEngine);
      return answer;
    },
    async close() {
      closing = true;
      const own = running;
      if (own === null) return;
      const closed = new Promise<void>((resolve) => {
        onClosed = resolve;
        setTimeout(resolve, closeWithinMs).unref();
      });
      own.process.postMessage({ type: 'close' } satisfies ToEngine);
      await closed;
      own.process.kill();
    },
  };
}
