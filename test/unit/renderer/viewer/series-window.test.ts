import { effectScope, type EffectScope, nextTick, shallowRef } from 'vue';
import { afterEach, beforeEach, expect, it } from 'vitest';

import type { DisplayWindow, PictureDisplay } from '../../../../src/contract/decode.ts';
import type { PreparedPicture } from '../../../../src/renderer/viewer/picture-cache.ts';
import { viewerSettings } from '../../../../src/renderer/viewer/settings.ts';
import { startingWindow } from '../../../../src/renderer/viewer/starting-window.ts';
import type { Seen } from '../../../../src/renderer/viewer/use-picture.ts';
import { type PictureView, useView } from '../../../../src/renderer/viewer/use-view.ts';
import { usualWindow } from '../../../../src/renderer/viewer/window-level.ts';

const named: DisplayWindow = { name: '', low: 10, high: 20, curve: 'linear' };
/** A slice whose samples go up to `greatest`. */
function slice(url: string, greatest: number, windows: DisplayWindow[] = [], slope = 1): PreparedPicture {
  const display: PictureDisplay = {
    ...{ slope, intercept: 0, unit: '', windows, spacing: { row: 1, column: 1, at: 'patient' } },
  };
  const samples = Uint16Array.from({ length: 101 }, (_, at) => (at * greatest) / 100);
  const pixels = { width: 101, height: 1, channels: 1 as const, samples };
  return { url, levels: [pixels], display, usualWindow: usualWindow(pixels, display), bytes: 202 };
}

let scope: EffectScope;
let view: PictureView;
const seen = shallowRef<Seen>({ kind: 'nothing' });
const reference = shallowRef<PreparedPicture | null>(null);
const show = (picture: PreparedPicture): void =>
  void (seen.value = { kind: 'picture', src: picture.url, picture });

beforeEach(() => {
  scope = effectScope();
  seen.value = { kind: 'nothing' };
  reference.value = slice('middle', 1000);
  viewerSettings.locked = null;
  view = scope.run(() =>
    useView(seen, {
      ...{ size: () => null, modality: () => 'MR', series: () => 'S' },
      reference: () => reference.value,
    }),
  )!;
});
afterEach(() => {
  scope.stop();
});

it('shows all slices of a series that names none with one window', () => {
  show(slice('a', 400));
  const first = view.window.value;
  expect(first).toEqual({ centre: 500, width: 1000 });
  show(slice('b', 2000));
  expect(view.window.value).toEqual(first);
});

it('finds a chosen preset in the same slice for all of them, but for one of the file', () => {
  const windowOf = (picture: PreparedPicture, preset: string) =>
    startingWindow(picture, null, preset, 'MR', reference.value);
  const auto = windowOf(slice('a', 300), 'auto');
  expect(auto.width).toBeGreaterThan(900);
  expect(windowOf(slice('b', 3000), 'auto')).toEqual(auto);
  expect(windowOf(slice('b', 3000, [named]), 'auto')).toEqual(auto);
  expect(windowOf(slice('b', 3000, [named]), 'file:0')).toEqual({ centre: 15, width: 10 });
});

it('goes by values where slices are scaled unlike', () => {
  show(slice('a', 400, [], 2));
  expect(view.window.value!.centre).toBeCloseTo(250);
  expect(view.window.value!.width).toBeCloseTo(500, -1);
});

it('leaves each slice the window that its file names', () => {
  show(slice('a', 400, [named]));
  expect(view.window.value).toEqual({ centre: 15, width: 10 });
  show(slice('b', 400, [{ ...named, high: 30 }]));
  expect(view.window.value).toEqual({ centre: 20, width: 20 });
});

it('takes the window when the middle slice comes, but not from whoever changed it', async () => {
  const late = reference.value;
  reference.value = null;
  await nextTick();
  show(slice('a', 400));
  expect(view.window.value).toEqual({ centre: 200, width: 400 });
  reference.value = late;
  await nextTick();
  expect(view.window.value).toEqual({ centre: 500, width: 1000 });
  view.setWindow({ centre: 50, width: 60 });
  show(slice('b', 2000));
  expect(view.window.value).toEqual({ centre: 50, width: 60 });
  view.resetWindow();
  expect(view.window.value).toEqual({ centre: 500, width: 1000 });
});
