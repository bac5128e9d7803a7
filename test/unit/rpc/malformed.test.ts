import { MessageChannel } from 'node:worker_threads';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import type { Contract } from '../../../src/contract/index.ts';
import { maxReplyBytes, maxRequestBytes, serveChannel, type ServeOptions } from '../../../src/rpc/channel.ts';
import * as messagePort from '../../../src/rpc/message-port.ts';
import { createSmallEngine } from '../../support/small-engine.ts';

const call = (over: Record<string, unknown>): string =>
  JSON.stringify({ i: '7', p: { u: '/job/get', b: { json: { job: 'j' } }, ...over } });

/** Each would reach the library's unguarded decoding, and end as an unhandled rejection. */
const unreadable: Record<string, unknown> = {
  'not JSON': '{"i":"1"',
  'a number': 12,
  'null as text': 'null',
  nothing: undefined,
  bytes: new Uint8Array([123, 125, 255, 0]),
  'an object that is no frame': { i: '1', p: { u: '/job/get' } },
  'no id': JSON.stringify({ p: { u: '/job/get' } }),
  'an endless id': JSON.stringify({ i: 'x'.repeat(1000), p: { u: '/job/get' } }),
  'an unknown kind': JSON.stringify({ i: '1', t: 99, p: {} }),
  'a stream event without kind': JSON.stringify({ i: '1', t: 3, p: {} }),
};

const refusable: Record<string, string> = {
  'no payload': JSON.stringify({ i: '7' }),
  'an address that is no path': call({ u: 'https://example.org/job/get' }),
  'an address that is no text': call({ u: { a: 1 } }),
  'headers that are no text': call({ h: { a: { b: 1 } } }),
  'a method of its own': call({ m: 'GET' }),
  'an unknown procedure': call({ u: '/job/destroy' }),
  'a path upward': call({ u: '/job/../system/doctor/%2e%2e' }),
  'input of the wrong type': call({ b: { json: { job: 7 } } }),
  'serializer notes that point nowhere': call({
    b: { json: { job: 'j' }, meta: [[1, 'nowhere', 'at', 'all']] },
  }),
  'serializer notes that are no list': call({ b: { json: { job: 'j' }, meta: 5 } }),
  'a body that is no object': call({ b: 'text' }),
  'a huge payload': call({ b: { json: { job: 'x'.repeat(maxRequestBytes) } } }),
};

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => void unhandled.push(error);
beforeAll(() => void process.on('unhandledRejection', onUnhandled));
afterAll(() => void process.off('unhandledRejection', onUnhandled));

function serveSmall(options: ServeOptions = {}) {
  const { router } = createSmallEngine();
  const sent: string[] = [];
  const refused: string[] = [];
  let receive: (message: unknown) => void = () => undefined;
  serveChannel<Contract>(
    router,
    {
      send: (message) => void sent.push(message),
      onMessage: (listener) => void (receive = listener),
      onClose: () => undefined,
    },
    { ...options, onRefusedFrame: (problem) => void refused.push(problem) },
  );
  return { sent, refused, receive: (message: unknown) => receive(message) };
}

describe('frames from a stranger', () => {
  test.each(Object.entries(unreadable))(
    '%s is dropped, and the next call is answered',
    async (_name, frame) => {
      const end = serveSmall();
      end.receive(frame);
      expect(end.refused).toHaveLength(1);
      end.receive(call({}));
      await vi.waitFor(() => expect(end.sent).toHaveLength(1), 60_000);
      expect(end.sent[0]).toContain('"seen":"j"');
      expect(unhandled).toEqual([]);
    },
  );

  test.each(Object.entries(refusable))('%s is answered with an error', async (_name, frame) => {
    const end = serveSmall();
    end.receive(frame);
    await vi.waitFor(() => expect(end.sent).toHaveLength(1), 60_000);
    const reply = JSON.parse(end.sent[0] ?? '') as { i: string; p: { s?: number } };
    expect(reply.i).toBe('7');
    expect(reply.p.s).toBeGreaterThanOrEqual(400);
    expect(unhandled).toEqual([]);
  });

  test('more calls at a time than a connection may have are refused; those under way go on', async () => {
    const end = serveSmall({ maxInFlight: 3 });
    const stream = (i: number): string =>
      JSON.stringify({ i: `s${i}`, p: { u: '/system/events', b: { json: { since: 0 } } } });
    for (let i = 0; i < 5; i += 1) end.receive(stream(i));
    const refused = end.sent.filter((frame) => frame.includes('"usage"'));
    expect(refused.map((frame) => (JSON.parse(frame) as { i: string }).i)).toEqual(['s3', 's4']);
    // An abort is no call: it comes through, and makes room.
    end.receive(JSON.stringify({ i: 's0', t: 4 }));
    await vi.waitFor(() => {
      end.receive(call({}));
      expect(end.sent.join()).toContain('"seen":"j"');
    }, 60_000);
    for (const i of ['s1', 's2']) end.receive(JSON.stringify({ i, t: 4 }));
    expect(unhandled).toEqual([]);
  });

  test('a reply that cannot be read fails its call, or is dropped, by a client', async () => {
    const { port1, port2 } = new MessageChannel();
    const client = messagePort.connect<Contract>(port2);
    const answers: ((i: string) => unknown[])[] = [
      (i) => [
        7,
        '{',
        'null',
        JSON.stringify({ i: 'none', p: {} }),
        JSON.stringify({ i, p: { b: { json: [] } } }),
      ],
      (i) => [JSON.stringify({ i, p: 4 })],
      (i) => [JSON.stringify({ i, p: { s: 'x' } })],
      (i) => [`{"i":"${i}","p":{"b":{"json":["${'x'.repeat(maxReplyBytes)}"]}}}`],
    ];
    port1.on('message', (message: string) => {
      const { i } = JSON.parse(message) as { i: string };
      for (const answer of answers.shift()?.(i) ?? []) port1.postMessage(answer);
    });
    expect(await client.project.list()).toEqual([]);
    for (let call = 0; call < 3; call += 1) {
      await expect(client.project.list()).rejects.toMatchObject({ name: 'ReadroomError' });
    }
    port1.close();
    expect(unhandled).toEqual([]);
  });
});
