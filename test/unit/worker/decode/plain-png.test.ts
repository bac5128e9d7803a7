import fc from 'fast-check';
import sharp from 'sharp';
import { expect, it } from 'vitest';

import { decodePlainPng } from '../../../../src/worker/decode/plain-png.ts';
import { decodeFile } from '../../../support/decoded-file.ts';
import { greyPng, pattern, writePng } from '../../../support/picture-files.ts';

/** As libvips writes and reads it. */
async function throughLibvips(samples: number[], width: number, channels: 1 | 3, filtered: boolean) {
  const height = samples.length / width / channels;
  const png = await sharp(Uint8Array.from(samples), { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png({ adaptiveFiltering: filtered })
    .toBuffer();
  const data = await sharp(png)
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
  return { png, samples: [...data] };
}

it('reads every filter as libvips does', async () => {
  const picture = fc
    .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 24 }) })
    .chain(({ width, height }) =>
      fc.record({
        width: fc.constant(width),
        channels: fc.constantFrom<1 | 3>(1, 3),
        slope: fc.nat(9),
        noise: fc.array(fc.nat(12), { minLength: width * height * 3, maxLength: width * height * 3 }),
        filtered: fc.boolean(),
      }),
    );
  await fc.assert(
    fc.asyncProperty(picture, async ({ width, channels, slope, noise, filtered }) => {
      const length = (noise.length / 3) * channels;
      const samples = noise.slice(0, length).map((value, i) => (value + slope * (i % width)) % 256);
      const expected = await throughLibvips(samples, width, channels, filtered);
      const plain = decodePlainPng(expected.png);
      expect(plain).toMatchObject({ width, channels, bitDepth: 8 });
      expect([...plain!.samples]).toEqual(expected.samples);
    }),
    { numRuns: 60, seed: 5 },
  );
});

it('reads 16 bit in the order of this machine', () => {
  const samples = pattern(15, 65535);
  const png = writePng({ width: 5, height: 1, colourType: 2, bits: 16, samples });
  expect([...decodePlainPng(png)!.samples]).toEqual(samples);
});

it('leaves to libvips what is not plain or not whole', async () => {
  const png = greyPng(6, 5);
  expect(decodePlainPng(png)).not.toBeNull();
  const changed = (at: number): Buffer => {
    const copy = Buffer.from(png);
    copy[at]! ^= 1;
    return copy;
  };
  const size = { width: 2, height: 1, bits: 8 as const };
  const others = {
    cut: png.subarray(0, -20),
    withoutEnd: png.subarray(0, -12),
    followed: Buffer.concat([png, Buffer.from('x')]),
    damagedHeader: changed(19),
    damagedSamples: changed(45),
    palette: writePng({ ...size, colourType: 3, samples: [1, 0], palette: [1, 2, 3, 4, 5, 6] }),
    alpha: writePng({ ...size, colourType: 4, samples: [1, 0, 2, 255] }),
    bits: writePng({ ...size, colourType: 0, bits: 1, samples: [1, 0] }),
    large: greyPng(300, 300),
  };
  for (const [what, bytes] of Object.entries(others)) expect(decodePlainPng(bytes), what).toBeNull();
});

it('gives no other answer for a damaged file than before, whichever byte it is', async () => {
  const png = greyPng(7, 3);
  for (let at = 8; at < png.length; at++) {
    const damaged = Buffer.from(png);
    damaged[at]! ^= 0x10;
    // Every byte is under a check sum.
    expect(decodePlainPng(damaged), `byte ${at}`).toBeNull();
  }
  await expect(decodeFile(png)).resolves.toMatchObject({ format: 'png', generated: false, warnings: [] });
});
