import type { AnyContractRouter, ContractRouterClient } from '@orpc/contract';

import { ReadroomError } from '../contract/errors.ts';
import { connectChannel, serveChannel, type Channel, type HostRouter, type ServeOptions } from './channel.ts';

interface Listen {
  (type: 'message', listener: (event: object) => void): unknown;
  (type: 'close', listener: () => void): unknown;
}

/** What Node's, the browser's and Electron's message ports have in common. */
export interface PortLike {
  postMessage(message: string): void;
  start?(): void;
  addEventListener?: Listen;
  on?: Listen;
}

/** The channel over one port. */
export function portChannel(port: PortLike): Channel {
  // Electron's MessagePortMain has `on` with an event; the others have `addEventListener`.
  const listen = (port.addEventListener ?? port.on)?.bind(port);
  if (listen === undefined) throw new Error('This is not a message port.');
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => {
      listen('message', (event) => listener('data' in event ? event.data : null));
      port.start?.();
    },
    onClose: (listener) =>
      listen('close', () =>
        listener(new ReadroomError('workerDied', 'The engine has closed the connection.')),
      ),
  };
}

/** Serves `router` on one end of a message channel. */
export function serve<C extends AnyContractRouter>(
  router: HostRouter<C>,
  port: PortLike,
  options?: ServeOptions,
): void {
  serveChannel(router, portChannel(port), options);
}

/** A client of what the port's other end serves. */
export function connect<C extends AnyContractRouter>(port: PortLike): ContractRouterClient<C> {
  return connectChannel<C>(portChannel(port));
}
