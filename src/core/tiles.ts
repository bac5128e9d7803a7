import type { InputGeometry } from '../contract/decode.ts';
import type { ResolvedRecipe } from '../contract/recipe.ts';
import type { Manifest, ModelFile } from '../contract/run-folder.ts';
import type { InputTiles } from '../contract/tiles.ts';

/** The tiles of a recipe's pictures; null where a picture is seen as a whole. */
export function tilesOf({ size, tiles }: Pick<ResolvedRecipe['input'], 'size' | 'tiles'>): InputTiles | null {
  return tiles === 1 ? null : { edge: size, grid: tiles };
}

/** Pixels of a tile's edge that its neighbour shows too: a quarter, rounded down. */
export function overlapOf({ edge }: Pick<InputTiles, 'edge'>): number {
  return Math.floor(edge / 4);
}

/** Pixels from a tile's edge to that of the next. */
export function strideOf(tiles: Pick<InputTiles, 'edge'>): number {
  return tiles.edge - overlapOf(tiles);
}

/** Edge of the whole picture, pixels. */
export function wholeEdge(tiles: InputTiles): number {
  return tiles.edge + (tiles.grid - 1) * strideOf(tiles);
}

/** Edge of the square that pictures become before tiles are cut from it, pixels. */
export function pictureEdge(input: Pick<ResolvedRecipe['input'], 'size' | 'tiles'>): number {
  const tiles = tilesOf(input);
  return tiles === null ? input.size : wholeEdge(tiles);
}

/** `pictureEdge` of a model. */
export function pictureEdgeOf({ geometry, tiles }: Pick<ModelFile, 'geometry' | 'tiles'>): number {
  return tiles ? wholeEdge(tiles) : geometry.size;
}

/** What pictures become for a model, before tiles are cut from them. */
export function pictureGeometry(model: Pick<ModelFile, 'geometry' | 'tiles'>): InputGeometry {
  return { ...model.geometry, size: pictureEdgeOf(model) };
}

/** What a network sees of a picture, one after another: its tiles, or the picture alone. */
export function tileCount(tiles: InputTiles | null): number {
  return tiles === null ? 1 : tiles.grid ** 2;
}

/** What an epoch of a training goes through: the pictures of its training part, or their tiles. */
export function trainingRows({ inputs, rows }: Pick<Manifest, 'inputs' | 'rows'>): number {
  return rows.train.length * tileCount(inputs.tiles ?? null);
}

/** The place of the tile that shows a picture's middle. */
export function middleTile(tiles: InputTiles | null): number {
  return tiles === null ? 0 : Math.floor(tiles.grid / 2) * (tiles.grid + 1);
}

/** Numbers of the tiles of pictures: slot × tiles of a picture + the place of the tile, row by row. Without tiles the slots. */
export function tileNumbers(slots: readonly number[], tiles: InputTiles | null): number[] {
  const count = tileCount(tiles);
  return slots.flatMap((slot) => Array.from({ length: count }, (_, place) => slot * count + place));
}

/** Where a tile's upper left pixel lies. @param place among the picture's tiles, row by row */
export function tileCorner(tiles: InputTiles, place: number): { left: number; top: number } {
  const stride = strideOf(tiles);
  return { left: (place % tiles.grid) * stride, top: Math.floor(place / tiles.grid) * stride };
}

/**
 * The bytes of a picture from a tile's first pixel to its last, so that no more of it need be read.
 *
 * @param channels bytes a pixel
 */
export function tileSpan(
  tiles: InputTiles,
  channels: number,
  place: number,
): { start: number; length: number } {
  const whole = wholeEdge(tiles);
  const { left, top } = tileCorner(tiles, place);
  return {
    start: (top * whole + left) * channels,
    length: ((tiles.edge - 1) * whole + tiles.edge) * channels,
  };
}

/** A tile out of its span, its lines one after another. @returns edge × edge × channels */
export function cutSpan(span: Uint8Array, tiles: InputTiles, channels: number): Uint8Array<ArrayBuffer> {
  const [line, whole] = [tiles.edge * channels, wholeEdge(tiles) * channels];
  const tile = new Uint8Array(tiles.edge * line);
  for (let y = 0; y < tiles.edge; y += 1) tile.set(span.subarray(y * whole, y * whole + line), y * line);
  return tile;
}

/** A tile of a picture. @param picture wholeEdge × wholeEdge × channels, or a mask, which has one channel */
export function cutTile(
  picture: Uint8Array,
  tiles: InputTiles,
  channels: number,
  place: number,
): Uint8Array<ArrayBuffer> {
  const { start, length } = tileSpan(tiles, channels, place);
  return cutSpan(picture.subarray(start, start + length), tiles, channels);
}

/**
 * Weights along a tile's edge by which answers are averaged where tiles overlap: whole numbers that fall linearly to 1 at
 * its border, where a network sees least around a pixel, and are equal where no neighbour reaches. A pixel's weight is
 * that of its column times that of its row; of two neighbours they add up to the same everywhere.
 */
export function tileWeights(tiles: Pick<InputTiles, 'edge'>): number[] {
  const { edge } = tiles;
  const most = overlapOf(tiles) + 1;
  return Array.from({ length: edge }, (_, at) => Math.min(at + 1, edge - at, most));
}

/** Puts together what is said of a picture's tiles. */
export interface Stitching {
  /**
   * Takes the next tile, edge × edge × values, row by row of tiles and picture by picture, and gives the lines of the
   * picture that are whole with it, wholeEdge × values each; null where none are.
   */
  add(tile: Float32Array | Uint8Array): Float32Array<ArrayBuffer> | null;
}

/**
 * Averages by `tileWeights` what is said of each pixel by the tiles that show it; equal numbers come out as they are. It
 * holds one row of tiles.
 *
 * @param values numbers a pixel
 */
export function createStitching(tiles: InputTiles, values: number): Stitching {
  const { edge, grid } = tiles;
  const [whole, stride] = [wholeEdge(tiles), strideOf(tiles)];
  const weights = tileWeights(tiles);
  const covered = coverage(tiles);
  // Whole numbers times float32 are exact here, and so are their sums.
  const sums = new Float64Array(edge * whole * values);
  let place = 0;

  const addAt = (tile: Float32Array | Uint8Array, left: number): void => {
    for (let y = 0, from = 0; y < edge; y += 1) {
      for (let x = 0, to = (y * whole + left) * values; x < edge; x += 1) {
        const weight = weights[y]! * weights[x]!;
        for (let value = 0; value < values; value += 1) sums[to++]! += weight * tile[from++]!;
      }
    }
  };
  /** The first lines of the row of tiles, of which none are added to any more. */
  const take = (top: number, lines: number): Float32Array<ArrayBuffer> => {
    const taken = new Float32Array(lines * whole * values);
    for (let y = 0, at = 0; y < lines; y += 1)
      for (let x = 0; x < whole; x += 1) {
        const weight = covered[top + y]! * covered[x]!;
        for (let value = 0; value < values; value += 1, at += 1) taken[at] = sums[at]! / weight;
      }
    sums.copyWithin(0, lines * whole * values).fill(0, (edge - lines) * whole * values);
    return taken;
  };

  return {
    add: (tile) => {
      const { left, top } = tileCorner(tiles, place);
      addAt(tile, left);
      place += 1;
      if (place % grid > 0) return null;
      const isLast = place === grid ** 2;
      if (isLast) place = 0;
      return take(top, isLast ? edge : stride);
    },
  };
}

/** Sums of the weights of the tiles along an edge, for each pixel of the picture. */
function coverage(tiles: InputTiles): Float64Array {
  const weights = tileWeights(tiles);
  const sums = new Float64Array(wholeEdge(tiles));
  for (let nth = 0; nth < tiles.grid; nth += 1)
    for (const [at, weight] of weights.entries()) sums[nth * strideOf(tiles) + at]! += weight;
  return sums;
}

/** What becomes of a picture, in a sentence. */
export function tilesSentence(tiles: InputTiles): string {
  const { edge, grid } = tiles;
  const whole = wholeEdge(tiles);
  return `Pictures are cut into ${grid} × ${grid} overlapping tiles of ${edge} pixels, from ${whole} × ${whole}.`;
}
