import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';

import { WebSocket, WebSocketServer } from 'ws';

import type { Contract } from '../../src/contract/index.ts';
import type { HostRouter } from '../../src/rpc/channel.ts';
import * as inProcess from '../../src/rpc/in-process.ts';
import type { EngineClient } from '../../src/rpc/jobs.ts';
import * as messagePort from '../../src/rpc/message-port.ts';
import * as webSocket from '../../src/rpc/websocket.ts';

export interface Connected {
  client: EngineClient;
  close(): Promise<void>;
}

type Connect = (router: HostRouter<Contract>) => Promise<Connected>;

/** Every transport whose serving side can live in the test's own process. */
export const transports: Record<string, Connect> = {
  'in-process': (router) =>
    Promise.resolve({
      client: inProcess.connect<Contract>(router, { onBug: () => undefined }),
      close: () => Promise.resolve(),
    }),
  MessagePort: (router) => {
    const { port1, port2 } = new MessageChannel();
    messagePort.serve<Contract>(router, port1, { onBug: () => undefined });
    return Promise.resolve({
      client: messagePort.connect<Contract>(port2),
      close: () => {
        port1.close();
        return Promise.resolve();
      },
    });
  },
  WebSocket: async (router) => {
    const http = createServer();
    const sockets = new WebSocketServer({ server: http });
    sockets.on('connection', (socket) =>
      webSocket.serve<Contract>(router, socket, { onBug: () => undefined }),
    );
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const socket = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
    return {
      client: webSocket.connect<Contract>(socket),
      close: async () => {
        socket.terminate();
        sockets.close();
        http.close();
        await once(http, 'close');
      },
    };
  },
};
