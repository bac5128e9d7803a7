import { ReadroomError } from '../contract/errors.ts';
import { diskError } from '../files/disk-error.ts';

/** Expected failures of the operating system and of SQLite as contract errors; anything else unchanged. */
export function translateSystemError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE') {
    return new ReadroomError(
      'diskFull',
      'The disk is full: the project cannot be written.',
      'Make room and do it again; what stood before is intact.',
    );
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return new ReadroomError(
      'projectReadOnly',
      'The project cannot be written.',
      'Copy it to a disk that can be written.',
    );
  }
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') {
    return new ReadroomError(
      'projectDamaged',
      "The project's database is damaged.",
      'Restore the newest copy in its backups folder.',
    );
  }
  return diskError(error);
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
