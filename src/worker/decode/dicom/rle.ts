import { damaged, truncated } from './data-set.ts';

const headerBytes = 64;

/** Unpacks one segment (PS3.5 G.3.2) into every `step`th byte from `at`. */
function unpackSegment(segment: Buffer, to: Uint8Array, first: number, step: number): void {
  const mostPlaces = Math.ceil((to.length - first) / step);
  let from = 0;
  let place = 0;
  while (place < mostPlaces) {
    if (from >= segment.length) throw truncated();
    const control = segment[from]!;
    from += 1;
    if (control === 128) continue;
    const isRun = control > 128;
    const count = Math.min(isRun ? 257 - control : control + 1, mostPlaces - place);
    if (from + (isRun ? 1 : count) > segment.length) throw truncated();
    for (let i = 0, at = first + place * step; i < count; i += 1, at += step)
      to[at] = segment[isRun ? from : from + i]!;
    from += isRun ? 1 : count;
    place += count;
  }
}

/**
 * Decodes a frame of RLE Lossless: a segment for each byte of each sample, the highest byte of the first sample
 * first.
 * @param sampleBytes of one sample
 * @returns samples last, little-endian
 */
export function decodeRle(bytes: Buffer, pixels: number, samples: number, sampleBytes: number): Uint8Array {
  if (bytes.length < headerBytes) throw truncated();
  const segments = bytes.readUInt32LE(0);
  if (segments !== samples * sampleBytes)
    throw damaged(`The RLE frame has ${segments} segments instead of ${samples * sampleBytes}.`);
  const pixelBytes = samples * sampleBytes;
  const decoded = new Uint8Array(pixels * pixelBytes);
  for (let segment = 0; segment < segments; segment += 1) {
    const start = bytes.readUInt32LE(4 + 4 * segment);
    const next = segment + 1 < segments ? bytes.readUInt32LE(8 + 4 * segment) : bytes.length;
    const sample = Math.floor(segment / sampleBytes);
    const byte = sampleBytes - 1 - (segment % sampleBytes);
    unpackSegment(
      bytes.subarray(start, Math.max(start, next)),
      decoded,
      sample * sampleBytes + byte,
      pixelBytes,
    );
  }
  return decoded;
}
