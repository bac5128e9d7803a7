import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

import { ReadroomError } from '../../contract/errors.ts';
import { maximumFileBytes } from './limits.ts';
import { requirePicture } from './sniff.ts';

/** As much as every magic number needs, compressed ones too. */
const headBytes = 4096;
/** Windows has no such files and does not know the flag. */
const nonBlocking = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;

function refusal(error: unknown): ReadroomError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new ReadroomError(
      'fileNotFound',
      'The file is not there.',
      'Check its path, or that its drive is connected.',
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new ReadroomError(
      'permissionDenied',
      'The file may not be read.',
      'Give yourself permission to read it.',
    );
  }
  return new ReadroomError(
    'unreadableFile',
    `Reading the file failed (${code}).`,
    'Check the drive it is on.',
  );
}

function readWhole(descriptor: number): Buffer {
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) {
    throw new ReadroomError(
      'unreadableFile',
      stat.isDirectory() ? 'This is a folder, not a picture.' : 'This is not an ordinary file.',
      stat.isDirectory() ? 'Name the pictures in it.' : 'Give files of pictures.',
    );
  }
  if (stat.size > maximumFileBytes) {
    throw new ReadroomError(
      'imageTooLarge',
      `The file has ${stat.size} bytes; ${maximumFileBytes} are read at most.`,
      'Save the picture in a smaller form.',
    );
  }
  const head = Buffer.alloc(headBytes);
  const bytesRead = readSync(descriptor, head, 0, headBytes, 0);
  if (bytesRead === 0) {
    throw new ReadroomError('emptyFile', 'The file has no bytes.', 'Copy it again from where it came.');
  }
  // A gigabyte that is no picture is not read to find that out.
  requirePicture(head.subarray(0, bytesRead));
  return readFileSync(descriptor);
}

/**
 * Reads a picture file once, if its first bytes are those of one. A pipe or device is refused rather than
 * waited for, hence the non-blocking open. Synchronous: this process has one picture at a time, and for small
 * files the thread pool would cost more than the reading.
 */
export function readSource(path: string): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | nonBlocking);
  } catch (error) {
    throw refusal(error);
  }
  try {
    return readWhole(descriptor);
  } catch (error) {
    throw error instanceof ReadroomError ? error : refusal(error);
  } finally {
    closeSync(descriptor);
  }
}
