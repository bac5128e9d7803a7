import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Smaller ones are checked in less time than a person notices. */
const largeBytes = 32_000_000;

const noteOf = (file: string): string => path.join(path.dirname(file), 'cache', 'database.json');

/** What changes whenever anybody writes or copies the file. */
function traceOf(file: string): string {
  const { size, mtimeNs } = statSync(file, { bigint: true });
  return `${size} ${mtimeNs}`;
}

/**
 * Whether a large database is, to the byte count and the time of its last change, the one that was checked when it was
 * opened last and then closed in order. Checking a million images again would take longer than all else in opening.
 */
export function isKnownSound(file: string): boolean {
  try {
    if (statSync(file).size < largeBytes || existsSync(`${file}-wal`) || existsSync(`${file}-journal`))
      return false;
    return readFileSync(noteOf(file), 'utf8') === traceOf(file);
  } catch {
    return false;
  }
}

/** Remembers a database that was checked, and was closed just now. */
export function noteSound(file: string): void {
  try {
    if (statSync(file).size < largeBytes) return;
    mkdirSync(path.dirname(noteOf(file)), { recursive: true });
    writeFileSync(noteOf(file), traceOf(file));
  } catch {
    // Without the note it is checked again.
  }
}
