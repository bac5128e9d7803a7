import { closeSync, openSync, writeSync } from 'node:fs';

import { diskError } from '../../files/disk-error.ts';

/** Writes at a place in a file that exists. @throws ReadroomError `diskFull`, `permissionDenied` */
export function writeAt(file: string, bytes: Uint8Array, position: number): void {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, 'r+');
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(descriptor, bytes, written, bytes.length - written, position + written);
    }
  } catch (error) {
    throw diskError(error);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
