import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { makeFolder } from '../../files/make-folder.ts';

/** Makes a folder unless it is there and empty. @throws ReadroomError `folderNotEmpty`; the system's errors */
export async function makeEmptyFolder(folder: string): Promise<void> {
  makeFolder(folder);
  if ((await readdir(folder)).length === 0) return;
  const hint = 'Name a folder that is new or empty; nothing is overwritten.';
  throw new ReadroomError('folderNotEmpty', `${folder} is not empty.`, hint);
}

/** Name of what is written of a file, in a form that every system takes: its place, then letters, digits, dots, dashes, at most 80 of them. */
export function outputName(place: number, file: string, extension: string): string {
  const plain = basename(file.replaceAll('\\', '/'))
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9.-]+/g, '_')
    .replace(/^[._]+/, '');
  return `${String(place).padStart(5, '0')}-${plain.slice(0, 80) || 'image'}.${extension}`;
}
