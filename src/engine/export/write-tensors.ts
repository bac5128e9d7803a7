import { open, readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

import type { ModelFile } from '../../contract/run-folder.ts';
import { encodeNpy } from '../../core/npy.ts';
import { normalizePixels } from '../../core/preprocess.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { diskError } from '../../files/disk-error.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { makeFolder } from '../../files/make-folder.ts';

export interface TensorsRequest {
  /** A folder that is new or empty. */
  readonly to: string;
  /** File of uint8 inputs, size·size·channels bytes a row. */
  readonly inputs: string;
  readonly geometry: ModelFile['geometry'];
  readonly normalization: ModelFile['normalization'];
  /** In order of the predictions; `row` null for a file that could not be read and has no tensor. */
  readonly files: readonly { readonly file: string; readonly row: number | null }[];
}

/**
 * Writes what the model is fed: `00000-name.npy` each, float32 of size × size × channels, and `index.csv` with
 * the columns `file,tensor` (RFC 4180), one line a file that has a tensor.
 *
 * @throws ReadroomError `folderNotEmpty`, `diskFull`, `permissionDenied`
 */
export async function writeTensors(request: TensorsRequest): Promise<{ folder: string; tensors: number }> {
  const { inputs, geometry, normalization, files } = request;
  const folder = resolve(request.to);
  const { size, channels } = geometry;
  const bytesARow = size * size * channels;
  const lines = ['file,tensor'];
  try {
    makeFolder(folder);
    if ((await readdir(folder)).length > 0) {
      const hint = 'Name a folder that is new or empty; nothing is overwritten.';
      throw new ReadroomError('folderNotEmpty', `${folder} is not empty.`, hint);
    }
    const source = await open(inputs, 'r');
    try {
      for (const [index, { file, row }] of files.entries()) {
        if (row === null) continue;
        const pixels = new Uint8Array(bytesARow);
        const { bytesRead } = await source.read(pixels, 0, bytesARow, row * bytesARow);
        if (bytesRead !== bytesARow) throw new Error(`Row ${row} of the inputs is not there`);
        const name = `${String(index).padStart(5, '0')}-${safeName(file)}.npy`;
        const bytes = encodeNpy(normalizePixels(pixels, normalization), [size, size, channels]);
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

/** A file name that every system takes: letters, digits, dots, dashes; at most 80 of them. */
function safeName(file: string): string {
  const plain = basename(file.replaceAll('\\', '/'))
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9.-]+/g, '_')
    .replace(/^[._]+/, '');
  return plain.slice(0, 80) || 'image';
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
