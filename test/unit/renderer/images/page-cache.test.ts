import { expect, test, vi } from 'vitest';

import { createPageCache } from '../../../../src/renderer/features/images/page-cache.ts';

/** A cache over rows "0", "1", … whose answers come when the test says so. */
function slowCache(total: number, options: { mostPages?: number; pagesAhead?: number } = {}) {
  const asked: { offset: number; limit: number; answer: (mark?: string) => void; fail: () => void }[] = [];
  const failed = vi.fn();
  const cache = createPageCache<string>({
    pageSize: 10,
    mostPages: options.mostPages ?? 5,
    mostRequests: 2,
    pagesAhead: options.pagesAhead ?? 1,
    read: (offset, limit) =>
      new Promise((resolve, reject) =>
        asked.push({
          offset,
          limit,
          answer: (mark = '') => resolve(Array.from({ length: limit }, (_, at) => `${offset + at}${mark}`)),
          fail: () => reject(new Error('gone')),
        }),
      ),
    changed: () => undefined,
    failed,
  });
  cache.reset(total);
  return { cache, asked, failed, offsets: () => asked.map(({ offset }) => offset) };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what is seen comes before what is ahead, in the direction of scrolling', async () => {
  const { cache, asked, offsets } = slowCache(1000);
  cache.want(500, 515, -1);
  expect(offsets()).toEqual([500, 510]);
  asked[0]!.answer();
  await settled();
  expect(offsets()).toEqual([500, 510, 490]);
});

test('scrubbing past pages asks for none of them: else hundreds of requests queue up', async () => {
  const { cache, asked, offsets } = slowCache(100_000);
  for (let at = 0; at < 50_000; at += 1000) cache.want(at, at + 10, 1);
  expect(offsets()).toEqual([0, 10]);
  asked.forEach(({ answer }) => answer());
  await settled();
  expect(offsets()).toEqual([0, 10, 49_000, 49_010]);
});

test('outdated rows stay on screen until their successors are there, and are read once more', async () => {
  const { cache, asked } = slowCache(10);
  cache.want(0, 10, 1);
  cache.outdate();
  asked[0]!.answer();
  await settled();
  expect(cache.rowAt(3)).toBe('3');
  asked[1]!.answer(' new');
  await settled();
  expect(cache.rowAt(3)).toBe('3 new');
  expect(asked).toHaveLength(2);
});

test('an answer about an earlier list is dropped: else other images stand under the labels', async () => {
  const { cache, asked } = slowCache(10);
  cache.want(0, 10, 1);
  cache.reset(20);
  cache.want(0, 10, 1);
  asked[0]!.answer(' old');
  await settled();
  expect(cache.rowAt(0)).toBeNull();
  asked[1]!.answer();
  await settled();
  expect(cache.rowAt(0)).toBe('0');
});

test('the last page asks for no more rows than there are', () => {
  const { cache, asked } = slowCache(23);
  cache.want(20, 23, 1);
  expect(asked.map(({ offset, limit }) => [offset, limit])).toEqual([[20, 3]]);
});

test('memory stays bounded and the window is never forgotten', async () => {
  const { cache, asked } = slowCache(1000, { mostPages: 3, pagesAhead: 0 });
  for (let page = 0; page < 8; page++) {
    cache.want(page * 10, page * 10 + 10, 1);
    asked.at(-1)!.answer();
    await settled();
  }
  expect(cache.rowAt(75)).toBe('75');
  expect(cache.rowAt(5)).toBeNull();
});

test('a failing page is told once and asked again with the next movement, not in a loop', async () => {
  const { cache, asked, failed } = slowCache(10);
  cache.want(0, 10, 1);
  asked[0]!.fail();
  await settled();
  expect(failed).toHaveBeenCalledOnce();
  expect(asked).toHaveLength(1);
  cache.want(0, 10, 1);
  expect(asked).toHaveLength(2);
});

test('a bulk change shows at once on the rows that it concerns, and only there', async () => {
  const { cache, asked } = slowCache(30, { pagesAhead: 0 });
  cache.want(0, 20, 1);
  asked.forEach(({ answer }) => answer());
  await settled();
  cache.update([[8, 12]], (row) => `${row}!`);
  expect([7, 8, 11, 12].map(cache.rowAt)).toEqual(['7', '8!', '11!', '12']);
});
