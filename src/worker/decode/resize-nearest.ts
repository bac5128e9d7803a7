import { nearestSamples } from '../../core/input-geometry.ts';
import type { Picture } from './picture.ts';

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
