import path from 'node:path';
import type { Readable } from 'node:stream';

import { ZipFile } from 'yazl';

import { listFiles } from '../export/checksums.ts';

/** A folder as one ZIP archive that is made while it is read. */
export interface ZippedFolder {
  /** Of the whole archive, known before. */
  readonly bytes: number;
  readonly stream: Readable;
}

/** The same folder gives the same archive: the first day of the format, UTC. */
const mtime = new Date(Date.UTC(1980, 0, 1));

/**
 * The files of a folder, links left out, as they are (weights hardly get smaller), below a name of their own. What
 * happens to a file while it is sent breaks the stream off: the size was announced.
 */
export async function zipFolder(folder: string, name: string): Promise<ZippedFolder> {
  const archive = new ZipFile();
  const stream = archive.outputStream as Readable;
  for (const { path: inner, regular } of await listFiles(folder)) {
    if (!regular) continue;
    const options = { compress: false, mtime, mode: 0o100644 };
    archive.addFile(path.join(folder, inner), `${name}/${inner}`, options);
  }
  const bytes = await new Promise<number>((resolve, reject) => {
    archive.on('error', (error: Error) => {
      reject(error);
      stream.destroy(error);
    });
    // Its types leave out what the callback is told.
    archive.end(undefined, ((size: number) => resolve(size)) as () => void);
  });
  return { bytes, stream };
}
