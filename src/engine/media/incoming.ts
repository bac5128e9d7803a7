import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

import { ReadroomError } from '../../contract/errors.ts';
import { diskError } from '../../files/disk-error.ts';

export const largestUploadBytes = 4 * 1024 ** 3;
const mostSegments = 32;
const mostSegmentBytes = 255;
const mostPathBytes = 1000;
const staleAfterMs = 24 * 3600 * 1000;

/** Where a project keeps what is sent to it until that is imported. */
export const incomingRoot = (projectFolder: string): string => path.join(projectFolder, 'incoming');

/** Files that a browser sends for an import, below `incoming/<uuid>/` of the project until that is done. */
export const incomingFolder = (projectFolder: string, upload: string): string =>
  path.join(incomingRoot(projectFolder), upload);

/**
 * The names of an uploaded file's folders and its own, as they may be written here.
 *
 * @param encoded as it stands in the address, each name encoded by itself
 * @throws ReadroomError `usage`
 */
export function uploadNames(encoded: string, platform: NodeJS.Platform = process.platform): string[] {
  const names = encoded.split('/').map(decoded);
  const isSafe =
    names.length <= mostSegments &&
    Buffer.byteLength(names.join('/')) <= mostPathBytes &&
    names.every((name) => isSafeName(name, platform));
  if (isSafe) return names as string[];
  throw new ReadroomError(
    'usage',
    'A file of this name cannot be taken.',
    'Rename it: names hold no slashes, dots alone or control characters, and are not longer than 255 bytes.',
  );
}

function decoded(name: string): string | null {
  try {
    return decodeURIComponent(name);
  } catch {
    return null;
  }
}

function isSafeName(name: string | null, platform: NodeJS.Platform): boolean {
  if (name === null || name === '' || name === '.' || name === '..') return false;
  if (/[/\\]|\p{Cc}|\p{Cs}/u.test(name) || Buffer.byteLength(name) > mostSegmentBytes) return false;
  return platform !== 'win32' || !/[<>:"|?*]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name);
}

/**
 * Writes what a client sends to a file; it has its name once all of it is there.
 *
 * @param sizeBytes what the client says it will send; null: unknown
 * @throws ReadroomError `archiveTooLarge`, `diskFull`, `permissionDenied`, `usage`, `cancelled` (the client left)
 */
export async function receiveFile(
  folder: string,
  names: readonly string[],
  body: ReadableStream<Uint8Array> | null,
  { sizeBytes, signal }: { sizeBytes: number | null; signal: AbortSignal },
): Promise<string> {
  if (sizeBytes !== null && sizeBytes > largestUploadBytes) throw tooLarge();
  const target = path.join(folder, ...names);
  const temporary = path.join(folder, `.${randomUUID()}.part`);
  let received = 0;
  const count = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      received += chunk.length;
      if (received > largestUploadBytes) done(tooLarge());
      else done(null, chunk);
    },
  });
  try {
    await mkdir(path.dirname(target), { recursive: true });
    const source = body === null ? Readable.from([]) : Readable.fromWeb(body);
    await pipeline(source, count, createWriteStream(temporary, { flags: 'wx' }), { signal });
    if (sizeBytes !== null && received !== sizeBytes) throw broken();
    await rename(temporary, target);
    return target;
  } catch (error) {
    await rm(temporary, { force: true });
    const known = diskError(error, target);
    if (known instanceof ReadroomError) throw known;
    // Whatever a connection that ends says of itself, the file is not whole.
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (signal.aborted || code === 'ECONNRESET' || code === 'ABORT_ERR') throw broken();
    throw error;
  }
}

function tooLarge(): ReadroomError {
  return new ReadroomError(
    'archiveTooLarge',
    `A file larger than ${largestUploadBytes / 1024 ** 3} GB cannot be sent through the browser.`,
    'Copy it to the machine that Readroom runs on, and import it from there.',
  );
}

function broken(): ReadroomError {
  return new ReadroomError('cancelled', 'The file did not arrive whole.', 'Send it again.');
}

/** Removes one upload, or what nobody imported and removed within a day. */
export function removeIncoming(projectFolder: string, upload: string): Promise<void> {
  return rm(incomingFolder(projectFolder, upload), { recursive: true, force: true });
}

export async function removeStaleIncoming(projectFolder: string, nowMs: number): Promise<void> {
  const parent = incomingRoot(projectFolder);
  for (const name of await readdir(parent).catch(() => [])) {
    const facts = await stat(path.join(parent, name)).catch(() => null);
    if (facts && nowMs - facts.mtimeMs > staleAfterMs) await removeIncoming(projectFolder, name);
  }
}
