import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { expect, it } from 'vitest';

import { classKeys } from '../../../../src/core/class-palette.ts';
import { migrate } from '../../../../src/engine/db/migrate.ts';

const initial = path.join(import.meta.dirname, '../../../../src/engine/db/migrations/0001-initial.sql');

it('gives the classes of an older project the keys in their order, and none beyond the last key', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-migrate-'));
  const database = new Database(path.join(folder, 'project.sqlite'));
  database.exec(readFileSync(initial, 'utf8'));
  database.pragma('user_version = 1');
  const insert = database.prepare('INSERT INTO class (id, name, position) VALUES (?, ?, ?)');
  for (let position = 0; position < classKeys.length + 2; position += 1)
    insert.run(`c${position}`, `class ${position}`, position);
  database.exec('ANALYZE');
  migrate(database, path.join(folder, 'backups'));
  // With statistics SQLite goes through whole tables for a few rows.
  expect(database.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'`).all()).toEqual([]);
  const keys = database.prepare('SELECT key FROM class ORDER BY position').pluck().all();
  expect(keys).toEqual([...classKeys, null, null]);
  database.close();
  rmSync(folder, { recursive: true });
});
