import type { DisplayWindow, PictureDisplay } from '../../contract/decode.ts';
import { type GreyWindow, isPlainDisplay } from '../../core/value-windows.ts';
import { bitsOf, type Pixels } from './pixels.ts';

export type { GreyWindow };

/** So many samples tell the percentiles of a picture well enough; reading all of a large one takes too long. */
const mostSamplesRead = 1 << 19;
/** Shares of samples that may lie below black and above white in a 16-bit picture. */
const outliers = 0.005;

/** Whether two windows look the same: what is left of rounding when a window was kept in values is no difference. */
export function sameWindow(a: GreyWindow, b: GreyWindow): boolean {
  const least = leastDifference * Math.max(a.width, b.width);
  return (
    a.curve === b.curve && Math.abs(a.centre - b.centre) <= least && Math.abs(a.width - b.width) <= least
  );
}

/** The window that a file names. */
export function windowOf({ low, high, curve }: DisplayWindow): GreyWindow {
  const window = { centre: (low + high) / 2, width: Math.max(leastWidth, high - low) };
  return curve === 'sigmoid' ? { ...window, curve } : window;
}

/** How a picture is shown at first: as its file says; a file that explains its samples but no window shows all. */
export function usualWindow(pixels: Pixels, display: PictureDisplay | null): GreyWindow {
  if (display === null || isPlainDisplay(display)) return defaultWindow(pixels);
  const [first] = display.windows;
  return first === undefined ? fullWindow(pixels) : windowOf(first);
}

/** From the lowest sample to the highest. */
export function fullWindow({ samples }: Pixels): GreyWindow {
  let low = Infinity;
  let high = -Infinity;
  for (const value of samples) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { centre: (low + high) / 2, width: Math.max(leastWidth, high - low) };
}

/** All of an 8-bit picture, and what most samples of a 16-bit one lie within: it rarely uses its whole range. */
export function defaultWindow(pixels: Pixels): GreyWindow {
  if (bitsOf(pixels) === 8) return { centre: 127.5, width: 255 };
  return percentileWindow(pixels);
}

/** What all but a few extreme samples lie within. */
export function percentileWindow(pixels: Pixels): GreyWindow {
  const counts = new Uint32Array(65536);
  const { samples } = pixels;
  // Odd, so that it does not fall into step with the width of a row.
  const step = Math.ceil(samples.length / mostSamplesRead) | 1;
  let n = 0;
  for (let index = 0; index < samples.length; index += step) {
    counts[samples[index]!]! += 1;
    n += 1;
  }
  const low = percentile(counts, n * outliers);
  const high = percentile(counts, n * (1 - outliers));
  return { centre: (low + high) / 2, width: Math.max(leastWidth, high - low) };
}

function percentile(counts: Uint32Array, rank: number): number {
  let below = 0;
  for (let value = 0; value < counts.length; value++) {
    below += counts[value]!;
    if (below > rank) return value;
  }
  return counts.length - 1;
}

const leastWidth = 1;
/** Of a window's width. */
const leastDifference = 1e-6;
/** A drag over so many CSS pixels changes a window by its usual width. */
const dragPixels = 400;

/** Changes a window as a drag does: to the right more width, downwards a higher centre. */
export function dragWindow(
  window: GreyWindow,
  usual: GreyWindow,
  greatest: number,
  by: { x: number; y: number },
): GreyWindow {
  const perPixel = Math.max(usual.width, 1) / dragPixels;
  return {
    ...window,
    width: Math.min(2 * greatest, Math.max(leastWidth, window.width + by.x * perPixel)),
    centre: Math.min(greatest, Math.max(0, window.centre + by.y * perPixel)),
  };
}

/** The samples that become black and white. */
export function windowBounds({ centre, width }: GreyWindow): { low: number; high: number } {
  return { low: centre - width / 2, high: centre + width / 2 };
}

/** For each value that a sample can have, its shade from 0 to 255: what the shader computes, as a table. */
export function shades(window: GreyWindow, inverted: boolean, greatest: number): Uint8ClampedArray {
  const { low } = windowBounds(window);
  const table = new Uint8ClampedArray(greatest + 1);
  if (window.curve === 'sigmoid') {
    const steepness = -4 / window.width;
    for (let value = 0; value <= greatest; value++)
      table[value] = 255 / (1 + Math.exp(steepness * (value - window.centre)));
  } else {
    const perSample = 255 / window.width;
    for (let value = 0; value <= greatest; value++) table[value] = (value - low) * perSample;
  }
  if (inverted) for (let value = 0; value <= greatest; value++) table[value] = 255 - table[value]!;
  return table;
}
