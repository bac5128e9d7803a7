import path from 'node:path';

import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';

import { createIndexRepository } from '../../../../src/engine/db/index-repository.ts';
import { openForWriting } from '../../../../src/engine/db/open.ts';
import { openImageProject } from '../../../support/image-project.ts';

/** As ANALYZE left them in a project of a million labelled images. */
const statistics = [
  ['label', 'label', '1000000 2001 1 1 1'],
  ['event', 'event_by_target', '1000000 2001 1'],
  ['event', 'event_by_reader', '1000000 2001 2001 1'],
  ['dataset_member', 'dataset_member', '1000000 1000000 1'],
  ['image', 'sqlite_autoindex_image_1', '1000000 1'],
  ['record', 'record', '1000000 1'],
];

it('reads a portion of the index by its few rows, whatever statistics SQLite has', async () => {
  const project = await openImageProject();
  project.add([{ path: 'a.png', label: 'normal' }]);
  const file = path.join(project.folder, 'project.sqlite');
  const asked: string[] = [];
  const before = new Database(file);
  before.exec('ANALYZE');
  before.exec('DELETE FROM sqlite_stat1');
  const insert = before.prepare('INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)');
  for (const row of statistics) insert.run(...row);
  before.close();
  const handle = new Database(file, { verbose: (sql) => asked.push(String(sql)) });
  onTestFinished(() => {
    handle.close();
    project.close();
  });
  const repository = createIndexRepository({ handle, readOnly: false, notices: [], close: () => undefined });
  asked.length = 0;
  expect([...repository.words([1], 'image')]).toHaveLength(1);
  repository.records([1]);
  repository.annotated([1]);
  repository.likenesses([1]);
  repository.names([1]);
  repository.parts('hash', 0, 10);
  repository.changedRows(0, 10);
  repository.rowsOf(['a']);
  repository.idsOf([1]);
  const scans = asked
    .flatMap((sql) => handle.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all())
    .map(({ detail }) => detail)
    // The rows that were asked for, tables that are empty or of which one row is read, and rounds: there are few.
    .filter(
      (detail) =>
        detail.startsWith('SCAN') && !/SCAN (asked|annotation|reading_round|CONSTANT ROW)/.test(detail),
    );
  expect(scans).toEqual([]);
  expect(asked.length).toBeGreaterThan(9);
});

it('leaves no statistics behind when it closes: plans stay those that were measured', async () => {
  const project = await openImageProject();
  project.add([{ path: 'a.png', label: 'normal' }]);
  const file = path.join(project.folder, 'project.sqlite');
  project.session.close();
  openForWriting(file).close();
  const handle = new Database(file);
  onTestFinished(() => void handle.close());
  const statisticTables = handle
    .prepare(`SELECT count(*) FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'`)
    .pluck();
  expect(statisticTables.get()).toBe(0);
});
