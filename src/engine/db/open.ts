import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';

import { ReadroomError } from '../../contract/errors.ts';
import { migrate } from './migrate.ts';

/** An open project database. Only files in this folder look inside. */
export interface ProjectDatabase {
  readonly handle: Database.Database;
  readonly readOnly: boolean;
  /** Sentences about how it was opened. */
  readonly notices: readonly string[];
  close(): void;
}

const sqliteMagic = 'SQLite format 3\0';

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
  const fresh = !existsSync(file);
  if (!fresh) checkMagic(file);
  const handle = new Database(file);
  try {
    handle.pragma('busy_timeout = 5000');
    handle.pragma('journal_mode = WAL');
    // better-sqlite3 compiles NORMAL as the WAL default, under which power loss may undo a commit.
    handle.pragma('synchronous = FULL');
    handle.pragma('foreign_keys = ON');
    if (!fresh) quickCheck(handle, file);
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
      handle.pragma('optimize');
      // A database left in WAL mode cannot be opened from read-only media.
      handle.pragma('wal_checkpoint(TRUNCATE)');
      try {
        handle.pragma('journal_mode = DELETE');
      } catch (error) {
        // A reader beside us keeps the database in WAL mode; the next writer tries again.
        if (!(error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))) throw error;
      }
      handle.close();
    },
  };
}

/** Opens read-only beside whoever writes; from read-only media by way of a temporary copy when it must. */
export function openForReading(file: string): ProjectDatabase {
  checkMagic(file);
  try {
    return reading(new Database(file, { readonly: true }), file, []);
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !/CANTOPEN|READONLY/.test(error.code))
      throw asDamage(error, file);
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-'));
  const copy = path.join(folder, 'project.sqlite');
  copyFileSync(file, copy);
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
  const notice =
    'The project lies on read-only media and was not closed cleanly: a temporary copy was opened.';
  const opened = reading(new Database(copy), file, [notice]);
  return {
    ...opened,
    close: () => {
      opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
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
  await database.handle.backup(`${target}.part`);
  renameSync(`${target}.part`, target);
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
    quickCheck(handle, file);
    const version = handle.pragma('user_version', { simple: true }) as number;
    if (version === 0) throw damaged(file, 'it holds no project');
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

function checkMagic(file: string): void {
  const bytes = Buffer.alloc(sqliteMagic.length);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new ReadroomError(
      'notAProject',
      `${path.dirname(file)} is not a Readroom project.`,
      'Make one with: readroom new PROJECT',
    );
  }
  try {
    const length = readSync(descriptor, bytes, 0, bytes.length, 0);
    // An empty file is a database that a crash left before its first commit.
    if (length !== 0 && bytes.toString('latin1') !== sqliteMagic)
      throw damaged(file, 'it is not a SQLite file');
  } finally {
    closeSync(descriptor);
  }
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
