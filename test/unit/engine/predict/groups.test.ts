import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { GroupRule } from '../../../../src/contract/run.ts';
import { groupPictures } from '../../../../src/engine/predict/groups.ts';
import type { TablePicture } from '../../../../src/engine/predict/table-rows.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

let data: string;
let project: ImageProject;
beforeEach(async () => {
  data = mkdtempSync(path.join(tmpdir(), 'readroom-groups-'));
  project = await openImageProject();
});
afterEach(() => {
  project.close();
  rmSync(data, { recursive: true });
});

const film = (
  file: string,
  header: { patient?: string; study?: string } = {},
): TablePicture & { picture: { study: string | null } } => ({
  file,
  picture: {
    ...{ path: file, frame: 0, pixelSha256: '', byteSha256: '', width: 1, height: 1 },
    patient: header.patient ?? null,
    study: header.study ?? null,
  },
});

const grouped = async (
  pictures: TablePicture[],
  level: 'study' | 'patient',
  rule: GroupRule = { from: 'auto' },
) => {
  const { groups, warnings } = await groupPictures(pictures, level, rule, project.session);
  return { groups: Object.fromEntries(groups.map(({ name, rows }) => [name, rows])), warnings };
};
const table = (text: string): GroupRule => {
  const file = path.join(data, 'groups.csv');
  writeFileSync(file, text);
  return { from: 'table', file };
};

describe('pictures of one study or patient', () => {
  const mixed = [
    film('/a/1.dcm', { patient: 'P1', study: '1.2' }),
    film('/b/2.dcm', { patient: 'P1', study: '1.3' }),
    film('/b/3.png'),
    film('/c/b/4.png'),
    film('/a/5.dcm', { patient: 'P1', study: '1.2' }),
  ];

  // Would catch: a folder called as a patient taken for that patient, folders of one name taken for one.
  it('are found by their headers, others by folder, which is said', async () => {
    expect(await grouped(mixed, 'patient')).toEqual({
      groups: { P1: [0, 1, 4], '/b': [2], '/c/b': [3] },
      warnings: [
        '2 images do not say which patient they are of: images of one folder were taken as one patient.',
      ],
    });
    expect((await grouped(mixed, 'study')).groups).toEqual({
      '1.2': [0, 4],
      '1.3': [1],
      '/b': [2],
      '/c/b': [3],
    });
    expect(await grouped([film('/x/b/1.png'), film('/x/b/2.png')], 'study')).toEqual({
      groups: { b: [0, 1] },
      warnings: ['No image says which study it is of: images of one folder were taken as one study.'],
    });
  });

  // Would catch: the header of a file taken where somebody has put the patient right in the project.
  it('are those of the project where it has them', async () => {
    const [image] = project.add([{ path: 'film.png', patient: 'P9' }]);
    const at = project.session.dataset.file(image!).path;
    expect(
      (await grouped([film(at, { patient: 'old' }), film('/e.dcm', { patient: 'P9' })], 'patient')).groups,
    ).toEqual({ P9: [0, 1] });
  });

  it('are of one folder, all of one, or what a pattern finds, as is asked for', async () => {
    expect(await grouped(mixed, 'patient', { from: 'folder' })).toEqual({
      groups: { a: [0, 4], '/b': [1, 2], '/c/b': [3] },
      warnings: [],
    });
    expect((await grouped(mixed, 'patient', { from: 'together' })).groups).toEqual({
      'one patient': [0, 1, 2, 3, 4],
    });
    expect(await grouped(mixed, 'study', { from: 'regex', pattern: '([1-3])\\.' })).toEqual({
      groups: { 1: [0], 2: [1], 3: [2] },
      warnings: [
        '2 images are of no known study, and in no group: 4.png and 5.dcm. ([1-3])\\. matches neither name nor path.',
      ],
    });
    await expect(grouped(mixed, 'study', { from: 'regex', pattern: '(' })).rejects.toMatchObject({
      code: 'badPattern',
    });
  });

  it('are those that a table names, by file name or path', async () => {
    const rule = table('file;patient\n1.dcm;A\n/b/2.dcm;B\nb/3.png;A\n4.png;\n');
    expect(await grouped(mixed, 'patient', rule)).toEqual({
      groups: { A: [0, 2], B: [1] },
      warnings: [
        '2 images are of no known patient, and in no group: 4.png and 5.dcm. groups.csv says no patient of them.',
      ],
    });
  });

  it('say what is wrong with a table', async () => {
    const refusal = (text: string) => expect(grouped(mixed, 'study', table(text))).rejects;
    await refusal('file,patient\n1.dcm,A\n').toMatchObject({
      code: 'badTable',
      message: 'groups.csv has no column of studies; its columns are "file" and "patient".',
      hint: 'Call the column of studies "study".',
    });
    await refusal('film,study\n1.dcm,A\n').toMatchObject({
      message: 'groups.csv has no column of file names; its columns are "film" and "study".',
    });
    await refusal('file,study\n1.dcm,A\n2.dcm,B\n1.dcm,B\n').toMatchObject({
      message: 'groups.csv says of 1.dcm that it is of A and, in line 4, of B.',
    });
    await refusal('').toMatchObject({ code: 'badTable' });
  });
});
