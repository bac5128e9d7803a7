import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { expect, it } from 'vitest';

import { tableReadingInput, usualMissing } from '../../../../src/contract/table.ts';
import {
  clinicalFeatures,
  clinicalTable,
  importTable,
} from '../../../../src/engine/clinical/clinical-table.ts';
import { openProject } from '../../../../src/engine/project/session.ts';

const migrations = path.join(import.meta.dirname, '../../../../src/engine/db/migrations');

/** A project of an earlier schema, with a patient and their image. */
function projectOf(schema: number): { folder: string; database: Database.Database } {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-migrate-')), 'project');
  mkdirSync(folder);
  const database = new Database(path.join(folder, 'project.sqlite'));
  const names = readdirSync(migrations).filter((name) => Number(name.slice(0, 4)) <= schema);
  for (const name of names.sort()) database.exec(readFileSync(path.join(migrations, name), 'utf8'));
  const hash = '0'.repeat(64);
  database.exec(`
    INSERT INTO project (singleton, id, name, template, task, label_rule, label_schema, class_schema_version, created_at)
      VALUES (1, '0195c2a0-0000-7000-8000-000000000000', 'Chest', 'classification', 'classification', 'single-reader/1',
        '{"kind":"single","level":"image","number":null,"shapes":[]}', 1, '2026-01-01');
    INSERT INTO root VALUES ('root', 'reference', '/films');
    INSERT INTO patient (id, key) VALUES ('p1', 'P1');
    INSERT INTO file VALUES ('f1', 'root', '1.png', '${hash}', 1, 'png', NULL);
    INSERT INTO image (id, file_id, file_name, patient_id, width, height, channels, bit_depth, pixel_sha256, generated, added_at)
      VALUES ('i1', 'f1', '1.png', 'p1', 8, 8, 1, 8, '${hash}', 0, '2026-01-01');`);
  database.pragma(`user_version = ${schema}`);
  return { folder, database };
}

it('gives a project of the fourth schema room for a clinical table, and none to begin with', async () => {
  const { folder, database } = projectOf(4);
  database.close();
  const session = await openProject(folder, { program: 'test', lockWaitMs: 0 });
  expect(await clinicalTable(session)).toBeNull();
  const file = path.join(folder, '..', 'labs.csv');
  writeFileSync(file, 'patient,age\nP1,61\n');
  await importTable(session, { ...tableReadingInput.parse({ project: session.id, file }), reader: 'Ada' });
  expect(await clinicalTable(session)).toMatchObject({ file: 'labs.csv', patients: 1 });
  session.close();
  rmSync(path.dirname(folder), { recursive: true });
});

it('keeps a table of the fifth schema, of which the usual words are missing', async () => {
  const { folder, database } = projectOf(5);
  database.exec(`INSERT INTO clinical_table VALUES ('t1', 'labs.csv', 1, '2026-01-01');
    INSERT INTO clinical_column VALUES ('t1/0', 't1', 0, 'age', 'number', '', NULL);
    INSERT INTO clinical_row VALUES ('t1/p1', 't1', 'p1', '[61]');
    UPDATE project SET clinical_table = 't1'`);
  database.close();
  const session = await openProject(folder, { program: 'test', lockWaitMs: 0 });
  expect(await clinicalFeatures(session, ['P1'])).toMatchObject({ rows: [[61]], missing: usualMissing });
  session.close();
  rmSync(path.dirname(folder), { recursive: true });
});
