import { open, readFile } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { ManifestRow } from '../../contract/run-folder.ts';
import type { InputGeometry } from '../../contract/decode.ts';
import { inputIndexName, misplacedRow } from '../../core/input-index.ts';
import type { RowSource } from '../../nn/batches.ts';

/** The input cache, open for reading. Pictures are read when they are asked for: it may exceed memory. */
export interface OpenInputs {
  /** Labelled pictures of one part of a manifest. */
  source(rows: readonly ManifestRow[]): RowSource;
  /** Pictures of these slots, one after another. */
  read(slots: readonly number[]): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes of one picture. */
export function slotBytes({ size, channels }: InputGeometry): number {
  return size * size * channels;
}

/** @throws ReadroomError `fileNotFound` when the cache is gone, or a slot is asked for that it lacks */
export async function openInputs(file: string, geometry: InputGeometry): Promise<OpenInputs> {
  const handle = await open(file, 'r').catch(() => {
    throw missing(`The input cache ${file} cannot be opened.`);
  });
  const bytes = slotBytes(geometry);
  const read = async (slots: readonly number[]): Promise<Uint8Array> => {
    const pixels = new Uint8Array(slots.length * bytes);
    await Promise.all(
      slots.map(async (slot, index) => {
        const { bytesRead } = await handle.read(pixels, index * bytes, bytes, slot * bytes);
        if (bytesRead !== bytes) throw missing(`The input cache ${file} has no picture in slot ${slot}.`);
      }),
    );
    return pixels;
  };
  return {
    read,
    source: (rows) => ({
      count: rows.length,
      label: (position) => rows[position]!.label,
      imageId: (position) => rows[position]!.image,
      read: async (positions) => {
        const chosen = positions.map((position) => rows[position]!);
        const pixels = await read(chosen.map(({ slot }) => slot));
        return { pixels, labels: Int32Array.from(chosen, ({ label }) => label) };
      },
    }),
    close: () => handle.close(),
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
