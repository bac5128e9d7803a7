import { sep } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';

/** A runtime's error as the end of a sentence: its first line, at most 300 characters, file names without `folder`. */
export function reasonOf(error: unknown, folder = ''): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text
    .split('\n', 1)[0]!
    .replaceAll(`${folder}${sep}`, folder === '' ? sep : '')
    .trim();
  const short = line.length > 300 ? `${line.slice(0, 300)}…` : line;
  return /[.!?…]$/.test(short) ? short : `${short}.`;
}

/** A sentence for a file that cannot be read at all, by Node's code. */
export function fileProblem(file: string, error: unknown): string {
  if (error instanceof ReadroomError) return `${file}: ${error.message}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `${file} is missing.`;
  if (code === 'EACCES' || code === 'EPERM') return `${file} may not be read.`;
  if (code === 'EISDIR') return `${file} is a folder.`;
  return `${file} cannot be read: ${reasonOf(error)}`;
}
