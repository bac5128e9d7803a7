/** The samples of a picture or of one of its halves: rows top down, channels last. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly samples: Uint8Array | Uint16Array;
}

export const bitsOf = ({ samples }: Pixels): 8 | 16 => (samples instanceof Uint16Array ? 16 : 8);

/** The greatest value that a sample can have. */
export const greatestSample = (pixels: Pixels): number => (bitsOf(pixels) === 16 ? 65535 : 255);

export const bytesOf = ({ samples }: Pixels): number => samples.byteLength;

/** No level is made of a picture whose longer edge is at most so long: it costs little as it is. */
const smallEnoughEdge = 512;

/** How often a picture is halved at most, so that drawing it small reads about as many samples as it fills. */
export function levelCount({ width, height }: { width: number; height: number }): number {
  let levels = 1;
  for (let edge = Math.max(width, height); edge > smallEnoughEdge; edge = (edge + 1) >> 1) levels += 1;
  return levels;
}

/**
 * A picture of half the width and height (rounded up), each sample the mean of the four it covers; at an odd edge
 * the last one counts twice. Made in steps: each `next` does about `rowsAtOnce` rows, so that long pictures do not
 * hold up the screen.
 */
export function* halving(pixels: Pixels, rowsAtOnce: number): Generator<undefined, Pixels> {
  const { width, height, channels, samples } = pixels;
  const halfWidth = (width + 1) >> 1;
  const halfHeight = (height + 1) >> 1;
  const size = halfWidth * halfHeight * channels;
  const half = samples instanceof Uint16Array ? new Uint16Array(size) : new Uint8Array(size);
  for (let y = 0; y < halfHeight; y++) {
    const upper = 2 * y * width * channels;
    const lower = 2 * y + 1 < height ? upper + width * channels : upper;
    halveRow(samples, half, { upper, lower, to: y * halfWidth * channels, width, channels });
    if ((y + 1) % rowsAtOnce === 0) yield undefined;
  }
  return { width: halfWidth, height: halfHeight, channels, samples: half };
}

function halveRow(
  from: Pixels['samples'],
  into: Pixels['samples'],
  row: { upper: number; lower: number; to: number; width: number; channels: number },
): void {
  const { upper, lower, width, channels } = row;
  const pairs = width >> 1;
  let { to } = row;
  let offset = 0;
  for (let x = 0; x < pairs; x++) {
    for (let channel = 0; channel < channels; channel++) {
      const left = offset + channel;
      const right = left + channels;
      into[to++] =
        (from[upper + left]! + from[upper + right]! + from[lower + left]! + from[lower + right]! + 2) >> 2;
    }
    offset += 2 * channels;
  }
  if (width % 2 === 1) {
    for (let channel = 0; channel < channels; channel++) {
      into[to++] = (from[upper + offset + channel]! + from[lower + offset + channel]! + 1) >> 1;
    }
  }
}
