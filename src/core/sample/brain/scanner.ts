import { type Random, streamKey, uniformWords } from '../../random.ts';
import { bell, between, unit } from '../field.ts';
import { sliceEdge } from './slice.ts';

/** How a scanner turns signal into grey values. */
export interface Scanner {
  readonly gain: number;
  readonly noise: number;
  /** Unevenness of the coil over the picture. */
  readonly slopeX: number;
  readonly slopeY: number;
  readonly bowl: number;
}

/** Draws the scanner of a patient. */
export function drawScanner(random: Random): Scanner {
  return {
    gain: between(random, 0.62, 1.14),
    noise: between(random, 0.014, 0.034),
    slopeX: 0.07 * bell(random),
    slopeY: 0.07 * bell(random),
    bowl: between(random, 0, 0.2),
  };
}

/** Scans a slice: 8-bit grey with the coil's unevenness and the noise of magnitude pictures (Rician). */
export function scan(
  signal: Float32Array,
  scanner: Scanner,
  seed: number,
  path: readonly (string | number)[],
): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(signal.length);
  const words = uniformWords(streamKey(seed, JSON.stringify(path)), [0, 0, 0, 0], signal.length);
  const half = sliceEdge / 2;
  const strength = scanner.noise / 104.5;
  for (let at = 0; at < signal.length; at += 1) {
    const column = at % sliceEdge;
    const x = column / half - 1;
    const y = (at - column) / sliceEdge / half - 1;
    const bias = 1 + scanner.slopeX * x + scanner.slopeY * y + scanner.bowl * (x * x + y * y - 0.4);
    const word = words[at]!;
    const real = signal[at]! * bias + strength * ((word & 255) + ((word >>> 8) & 255) - 255);
    const imaginary = strength * (((word >>> 16) & 255) + (word >>> 24) - 255);
    pixels[at] = Math.round(255 * unit(scanner.gain * Math.sqrt(real * real + imaginary * imaginary)));
  }
  return pixels;
}
