import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { ReadroomError } from '../../contract/errors.ts';
import type { JobContext } from '../jobs.ts';

/** No published file is near it: what is larger is something else, and would fill the disk. */
const mostBytes = 2e9;

/**
 * Downloads a file.
 *
 * @param download `fetch` of the platform
 * @throws ReadroomError `downloadFailed` where it cannot be reached, breaks off or is above 2 GB, `cancelled`; the
 *   disk's own errors
 */
export async function downloaded(
  download: typeof fetch,
  url: string,
  file: string,
  { signal, progress }: JobContext,
): Promise<{ bytes: number; sha256: string }> {
  const failed = (reason: string): ReadroomError =>
    new ReadroomError(
      'downloadFailed',
      `${url} could not be fetched: ${reason}.`,
      'Without a network, get the file on another machine and add it: readroom weights add FILE',
    );
  const broken = (error: unknown): never => {
    signal.throwIfAborted();
    if (error instanceof ReadroomError || isOfDisk(error)) throw error;
    throw failed(error instanceof Error ? error.message : String(error));
  };
  const tooLarge = (): ReadroomError => failed('it is larger than 2 GB, which no published weights are');
  const response = await download(url, { signal }).catch(broken);
  if (!response.ok || !response.body) throw failed(`the answer was ${response.status}`);
  const total = Number(response.headers.get('content-length')) || null;
  if (total !== null && total > mostBytes) {
    await response.body.cancel();
    throw tooLarge();
  }
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      progress(bytes, total, 'Downloading');
      if (bytes > mostBytes) done(tooLarge());
      else done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), counted, createWriteStream(file), { signal }).catch(broken);
  return { bytes, sha256: hash.digest('hex') };
}

const ofFiles = ['open', 'write', 'close'];
const isOfDisk = (error: unknown): boolean =>
  error instanceof Error && 'syscall' in error && ofFiles.includes(String(error.syscall));
