/**
 * The media handler over a message port: requests go one way, answers come back in pieces, as far ahead as the
 * reader allows. For Electron, where the window's requests arrive in main and pictures are the engine's.
 */

/** What Node's and Electron's message ports have in common, for binary messages. */
export interface BinaryPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: unknown) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start?(): void;
}

type Ask =
  | { type: 'ask'; id: number; method: string; url: string; headers: [string, string][] }
  /** So many more bytes may be sent. */
  | { type: 'more'; id: number; bytes: number }
  | { type: 'cancel'; id: number };

type Answer =
  | { type: 'head'; id: number; status: number; headers: [string, string][]; hasBody: boolean }
  | { type: 'piece'; id: number; bytes: Uint8Array }
  | { type: 'end'; id: number }
  | { type: 'failed'; id: number; reason: string };

/** Bytes under way for one answer: enough to keep both ends busy, little enough for hundreds at once. */
const windowBytes = 2 * 1024 * 1024;

/** Node hands the message itself to the listener, Electron an event that holds it. */
const dataOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && 'data' in event ? event.data : event;

interface Serving {
  controller: AbortController;
  allowedBytes: number;
  wake: () => void;
}

/** Answers what comes in on `port` with `handler`. */
export function serveMedia(
  port: BinaryPort,
  handler: (request: Request) => Promise<Response>,
  onBug: (error: unknown) => void,
): void {
  const serving = new Map<number, Serving>();
  const send = (answer: Answer): void => port.postMessage(answer);

  async function answer({ id, method, url, headers }: Ask & { type: 'ask' }): Promise<void> {
    const own: Serving = {
      controller: new AbortController(),
      allowedBytes: windowBytes,
      wake: () => undefined,
    };
    const { signal } = own.controller;
    serving.set(id, own);
    try {
      const response = await handler(new Request(url, { method, headers, signal }));
      const body = method === 'HEAD' ? null : response.body;
      if (signal.aborted) {
        await response.body?.cancel();
        return;
      }
      send({
        type: 'head',
        id,
        status: response.status,
        headers: [...response.headers],
        hasBody: body !== null,
      });
      if (body !== null) await sendBody(id, body, own);
    } catch (error) {
      if (signal.aborted) return;
      onBug(error);
      send({ type: 'failed', id, reason: error instanceof Error ? error.message : String(error) });
    } finally {
      serving.delete(id);
    }
  }

  async function sendBody(id: number, body: ReadableStream<Uint8Array>, own: Serving): Promise<void> {
    const reader = body.getReader();
    const { signal } = own.controller;
    for (;;) {
      while (own.allowedBytes <= 0 && !signal.aborted)
        await new Promise<void>((resolve) => (own.wake = resolve));
      if (signal.aborted) return reader.cancel();
      const { done, value } = await reader.read();
      if (done) break;
      own.allowedBytes -= value.byteLength;
      // A view's whole buffer would travel with it.
      const isWhole = value.byteLength === value.buffer.byteLength;
      send({ type: 'piece', id, bytes: isWhole ? value : new Uint8Array(value) });
    }
    send({ type: 'end', id });
  }

  port.on('message', (event) => {
    const message = dataOf(event) as Ask;
    if (message.type === 'ask') return void answer(message);
    const own = serving.get(message.id);
    if (own === undefined) return;
    if (message.type === 'more') own.allowedBytes += message.bytes;
    else own.controller.abort();
    own.wake();
  });
  port.on('close', () => {
    for (const { controller, wake } of serving.values()) {
      controller.abort();
      wake();
    }
  });
  port.start?.();
}

interface Waiting {
  resolve(response: Response): void;
  reject(error: Error): void;
  body: ReadableStreamDefaultController<Uint8Array> | null;
  /** What the other end may still send. */
  allowedBytes: number;
}

const bodiless = new Set([101, 204, 205, 304]);

/** The handler at the port's other end. Rejects when the port closes or the other end failed. */
export function connectMedia(port: BinaryPort): (request: Request) => Promise<Response> {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let closed = false;
  const send = (ask: Ask): void => port.postMessage(ask);

  function begin(id: number, { status, headers, hasBody }: Answer & { type: 'head' }): void {
    const own = waiting.get(id);
    if (own === undefined) return;
    const streams = hasBody && !bodiless.has(status);
    if (!streams) waiting.delete(id);
    const body = streams ? bodyOf(id, own) : null;
    own.resolve(new Response(body, { status, headers }));
  }

  function bodyOf(id: number, own: Waiting): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (own.body = controller),
        pull(controller) {
          // What the reader has taken may be sent again; not for every few bytes.
          const bytes = (controller.desiredSize ?? 0) - own.allowedBytes;
          if (bytes < windowBytes / 4 || closed) return;
          own.allowedBytes += bytes;
          send({ type: 'more', id, bytes });
        },
        cancel() {
          waiting.delete(id);
          if (!closed) send({ type: 'cancel', id });
        },
      },
      { highWaterMark: windowBytes, size: (piece) => piece.byteLength },
    );
  }

  function take(id: number, bytes: Uint8Array): void {
    const own = waiting.get(id);
    if (own === undefined) return;
    own.allowedBytes -= bytes.byteLength;
    own.body?.enqueue(bytes);
  }

  function fail(id: number, reason: string): void {
    const own = waiting.get(id);
    waiting.delete(id);
    own?.reject(new Error(reason));
    own?.body?.error(new Error(reason));
  }

  port.on('message', (event) => {
    const message = dataOf(event) as Answer;
    if (message.type === 'head') begin(message.id, message);
    else if (message.type === 'failed') fail(message.id, message.reason);
    else if (message.type === 'piece') take(message.id, message.bytes);
    else {
      waiting.get(message.id)?.body?.close();
      waiting.delete(message.id);
    }
  });
  port.on('close', () => {
    closed = true;
    for (const id of [...waiting.keys()]) fail(id, 'The engine has ended.');
  });
  port.start?.();

  return (request) =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new Error('The engine has ended.'));
      last += 1;
      const id = last;
      waiting.set(id, { resolve, reject, body: null, allowedBytes: windowBytes });
      request.signal.addEventListener(
        'abort',
        () => {
          if (!waiting.has(id) || closed) return;
          fail(id, 'The request was ended.');
          send({ type: 'cancel', id });
        },
        { once: true },
      );
      const { method, url } = request;
      send({ type: 'ask', id, method, url, headers: [...request.headers] });
    });
}
