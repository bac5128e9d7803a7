import { expect, it } from 'vitest';

import { createEventStream } from '../../../src/engine/events.ts';

async function firstAfter(since: number, published: number): Promise<number> {
  const events = createEventStream();
  for (let i = 0; i < published; i++) events.publish({ type: 'dataset.changed', project: 'p' });
  const stop = new AbortController();
  const stream = events.subscribe(since, stop.signal);
  const { value } = await stream.next();
  stop.abort();
  return value!.seq;
}

it('goes on behind what the client has seen', async () => {
  expect(await firstAfter(2, 3)).toBe(3);
});

it('starts afresh for a client that has seen more than this engine ever told, as after a restart', async () => {
  expect(await firstAfter(500, 3)).toBe(1);
});
