import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { imageQuerySchema } from '../../../../src/contract/image.ts';

/** A session storage that holds so many characters. */
function storage(most: number) {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    removeItem: (key: string) => void kept.delete(key),
    setItem(key: string, value: string) {
      const others = [...kept].reduce((sum, [name, text]) => sum + (name === key ? 0 : text.length), 0);
      if (others + value.length > most) throw new Error('full');
      kept.set(key, value);
    },
  };
}
beforeEach(() => {
  vi.resetModules();
  vi.stubGlobal('sessionStorage', storage(6000));
});
afterEach(() => void vi.unstubAllGlobals());

/** The modules as after a reload: only the session storage stays. */
async function afterReload() {
  vi.resetModules();
  return {
    ...(await import('../../../../src/renderer/api/query-string.ts')),
    ...(await import('../../../../src/renderer/api/image-lists.ts')),
  };
}

test('a query comes back from its address as it was: else reload and back lose filters', async () => {
  const { encodeQuery, decodeQuery } = await afterReload();
  const query = imageQuerySchema.parse({
    text: 'a, b ~ c',
    classes: ['c1', null],
    readers: ['r'],
    status: ['labelled', 'unsure'],
    parts: ['train', null],
    patients: ['a,b', '~', '~0', null, ''],
    quality: ['dark', 'oddSize'],
    fields: { modality: ['CT', null], device: ['a,b ~'] },
    age: { low: 40.5, high: null },
    number: { low: -3, high: 12.25 },
    studies: ['t1'],
    series: ['s1', 's2'],
    per: 'study',
    sort: { by: 'patient', descending: true },
  });
  expect(decodeQuery(encodeQuery(query))).toEqual(query);
});

test('all images as they were added need no query string', async () => {
  const { encodeQuery, decodeQuery } = await afterReload();
  expect(encodeQuery(decodeQuery({}))).toEqual({});
});

test('what an address from elsewhere says wrongly is left out', async () => {
  const { decodeQuery } = await afterReload();
  const query = decodeQuery({
    status: 'labelled,nonsense',
    part: 'all',
    sort: '-height',
    quality: null,
    age: 'old',
    number: '..',
    per: 'week',
  });
  expect(query).toEqual(imageQuerySchema.parse({ status: ['labelled'] }));
});

test('a list of images survives a reload under its key, with its title', async () => {
  const first = await afterReload();
  const key = first.keepImageList(['a', 'b'], 'NORMAL read as PNEUMONIA');
  const written = first.encodeQuery({ images: ['a', 'b'], sort: { by: 'given' } });
  expect(written).toEqual({ images: key, sort: 'given' });
  const { decodeQuery, listTitle } = await afterReload();
  expect(decodeQuery(written).images).toEqual(['a', 'b']);
  expect(listTitle(written)).toBe('NORMAL read as PNEUMONIA');
});

test('a list that is gone gives no image and says so: else all images are shown under its name', async () => {
  const { decodeQuery, listTitle } = await afterReload();
  expect(decodeQuery({ images: 'x' }).images).toEqual([]);
  expect(listTitle({ images: 'x' })).toBeNull();
  expect(listTitle({})).toBe('');
});

test('old lists make room for new ones when the storage is full', async () => {
  const { keepImageList } = await afterReload();
  const list = (mark: string): string[] => Array.from({ length: 400 }, (_, at) => `${mark}-${at}`);
  const old = keepImageList(list('old'));
  const fresh = keepImageList(list('new'));
  const { readImageList } = await afterReload();
  expect(readImageList(fresh)?.images).toHaveLength(400);
  expect(readImageList(old)).toBeNull();
});
