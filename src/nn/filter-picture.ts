import { type Network, type WeightSpec, weightSpecs } from './network.ts';

/** 8-bit samples, rows top down, channels last. */
export interface FilterPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/** Between two filters, in pixels; black. */
const gap = 1;
/** A screen is wider than high. */
const widthToHeight = 2.5;

/** The kernel of a network's first convolution, H×W×I×O; null where it has none that can be seen, with 1 or 3 inputs. */
export function firstFilters(network: Network): WeightSpec | null {
  const spec = weightSpecs(network).find(({ role, shape }) => role === 'kernel' && shape.length === 4);
  return spec && (spec.shape[2] === 1 || spec.shape[2] === 3) ? spec : null;
}

/**
 * The filters of a convolution as tiles, as in figure 3 of Krizhevsky 2012. Each is stretched to its own range, its
 * least weight black and its greatest white (all channels by one range, so that hues are true); a constant one is
 * middle grey. One pixel a weight; read left to right, top down.
 *
 * @param kernel float32, H×W×I×O
 * @param shape with I = 1 (grey) or I = 3 (colour)
 * @throws RangeError for another I
 */
export function filterPicture(kernel: Float32Array, shape: readonly number[]): FilterPicture {
  const [rows, columns, channels, filters] = shape as [number, number, number, number];
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`Filters of ${channels} channels cannot be seen`);
  const across = tilesAcross(filters, columns + gap, rows + gap);
  const down = Math.ceil(filters / across);
  const width = across * (columns + gap) - gap;
  const height = down * (rows + gap) - gap;
  const pixels = new Uint8Array(width * height * channels);
  for (let filter = 0; filter < filters; filter++) {
    const { least, span } = rangeOf(kernel, filter, filters);
    const left = (filter % across) * (columns + gap);
    const top = Math.floor(filter / across) * (rows + gap);
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++)
        for (let channel = 0; channel < channels; channel++) {
          const weight = kernel[((y * columns + x) * channels + channel) * filters + filter]!;
          const share = span > 0 ? (weight - least) / span : 0.5;
          pixels[((top + y) * width + left + x) * channels + channel] = Math.round(share * 255);
        }
  }
  return { width, height, channels, pixels };
}

function rangeOf(kernel: Float32Array, filter: number, filters: number): { least: number; span: number } {
  let least = Infinity;
  let greatest = -Infinity;
  for (let at = filter; at < kernel.length; at += filters) {
    least = Math.min(least, kernel[at]!);
    greatest = Math.max(greatest, kernel[at]!);
  }
  return { least, span: greatest - least };
}

/** Tiles in a row: as many as come nearest to the wished proportion, with whole rows where the number allows it. */
function tilesAcross(filters: number, tileWidth: number, tileHeight: number): number {
  const wished = Math.sqrt((widthToHeight * filters * tileHeight) / tileWidth);
  const farness = (across: number): number => Math.abs(Math.log(across / wished));
  const whole = Array.from({ length: filters }, (_, index) => index + 1).filter(
    (across) => filters % across === 0 && farness(across) <= Math.log(1.5),
  );
  if (whole.length === 0) return Math.min(Math.ceil(wished), filters);
  return whole.reduce((best, across) => (farness(across) < farness(best) ? across : best));
}
