import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { fitInput, renderWebp } from '../../../../src/worker/decode/fit-input.ts';
import type { Picture } from '../../../../src/worker/decode/picture.ts';
import { pattern } from '../../../support/picture-files.ts';

const geometry = { size: 4, channels: 1, fit: 'stretch', kernel: 'lanczos3' } as const;

function grey(width: number, height: number, samples: number[]): Picture {
  return { width, height, channels: 1, bitDepth: 8, samples: Uint8Array.from(samples), display: null };
}

describe('network input', () => {
  it('maps 16 bits by the picture’s own range, before resizing', async () => {
    const samples = Uint16Array.from([
      1000,
      1000,
      2000,
      3000,
      1500,
      1001,
      2999,
      2500,
      ...Array<number>(8).fill(1000),
    ]);
    const input = await fitInput(
      { width: 4, height: 4, channels: 1, bitDepth: 16, samples, display: null },
      geometry,
    );
    expect([...input.subarray(0, 8)]).toEqual([0, 0, 128, 255, 64, 0, 255, 191]);
  });

  it('does not divide by zero on a picture of one value', async () => {
    const samples = new Uint16Array(16).fill(777);
    const input = await fitInput(
      { width: 4, height: 4, channels: 1, bitDepth: 16, samples, display: null },
      geometry,
    );
    expect([...input]).toEqual(Array(16).fill(0));
  });

  it('turns colour to grey by BT.601 luma, rounded half up', async () => {
    const samples = new Uint8Array(48);
    samples.set([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
    const input = await fitInput(
      { width: 4, height: 4, channels: 3, bitDepth: 8, samples, display: null },
      geometry,
    );
    expect([...input.subarray(0, 4)]).toEqual([76, 150, 29, 255]);
  });

  it('repeats grey into three channels', async () => {
    const samples = pattern(16);
    const input = await fitInput(grey(4, 4, samples), { ...geometry, channels: 3 });
    expect([...input]).toEqual(samples.flatMap((value) => [value, value, value]));
  });

  it('pads with black around the middle and keeps the aspect', async () => {
    const input = await fitInput(grey(8, 4, Array<number>(32).fill(200)), {
      ...geometry,
      fit: 'pad',
      kernel: 'linear',
    });
    const bar = [0, 0, 0, 0];
    const full = [200, 200, 200, 200];
    expect([...input]).toEqual([bar, full, full, bar].flat());
    const thin = await fitInput(grey(1, 100, Array<number>(100).fill(9)), { ...geometry, fit: 'pad' });
    expect([...thin]).toEqual([0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0]);
  });

  it('gives the same bytes every time, with every kernel', async () => {
    const picture = grey(37, 23, pattern(37 * 23));
    for (const kernel of ['nearest', 'linear', 'cubic', 'lanczos3'] as const) {
      const first = await fitInput(picture, { ...geometry, size: 17, kernel });
      expect(await fitInput(picture, { ...geometry, size: 17, kernel })).toEqual(first);
      expect(first).toHaveLength(17 * 17);
    }
  });

  it('renders pictures that are never larger than the film', async () => {
    const small = await renderWebp(grey(20, 10, pattern(200)), 256);
    expect([small.width, small.height]).toEqual([20, 10]);
    const large = await renderWebp(grey(400, 100, pattern(40_000)), 256);
    expect([large.width, large.height]).toEqual([256, 64]);
    const film = await renderWebp(grey(1318, 1040, pattern(1318 * 1040)), 256);
    expect([film.width, film.height]).toEqual([256, 202]);
  });

  it('renders by means what a kernel would, in the right place', async () => {
    const ramp = (width: number, height: number, channels: 1 | 3): Picture => {
      const samples = new Uint8Array(width * height * channels);
      for (let i = 0; i < samples.length; i += 1) {
        const [x, y] = [Math.floor(i / channels) % width, Math.floor(i / channels / width)];
        samples[i] = 127 + 90 * Math.sin((7 * x) / width) + 37 * Math.cos((11 * y) / height);
      }
      return { width, height, channels, bitDepth: 8, samples, display: null };
    };
    const shown = async (channels: 1 | 3): Promise<Buffer> =>
      sharp((await renderWebp(ramp(901, 1400, channels), 256)).data)
        .extractChannel(0)
        .raw()
        .toBuffer();
    const [means, kernel] = await Promise.all([shown(1), shown(3)]);
    const apart = means.map((value, i) => Math.abs(value - kernel[i]!));
    expect(apart).toHaveLength(165 * 256);
    expect(Math.max(...apart)).toBeLessThan(8);
    expect(apart.reduce((sum, one) => sum + one, 0) / apart.length).toBeLessThan(1.5);
  });
});
