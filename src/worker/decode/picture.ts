import { createHash } from 'node:crypto';

import type { DisplayWindow, InputWindow, PictureDisplay } from '../../contract/decode.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { inSamples, isPlainDisplay } from '../../core/value-windows.ts';
import { maximumDecodedBytes, maximumPixels } from './limits.ts';

/** A decoded picture, upright, rows top down, channels last, no alpha. */
export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3;
  bitDepth: 8 | 16;
  samples: Uint8Array | Uint16Array;
  /** What the file says of the samples' meaning; null where it says nothing. */
  display: PictureDisplay | null;
}

/**
 * Gives a picture's memory back at once, unless `kept` lies in it. Left to the collector, what a few pictures take
 * makes it go through the whole heap, again and again.
 */
export function releaseSamples({ samples }: Picture, kept?: Uint8Array): void {
  const { buffer } = samples;
  if (buffer instanceof ArrayBuffer && buffer.detached) return;
  // A part of a buffer is not the picture's alone.
  const isWhole = samples.byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  if (isWhole && buffer !== kept?.buffer) buffer.transfer(0);
}

/** Refuses what would not fit, from the header's word alone. */
export function checkSize(width: number, height: number, channels: number, bytesPerSample: number): void {
  const pixels = width * height;
  if (!(pixels > 0)) {
    throw new ReadroomError(
      'damagedImage',
      `The header says ${width}×${height} pixels.`,
      'Save the picture again.',
    );
  }
  if (pixels > maximumPixels || pixels * channels * bytesPerSample > maximumDecodedBytes) {
    throw new ReadroomError(
      'imageTooLarge',
      `The header says ${width}×${height} pixels; at most ${maximumPixels / 1e6} megapixels and ${
        maximumDecodedBytes / 1024 / 1024
      } MB decoded are read.`,
      'Save the picture at a smaller size.',
    );
  }
}

/**
 * Lays alpha over black: sample × alpha / highest, rounded half up. Works in place and
 * drops the alpha channel, so a large picture is not held twice.
 */
export function flattenOnBlack(samples: Uint8Array, channels: 2 | 4): Uint8Array;
export function flattenOnBlack(samples: Uint16Array, channels: 2 | 4): Uint16Array;
export function flattenOnBlack(samples: Uint8Array | Uint16Array, channels: 2 | 4): Uint8Array | Uint16Array {
  const highest = samples instanceof Uint8Array ? 255 : 65535;
  const kept = channels - 1;
  let to = 0;
  for (let from = 0; from < samples.length; from += channels) {
    const alpha = samples[from + kept]!;
    for (let channel = 0; channel < kept; channel += 1) {
      const sample = samples[from + channel]!;
      samples[to] = alpha === highest ? sample : Math.floor((sample * alpha * 2 + highest) / (2 * highest));
      to += 1;
    }
  }
  return samples.subarray(0, to);
}

/** A colour picture whose three channels are equal everywhere is a grey one. */
export function collapseGrey(picture: Picture): Picture {
  if (picture.channels === 1) return picture;
  const { samples } = picture;
  for (let i = 0; i < samples.length; i += 3) {
    if (samples[i] !== samples[i + 1] || samples[i] !== samples[i + 2]) return picture;
  }
  for (let i = 0, to = 0; i < samples.length; i += 3, to += 1) samples[to] = samples[i]!;
  return { ...picture, channels: 1, samples: samples.subarray(0, picture.width * picture.height) };
}

/**
 * JSON whose keys stand in a fixed order, whoever made the object. The patient's sides are left out: pictures that were
 * imported before they were told keep their hashes.
 */
function canonicalJson({ slope, intercept, unit, windows, spacing }: PictureDisplay): string {
  return JSON.stringify({
    intercept,
    slope,
    spacing: spacing && { at: spacing.at, column: spacing.column, row: spacing.row },
    unit,
    windows: windows.map(({ curve, high, low, name }) => ({ curve, high, low, name })),
  });
}

/**
 * SHA-256 over `WIDTHxHEIGHTxCHANNELS@BITS\n`, then the samples, 16-bit ones little-endian
 * (the byte order of every platform Node runs on today), then `display` as canonical JSON where it says anything of them.
 */
export function pixelSha256(picture: Picture): string {
  const { samples, display } = picture;
  return createHash('sha256')
    .update(`${picture.width}x${picture.height}x${picture.channels}@${picture.bitDepth}\n`)
    .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    .update(display && !isPlainDisplay(display) ? canonicalJson(display) : '')
    .digest('hex');
}

/** What a window shows of each sample up to `highest`: 0 to 255, rounded half up. */
function windowTable({ low, high, curve }: DisplayWindow, highest: number): Uint8Array {
  const table = new Uint8Array(highest + 1);
  const centre = (low + high) / 2;
  for (let sample = 0; sample <= highest; sample += 1) {
    const share =
      curve === 'sigmoid'
        ? 1 / (1 + Math.exp((-4 * (sample - centre)) / (high - low)))
        : sample <= low
          ? 0
          : sample >= high
            ? 1
            : (sample - low) / (high - low);
    table[sample] = Math.floor(share * 255 + 0.5);
  }
  return table;
}

/** From the lowest to the highest sample, in whole numbers; of one value all is 0. */
function rangeTable(samples: Picture['samples']): Uint8Array {
  let lowest = 65535;
  let highest = 0;
  // An iterator takes several times as long.
  for (let i = 0; i < samples.length; i += 1) {
    const sample = samples[i]!;
    if (sample < lowest) lowest = sample;
    if (sample > highest) highest = sample;
  }
  const range = highest - lowest;
  const table = new Uint8Array(65536);
  for (let value = lowest; value <= highest && range > 0; value += 1) {
    table[value] = Math.floor(((value - lowest) * 510 + range) / (2 * range));
  }
  return table;
}

/**
 * A window of values as one of a picture's samples.
 * @throws ReadroomError `noPictureValues`
 */
function windowOfValues(
  { center, width, unit }: Exclude<InputWindow, 'full'>,
  { channels, display }: Picture,
): DisplayWindow {
  if (channels !== 1 || display === null || (unit !== null && display.unit !== unit)) {
    throw new ReadroomError(
      'noPictureValues',
      unit === null
        ? 'The picture has no values for a window: only grey DICOM and NIfTI files say what their samples mean.'
        : `The picture’s values are not known to be in ${unit}, which the window is in.`,
      'Train with --set input.window=file or --set input.window=full.',
    );
  }
  const { centre, width: wide } = inSamples(display, { centre: center, width });
  return { name: '', low: centre - wide / 2, high: centre + wide / 2, curve: 'linear' };
}

export interface EightBitOptions {
  /** Where a picture is some of the samples of another: the picture whose lowest and highest count. */
  whole?: Picture;
  /** Absent: as the picture's file says. */
  window?: InputWindow | undefined;
}

/**
 * The 8-bit samples that are shown, trained and judged: through the first of the picture's windows, or the one that is
 * asked for. Without one, and for `full`, a picture is mapped linearly from its own lowest and highest sample (over all
 * channels) to 0–255, rounded half up; a picture of one value becomes 0. One of 8 bits without any window stays as it is.
 * @throws ReadroomError `noPictureValues` of a window of values
 */
export function toEightBit(
  picture: Picture,
  { whole = picture, window: asked }: EightBitOptions = {},
): Picture & { samples: Uint8Array } {
  const { samples, display } = picture;
  const window =
    typeof asked === 'object' ? windowOfValues(asked, picture) : asked ? null : display?.windows[0];
  if (samples instanceof Uint8Array && window === undefined) return { ...picture, samples, display: null };
  const table = window
    ? windowTable(window, samples instanceof Uint8Array ? 255 : 65535)
    : rangeTable(whole.samples);
  const mapped = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) mapped[i] = table[samples[i]!]!;
  return { ...picture, bitDepth: 8, samples: mapped, display: null };
}

/** ITU-R BT.601-7 luma of 8-bit colour in integers: (299 R + 587 G + 114 B + 500) / 1000, rounded down. */
export function toGrey(picture: Picture & { samples: Uint8Array }): Picture & { samples: Uint8Array } {
  if (picture.channels === 1) return picture;
  const { samples } = picture;
  const grey = new Uint8Array(picture.width * picture.height);
  for (let i = 0, from = 0; i < grey.length; i += 1, from += 3) {
    grey[i] = Math.floor(
      (299 * samples[from]! + 587 * samples[from + 1]! + 114 * samples[from + 2]! + 500) / 1000,
    );
  }
  return { ...picture, channels: 1, samples: grey };
}
