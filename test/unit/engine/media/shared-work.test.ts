import { expect, it } from 'vitest';

import { createSharedWork } from '../../../../src/engine/media/shared-work.ts';

/** Work that ends when told to, and says that it began. */
function task() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const state = { began: 0 };
  return { state, end: resolve, fail: reject, work: () => ((state.began += 1), promise) };
}

it('does work once for all who ask meanwhile, and again for who asks later', async () => {
  const share = createSharedWork(2);
  const first = task();
  const both = [share('a', first.work), share('a', first.work)];
  first.end('done');
  expect(await Promise.all(both)).toEqual(['done', 'done']);
  expect(first.state.began).toBe(1);
  await share('a', first.work);
  expect(first.state.began).toBe(2);
});

it('drops work that nobody waits for any more, unless it has begun', async () => {
  const share = createSharedWork(1);
  const [running, left, wanted] = [task(), task(), task()];
  const gone = new AbortController();
  const begun = share('running', running.work, gone.signal);
  const dropped = share('left', left.work, gone.signal);
  const kept = [share('wanted', wanted.work, gone.signal), share('wanted', wanted.work)];
  await expect.poll(() => running.state.began).toBe(1);
  gone.abort();
  await expect(begun).rejects.toMatchObject({ code: 'cancelled' });
  await expect(dropped).rejects.toMatchObject({ code: 'cancelled' });
  await expect(kept[0]).rejects.toMatchObject({ code: 'cancelled' });
  running.end('for the cache');
  wanted.end('done');
  expect(await kept[1]).toBe('done');
  expect(left.state.began).toBe(0);
});

it('goes on after a failure, which everyone who waits hears', async () => {
  const share = createSharedWork(1);
  const failing = task();
  const both = [share('a', failing.work), share('a', failing.work)];
  failing.fail(new Error('broken'));
  for (const each of both) await expect(each).rejects.toThrow('broken');
  expect(await share('b', () => Promise.resolve(1))).toBe(1);
});

it('never asks anything of work for a caller that has left already', async () => {
  const share = createSharedWork(1);
  const blocking = task();
  const first = share('blocking', blocking.work);
  const late = task();
  await expect(share('late', late.work, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  blocking.end('done');
  await first;
  expect(late.state.began).toBe(0);
});
