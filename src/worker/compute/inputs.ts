import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { ManifestRow } from '../../contract/run-folder.ts';
import type { InputGeometry } from '../../contract/decode.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { inputIndexName, misplacedRow } from '../../core/input-index.ts';
import { tileCount } from '../../core/tiles.ts';
import type { RowSource } from '../../nn/batches.ts';
import type { Truths } from '../../nn/tasks/rules.ts';
import { openPictureFile, type PictureFile } from './picture-file.ts';

/** The input cache, open for reading. Pictures are read when they are asked for: it may exceed memory. */
export interface OpenInputs extends PictureFile {
  /**
   * What a network sees of one part of a manifest, with what is true of it: pictures, or the tiles of each one after
   * another.
   *
   * @param truths in their order
   */
  source(rows: readonly ManifestRow[], truths: ReadTruths): RowSource;
}

/** What a network sees of a row of a manifest at once. */
export interface RowPiece {
  readonly row: ManifestRow;
  /** Among the tiles of its picture; 0 where it is seen whole. */
  readonly tile: number;
}

/** What is true of pieces of rows, as a task's rules take it. */
export type ReadTruths = (pieces: readonly RowPiece[]) => Truths | Promise<Truths>;

/** The pieces of rows, one after another: what training and validation go through. */
export interface RowPieces {
  readonly count: number;
  at(position: number): RowPiece;
}

/** @param tiles null: each row is seen whole */
export function piecesOfRows(rows: readonly ManifestRow[], tiles: InputTiles | null): RowPieces {
  const each = tileCount(tiles);
  return {
    count: rows.length * each,
    at: (position) => ({ row: rows[Math.floor(position / each)]!, tile: position % each }),
  };
}

/** Features of the clinical table of rows, one row after another; null where none are used. */
export function featuresOf(rows: readonly Pick<ManifestRow, 'features'>[]): Float32Array | null {
  return rows[0]?.features === undefined
    ? null
    : Float32Array.from(rows.flatMap(({ features }) => features!));
}

/**
 * @param geometry of the pictures in the file
 * @param tiles what they are cut into for the network; null: it sees them whole
 * @throws ReadroomError `fileNotFound` when the cache is gone, or a slot is asked for that it lacks
 */
export async function openInputs(
  file: string,
  { size, channels }: Pick<InputGeometry, 'size' | 'channels'>,
  tiles: InputTiles | null = null,
): Promise<OpenInputs> {
  const pictures = await openPictureFile(file, { size, channels, tiles }, (slot) =>
    missing(
      slot === null
        ? `The input cache ${file} cannot be opened.`
        : `The input cache ${file} has no picture in slot ${slot}.`,
    ),
  );
  return {
    ...pictures,
    source: (rows, truths) => {
      const { count, at } = piecesOfRows(rows, tiles);
      return {
        count,
        label: (position) => {
          const { label } = at(position).row;
          return typeof label === 'number' ? label : 0;
        },
        imageId: (position) => at(position).row.image,
        read: async (positions) => {
          const pieces = positions.map(at);
          const pixels = await pictures.read(
            pieces.map(({ row, tile }) => row.slot * tileCount(tiles) + tile),
          );
          const table = featuresOf(pieces.map(({ row }) => row));
          return { rows: pieces.length, pixels, truths: await truths(pieces), table };
        },
      };
    },
  };
}

/**
 * Refuses to train on other pictures than the manifest names, as a cache that was made anew may hold.
 * Rows that name none are taken as they are.
 * @throws ReadroomError `fileChanged`
 */
export async function checkPictures(file: string, rows: readonly ManifestRow[]): Promise<void> {
  const named = rows.filter(({ pixelSha256 }) => pixelSha256 !== '');
  if (named.length === 0) return;
  const indexFile = path.join(path.dirname(file), inputIndexName);
  const index = await readFile(indexFile, 'latin1').catch(() => '');
  const row = misplacedRow(index, named);
  if (!row) return;
  throw new ReadroomError(
    'fileChanged',
    `The input cache ${file} does not hold image ${row.image} in slot ${row.slot}, as the manifest says.`,
    'Resume the run in its project: the cache is made anew from the images.',
  );
}

function missing(message: string): ReadroomError {
  return new ReadroomError('fileNotFound', message, 'Train again: the cache is made anew from the images.');
}
