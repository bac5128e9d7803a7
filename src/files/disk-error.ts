import { ReadroomError } from '../contract/errors.ts';

/**
 * A file system's refusal as the contract says it, the same in the engine and in its children; anything else,
 * bugs included, unchanged.
 *
 * @param target what was to be written, where the system's own error names a temporary file or nothing. Only
 * with it is a file or folder in the way (`EEXIST`, `ENOTEMPTY`, `EISDIR`, `ENOTDIR`) the caller's mistake and not ours.
 * @returns `diskFull`, `permissionDenied`, `fileNotFound`, with `target` also `usage`
 */
export function diskError(error: unknown, target?: string): unknown {
  if (error instanceof ReadroomError || !(error instanceof Error) || !('code' in error)) return error;
  const { code, path = '' } = error as NodeJS.ErrnoException;
  const place = target ?? path;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new ReadroomError(
        'diskFull',
        place === '' ? 'The disk is full.' : `The disk is full: ${place} cannot be written.`,
        'Make room and do it again; what stood before is intact.',
      );
    case 'EACCES':
    case 'EPERM':
      return new ReadroomError(
        'permissionDenied',
        `Access to ${place === '' ? 'the file' : place} was denied.`,
        'Choose another place, or change the permissions of that folder.',
      );
    case 'EROFS':
      return new ReadroomError(
        'permissionDenied',
        `${place === '' ? 'The file' : place} cannot be written: its disk is read-only.`,
        'Choose a place on a disk that can be written.',
      );
    case 'ENOENT':
      return new ReadroomError(
        'fileNotFound',
        `There is no such file or folder${path === '' ? '' : `: ${path}`}.`,
        'Check the path.',
      );
    case 'EEXIST':
    case 'ENOTEMPTY':
    case 'EISDIR':
    case 'ENOTDIR':
      if (target === undefined) return error;
      return new ReadroomError(
        'usage',
        `${target} cannot be written: a file or folder of that name is in the way.`,
        'Choose another name.',
      );
    default:
      return error;
  }
}
