import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { readFacets } from '../../../../src/engine/dataset/views-rows.ts';
import { imageDetail } from '../../../../src/engine/dataset/image-detail.ts';
import { labelHistory } from '../../../../src/engine/label/label-history.ts';
import { reverseLabel, setLabel } from '../../../../src/engine/label/label-service.ts';
import { openProject, openProjectForReading } from '../../../../src/engine/project/session.ts';

const migrations = path.join(import.meta.dirname, '../../../../src/engine/db/migrations');
let folder: string;
let file: string;

/** A project as the first schema kept it: one labelled image. */
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-migrate-')), 'project');
  file = path.join(folder, 'project.sqlite');
  mkdirSync(folder);
  const database = new Database(file);
  database.exec(readFileSync(path.join(migrations, '0001-initial.sql'), 'utf8'));
  const hash = '0'.repeat(64);
  database.exec(`
    INSERT INTO project VALUES (1, '0195c2a0-0000-7000-8000-000000000000', 'Chest', 'classification', 'classification', 'single-reader/1', 1, NULL, '2026-01-01');
    INSERT INTO replica VALUES ('replica', 'machine', '/elsewhere', 2, '2026-01-01');
    INSERT INTO reader VALUES ('import', 'import', 'import', '2026-01-01'), ('ada', 'Ada', 'person', '2026-01-01');
    INSERT INTO class VALUES ('c1', 'normal', 0, NULL), ('c2', 'opacity', 1, NULL);
    INSERT INTO root VALUES ('root', 'reference', '/films');
    INSERT INTO file VALUES ('file', 'root', 'a/film.png', '${hash}', 1, 'png', NULL);
    INSERT INTO image VALUES ('image', 'file', 0, 'film.png', NULL, NULL, 8, 8, 1, 8, '${hash}', NULL, 0, '2026-01-01');
    INSERT INTO event VALUES (1, 'e1', 'replica', 1, 1, 'b1', 'ada', 0, 'label.set', 'image', 'image', NULL, '{"class":"c2"}', NULL, '2026-01-02');
    INSERT INTO label VALUES ('image', 'image', 'ada', 0, '{"class":"c2"}', 'e1');
    INSERT INTO record VALUES ('image', 'c2', NULL, 'e1');`);
  database.pragma('user_version = 1');
  database.close();
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

const options = { program: 'test', lockWaitMs: 0 };

it('finds the labels of a project of the first schema, which can be undone and given anew', async () => {
  const session = await openProject(folder, options);
  expect(imageDetail(session, 'image')).toMatchObject({
    label: 'opacity',
    labels: [{ reader: 'Ada' }],
    flags: [],
  });
  expect((await readFacets(session)).classes.map(({ n }) => n)).toEqual([0, 1, 0]);
  expect(labelHistory(session, 'image')).toMatchObject([
    { reader: 'Ada', from: null, to: { class: 'opacity' } },
  ]);
  expect(setLabel(session, { image: 'image', class: 'opacity', reader: 'Ada' }).result).toMatchObject({
    event: 'e1',
    count: 0,
  });
  reverseLabel(session, 'undo', 'Ada');
  expect(imageDetail(session, 'image').label).toBeNull();
  session.close();
  expect(readdirSync(path.join(folder, 'backups')).some((name) => name.startsWith('before-schema-'))).toBe(
    true,
  );
});

it('opens it for reading without touching it', async () => {
  const before = readFileSync(file);
  const session = openProjectForReading(folder);
  expect((await readFacets(session)).classes.map(({ n }) => n)).toEqual([0, 1, 0]);
  session.close();
  expect(readFileSync(file).equals(before)).toBe(true);
});
