import { beforeAll, afterAll, expect, it, vi } from 'vitest';

import type { PreparedPicture } from '../../../../src/renderer/viewer/picture-cache.ts';

const kept = new Map<string, string>();
beforeAll(() =>
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  }),
);
afterAll(() => vi.unstubAllGlobals());

const picture = (
  display: PreparedPicture['display'],
  samples: Uint8Array | Uint16Array,
): PreparedPicture => ({
  ...{ url: '', bytes: 0, display, usualWindow: { centre: 100, width: 200 } },
  levels: [{ width: 2, height: 2, channels: 1, samples }],
});
const film = picture(null, new Uint8Array(4));
const ct = picture(
  { slope: 1, intercept: -1024, unit: 'HU', windows: [], spacing: null },
  new Uint16Array(4),
);

it('a threshold is of the pictures that it was chosen on, not of those whose values mean something else', async () => {
  const { chooseThreshold, thresholdFor } =
    await import('../../../../src/renderer/features/read/annotate/threshold.ts');
  chooseThreshold(film, { kind: 'between', low: 128, high: 255 });
  expect(thresholdFor(film)).toEqual({ kind: 'between', low: 128, high: 255 });
  expect(thresholdFor(ct)).toEqual({ kind: 'none' });
  chooseThreshold(ct, { kind: 'like', tolerance: 30 });
  expect(thresholdFor(ct)).toEqual({ kind: 'like', tolerance: 30 });
  expect(thresholdFor(film)).toEqual({ kind: 'between', low: 128, high: 255 });
  chooseThreshold(film, { low: 300 });
  expect(thresholdFor(film)).toEqual({ kind: 'between', low: 300, high: 300 });
});
