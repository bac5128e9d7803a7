import { ReadroomError } from '../contract/errors.ts';

/** Expected failures of the operating system and of SQLite as contract errors; anything else unchanged. */
export function translateSystemError(error: unknown): unknown {
  if (error instanceof ReadroomError || !(error instanceof Error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  const where = path ? ` (${path})` : '';
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE') {
    return new ReadroomError(
      'diskFull',
      `The disk is full${where}.`,
      'Make room and do it again; what stood before is intact.',
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new ReadroomError(
      'permissionDenied',
      `Access was denied${where}.`,
      "Check the file's owner and permissions.",
    );
  }
  if (code === 'EROFS' || code.startsWith('SQLITE_READONLY')) {
    return new ReadroomError(
      'projectReadOnly',
      `The project cannot be written${where}.`,
      'Copy it to a disk that can be written.',
    );
  }
  if (code === 'ENOENT') {
    return new ReadroomError('fileNotFound', `There is no such file${where}.`, 'Check the path.');
  }
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') {
    return new ReadroomError(
      'projectDamaged',
      "The project's database is damaged.",
      'Restore the newest copy in its backups folder.',
    );
  }
  return error;
}

/** A contract error as it is stored in rows. */
export function toStoredError(error: unknown): {
  code: string;
  message: string;
  hint: string;
  data: Record<string, unknown>;
} {
  const known = translateSystemError(error);
  if (known instanceof ReadroomError) {
    return { code: known.code, message: known.message, hint: known.hint, data: { ...known.data } };
  }
  const message = known instanceof Error ? known.message : String(known);
  return { code: 'internal', message, hint: 'This is a fault in Readroom; please report it.', data: {} };
}
