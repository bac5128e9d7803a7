import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { labelHistory, listActions, reversibleActions } from '../../../../src/engine/label/label-history.ts';
import { reverseLabel, setLabel } from '../../../../src/engine/label/label-service.ts';
import { openProject } from '../../../../src/engine/project/session.ts';

const migrations = path.join(import.meta.dirname, '../../../../src/engine/db/migrations');
let folder: string;

/** A project of the third schema: three images, labels of two persons and an import, an undo and a redo. */
beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-migrate-')), 'project');
  mkdirSync(folder);
  const database = new Database(path.join(folder, 'project.sqlite'));
  const names = readdirSync(migrations).filter((name) => Number(name.slice(0, 4)) <= 3);
  for (const name of names.sort()) database.exec(readFileSync(path.join(migrations, name), 'utf8'));
  const hash = '0'.repeat(64);
  const event = (
    position: number,
    batch: string,
    reader: string,
    kind: string,
    image: number,
    from: string | null,
    to: string | null,
    undoes: string | null = null,
  ): void =>
    void database
      .prepare(
        `INSERT INTO event VALUES (?, ?, 'replica', ?, ?, ?, ?, 0, ?, 'image', ?, ?, ?, ?, '2026-01-0' || ?)`,
      )
      .run(
        ...[position, `e${position}`, position, position, batch, reader, kind, `i${image}`],
        ...[from, to, undoes, Math.min(position, 9)],
      );
  database.exec(`
    INSERT INTO project (singleton, id, name, template, task, label_rule, class_schema_version, created_at)
      VALUES (1, '0195c2a0-0000-7000-8000-000000000000', 'Chest', 'classification', 'classification', 'single-reader/1', 1, '2026-01-01');
    INSERT INTO replica VALUES ('replica', 'machine', '/elsewhere', 20, '2026-01-01');
    INSERT INTO reader VALUES ('import', 'import', 'import', '2026-01-01'), ('ada', 'Ada', 'person', '2026-01-01'),
      ('ben', 'Ben', 'person', '2026-01-01');
    INSERT INTO class (id, name, position, color, key) VALUES ('c1', 'normal', 0, '', '1'), ('c2', 'opacity', 1, '', '2');
    INSERT INTO root VALUES ('root', 'reference', '/films');
    INSERT INTO file VALUES ('f1', 'root', '1.png', '${hash}', 1, 'png', NULL),
      ('f2', 'root', '2.png', '${hash}', 1, 'png', NULL), ('f3', 'root', '3.png', '${hash}', 1, 'png', '2026-01-02');
    INSERT INTO image (id, file_id, file_name, width, height, channels, bit_depth, pixel_sha256, generated, added_at)
      SELECT 'i' || substr(id, 2), id, relative_path, 8, 8, 1, 8, '${hash}', 0, '2026-01-01' FROM file;`);
  const [one, two] = ['{"class":"c1"}', '{"class":"c2"}'];
  for (const image of [1, 2, 3]) event(image, 'import', 'import', 'label.set', image, null, one);
  for (const image of [1, 2]) event(image + 3, 'both', 'ada', 'label.set', image, null, two);
  event(6, 'third', 'ada', 'label.set', 3, null, '{"class":"c2","unsure":true}');
  event(7, 'undo', 'ada', 'undo', 3, '{"class":"c2","unsure":true}', null, 'e6');
  event(8, 'bens', 'ben', 'label.set', 2, null, '{"class":"c1","comment":"see"}');
  event(9, 'redo', 'ada', 'redo', 3, null, '{"class":"c2","unsure":true}', 'e7');
  database.exec(`
    INSERT INTO label SELECT 'image', id, 'import', 0, '${one}', 'e' || substr(id, 2) FROM image;
    INSERT INTO label VALUES ('image', 'i1', 'ada', 0, '${two}', 'e4'), ('image', 'i2', 'ada', 0, '${two}', 'e5'),
      ('image', 'i3', 'ada', 0, '{"class":"c2","unsure":true}', 'e9'),
      ('image', 'i2', 'ben', 0, '{"class":"c1","comment":"see"}', 'e8');
    INSERT INTO record (image_id, class_id, event_id, unsure) VALUES ('i1', 'c2', 'e4', 0), ('i2', 'c1', 'e8', 0),
      ('i3', 'c2', 'e9', 1);`);
  database.pragma('user_version = 3');
  database.close();
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

it('finds labels, records, and what can be undone of a project of the third schema as they were', async () => {
  const session = await openProject(folder, { program: 'test', lockWaitMs: 0 });
  const labelOf = (image: string): unknown => session.targets.recordClasses(image);
  const labels = (): unknown[] => ['i1', 'i2', 'i3'].map(labelOf);
  expect(session.summary()).toMatchObject({
    images: 3,
    labelled: 3,
    labels: { kind: 'single', level: 'image', number: null, shapes: [] },
  });
  expect(labels()).toEqual([['c2'], ['c1'], ['c2']]);
  expect(labelHistory(session, 'i3').map(({ kind, actor, what }) => [kind, actor, what])).toEqual([
    ['set', 'import', 'no label → normal'],
    ['set', 'Ada', 'no label → opacity'],
    ['undo', 'Ada', 'opacity → no label'],
    ['redo', 'Ada', 'no label → opacity'],
  ]);
  const { actions } = listActions(session, { before: null, actor: null, limit: 10 });
  expect(actions.map(({ batch, what, count, undone }) => [batch, what, count, undone])).toEqual([
    ['redo', 'opacity on 3.png', 1, false],
    ['bens', 'normal on 2.png', 1, false],
    ['undo', 'opacity on 3.png', 1, true],
    ['third', 'opacity on 3.png', 1, false],
    ['both', 'opacity on 2 images', 2, false],
    ['import', 'normal on 3 images', 3, false],
  ]);
  expect(reversibleActions(session, 'Ada')).toMatchObject({
    undo: { what: 'opacity on 3.png' },
    redo: null,
  });
  reverseLabel(session, 'undo', 'Ada');
  reverseLabel(session, 'undo', 'Ada');
  expect(labels()).toEqual([['c1'], ['c1'], ['c1']]);
  reverseLabel(session, 'redo', 'Ada');
  reverseLabel(session, 'redo', 'Ada');
  // Ben's label stays the newest: what is done again is no newer than it was.
  expect(labels()).toEqual([['c2'], ['c1'], ['c2']]);
  expect(setLabel(session, { image: 'i2', class: 'opacity', reader: 'Ada' }).result.count).toBe(1);
  expect(labels()).toEqual([['c2'], ['c2'], ['c2']]);
  expect(session.dataset.file('i3')).toMatchObject({ fileName: '3.png' });
  session.close();
});
