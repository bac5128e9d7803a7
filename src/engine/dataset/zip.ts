import { createWriteStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import * as yauzl from 'yauzl';

import type { RefusedFile } from '../../contract/import.ts';
import { ReadroomError, type ErrorCode } from '../../contract/errors.ts';
import { isLitter } from './picture-names.ts';

export const archiveLimits = {
  entries: 200_000,
  totalBytes: 4_000_000_000,
  entryBytes: 1_000_000_000,
  ratio: 200,
  /** Below it the ratio does not matter: blank pictures do compress well. */
  ratioFromBytes: 1_000_000,
} as const;

const unixFileType = 0o170000;
const unixLink = 0o120000;

/** A file inside an archive whose name and announced size are safe. */
export interface ArchiveEntry {
  /** Forward slashes, no `..`, not absolute. */
  name: string;
  sizeBytes: number;
  /** Writes the content to a new file. @throws ReadroomError `damagedArchive`; system errors of the target as they are */
  extract(to: string, signal?: AbortSignal): Promise<void>;
}

export interface Archive {
  entries: ArchiveEntry[];
  /** Entries that will not be extracted, by their names inside the archive. */
  refused: RefusedFile[];
  close(): void;
}

function damaged(message: string): ReadroomError {
  return new ReadroomError('damagedArchive', message, 'Copy or download the archive again.');
}

/** Why an entry's name must not become a path; null when it may. */
function unsafeName(name: string): string | null {
  if (name.includes('\0')) return 'Its name holds a zero byte.';
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'Its name is an absolute path.';
  if (name.split('/').includes('..')) return 'Its name leads out of the archive.';
  return null;
}

function refuseEntry(entry: yauzl.Entry, name: string): RefusedFile | null {
  const refuse = (code: ErrorCode, message: string): RefusedFile => ({ file: name, code, message });
  const unsafe = unsafeName(name);
  if (unsafe !== null) return refuse('unsafeArchiveEntry', unsafe);
  if (((entry.externalFileAttributes >>> 16) & unixFileType) === unixLink) {
    return refuse('unsafeArchiveEntry', 'It is a link, not a file.');
  }
  if (entry.isEncrypted())
    return refuse('unreadableFile', 'It is encrypted. Unpack the archive and import the folder.');
  if (entry.uncompressedSize > archiveLimits.entryBytes) {
    return refuse(
      'archiveTooLarge',
      `It unpacks to ${entry.uncompressedSize} bytes; ${archiveLimits.entryBytes} are allowed.`,
    );
  }
  if (
    entry.uncompressedSize > archiveLimits.ratioFromBytes &&
    entry.uncompressedSize > archiveLimits.ratio * entry.compressedSize
  ) {
    return refuse(
      'archiveTooLarge',
      `It unpacks to more than ${archiveLimits.ratio} times its size, as a ZIP bomb does.`,
    );
  }
  return null;
}

/** Counts and checks what flows by; stops a stream that carries more than its entry announced. */
function checksum(entry: yauzl.Entry): Transform {
  let sum = 0;
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      sum = crc32(chunk, sum);
      if (bytes > entry.uncompressedSize) done(damaged('The entry holds more bytes than it announces.'));
      else done(null, chunk);
    },
    flush(done) {
      if (bytes !== entry.uncompressedSize) done(damaged('The entry ends early.'));
      else if (sum !== entry.crc32) done(damaged("The entry's checksum is wrong."));
      else done();
    },
  });
}

async function extractEntry(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  to: string,
  signal?: AbortSignal,
): Promise<void> {
  const target = createWriteStream(to, { flags: 'wx' });
  let targetError: unknown = null;
  target.on('error', (error) => (targetError = error));
  try {
    const content = await zip.openReadStreamPromise(entry);
    await pipeline(content, checksum(entry), target, { signal });
  } catch (error) {
    target.destroy();
    if (error instanceof ReadroomError || error === targetError || signal?.aborted === true) throw error;
    throw damaged(`The entry cannot be unpacked: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** The real name of an entry: UTF-8, code page 437 or the Unicode extra field, backslashes as slashes. */
function nameOf(entry: yauzl.Entry): string {
  return yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
}

async function list(zip: yauzl.ZipFile): Promise<Omit<Archive, 'close'>> {
  const entries: ArchiveEntry[] = [];
  const refused: RefusedFile[] = [];
  let totalBytes = 0;
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    if (name.endsWith('/') || name.split('/').some((part) => part !== '..' && part !== '.' && isLitter(part)))
      continue;
    const refusal = refuseEntry(entry, name);
    if (refusal) {
      refused.push(refusal);
      continue;
    }
    totalBytes += entry.uncompressedSize;
    entries.push({
      name: name
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/'),
      sizeBytes: entry.uncompressedSize,
      extract: (to, signal) => extractEntry(zip, entry, to, signal),
    });
  }
  if (totalBytes > archiveLimits.totalBytes) {
    throw new ReadroomError(
      'archiveTooLarge',
      `The archive unpacks to ${totalBytes} bytes; ${archiveLimits.totalBytes} are allowed.`,
      'Unpack it yourself and import the folder.',
    );
  }
  return { entries, refused };
}

/**
 * Reads an archive's table of contents; nothing is unpacked yet.
 * @throws ReadroomError `damagedArchive`, `archiveTooLarge`, and `fileNotFound` or `permissionDenied` of the file
 */
export async function openArchive(file: string): Promise<Archive> {
  let zip: yauzl.ZipFile;
  try {
    // Names and sizes are checked here, one by one: yauzl would end the whole archive at the first bad one.
    zip = await yauzl.openPromise(file, {
      decodeStrings: false,
      autoClose: false,
      validateEntrySizes: false,
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw error;
    throw damaged(
      `It is not a ZIP, or a damaged one: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  try {
    if (zip.entryCount > archiveLimits.entries) {
      throw new ReadroomError(
        'archiveTooLarge',
        `The archive has ${zip.entryCount} entries; ${archiveLimits.entries} are allowed.`,
        'Unpack it yourself and import the folder.',
      );
    }
    return { ...(await list(zip)), close: () => zip.close() };
  } catch (error) {
    zip.close();
    if (error instanceof ReadroomError) throw error;
    throw damaged(
      `Its table of contents is damaged: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
