import { describe, expect, it } from 'vitest';

import { createPictureCache, type PictureCache } from '../../../../src/renderer/viewer/picture-cache.ts';
import type { Pixels } from '../../../../src/renderer/api/media.ts';

const bytesEach = 100;

interface Pending {
  url: string;
  signal: AbortSignal;
  answer(): void;
  fail(): void;
}

function cacheOf(pictures: number, concurrency = 2): { cache: PictureCache; asked: Pending[] } {
  const asked: Pending[] = [];
  const cache = createPictureCache({
    read: (url, signal) =>
      new Promise<Pixels>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        asked.push({
          url,
          signal,
          answer: () =>
            resolve({
              width: 10,
              height: 10,
              channels: 1,
              samples: new Uint8Array(bytesEach),
              display: null,
            }),
          fail: () => reject(new Error(`no ${url}`)),
        });
      }),
    pause: () => Promise.resolve(),
    limitBytes: pictures * bytesEach,
    concurrency,
  });
  return { cache, asked };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function answerAll(asked: Pending[]): Promise<void> {
  for (let done = 0; done < asked.length; done++) {
    asked[done]!.answer();
    await settle();
  }
}
const urls = (asked: Pending[]): string[] => asked.map(({ url }) => url);

describe('picture cache', () => {
  it('fetches ahead in order, a few at a time', async () => {
    const { cache, asked } = cacheOf(10);
    cache.prefetch(['a', 'b', 'c']);
    expect(urls(asked)).toEqual(['a', 'b']);
    asked[1]!.answer();
    await settle();
    expect(urls(asked)).toEqual(['a', 'b', 'c']);
    expect(cache.ready('b')?.url).toBe('b');
    expect(cache.ready('c')).toBeNull();
  });

  it('asks once for a picture that is fetched ahead and then waited for', async () => {
    const { cache, asked } = cacheOf(10);
    cache.prefetch(['a']);
    const waited = cache.load('a');
    expect(asked).toHaveLength(1);
    asked[0]!.answer();
    expect((await waited).url).toBe('a');
  });

  it('does not let fetching ahead hold up what somebody waits for', async () => {
    const { cache, asked } = cacheOf(10, 1);
    cache.prefetch(['a', 'b']);
    const waited = cache.load('z');
    expect(urls(asked)).toEqual(['a', 'z']);
    asked[1]!.answer();
    expect((await waited).url).toBe('z');
  });

  it('ends fetches that nobody wants any more, and keeps those that somebody waits for', async () => {
    const { cache, asked } = cacheOf(10);
    cache.prefetch(['a', 'b']);
    const waited = cache.load('a');
    cache.prefetch(['c']);
    expect(asked.map(({ url, signal }) => [url, signal.aborted])).toEqual([
      ['a', false],
      ['b', true],
      ['c', false],
    ]);
    asked[0]!.answer();
    expect((await waited).url).toBe('a');
  });

  it('ends the fetch of a picture whose viewer went on', async () => {
    const { cache, asked } = cacheOf(10);
    const viewer = new AbortController();
    const waited = cache.load('a', viewer.signal);
    viewer.abort();
    await expect(waited).rejects.toThrow(/abort/i);
    expect(asked[0]!.signal.aborted).toBe(true);
    const again = cache.load('a');
    expect(asked).toHaveLength(2);
    asked[1]!.answer();
    expect((await again).url).toBe('a');
  });

  it('stays within its memory: what was looked at longest ago goes first, what comes next stays', async () => {
    const { cache, asked } = cacheOf(3);
    for (const url of ['old', 'older']) {
      const waited = cache.load(url);
      asked.at(-1)!.answer();
      await waited;
    }
    cache.ready('old');
    cache.prefetch(['next', 'then']);
    await answerAll(asked);
    expect(['old', 'older', 'next', 'then'].map((url) => cache.ready(url) !== null)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  it('gives up what finds no room instead of fetching it for ever', async () => {
    const { cache, asked } = cacheOf(2);
    cache.prefetch(['a', 'b', 'c', 'd']);
    await answerAll(asked);
    expect(cache.ready('a')).not.toBeNull();
    expect(cache.ready('b')).not.toBeNull();
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  it('lets several owners fetch ahead, in turns, and ends only what none of them wants', async () => {
    const { cache, asked } = cacheOf(10);
    cache.prefetch(['a', 'b'], 'read');
    cache.prefetch(['b', 'x', 'y'], 'prior');
    cache.prefetch(['a'], 'read');
    await answerAll(asked);
    expect(urls(asked)).toEqual(['a', 'b', 'x', 'y']);
    expect(asked.every(({ signal }) => !signal.aborted)).toBe(true);
  });

  it('keeps the only picture even if it alone is too large', async () => {
    const { cache, asked } = cacheOf(0.5);
    const waited = cache.load('a');
    asked[0]!.answer();
    await waited;
    expect(cache.ready('a')).not.toBeNull();
  });

  it('goes on after a failure and asks again when the picture is waited for', async () => {
    const { cache, asked } = cacheOf(5, 1);
    cache.prefetch(['a', 'b']);
    asked[0]!.fail();
    await settle();
    expect(urls(asked)).toEqual(['a', 'b']);
    asked[1]!.answer();
    await settle();
    const waited = cache.load('a');
    asked[2]!.fail();
    await expect(waited).rejects.toThrow('no a');
  });
});
