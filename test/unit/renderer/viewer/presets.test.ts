import { describe, expect, it } from 'vitest';

import type { PictureDisplay } from '../../../../src/contract/decode.ts';
import type { PreparedPicture } from '../../../../src/renderer/viewer/picture-cache.ts';
import { presetCommand, presetsFor } from '../../../../src/renderer/viewer/presets.ts';
import { keptWindow, lockedTo, startingWindow } from '../../../../src/renderer/viewer/starting-window.ts';
import { inSamples, inValues, shownValue, windowWords } from '../../../../src/renderer/viewer/values.ts';

/** Samples are Hounsfield units + 1024. */
const ct: PictureDisplay = {
  slope: 1,
  intercept: -1024,
  unit: 'HU',
  windows: [
    { name: '', low: 864, high: 1264, curve: 'linear' },
    { name: 'LUNG', low: -300, high: 1200, curve: 'sigmoid' },
  ],
  spacing: null,
};
const picture = (
  display: PictureDisplay | null,
  samples = new Uint16Array([0, 1000, 4095]),
): PreparedPicture => ({
  url: 'a',
  levels: [{ width: 3, height: 1, channels: 1, samples }],
  display,
  usualWindow: { centre: 1, width: 2 },
  bytes: 6,
});
const find = (id: string, of: PreparedPicture, modality: string | null) =>
  presetsFor(of, modality).find((preset) => preset.id === id);

describe('presets', () => {
  it('begin with the file’s own, then those of tissues in its samples', () => {
    const presets = presetsFor(picture(ct), 'CT');
    expect(presets.map(({ title }) => title).slice(0, 4)).toEqual([
      'As the file says',
      'LUNG',
      'Abdomen',
      'Lung',
    ]);
    expect(presets[1]!.window(picture(ct))).toEqual({ centre: 450, width: 1500, curve: 'sigmoid' });
    expect(find('ct:lung', picture(ct), 'CT')!.window(picture(ct))).toEqual({ centre: 423.5, width: 1499 });
    expect(find('ct:lung', picture({ ...ct, slope: 2 }), 'CT')!.window(picture({ ...ct, slope: 2 }))).toEqual(
      {
        centre: 211.75,
        width: 749.5,
      },
    );
    expect(find('ct:bone', picture(ct), 'CT')!.hint).toBe('W 1,800 L 400 HU');
    expect(find('ct:lung', picture(ct), 'CT')!.hint).toBe('W 1,500 L −600 HU');
  });

  it('offer no tissues where samples are no Hounsfield units', () => {
    for (const [display, modality] of [
      [null, 'CT'],
      [{ ...ct, unit: '' }, 'CT'],
      [ct, 'PT'],
    ] as const)
      expect(presetsFor(picture(display), modality).some(({ id }) => id.startsWith('ct:'))).toBe(false);
    expect(presetsFor(picture(null), 'DX').map(({ id }) => id)).toEqual(['auto', 'full']);
    const full = find('full', picture(null), 'DX')!;
    expect(full.window(picture(null))).toEqual({ centre: 2047.5, width: 4095 });
  });

  it('have ids of their own, and keys as far as there are commands', () => {
    const ids = presetsFor(picture(ct), 'CT').map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([presetCommand(0), presetCommand(7), presetCommand(8)]).toEqual([
      'read.preset1',
      'read.preset8',
      null,
    ]);
  });
});

describe('the window that a picture starts with', () => {
  it('is its own, the preset of its modality, or the kept one, in this order of strength', () => {
    const own = picture(ct);
    expect(startingWindow(own, null, undefined, 'CT')).toBe(own.usualWindow);
    expect(startingWindow(own, null, 'ct:brain', 'CT')).toEqual({ centre: 1063.5, width: 79 });
    expect(startingWindow(own, null, 'file:7', 'CT')).toBe(own.usualWindow);
    const kept = lockedTo(own, { centre: 1100, width: 50 });
    expect(startingWindow(own, kept, 'ct:brain', 'CT')).toEqual({ centre: 1100, width: 50 });
  });

  it('is kept in values: the same Hounsfield units for other samples', () => {
    const kept = lockedTo(picture(ct), { centre: 1063.5, width: 79 });
    expect(keptWindow(picture({ ...ct, slope: 0.5, intercept: 0 }), kept)).toEqual({
      centre: 80,
      width: 160,
    });
  });

  it('is not kept for another range or unit', () => {
    const kept = lockedTo(picture(ct), { centre: 1064, width: 80 });
    expect(keptWindow(picture(null), kept)).toBeNull();
    const small: PreparedPicture = {
      ...picture(ct),
      levels: [{ width: 1, height: 1, channels: 1, samples: new Uint8Array(1) }],
    };
    expect(keptWindow(small, kept)).toBeNull();
    expect(keptWindow(small, null)).toBeNull();
  });
});

describe('values', () => {
  it('tell a window as the modality measured it', () => {
    // Black from −135 to white at 214: DICOM's width counts both ends.
    expect(windowWords(ct, { centre: 1063.5, width: 349 })).toBe('W 350 L 40 HU');
    expect(windowWords(ct, { centre: 423.5, width: 1499 })).toBe('W 1,500 L −600 HU');
    expect(windowWords({ slope: 1, intercept: 0, unit: '' }, { centre: 127.5, width: 255 })).toBe(
      'W 256 L 128',
    );
  });

  it('go back to the same samples, also where they fall as samples rise', () => {
    const inverted = { slope: -0.5, intercept: 2000, unit: '' };
    const window = { centre: 1200, width: 300 };
    expect(inValues(inverted, window)).toEqual({ centre: 1400, width: 150 });
    expect(inSamples(inverted, inValues(inverted, window))).toEqual(window);
  });

  it('have as many digits as a step of a sample', () => {
    expect(shownValue(0.12345, { slope: 0.001, intercept: 0, unit: 'g' })).toBe('0.123');
    expect(shownValue(-2.5, { slope: 0.5, intercept: 0, unit: '' })).toBe('−2.5');
    expect(shownValue(-1024, ct)).toBe('−1,024');
  });
});
