import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import type { ModelFile } from '../../contract/run-folder.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { encodeNpy } from '../../core/npy.ts';
import { normalizePixels } from '../../core/preprocess.ts';
import { cutTile, tileCount } from '../../core/tiles.ts';
import { diskError } from '../../files/disk-error.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { makeEmptyFolder, outputName } from './named-outputs.ts';

export interface TensorsRequest {
  /** A folder that is new or empty. */
  readonly to: string;
  /** File of uint8 inputs, size·size·channels bytes a row. */
  readonly inputs: string;
  readonly geometry: ModelFile['geometry'];
  /** What the model sees of a picture; null: the whole. */
  readonly tiles: InputTiles | null;
  readonly normalization: ModelFile['normalization'];
  /** In order of the predictions; `row` null for a file that could not be read and has no tensor. */
  readonly files: readonly { readonly file: string; readonly row: number | null }[];
}

/**
 * Writes what the model is fed: `00000-name.npy` each, float32 of size × size × channels, of a model that sees tiles
 * tiles × edge × edge × channels, row by row of them; and `index.csv` with the columns `file,tensor` (RFC 4180), one line
 * a file that has a tensor.
 *
 * @throws ReadroomError `folderNotEmpty`, `diskFull`, `permissionDenied`
 */
export async function writeTensors(request: TensorsRequest): Promise<{ folder: string; tensors: number }> {
  const { inputs, geometry, tiles, normalization, files } = request;
  const folder = resolve(request.to);
  const { size, channels } = geometry;
  const bytesARow = size * size * channels;
  const lines = ['file,tensor'];
  try {
    await makeEmptyFolder(folder);
    const source = await open(inputs, 'r');
    try {
      for (const [index, { file, row }] of files.entries()) {
        if (row === null) continue;
        const pixels = new Uint8Array(bytesARow);
        const { bytesRead } = await source.read(pixels, 0, bytesARow, row * bytesARow);
        if (bytesRead !== bytesARow) throw new Error(`Row ${row} of the inputs is not there`);
        const name = outputName(index, file, 'npy');
        const fed = tiles === null ? pixels : allTiles(pixels, tiles, channels);
        const shape = tiles === null ? [size, size] : [tileCount(tiles), tiles.edge, tiles.edge];
        const bytes = encodeNpy(normalizePixels(fed, normalization), [...shape, channels]);
        const target = await open(join(folder, name), 'wx');
        await target.writeFile(bytes).finally(() => target.close());
        lines.push(`${csvField(file)},${name}`);
      }
    } finally {
      await source.close();
    }
    await writeFileWhole(join(folder, 'index.csv'), `${lines.join('\r\n')}\r\n`);
  } catch (error) {
    throw diskError(error, folder);
  }
  return { folder, tensors: lines.length - 1 };
}

function allTiles(picture: Uint8Array, tiles: InputTiles, channels: number): Uint8Array {
  const places = Array.from({ length: tileCount(tiles) }, (_, place) => place);
  return Buffer.concat(places.map((place) => cutTile(picture, tiles, channels, place)));
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
