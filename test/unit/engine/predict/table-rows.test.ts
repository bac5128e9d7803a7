import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { tableReadingInput } from '../../../../src/contract/table.ts';
import type { TableFeatures } from '../../../../src/contract/table-features.ts';
import { tableFeatures } from '../../../../src/core/table-features.ts';
import { clinicalFeatures, importTable } from '../../../../src/engine/clinical/clinical-table.ts';
import { rowsOfFile, rowsOfProject, type TablePicture } from '../../../../src/engine/predict/table-rows.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

let data: string;
let project: ImageProject;
beforeEach(async () => {
  data = mkdtempSync(path.join(tmpdir(), 'readroom-rows-'));
  project = await openImageProject();
  project.add([{ path: '0.png', patient: 'P1' }]);
});
afterEach(() => {
  project.close();
  rmSync(data, { recursive: true });
});

const file = (name: string, text: string): string => {
  const at = path.join(data, name);
  writeFileSync(at, text);
  return at;
};
const picture: TablePicture = {
  file: 'elsewhere.png',
  picture: { path: '/elsewhere.png', frame: 0, patient: 'P1' } as TablePicture['picture'],
};
const take = async (text: string, missing: string[] = []): Promise<void> => {
  const reading = { project: project.session.id, file: file('labs.csv', text), missing };
  await importTable(project.session, { ...tableReadingInput.parse(reading), reader: 'Ada' });
};
const crp = (unit: string): TableFeatures => ({
  columns: [{ kind: 'number', column: 'crp', unit, mean: 5, deviation: 2, saysMissing: false }],
  features: ['crp'],
});

// Would catch: "not done", which was missing in training, that is a category or a strange text at prediction.
it('takes as missing what counted as missing when the table came in', async () => {
  await take('patient,crp\nP1,7\n', ['not done']);
  const { columns, rows, missing } = (await clinicalFeatures(project.session, ['P1']))!;
  const features = tableFeatures(columns, rows, missing)!;
  const notesOf = async (of: TableFeatures, cell: string): Promise<readonly string[]> =>
    (await rowsOfFile(file('rows.csv', `patient,crp\nP1,${cell}\n`), of, [picture], null)).notes[0]!;
  expect(await notesOf(features, 'Not done')).toEqual(['Taken as missing, as in training: crp.']);
  expect((await notesOf(features, 'NA'))[0]).toBe('crp is "NA", which is not a number.');
  // Of a model of before the usual words are taken.
  expect(await notesOf(crp(''), 'NA')).toEqual(['Taken as missing, as in training: crp.']);
});

// Would catch: mg/dl, a tenth of the number, given to a model of mg/l without a word.
it('refuses the project’s own table where a column is in another unit', async () => {
  await take('patient,crp (mg/dL)\nP1,7\n');
  await expect(rowsOfProject(project.session, crp('mg/l'), [picture])).rejects.toMatchObject({
    code: 'badTable',
    message: 'The clinical table has crp in mg/dL, and the model was trained on mg/l.',
  });
  expect(await rowsOfProject(project.session, crp('mg / dl'), [picture])).toEqual({
    values: [1],
    notes: [[]],
  });
  expect((await rowsOfProject(project.session, crp(''), [picture])).notes[0]).toEqual([
    'The clinical table has crp in mg/dL, and of training no unit is known: it is taken to be the same.',
  ]);
});
