import sharp, { type Sharp } from 'sharp';

import type { InputGeometry } from '../../contract/decode.ts';
import { fittedPlace, fittedSize, type PictureSize } from '../../core/input-geometry.ts';
import { isPlainDisplay } from '../../core/value-windows.ts';
import { toEightBit, toGrey, type Picture } from './picture.ts';
import { fittedGrey, type Plane } from './picture-facts.ts';
import { resizeNearest } from './resize-nearest.ts';

async function resize(
  samples: Uint8Array,
  from: PictureSize & { channels: 1 | 3 },
  to: PictureSize,
  kernel: InputGeometry['kernel'],
): Promise<Uint8Array> {
  if (from.width === to.width && from.height === to.height) return samples;
  return sharp(samples, { raw: from, limitInputPixels: false })
    .resize({ ...to, fit: 'fill', kernel })
    .toColourspace(from.channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
}

/**
 * A resized picture in the middle of the network's square between black bars (the odd pixel right and below),
 * grey repeated into as many channels as are wanted.
 */
export function placeInput(
  resized: Uint8Array,
  { width, height, channels: given }: PictureSize & { channels: 1 | 3 },
  { size, channels }: InputGeometry,
): Uint8Array {
  if (width === size && height === size && given === channels) return resized;
  const input = new Uint8Array(size * size * channels);
  const { left, top } = fittedPlace({ width, height }, size);
  const rowBytes = width * given;
  for (let y = 0; y < height; y += 1) {
    let to = ((top + y) * size + left) * channels;
    const start = y * rowBytes;
    if (given === channels) {
      input.set(resized.subarray(start, start + rowBytes), to);
      continue;
    }
    for (let x = start; x < start + rowBytes; x += 1, to += 3) {
      const sample = resized[x]!;
      input[to] = sample;
      input[to + 1] = sample;
      input[to + 2] = sample;
    }
  }
  return input;
}

/**
 * The network's uint8 input, size × size × channels, rows top down. In this order: the window to 8 bit, colour to
 * grey where one channel is wanted, resizing with the geometry's kernel (8-bit, in sRGB values as they are;
 * `nearest` as Pillow, every other kernel as libvips), centring between black bars, grey to colour by repetition.
 * Raise `inputVersion` of the contract when the bytes change.
 * @throws ReadroomError `noPictureValues` of a window of values
 */
export async function fitInput(picture: Picture, geometry: InputGeometry): Promise<Uint8Array> {
  const inner = fittedSize(picture, geometry);
  // Which samples are the nearest does not depend on their values: those that are not taken need no conversion.
  const taken = geometry.kernel === 'nearest' ? resizeNearest(picture, inner) : picture;
  const eightBit = toEightBit(taken, { whole: picture, window: geometry.window });
  const source = geometry.channels === 1 ? toGrey(eightBit) : eightBit;
  const resized = await resize(source.samples, source, inner, geometry.kernel);
  return placeInput(resized, { ...inner, channels: source.channels }, geometry);
}

/** As `fittedGrey` where that is of this picture and edge: its pixels need not be gone through once more. */
function shrunkByMeans(fitted: Plane): Sharp {
  const { width, height, values } = fitted;
  const samples = new Uint8Array(values.length);
  for (let i = 0; i < samples.length; i += 1) samples[i] = values[i]! * 255 + 0.5;
  return sharp(samples, { raw: { width, height, channels: 1 } });
}

function shrunkByKernel(picture: Picture, edge: number): Sharp {
  const { width, height, channels, samples } = toEightBit(picture);
  return sharp(samples, { raw: { width, height, channels }, limitInputPixels: false }).resize({
    ...{ width: edge, height: edge, fit: 'inside', withoutEnlargement: true, kernel: 'lanczos3' },
  });
}

/**
 * A WebP picture for screens, longer edge at most `edge`, never enlarged.
 * @param fitted the picture's `fittedGrey` of this edge, where it is known
 */
export async function renderWebp(
  picture: Picture,
  edge: number,
  fitted?: Plane,
): Promise<{ data: Buffer; width: number; height: number }> {
  // Of many samples the mean is as good as what a kernel makes of them.
  const hasMany = Math.max(picture.width, picture.height) >= 2 * edge;
  const isGreyByte = picture.channels === 1 && picture.bitDepth === 8;
  const takesMeans = hasMany && isGreyByte && isPlainDisplay(picture.display);
  const shrunk = takesMeans
    ? shrunkByMeans(fitted ?? fittedGrey(picture, edge))
    : shrunkByKernel(picture, edge);
  // More effort takes a fourth off the file and doubles the time.
  const { data, info } = await shrunk.webp({ quality: 88, effort: 0 }).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
