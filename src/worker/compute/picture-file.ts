import { type FileHandle, open } from 'node:fs/promises';

import type { InputTiles } from '../../contract/tiles.ts';
import { cutSpan, tileCount, tileSpan } from '../../core/tiles.ts';

/** What stands in a file of square pictures or masks. */
export interface PictureForm {
  /** Edge of a picture, pixels. */
  readonly size: number;
  /** Bytes a pixel. */
  readonly channels: number;
  /** What a network sees of a picture; null: the whole. */
  readonly tiles: InputTiles | null;
}

/** A file of square pictures, one a slot, open for reading. */
export interface PictureFile {
  /** What a network sees, one after another: pictures of these slots, or of these `tileNumbers` the tiles. */
  read(numbers: readonly number[]): Promise<Uint8Array<ArrayBuffer>>;
  /** Whole pictures of these slots, one after another. */
  readWhole(slots: readonly number[]): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** Bytes of one picture. */
export function slotBytes({ size, channels }: Pick<PictureForm, 'size' | 'channels'>): number {
  return size * size * channels;
}

/** @param missing the error for a file that cannot be opened (null), or that ends before a slot */
export async function openPictureFile(
  file: string,
  form: PictureForm,
  missing: (slot: number | null) => Error,
): Promise<PictureFile> {
  const { channels, tiles } = form;
  const handle = await open(file, 'r').catch(() => {
    throw missing(null);
  });
  const bytes = slotBytes(form);
  const readWhole: PictureFile['readWhole'] = async (slots) => {
    const pixels = new Uint8Array(slots.length * bytes);
    await Promise.all(
      slots.map(async (slot, index) => {
        const into = pixels.subarray(index * bytes, (index + 1) * bytes);
        if (!(await fill(handle, into, slot * bytes))) throw missing(slot);
      }),
    );
    return pixels;
  };
  return {
    readWhole,
    read: async (numbers) => {
      if (tiles === null) return readWhole(numbers);
      const tileBytes = tiles.edge ** 2 * channels;
      const pixels = new Uint8Array(numbers.length * tileBytes);
      // Of a large picture it is much more than the tile: one at a time.
      const span = new Uint8Array(tileSpan(tiles, channels, 0).length);
      for (const [index, number] of numbers.entries()) {
        const slot = Math.floor(number / tileCount(tiles));
        const { start } = tileSpan(tiles, channels, number % tileCount(tiles));
        if (!(await fill(handle, span, slot * bytes + start))) throw missing(slot);
        pixels.set(cutSpan(span, tiles, channels), index * tileBytes);
      }
      return pixels;
    },
    close: () => handle.close(),
  };
}

/** Whether the file reaches so far. */
async function fill(handle: FileHandle, into: Uint8Array, position: number): Promise<boolean> {
  const { bytesRead } = await handle.read(into, 0, into.length, position);
  return bytesRead === into.length;
}
