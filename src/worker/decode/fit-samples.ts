import type { Picture } from './picture.ts';

/** Samples as scanners and their formats store them. */
export type StoredSamples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** Values, both ends included. */
export interface Range {
  low: number;
  high: number;
}

/** Stored samples brought to unsigned ones of at most 16 bits: stored = step × sample + lowest. */
export interface Fitted {
  samples: Picture['samples'];
  bitDepth: 8 | 16;
  step: number;
  lowest: number;
  /** The highest that a sample can be. */
  top: number;
  /** Which samples stand for no measurement; null: none. */
  isPadding: ((sample: number) => boolean) | null;
}

/**
 * Integers of which at most 16 bits are used: negative ones are moved up, a single bit becomes 0 or 255. Takes over
 * the memory of `stored` where that fits: a picture may be a fifth of what the process may take.
 */
export function fitSmall(
  stored: StoredSamples,
  bits: number,
  isSigned: boolean,
  padding: Range | null = null,
): Fitted {
  const isBit = bits === 1;
  const offset = isSigned && !isBit ? 2 ** (bits - 1) : 0;
  const top = isBit ? 255 : 2 ** bits - 1;
  const samples = samplesFor(stored, bits);
  const source = stored as Exclude<StoredSamples, BigInt64Array | BigUint64Array>;
  for (let i = 0; i < samples.length; i += 1) {
    const value = isBit ? (source[i]! & 1) * 255 : source[i]! + offset;
    samples[i] = value < 0 ? 0 : value > top ? top : value;
  }
  const isPadding =
    padding && !isBit
      ? (sample: number): boolean => sample - offset >= padding.low && sample - offset <= padding.high
      : null;
  const bitDepth = bits <= 8 ? 8 : 16;
  return { samples, bitDepth, step: isBit ? 1 / 255 : 1, lowest: -offset, top, isPadding };
}

function samplesFor(stored: StoredSamples, bits: number): Picture['samples'] {
  const Samples = bits <= 8 ? Uint8Array : Uint16Array;
  return stored.BYTES_PER_ELEMENT === Samples.BYTES_PER_ELEMENT
    ? new Samples(stored.buffer as ArrayBuffer, stored.byteOffset, stored.length)
    : new Samples(stored.length);
}

function isLeftOut(value: number, padding: Range | null): boolean {
  return !Number.isFinite(value) || (padding !== null && value >= padding.low && value <= padding.high);
}

/** Lowest and highest finite value; both 0 where there is none. */
export function rangeOf(stored: StoredSamples, padding: Range | null = null): Range {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < stored.length; i += 1) {
    const value = Number(stored[i]);
    if (isLeftOut(value, padding)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? { low: 0, high: 0 } : { low, high };
}

/**
 * Integers of more bits and floating-point numbers: exactly where 16 bits are enough for the range of integers, else
 * linearly. What is padding or no finite number becomes 0.
 * @param range that is fitted into 16 bits, of these samples or of those beside them
 */
export function fitWide(
  stored: StoredSamples,
  padding: Range | null = null,
  range: Range = rangeOf(stored, padding),
): Fitted {
  const { low, high } = range;
  const isFloat = stored instanceof Float32Array || stored instanceof Float64Array;
  const isExact = !isFloat && high - low <= 65535;
  // The ends of what doubles can say are farther apart than one can say.
  const step = isExact || high === low ? 1 : high / 65535 - low / 65535 || 1;
  const samples = new Uint16Array(stored.length);
  for (let i = 0; i < samples.length; i += 1) {
    const value = Number(stored[i]);
    samples[i] = isLeftOut(value, padding) ? 0 : Math.min(65535, Math.floor(value / step - low / step + 0.5));
  }
  const top = isExact && high > low ? high - low : 65535;
  return { samples, bitDepth: 16, step, lowest: low, top, isPadding: null };
}
