import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';

import { openFile } from './open-file.ts';
import type { OpenedFile } from './opened-file.ts';
import { readSource } from './read-source.ts';

/** A picture file in memory. */
export interface Source {
  bytes: Buffer;
  byteSha256: () => string;
  /** @throws ReadroomError of the "one image" group */
  open: () => Promise<OpenedFile>;
}

/** So much of the last file may stay in memory: half of what a decoding process may take. */
const mostHeldBytes = 512 * 1024 * 1024;

/** The last file with more than one frame: whoever asks for one of them asks for the others. */
let last: { identity: string; source: Source } | null = null;

/** Tells a file from what stood at its path before; null where there is none. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return [path, dev, ino, size, mtimeNs].join('\0');
  } catch {
    return null;
  }
}

/** @param opened is told of the file when it is opened */
export function sourceOf(bytes: Buffer, opened: (file: OpenedFile) => void = () => undefined): Source {
  let hash: string | null = null;
  let file: Promise<OpenedFile> | null = null;
  const byteSha256 = (): string => (hash ??= createHash('sha256').update(bytes).digest('hex'));
  const open = (): Promise<OpenedFile> =>
    (file ??= openFile(bytes, byteSha256).then((found) => {
      opened(found);
      return found;
    }));
  return { bytes, byteSha256, open };
}

/** Reads a file, unless it is the one that was read last and has several frames. @throws ReadroomError */
export function readPictureFile(path: string): Source {
  const identity = identityOf(path);
  if (last && last.identity === identity) return last.source;
  // Two files at once could be more than the process may take.
  last = null;
  const source = sourceOf(readSource(path), ({ frames, heldBytes }) => {
    if (frames > 1 && identity !== null && source.bytes.length + heldBytes <= mostHeldBytes)
      last = { identity, source };
  });
  return source;
}
