import type { AnyContractRouter, ContractRouterClient } from '@orpc/contract';

import { ReadroomError } from '../contract/errors.ts';
import { connectChannel, serveChannel, type Channel, type HostRouter, type ServeOptions } from './channel.ts';

/** What a browser's WebSocket and that of `ws` have in common. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}

const connecting = 0;
const open = 1;
/** A peer that reads slower than we write makes streams wait from here on. */
const highWaterBytes = 4 * 1024 * 1024;
const drainPollMs = 20;
const policyViolation = 1008;
/** A page has a few at a time; thousands are a fault or an attack, and each holds memory. */
const maxCallsInFlight = 256;

function socketChannel(socket: WebSocketLike): Channel {
  let closed: ReadroomError | null = null;
  const closeListeners: ((reason: ReadroomError) => void)[] = [];
  const opened = new Promise<void>((resolve) => {
    if (socket.readyState !== connecting) resolve();
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('close', () => resolve());
  });
  socket.addEventListener('close', (event) => {
    const why = event.reason === '' ? `code ${event.code}` : event.reason;
    closed = new ReadroomError(
      'workerDied',
      `The connection to the engine was closed (${why}).`,
      'Reconnect; long work goes on and can be read again.',
      { code: event.code },
    );
    for (const listener of closeListeners) listener(closed);
  });
  const drained = (): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (closed !== null || socket.bufferedAmount < highWaterBytes) resolve();
        else setTimeout(look, drainPollMs);
      };
      look();
    });
  return {
    async send(message) {
      if (socket.readyState === connecting) await opened;
      if (socket.readyState !== open) {
        throw closed ?? new ReadroomError('workerDied', 'The connection to the engine is closing.');
      }
      socket.send(message);
      if (socket.bufferedAmount >= highWaterBytes) await drained();
    },
    onMessage: (listener) => socket.addEventListener('message', (event) => listener(event.data)),
    onClose(listener) {
      if (closed !== null) listener(closed);
      else closeListeners.push(listener);
    },
  };
}

/** Serves `router` on an accepted socket; a frame that no client of ours would send ends the connection. */
export function serve<C extends AnyContractRouter>(
  router: HostRouter<C>,
  socket: WebSocketLike,
  options: ServeOptions = {},
): void {
  serveChannel(router, socketChannel(socket), {
    maxInFlight: maxCallsInFlight,
    ...options,
    onRefusedFrame(problem) {
      options.onRefusedFrame?.(problem);
      socket.close(policyViolation, problem);
    },
  });
}

/** A client of the engine behind `socket`, which may still be connecting. */
export function connect<C extends AnyContractRouter>(socket: WebSocketLike): ContractRouterClient<C> {
  return connectChannel<C>(socketChannel(socket));
}
