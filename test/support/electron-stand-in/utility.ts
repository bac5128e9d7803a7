// Loaded before a child's entry: gives it `process.parentPort`, as a utility process has.
import { EventEmitter } from 'node:events';

import { createLeafPorts, type Packet } from './ports.ts';

const sendToParent = process.send!.bind(process);
const send = (packet: Packet): void => void sendToParent(packet);
const ports = createLeafPorts({ send });

/** Messages wait until somebody listens, as in Electron. */
class ParentPort extends EventEmitter {
  private waiting: object[] | null = [];

  constructor() {
    super();
    this.on('newListener', (event) => {
      if (event !== 'message') return;
      const waiting = this.waiting ?? [];
      this.waiting = null;
      setImmediate(() => {
        for (const message of waiting) this.emit('message', message);
      });
    });
  }

  receive(message: object): void {
    if (this.waiting === null) setImmediate(() => this.emit('message', message));
    else this.waiting.push(message);
  }

  postMessage(data: unknown): void {
    send({ kind: 'message', channel: 'parent', data, ports: [] });
  }
}

const parentPort = new ParentPort();
process.on('message', (packet: Packet) => {
  if (packet.kind === 'message')
    parentPort.receive({ data: packet.data, ports: packet.ports.map(ports.adopt) });
  else setImmediate(() => ports.hear(packet));
});
// Chromium ends a utility process whose browser process is gone.
process.once('disconnect', () => process.exit(0));
Object.assign(process, { parentPort, send: undefined });
