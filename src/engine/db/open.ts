import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';

import { ReadroomError } from '../../contract/errors.ts';
import { isKnownSound, noteSound } from './known-sound.ts';
import { lockHolder, projectLocked } from './lock.ts';
import { isOlder, migrate } from './migrate.ts';

/** An open project database. Only files in this folder look inside. */
export interface ProjectDatabase {
  readonly handle: Database.Database;
  readonly readOnly: boolean;
  /** Sentences about how it was opened. */
  readonly notices: readonly string[];
  close(): void;
}

/** The rows and keys of 100,000 images; with SQLite's own 2 MB every look-up among them reads from the system. */
const cacheKib = 64 * 1024;

/** Version of the SQLite library in use. */
export function sqliteVersion(): string {
  const memory = new Database(':memory:');
  try {
    return memory.prepare('SELECT sqlite_version()').pluck().get() as string;
  } finally {
    memory.close();
  }
}

/** Creates or opens for writing. The caller holds the project's lock. */
export function openForWriting(file: string): ProjectDatabase {
  // Before it is opened: that changes it.
  const isChecked = !existsSync(file) || isKnownSound(file);
  const handle = new Database(file);
  try {
    handle.pragma('busy_timeout = 5000');
    handle.pragma('journal_mode = WAL');
    // better-sqlite3 compiles NORMAL as the WAL default, under which power loss may undo a commit.
    handle.pragma('synchronous = FULL');
    handle.pragma('foreign_keys = ON');
    handle.pragma(`cache_size = -${cacheKib}`);
    if (!isChecked) quickCheck(handle, file);
    migrate(handle, backupsFolderOf(file));
  } catch (error) {
    handle.close();
    throw asDamage(error, file);
  }
  return {
    handle,
    readOnly: false,
    notices: [],
    close: () => {
      let isAtRest = true;
      try {
        // A database left in WAL mode cannot be opened from read-only media.
        handle.pragma('wal_checkpoint(TRUNCATE)');
        handle.pragma('journal_mode = DELETE');
      } catch (error) {
        // A reader beside us keeps the database in WAL mode; the next writer tries again.
        isAtRest = false;
        if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))) throw error;
      } finally {
        handle.close();
        if (isAtRest) noteSound(file);
      }
    },
  };
}

/**
 * Opens read-only beside whoever writes; from read-only media by way of a temporary copy when it must.
 * @throws ReadroomError `projectLocked` when only a copy would do and a process is writing
 */
export function openForReading(file: string): ProjectDatabase {
  refuseAbsent(file);
  try {
    const handle = new Database(file, { readonly: true });
    return isOlder(handle) ? readingCopyOfOlder(handle, file) : reading(handle, file, []);
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !/CANTOPEN|READONLY/.test(error.code))
      throw asDamage(error, file);
  }
  const { folder, copy } = copyAtRest(file);
  const notice =
    'The project lies on read-only media and was not closed cleanly: a temporary copy was opened.';
  return readingCopy(folder, copy, file, [notice]);
}

/** A project of an older schema, opened for reading: a copy is migrated, the project stays as it is. */
function readingCopyOfOlder(handle: Database.Database, file: string): ProjectDatabase {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-'));
  const copy = path.join(folder, 'project.sqlite');
  try {
    if (handle.pragma('user_version', { simple: true }) === 0) throw unfinished(path.dirname(file));
    quickCheck(handle, file);
    handle.prepare('VACUUM INTO ?').run(copy);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    handle.close();
  }
  return readingCopy(folder, copy, file, []);
}

function readingCopy(folder: string, copy: string, file: string, notices: string[]): ProjectDatabase {
  try {
    const handle = new Database(copy);
    migrate(handle, null);
    const opened = reading(handle, file, notices);
    return {
      ...opened,
      close: () => {
        opened.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Copies database and log byte by byte, which is whole only while nobody writes them. */
function copyAtRest(file: string): { folder: string; copy: string } {
  const refuseWriter = (): void => {
    const holder = lockHolder(path.dirname(file));
    if (holder) throw projectLocked(path.dirname(file), holder);
  };
  refuseWriter();
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-'));
  try {
    const copy = path.join(folder, 'project.sqlite');
    copyFileSync(file, copy);
    if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
    refuseWriter();
    return { folder, copy };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Removes a database with its log and journal. */
export function removeDatabase(file: string): void {
  for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${ending}`, { force: true });
}

/** Whether a database file is what a `new` that was killed left behind: whole, but without a project. */
export function isUnfinished(file: string): boolean {
  try {
    const handle = new Database(file, { readonly: true });
    try {
      return !hasProject(handle);
    } finally {
      handle.close();
    }
  } catch {
    // What cannot be read may be someone's project.
    return false;
  }
}

function hasProject(handle: Database.Database): boolean {
  if (handle.pragma('user_version', { simple: true }) === 0) return false;
  return handle.prepare('SELECT EXISTS (SELECT 1 FROM project)').pluck().get() === 1;
}

/** What opening says of a project that a killed `new` left behind. */
export function unfinished(folder: string): ReadroomError {
  return new ReadroomError(
    'notAProject',
    `${folder} holds a project that was never finished.`,
    'Make it with: readroom new PROJECT, which replaces what is there.',
  );
}

/** Copies a live database through SQLite's backup interface and keeps the newest `keep` copies. */
export async function backUp(
  database: ProjectDatabase,
  file: string,
  name: string,
  keep: number,
): Promise<void> {
  const folder = backupsFolderOf(file);
  const target = path.join(folder, `daily-${name}.sqlite`);
  if (existsSync(target)) return;
  mkdirSync(folder, { recursive: true });
  try {
    await database.handle.backup(`${target}.part`);
    renameSync(`${target}.part`, target);
  } catch (error) {
    rmSync(`${target}.part`, { force: true });
    throw error;
  }
  const old = readdirSync(folder)
    .filter((entry) => entry.startsWith('daily-') && entry.endsWith('.sqlite'))
    .sort()
    .slice(0, -keep);
  for (const entry of old) rmSync(path.join(folder, entry));
}

/** Where a project's database copies lie. */
export function backupsFolderOf(file: string): string {
  return path.join(path.dirname(file), 'backups');
}

function reading(handle: Database.Database, file: string, notices: string[]): ProjectDatabase {
  try {
    handle.pragma('busy_timeout = 5000');
    handle.pragma('query_only = ON');
    handle.pragma(`cache_size = -${cacheKib}`);
    if (!isKnownSound(file)) quickCheck(handle, file);
    if (!hasProject(handle)) throw unfinished(path.dirname(file));
  } catch (error) {
    handle.close();
    throw error;
  }
  return { handle, readOnly: true, notices, close: () => handle.close() };
}

function quickCheck(handle: Database.Database, file: string): void {
  const result = handle.pragma('quick_check(1)', { simple: true });
  if (result !== 'ok') throw damaged(file, String(result));
}

/** Nothing but SQLite opens a database that is there: closing a file drops all locks that its process has on it. */
function refuseAbsent(file: string): void {
  if (existsSync(file)) return;
  throw new ReadroomError(
    'notAProject',
    `${path.dirname(file)} is not a Readroom project.`,
    'Make one with: readroom new PROJECT',
  );
}

function asDamage(error: unknown, file: string): unknown {
  const corrupt = error instanceof Database.SqliteError && /CORRUPT|NOTADB/.test(error.code);
  return corrupt ? damaged(file, error.message) : error;
}

function damaged(file: string, reason: string): ReadroomError {
  const folder = backupsFolderOf(file);
  const backups = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.sqlite')) : [];
  const newest = backups.sort().at(-1);
  const hint = newest
    ? `The newest backup is backups/${newest}: keep the damaged file, copy the backup to ${path.basename(file)}.`
    : 'There is no backup beside it; keep the file and restore a copy from elsewhere.';
  return new ReadroomError('projectDamaged', `The project's database is damaged: ${reason}.`, hint, {
    backup: newest ?? null,
  });
}
