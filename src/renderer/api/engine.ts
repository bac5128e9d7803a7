import { shallowRef, triggerRef } from 'vue';

import { ReadroomError } from '../../contract/errors.ts';
import type { EngineEvent } from '../../contract/events.ts';
import type { Contract } from '../../contract/index.ts';
import { isRecord } from '../../contract/is-record.ts';
import type { EngineClient } from '../../rpc/jobs.ts';
import { connect as connectPort } from '../../rpc/message-port.ts';
import { connect as connectSocket } from '../../rpc/websocket.ts';
import { shownError } from '../shown-error.ts';
import { bridge } from './host.ts';

/**
 * Whether the engine answers. `refused`: a server does, and does not know this browser: it was started anew, with
 * another token.
 */
export type ConnectionState = 'connecting' | 'connected' | 'lost' | 'refused';

/**
 * The one connection to the engine and the one subscription to its events. It reconnects by itself; whoever
 * shows what the engine knows listens for `onResync` and reads it again.
 */
const state = shallowRef<{ kind: ConnectionState; reason: string }>({ kind: 'connecting', reason: '' });
const firstRetryMs = 250;
const longestRetryMs = 5000;
/** A network that drops packets answers nothing: neither is waited for longer. */
const longestOpeningMs = 10_000;
const longestAnswerMs = 3000;

let client: EngineClient | null = null;
let waiting: ((client: EngineClient) => void)[] = [];
let lastSeq = -1;
/** Why the newest socket ended. */
let failure: unknown = null;
const listeners = new Set<(event: EngineEvent) => void>();
const resyncListeners = new Set<() => void>();

/** Whether the engine answers, for the status bar. */
export const connection = state;

/** The engine's procedures. Waits for the connection. */
export function engine(): Promise<EngineClient> {
  if (client !== null) return Promise.resolve(client);
  return new Promise((resolve) => waiting.push(resolve));
}

/** Calls `listener` with every event from now on. Returns what ends it. */
export function onEngineEvent(listener: (event: EngineEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls `listener` after a connection was made anew: events may have been missed. Returns what ends it. */
export function onResync(listener: () => void): () => void {
  resyncListeners.add(listener);
  return () => resyncListeners.delete(listener);
}

/** Connects, and again whenever the connection is lost. Called once, at the start. */
export function connectEngine(): void {
  const host = bridge();
  if (host === null) void keepSocket();
  else {
    window.addEventListener('message', (event) => {
      const [port] = event.ports;
      const data: unknown = event.data;
      if (event.source !== window || !isRecord(data) || data['readroom'] !== 'port' || !port) return;
      const fresh = connectPort<Contract>(port);
      void serve(fresh).catch((error: unknown) => lost(error));
    });
    host.onEngineState(({ status, reason }) => {
      if (status !== 'running') lost(new ReadroomError('workerDied', reason || 'The engine is starting.'));
    });
    void host.call('connect', null);
  }
}

async function keepSocket(): Promise<never> {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  for (let retryMs = firstRetryMs; ; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
    const socket = new WebSocket(`${scheme}://${location.host}/rpc`);
    const opening = setTimeout(() => socket.close(), longestOpeningMs);
    socket.addEventListener('open', () => clearTimeout(opening));
    try {
      await serve(connectSocket<Contract>(socket), () => (retryMs = firstRetryMs));
    } catch (error) {
      client = null;
      // What is said of a refusal would flicker with every try.
      if (state.value.kind !== 'refused') lost(error);
      void explain(error);
    }
    clearTimeout(opening);
    socket.close();
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

/** A socket does not say why it was not opened: asks, beside the next tries, and says what the newest one met. */
async function explain(error: unknown): Promise<void> {
  failure = error;
  const refused = await isRefused();
  if (failure !== error || client !== null) return;
  if (!refused) lost(error);
  else if (state.value.kind !== 'refused') state.value = { kind: 'refused', reason: '' };
}

async function isRefused(): Promise<boolean> {
  const signal = AbortSignal.timeout(longestAnswerMs);
  const answer = await fetch('/', { method: 'HEAD', cache: 'no-store', signal }).catch(() => null);
  return answer?.status === 401;
}

function lost(error: unknown): void {
  client = null;
  const reason = shownError(error).message;
  state.value = { kind: 'lost', reason };
}

/** Uses a connection until its event stream ends. */
async function serve(fresh: EngineClient, onConnected: () => void = () => undefined): Promise<void> {
  const again = lastSeq >= 0;
  const about = await fresh.system.about();
  const events = await fresh.system.events({ since: again ? Math.min(lastSeq, about.seq) : about.seq });
  lastSeq = about.seq;
  client = fresh;
  state.value = { kind: 'connected', reason: '' };
  onConnected();
  for (const resolve of waiting) resolve(fresh);
  waiting = [];
  triggerRef(state);
  if (again) for (const listener of resyncListeners) listener();
  for await (const { seq, event } of events) {
    lastSeq = seq;
    for (const listener of listeners) listener(event);
  }
  throw new ReadroomError('workerDied', 'The engine closed its event stream.');
}
