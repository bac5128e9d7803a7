import type { Picture } from './picture.ts';

/**
 * Which sample of an edge each sample of another takes. As Pillow's `NEAREST`, of which this is a copy to the last
 * bit: the middles of the new samples are added up in double precision, and what rounding makes of a middle between
 * two samples decides.
 */
function nearestSamples(from: number, to: number): Int32Array {
  const step = from / to;
  const nearest = new Int32Array(to);
  for (let i = 0, middle = step * 0.5; i < to; i += 1, middle += step) nearest[i] = middle;
  return nearest;
}

/** A picture at another size, of samples of its own: the values that Pillow's `resize` gives with `NEAREST`. */
export function resizeNearest(picture: Picture, to: { width: number; height: number }): Picture {
  const { width, height } = to;
  const { channels, samples } = picture;
  if (picture.width === width && picture.height === height) return picture;
  const columns = nearestSamples(picture.width, width);
  const rows = nearestSamples(picture.height, height);
  const values = width * height * channels;
  const taken = samples instanceof Uint8Array ? new Uint8Array(values) : new Uint16Array(values);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = rows[y]! * picture.width;
    for (let x = 0; x < width; x += 1) {
      const sample = (row + columns[x]!) * channels;
      for (let channel = 0; channel < channels; channel += 1, at += 1) taken[at] = samples[sample + channel]!;
    }
  }
  return { ...picture, width, height, samples: taken };
}
