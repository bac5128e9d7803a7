import sharp from 'sharp';

import type { InputGeometry } from '../../contract/workers.ts';
import { toEightBit, toGrey, type Picture } from './picture.ts';

async function resize(
  samples: Uint8Array,
  from: { width: number; height: number; channels: 1 | 3 },
  to: { width: number; height: number },
  kernel: InputGeometry['kernel'],
): Promise<Uint8Array> {
  if (from.width === to.width && from.height === to.height) return samples;
  return sharp(samples, { raw: from, limitInputPixels: false })
    .resize({ ...to, fit: 'fill', kernel })
    .toColourspace(from.channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
}

/** Size of the picture inside a padded square: the longer edge fills it, the other is rounded half up. */
function fittedSize(picture: Picture, geometry: InputGeometry): { width: number; height: number } {
  const { size } = geometry;
  if (geometry.fit === 'stretch') return { width: size, height: size };
  const longer = Math.max(picture.width, picture.height);
  const scaled = (edge: number): number => Math.max(1, Math.floor((edge * size * 2 + longer) / (2 * longer)));
  return { width: scaled(picture.width), height: scaled(picture.height) };
}

/**
 * The network's uint8 input, size × size × channels, rows top down. In this order: 16 to 8 bit, colour to
 * grey where one channel is wanted, libvips resize with the geometry's kernel (8-bit, in sRGB values as they
 * are), centring between black bars (the odd pixel right and below), grey to colour by repetition.
 * Raise `inputVersion` of the contract when the bytes change.
 */
export async function fitInput(picture: Picture, geometry: InputGeometry): Promise<Uint8Array> {
  const { size, channels } = geometry;
  const eightBit = toEightBit(picture);
  const source = channels === 1 ? toGrey(eightBit) : eightBit;
  const inner = fittedSize(source, geometry);
  const resized = await resize(source.samples, source, inner, geometry.kernel);

  const input = new Uint8Array(size * size * channels);
  const left = Math.floor((size - inner.width) / 2);
  const top = Math.floor((size - inner.height) / 2);
  const repeat = channels / source.channels;
  for (let y = 0; y < inner.height; y += 1) {
    const row = resized.subarray(y * inner.width * source.channels, (y + 1) * inner.width * source.channels);
    const at = ((top + y) * size + left) * channels;
    if (repeat === 1) input.set(row, at);
    else for (let i = 0; i < row.length; i += 1) input.fill(row[i]!, at + i * repeat, at + (i + 1) * repeat);
  }
  return input;
}

/** A WebP picture for screens, longer edge at most `edge`, never enlarged. */
export async function renderWebp(
  picture: Picture,
  edge: number,
): Promise<{ data: Buffer; width: number; height: number }> {
  const { width, height, channels, samples } = toEightBit(picture);
  const { data, info } = await sharp(samples, { raw: { width, height, channels }, limitInputPixels: false })
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true, kernel: 'lanczos3' })
    .webp({ quality: 88, effort: 2 })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
