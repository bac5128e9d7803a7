import { implement } from '@orpc/server';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { contract } from '../../../../src/contract/index.ts';
import { serve, type WebSocketLike } from '../../../../src/rpc/websocket.ts';
import { createCannedEngine } from '../../../support/canned-engine.ts';

/** The engine of other tests, whose event stream goes on as a real one does. */
function router() {
  const canned = createCannedEngine().router;
  const events = implement(contract).system.events.handler(async function* ({ signal }) {
    yield { seq: 1, event: { type: 'run.queueChanged' } };
    await new Promise((resolve) => signal?.addEventListener('abort', resolve));
  });
  return { ...canned, system: { ...canned.system, events } };
}

type Events = { message: { data: unknown }; open: object; close: { code: number; reason: string } };

/** One end of a connection without wires: what a browser calls a WebSocket. */
class End implements WebSocketLike {
  readyState = 0;
  readonly bufferedAmount = 0;
  other: End | null = null;
  private readonly listeners: { [Type in keyof Events]: ((event: Events[Type]) => void)[] } = {
    message: [],
    open: [],
    close: [],
  };
  addEventListener<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): void {
    this.listeners[type].push(listener);
  }
  send(data: string): void {
    const { other } = this;
    queueMicrotask(() => other?.listeners.message.forEach((listener) => listener({ data })));
  }
  open(): void {
    this.readyState = 1;
    this.listeners.open.forEach((listener) => listener({}));
  }
  close(code = 1006): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.listeners.close.forEach((listener) => listener({ code, reason: '' }));
    this.other?.close(code);
  }
}

/** `drops`: nothing that is sent arrives, and nothing comes back. */
let network: 'serves' | 'drops' | 'refuses';
let tries: number;
let newest: End | null;

function dial(near: End): void {
  tries += 1;
  newest = near;
  queueMicrotask(() => {
    if (network === 'refuses') near.close();
    if (network !== 'serves') return;
    const far = new End();
    far.other = near;
    near.other = far;
    far.open();
    serve(router(), far);
    near.open();
  });
}

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
  tries = 0;
  vi.stubGlobal('window', {});
  vi.stubGlobal('location', { protocol: 'http:', host: '127.0.0.1:1' });
  vi.stubGlobal(
    'WebSocket',
    class extends End {
      constructor() {
        super();
        dial(this);
      }
    },
  );
  vi.stubGlobal('fetch', (_: string, { signal }: { signal?: AbortSignal }) =>
    network === 'drops'
      ? new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('late'))))
      : Promise.resolve({ status: network === 'refuses' ? 401 : 200 }),
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function connected() {
  network = 'serves';
  const api = await import('../../../../src/renderer/api/engine.ts');
  api.connectEngine();
  await vi.waitFor(() => expect(api.connection.value.kind).toBe('connected'), 60_000);
  return { kind: () => api.connection.value.kind };
}

it('says at once that the connection is lost, and tries on, when nothing answers', async () => {
  const { kind } = await connected();
  network = 'drops';
  newest?.close();
  await vi.advanceTimersByTimeAsync(0);
  expect(kind()).toBe('lost');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tries).toBeGreaterThan(3);
  expect(kind()).toBe('lost');
  network = 'serves';
  await vi.advanceTimersByTimeAsync(20_000);
  expect(kind()).toBe('connected');
});

it('says that it was refused by a server that does not know it, without saying otherwise in between', async () => {
  const { kind } = await connected();
  network = 'refuses';
  newest?.close();
  await vi.advanceTimersByTimeAsync(10);
  expect(kind()).toBe('refused');
  for (let at = 0; at < 20; at += 1) {
    await vi.advanceTimersByTimeAsync(500);
    expect(kind()).toBe('refused');
  }
  network = 'drops';
  await vi.advanceTimersByTimeAsync(30_000);
  await vi.waitFor(() => expect(kind()).toBe('lost'), 60_000);
  network = 'serves';
  await vi.advanceTimersByTimeAsync(20_000);
  expect(kind()).toBe('connected');
});
