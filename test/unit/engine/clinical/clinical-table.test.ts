import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { tableReadingInput, type TableReport } from '../../../../src/contract/table.ts';
import {
  clinicalFeatures,
  clinicalTable,
  importTable,
  patientValues,
  previewTable,
  removeTable,
  tableRows,
} from '../../../../src/engine/clinical/clinical-table.ts';
import { listActions, reversibleActions } from '../../../../src/engine/label/label-history.ts';
import { reverseLabel } from '../../../../src/engine/label/label-service.ts';
import { openProjectForReading } from '../../../../src/engine/project/session.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

let data: string;
let project: ImageProject;
let images: string[];
beforeEach(async () => {
  data = mkdtempSync(path.join(tmpdir(), 'readroom-clinical-'));
  project = await openImageProject();
  images = project.add([
    ...['P1', 'P1', 'P2', 'P3', 'P4'].map((patient, at) => ({ path: `${at}.png`, patient })),
    { path: 'nobody.png' },
  ]);
});
afterEach(() => {
  project.close();
  rmSync(data, { recursive: true });
});

function input(content: string | Buffer, options: object = {}, name = 'labs.csv') {
  const file = path.join(data, name);
  writeFileSync(file, content);
  return tableReadingInput.parse({ project: project.session.id, file, ...options });
}
const preview = (content: string, options?: object): Promise<TableReport> =>
  previewTable(project.session, input(content, options));
const take = (content: string | Buffer, options?: object, name?: string): Promise<TableReport> =>
  importTable(project.session, { ...input(content, options, name), reader: 'Ada' });
const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => '',
    (error: unknown) => (error as Error).message,
  );

const labs = `patient,age (years),crp (mg/l),smoker,stage
P1,61,"4,5",yes,II
P2,58,NA,no,I
P3,70,12,yes,II
P4,,3,no,I
`;

// Would catch: an undo that is offered to somebody who has done nothing, after a sample project brought its table.
it('that nobody took in leaves nothing to undo', async () => {
  const { session } = project;
  await importTable(session, { ...input(labs), reader: null });
  expect(tableRows(session, { text: '', offset: 0, limit: 50 })).toMatchObject({ total: 4 });
  for (const { name } of session.projects.readers().filter(({ kind }) => kind === 'person'))
    expect(reversibleActions(session, name)).toEqual({ undo: null, redo: null });
  expect(session.projects.readers().map(({ kind }) => kind)).toEqual(['import']);
  await take(labs.replace('61', '62'));
  expect(reversibleActions(session, 'Ada').undo?.what).toContain('labs.csv');
});

it('is read by pages of patients, those without a row too', async () => {
  await take(labs.replace('P4,,3,no,I\n', ''));
  const rows = (of: { text?: string; offset?: number; limit?: number }) =>
    tableRows(project.session, { text: '', offset: 0, limit: 50, ...of })!;
  expect(rows({}).rows.map(({ patient }) => patient)).toEqual(['P1', 'P2', 'P3', 'P4']);
  expect(rows({ offset: 3, limit: 1 })).toEqual({ total: 4, rows: [{ patient: 'P4', cells: null }] });
  expect(rows({ text: ' p2 ' })).toEqual({ total: 1, rows: [{ patient: 'P2', cells: [58, null, false] }] });
  // Would catch: a text that is taken as a pattern.
  expect(rows({ text: '%' })).toEqual({ total: 0, rows: [] });
  removeTable(project.session, 'Ada');
  expect(tableRows(project.session, { text: '', offset: 0, limit: 50 })).toBeNull();
});

describe('a table that comes in', () => {
  it('is there after the project was opened anew, with kinds, units and missing values', async () => {
    const report = await take(labs);
    expect(report).toMatchObject({ key: 'patient', rows: 4, patients: 4, matched: 4, problems: [] });
    const reading = openProjectForReading(project.folder);
    const table = (await clinicalTable(reading))!;
    expect(table).toMatchObject({ file: 'labs.csv', patients: 4, withoutRow: { n: 0 } });
    expect(table.columns.map(({ column }) => column)).toEqual([
      { kind: 'number', name: 'age', unit: 'years' },
      { kind: 'number', name: 'crp', unit: 'mg/l' },
      { kind: 'yesNo', name: 'smoker' },
      { kind: 'category', name: 'stage', categories: ['I', 'II'] },
    ]);
    expect(table.columns[1]!.summary).toMatchObject({ values: 3, missing: 1, numbers: { low: 3, high: 12 } });
    const { values } = patientValues(reading, { image: images[1]! })!;
    expect(values!.map(({ value }) => value)).toEqual([61, 4.5, true, 'II']);
    expect(patientValues(reading, { patient: 'P2' })!.values![1]!.value).toBeNull();
    reading.close();
  });

  it('gives a training raw values in the order of its patients, null for those of whom nothing is known', async () => {
    expect(await clinicalFeatures(project.session, ['P1'])).toBeNull();
    await take('patient,age\nP1,61\nP2,\nP3,70\n');
    const patients = ['P3', 'P4', 'P1', null, 'P2'];
    const { rows, columns, table } = (await clinicalFeatures(project.session, patients))!;
    expect(rows).toEqual([[70], null, [61], null, [null]]);
    expect(columns).toEqual([{ kind: 'number', name: 'age', unit: '' }]);
    expect(table).toBe((await clinicalTable(project.session))!.table);
  });

  it.each([
    ['semicolons and decimal commas', 'ID;age\nP1;61,5\nP2;58,25\n', {}],
    [
      'a column that is named',
      'number,case,age\n1,P1,61.5\n2,P2,58.25\n',
      { key: 'Case', columns: { number: { kind: 'leaveOut' } } },
    ],
  ])('is read with %s', async (_, content, options) => {
    await take(content, options);
    expect((await clinicalFeatures(project.session, ['P1', 'P2']))!.rows).toEqual([[61.5], [58.25]]);
  });

  it('has the letters of an old spreadsheet', async () => {
    await take(Buffer.from('patient,Gr\xf6\xdfe (cm)\nP1,161\nP2,182\n', 'latin1'));
    expect((await clinicalTable(project.session))!.columns[0]!.column).toMatchObject({ name: 'Größe' });
  });

  it('keeps out patients who are not in the project, and says which and who has no row', async () => {
    const strangers = Array.from({ length: 25 }, (_, at) => `S${at},50\n`).join('');
    const report = await take(`patient,age\nP1,61\nP2,58\n${strangers}`);
    expect(report.unknown).toEqual({ n: 25, first: Array.from({ length: 20 }, (_, at) => `S${at}`) });
    expect(report.withoutRow).toEqual({ n: 2, first: ['P3', 'P4'] });
    // Neither ranges nor missing shares are of strangers.
    expect((await clinicalTable(project.session))!.columns[0]!.summary).toMatchObject({
      values: 2,
      missing: 0,
    });
  });

  it('says of every cell that is no value in which line it stands, and takes it as missing', async () => {
    const report = await take('patient,age\nP1,61\nP2,unknown\nP3,70\nP4,50\n');
    expect(report.refusedCells).toEqual({
      n: 1,
      first: [
        { line: 3, column: 'age', cell: 'unknown', message: 'Line 3, age: "unknown" is not a number.' },
      ],
    });
    expect((await clinicalFeatures(project.session, ['P2']))!.rows).toEqual([[null]]);
    const named = await preview('patient,age\nP1,61\nP2,unknown\n', { missing: ['Unknown'] });
    expect(named.refusedCells.n).toBe(0);
  });

  it('may say the same of a patient twice', async () => {
    const report = await take('patient,age\nP1,61\nP1,61.0\nP2,58\n');
    expect(report).toMatchObject({ rows: 3, patients: 2, matched: 2, conflicts: { n: 0 } });
  });

  it('comes in once: the same rows in another order are the same table, and leave nothing to undo', async () => {
    await take('patient,age\nP1,61\nP2,58\n');
    expect(await take('patient,age\nP2,58\nP1,61\n', {}, 'again.csv')).toMatchObject({
      alreadyPresent: true,
    });
    expect(listActions(project.session, { before: null, actor: null, limit: 10 }).actions[0]).toMatchObject({
      what: 'clinical table labs.csv of 2 patients',
    });
    reverseLabel(project.session, 'undo', 'Ada');
    expect(await clinicalTable(project.session)).toBeNull();
  });

  it('takes the place of the one before, which an undo brings back whole, and a redo again', async () => {
    await take(labs);
    const before = await clinicalTable(project.session);
    await take('patient,age\nP1,20\n', {}, 'other.csv');
    const after = await clinicalTable(project.session);
    expect(after).toMatchObject({ file: 'other.csv', patients: 1, withoutRow: { n: 3 } });
    reverseLabel(project.session, 'undo', 'Ada');
    expect(await clinicalTable(project.session)).toEqual(before);
    reverseLabel(project.session, 'redo', 'Ada');
    expect(await clinicalTable(project.session)).toEqual(after);
    expect(removeTable(project.session, 'Ada')).toBe(true);
    expect(removeTable(project.session, 'Ada')).toBe(false);
    expect(await clinicalTable(project.session)).toBeNull();
    reverseLabel(project.session, 'undo', 'Ada');
    expect(await clinicalTable(project.session)).toEqual(after);
  });
});

describe('a table that cannot come in', () => {
  it.each([
    [
      'no patient of the project',
      'patient,age\n1,61\n2,58\n',
      'None of the 2 patients of labs.csv is in this project: the file has "1" and "2", the project "P1", "P2" and "P3".',
    ],
    [
      'lines that contradict each other',
      'patient,age\nP1,61\nP2,58\nP1,62\n',
      '1 patient has several lines that say different things: P1.',
    ],
    [
      'cells beyond the last name, as of a decimal comma',
      'patient,age\nP1,61,5\nP2,58\n',
      'Line 2 of labs.csv has more cells than the first line has names (2).',
    ],
    [
      'no column that can be read',
      'patient,name\nP1,Ada\nP2,Ben\n',
      'No column of labs.csv can be taken in.',
    ],
    [
      'ages that are text',
      'patient,age\nP1,fifty\nP2,old\nP3,young\n',
      'No column of labs.csv can be taken in. age: ',
    ],
    ['patients alone', 'patient\nP1\n', 'labs.csv has no column beside that of the patients.'],
    ['no line', 'patient,age\n', 'labs.csv has no line with a patient.'],
    [
      'no column of patients',
      'name,age\nP1,61\n',
      'labs.csv has no column of patients (one of patient, patient_id, patientid, patient id, id); its columns are "name", "age".',
    ],
    ['two columns of one name', 'patient,age,age\nP1,61,62\n', 'labs.csv has two columns called "age".'],
  ])('with %s is refused with a sentence, and the one that is there stays', async (_, content, sentence) => {
    await take(labs);
    const before = await clinicalTable(project.session);
    expect(await refusal(take(content))).toContain(sentence);
    expect(await clinicalTable(project.session)).toEqual(before);
  });

  it('is shown all the same, so that the column of patients or what differs can be chosen', async () => {
    const strange = await preview('patient,case,age\n1,P1,61\n2,P2,58\n');
    expect(strange.columns.map(({ header, column }) => [header, column?.kind])).toEqual([
      ['case', undefined],
      ['age', 'number'],
    ]);
    expect((await preview('patient,case,age\n1,P1,61\n2,P2,58\n', { key: 'case' })).problems).toEqual([]);
    const visits = 'patient,visit,age\nP1,1,61\nP1,2,61\n';
    expect((await preview(visits)).conflicts.first).toEqual([
      { patient: 'P1', message: 'P1: lines 2 and 3 say 1 and 2 of visit.' },
    ]);
    expect(await take(visits, { columns: { visit: { kind: 'leaveOut' } } })).toMatchObject({ matched: 1 });
  });

  it('because of a choice about a column that is not there, names those that are', async () => {
    const asked = preview(labs, { columns: { aeg: { kind: 'number' } } });
    await expect(asked).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('"age (years)"') as string,
    });
  });

  it('says so where no image has a patient', async () => {
    const bare = await openImageProject();
    bare.add([{ path: 'a.png' }]);
    const { problems } = await previewTable(bare.session, input(labs));
    expect(problems.join()).toContain('No image of this project has a patient');
    bare.close();
  });
});

it('says of an image whose patient became known after it that it has no row', async () => {
  await take('patient,age\nP1,61\nP2,58\n');
  project.namePatient(images[5]!, 'P9');
  expect((await clinicalTable(project.session))!.withoutRow.first).toEqual(['P3', 'P4', 'P9']);
  expect(patientValues(project.session, { image: images[5]! })).toEqual({ patient: 'P9', values: null });
});

it('is looked at, and not changed, in a project opened for reading', async () => {
  await take(labs);
  const reading = openProjectForReading(project.folder);
  expect(await clinicalTable(reading)).toMatchObject({ patients: 4 });
  const asked = { ...input('patient,age\nP1,20\n'), project: reading.id };
  expect(await previewTable(reading, asked)).toMatchObject({ matched: 1 });
  await expect(importTable(reading, { ...asked, reader: 'Ada' })).rejects.toMatchObject({
    code: 'projectReadOnly',
  });
  reading.close();
});
