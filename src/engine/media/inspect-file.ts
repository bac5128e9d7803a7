import { ReadroomError } from '../../contract/errors.ts';
import type { DecodePool, InspectedFile } from './decode-pool.ts';

/**
 * A file with all its pictures: one of many is looked at in several calls, so that the limit of time holds for a few
 * pictures and a stop is heard between them.
 * @param options.thumbnails a folder: large pictures leave their thumbnails there
 * @throws ReadroomError as the decode pool does; `fileChanged` for a file that was written meanwhile
 */
export async function inspectFile(
  pool: DecodePool,
  path: string,
  signal: AbortSignal | undefined,
  options: { thumbnails?: string } = {},
): Promise<InspectedFile> {
  const { file, pictures } = await pool.inspect(path, signal, options);
  while (pictures.length < file.frames) {
    const next = await pool.inspect(path, signal, { ...options, from: pictures.length });
    if (next.file.byteSha256 !== file.byteSha256 || next.pictures.length === 0) {
      throw new ReadroomError('fileChanged', 'It was written while it was read.', 'Import it again.');
    }
    pictures.push(...next.pictures);
  }
  return { file, pictures };
}
