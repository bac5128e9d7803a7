import { EventEmitter } from 'node:events';

/**
 * Electron's message ports between processes, over Node's own child IPC. Main is the hub: it knows where each end
 * is held and passes messages on, in order. Real ports go from process to process; to both ends it looks the same.
 */

/** What travels on a link beside the messages of ports. */
export type Packet =
  | { kind: 'port'; to: string; data: unknown }
  | { kind: 'portClosed'; port: string }
  /** A message to `process.parentPort`, to main, or to the page. */
  | { kind: 'message'; channel: string; data: unknown; ports: string[] };

/** A process at the other end of Node's IPC. */
export interface Link {
  send(packet: Packet): void;
}

export class StandInPort extends EventEmitter {
  readonly id: string;
  private readonly post: (data: unknown) => void;
  private readonly tellClosed: () => void;
  private waiting: unknown[] | null = [];
  private isClosed = false;

  constructor(id: string, post: (data: unknown) => void, tellClosed: () => void) {
    super();
    this.id = id;
    this.post = post;
    this.tellClosed = tellClosed;
  }

  postMessage(data: unknown): void {
    if (!this.isClosed) this.post(structuredClone(data));
  }

  start(): void {
    const { waiting } = this;
    this.waiting = null;
    for (const data of waiting ?? []) this.emit('message', { data, ports: [] });
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.tellClosed();
  }

  /** What the other end sent. */
  receive(data: unknown): void {
    if (this.waiting === null) this.emit('message', { data, ports: [] });
    else this.waiting.push(data);
  }

  /** The other end is gone. */
  end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.emit('close');
  }

  /** What came before this end was handed on. */
  takeWaiting(): unknown[] {
    return this.waiting?.splice(0) ?? [];
  }
}

/** The ports of a process that is not main: all of them came from there. */
export function createLeafPorts(link: Link) {
  const ports = new Map<string, StandInPort>();
  return {
    adopt(id: string): StandInPort {
      const port = new StandInPort(
        id,
        (data) => link.send({ kind: 'port', to: id, data }),
        () => link.send({ kind: 'portClosed', port: id }),
      );
      ports.set(id, port);
      return port;
    },
    hear(packet: Packet): void {
      if (packet.kind === 'port') ports.get(packet.to)?.receive(packet.data);
      if (packet.kind === 'portClosed') ports.get(packet.port)?.end();
    },
  };
}

interface End {
  peer: string;
  /** Null: in main. */
  link: Link | null;
  port: StandInPort | null;
}

/** The hub in main. */
export function createHubPorts() {
  const ends = new Map<string, End>();
  let last = 0;

  /** `from` is the sender's own end: what it sends arrives at its peer. */
  function pass(from: string, data: unknown): void {
    const peer = ends.get(from)?.peer;
    const end = peer === undefined ? undefined : ends.get(peer);
    if (end === undefined) return;
    // Delivery is never within the sender's own call.
    if (end.link === null) setImmediate(() => deliver(peer!, data));
    else end.link.send({ kind: 'port', to: peer!, data });
  }

  /** The end may have been handed on meanwhile. */
  function deliver(id: string, data: unknown): void {
    const end = ends.get(id);
    if (end?.link) end.link.send({ kind: 'port', to: id, data });
    else end?.port?.receive(data);
  }

  function closed(id: string): void {
    const end = ends.get(id);
    if (end === undefined) return;
    ends.delete(id);
    const peer = ends.get(end.peer);
    ends.delete(end.peer);
    if (peer?.link) peer.link.send({ kind: 'portClosed', port: end.peer });
    else setImmediate(() => peer?.port?.end());
  }

  function makeEnd(id: string, peer: string): StandInPort {
    const port = new StandInPort(
      id,
      (data) => pass(id, data),
      () => closed(id),
    );
    ends.set(id, { peer, link: null, port });
    return port;
  }

  return {
    createChannel(): { port1: StandInPort; port2: StandInPort } {
      last += 1;
      const [one, two] = [`${last}a`, `${last}b`];
      return { port1: makeEnd(one, two), port2: makeEnd(two, one) };
    },
    /** Hands ends to the process behind a link; call before the message that carries them is sent. */
    transfer(ports: readonly StandInPort[], link: Link): { ids: string[]; flush(): void } {
      const held: [string, unknown[]][] = ports.map((port) => [port.id, port.takeWaiting()]);
      for (const { id } of ports) {
        const end = ends.get(id);
        if (end) Object.assign(end, { link, port: null });
      }
      return {
        ids: ports.map(({ id }) => id),
        flush() {
          for (const [id, waiting] of held) for (const data of waiting) deliver(id, data);
        },
      };
    },
    /** From another process. */
    hear(packet: Packet): void {
      if (packet.kind === 'port') pass(packet.to, packet.data);
      if (packet.kind === 'portClosed') closed(packet.port);
    },
    /** The process behind a link is gone, and all its ends with it. */
    drop(link: Link): void {
      for (const [id, end] of [...ends]) if (end.link === link) closed(id);
    },
  };
}
