import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type Database from 'better-sqlite3';

import { ReadroomError } from '../../contract/errors.ts';

const migrationsFolder = path.join(import.meta.dirname, 'migrations');

interface Migration {
  version: number;
  sql: string;
}

/** All migrations in order; file names are `NNNN-what.sql` without gaps. */
function readMigrations(): Migration[] {
  const names = readdirSync(migrationsFolder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  return names.map((name, index) => {
    const version = Number(name.slice(0, 4));
    if (version !== index + 1) throw new Error(`Migration ${name} should be number ${index + 1}`);
    return { version, sql: readFileSync(path.join(migrationsFolder, name), 'utf8') };
  });
}

/** Whether a database has an older schema than this program's. */
export function isOlder(database: Database.Database): boolean {
  return (database.pragma('user_version', { simple: true }) as number) < readMigrations().length;
}

/**
 * Brings a database to the newest schema in one transaction, after a backup of what was there unless it is a copy.
 * @throws ReadroomError `projectNewer` for a schema that this program does not know.
 */
export function migrate(database: Database.Database, backupsFolder: string | null): void {
  const migrations = readMigrations();
  const newest = migrations.length;
  const current = database.pragma('user_version', { simple: true }) as number;
  if (current > newest) {
    throw new ReadroomError(
      'projectNewer',
      `This project has schema version ${current}; this Readroom knows versions up to ${newest}.`,
      'Open it with the newer Readroom that made it.',
      { found: current, known: newest },
    );
  }
  if (current === newest) return;
  if (current > 0 && backupsFolder !== null) {
    mkdirSync(backupsFolder, { recursive: true });
    const backup = path.join(backupsFolder, `before-schema-${newest}-${Date.now()}.sqlite`);
    database.prepare('VACUUM INTO ?').run(backup);
  }
  const apply = database.transaction(() => {
    for (const migration of migrations.slice(current)) database.exec(migration.sql);
    const broken = database.pragma('foreign_key_check') as unknown[];
    if (broken.length > 0) throw new Error(`Migration left ${broken.length} broken references`);
    database.pragma(`user_version = ${newest}`);
  });
  // A table that is made anew is dropped before the new one takes its name; what refers to it is checked at the end.
  database.pragma('foreign_keys = OFF');
  try {
    apply.immediate();
  } finally {
    database.pragma('foreign_keys = ON');
  }
}
