import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';

import { connectMedia, serveMedia, type BinaryPort } from '../../../src/rpc/media-port.ts';

const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

function connected(handler: (request: Request) => Promise<Response>) {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  const bugs: unknown[] = [];
  let sentBytes = 0;
  const counting: BinaryPort = {
    on: (event: 'message' | 'close', listener: (event: unknown) => void) => port1.on(event, listener),
    postMessage(message) {
      const { bytes } = message as { bytes?: Uint8Array };
      sentBytes += bytes?.buffer.byteLength ?? 0;
      port1.postMessage(message);
    },
  };
  serveMedia(counting, handler, (error) => bugs.push(error));
  return { media: connectMedia(port2), bugs, serving: port1, sent: () => sentBytes };
}

const address = 'http://readroom/media/p/i/pixels';

test('a film of many pieces would arrive out of order, cut short, or without its headers', async () => {
  const film = Uint8Array.from({ length: 9_000_000 }, (_, index) => (index * 31) % 251);
  const { media } = connected(async (request) => {
    let at = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(film.subarray(at, (at += 70_001)));
        if (at >= film.length) controller.close();
      },
    });
    return new Response(body, { headers: { 'x-width': '3000', 'x-asked': request.headers.get('accept')! } });
  });
  const answer = await media(new Request(address, { headers: { accept: 'pixels' } }));
  expect(Object.fromEntries(answer.headers)).toMatchObject({ 'x-width': '3000', 'x-asked': 'pixels' });
  expect(Buffer.compare(new Uint8Array(await answer.arrayBuffer()), film)).toBe(0);
});

test('a reader that stops reading would have the whole film sent into memory', async () => {
  let pulls = 0;
  const { media, sent } = connected(async () => {
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
      pulls += 1;
      controller.enqueue(new Uint8Array(256 * 1024));
    };
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
  });
  const answer = await media(new Request(address));
  const other = await media(new Request(address));
  await other.body?.cancel();
  // An endless body: what is sent stays within the window of each.
  expect(sent()).toBeLessThanOrEqual(2 * 2.5e6);
  const before = pulls;
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  for (let read = 0; read < 12; read += 1) expect((await reader.read()).value?.byteLength).toBe(256 * 1024);
  expect(pulls).toBeGreaterThan(before);
  await reader.cancel();
});

test('a thumbnail read into a large buffer would carry that buffer with it', async () => {
  const slab = new Uint8Array(65_536).fill(7);
  const small = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(slab.subarray(10, 20));
      controller.close();
    },
  });
  const { media, sent } = connected(async () => new Response(small));
  expect(new Uint8Array(await (await media(new Request(address))).arrayBuffer())).toHaveLength(10);
  expect(sent()).toBe(10);
});

test('an answer without a body, or to HEAD, would never come', async () => {
  const { media } = connected(async ({ method }) =>
    method === 'HEAD'
      ? new Response('picture', { headers: { 'content-length': '7' } })
      : new Response(null, { status: 304, headers: { etag: '"a"' } }),
  );
  expect((await media(new Request(address))).status).toBe(304);
  const head = await media(new Request(address, { method: 'HEAD' }));
  expect([head.headers.get('content-length'), await head.text()]).toEqual(['7', '']);
});

test('a fault in the handler would leave the page waiting', async () => {
  const { media, bugs } = connected(async () => Promise.reject(new Error('no such table')));
  await expect(media(new Request(address))).rejects.toThrow('no such table');
  expect(bugs).toHaveLength(1);
});

test('a request that the window gave up would still be worked on', async () => {
  const stopped = Promise.withResolvers<undefined>();
  const { media, bugs } = connected(
    ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          stopped.resolve(undefined);
          reject(new Error('stopped'));
        });
      }),
  );
  const controller = new AbortController();
  const answer = media(new Request(address, { signal: controller.signal }));
  controller.abort();
  await expect(answer).rejects.toThrow('ended');
  await stopped.promise;
  expect(bugs).toEqual([]);
});

test('pictures asked for when the engine ends would stay blank for ever', async () => {
  const { media, serving } = connected(() => new Promise(() => undefined));
  const answer = media(new Request(address));
  serving.close();
  await expect(answer).rejects.toThrow('The engine has ended.');
  await expect(media(new Request(address))).rejects.toThrow('The engine has ended.');
});
