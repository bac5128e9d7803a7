import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readLabelTable } from '../../../../src/engine/dataset/label-table.ts';
import { matchTable } from '../../../../src/engine/dataset/match-table.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-table-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(content: string | Buffer, patientColumn: string | null = null) {
  const file = path.join(folder, 'labels.csv');
  writeFileSync(file, content);
  return readLabelTable(file, patientColumn);
}

const row = (
  image: string,
  label: string | null,
  line: number,
  patientKey: string | null = null,
  frame: number | null = null,
) => ({ image, label, patientKey, frame, line });

describe('reading a table', () => {
  it('takes comma, semicolon and tab, quotes, a byte order mark and any case', async () => {
    const expected = [row('a.png', 'NORMAL', 2), row('b, c.png', 'PNEUMONIA', 3)];
    expect(await read('file,label\na.png,NORMAL\n"b, c.png",PNEUMONIA\n')).toEqual(expected);
    expect(await read('\ufeffImage;"x,y,z";Diagnosis\r\na.png;;NORMAL\r\nb, c.png;;PNEUMONIA\r\n')).toEqual(
      expected,
    );
    expect(await read('CLASS\tPATH\nNORMAL\ta.png\nPNEUMONIA\tb, c.png')).toEqual(expected);
    const utf16 = Buffer.from('\ufefffile,label\na.png,NORMAL\n"b, c.png",PNEUMONIA\n', 'utf16le');
    expect(await read(utf16)).toEqual(expected);
  });

  it('reads names of an old spreadsheet and names with line breaks', async () => {
    expect(await read(Buffer.from('file,label\nMüller.png,Übel\n', 'latin1'))).toEqual([
      row('Müller.png', 'Übel', 2),
    ]);
    expect((await read('file,label\n"two\nlines.png",A\nb.png,B\n')).map(({ image }) => image)).toEqual([
      'two\nlines.png',
      'b.png',
    ]);
  });

  it('reads patients from the column that was named', async () => {
    const rows = await read('file,label,Patient ID\na.png,A,7\nb.png,,8\n', 'patient id');
    expect(rows).toEqual([row('a.png', 'A', 2, '7'), row('b.png', null, 3, '8')]);
  });

  it('reads which picture of a file a line is about', async () => {
    expect(await read('file,frame,label\na.dcm,0,A\na.dcm,12,B\na.dcm,,C\na.dcm,last,D\n')).toEqual([
      row('a.dcm', 'A', 2, null, 0),
      row('a.dcm', 'B', 3, null, 12),
      row('a.dcm', 'C', 4),
      row('a.dcm', 'D', 5),
    ]);
  });

  it('names the columns it found when one is missing', async () => {
    await expect(read('picture,label\na.png,A\n')).rejects.toMatchObject({
      code: 'badTable',
      message: expect.stringContaining('"picture", "label"') as string,
    });
    await expect(read('file,score\na.png,A\n')).rejects.toMatchObject({ code: 'badTable' });
    await expect(read('file,label\na.png,A\n', 'patient')).rejects.toMatchObject({
      code: 'badTable',
      message: expect.stringContaining('"patient"') as string,
    });
    await expect(read('')).rejects.toMatchObject({ code: 'badTable' });
    await expect(read('file,label\n"a.png,A\n')).rejects.toMatchObject({ code: 'badTable' });
    await expect(readLabelTable(path.join(folder, 'none.csv'), null)).rejects.toMatchObject({
      code: 'fileNotFound',
    });
  });
});

describe('bringing rows to files', () => {
  const targets = ['x/1.png', 'x/2.png', 'y/1.png', 'y/scan.final.tiff'].map((relativePath) => ({
    relativePath,
    path: `/data/set/${relativePath}`,
  }));
  const match = (...rows: ReturnType<typeof row>[]) => matchTable(rows, targets);

  it('finds files by path, end of path, name and id', () => {
    const { entries, refused } = match(
      row('x/1.png', 'A', 2),
      row('2', 'B', 3),
      row('set\\y\\1.png', 'C', 4),
      row('scan.final', 'D', 5),
    );
    expect([...entries].map(([position, { label }]) => [position, label])).toEqual([
      [0, 'A'],
      [1, 'B'],
      [2, 'C'],
      [3, 'D'],
    ]);
    expect(refused).toEqual([]);
  });

  it('refuses names of nothing and of several, and goes on', () => {
    const { entries, refused } = match(
      row('none.png', 'A', 2),
      row('1.png', 'A', 3),
      row('z/1.png', 'A', 4),
      row('2.png', 'B', 5),
    );
    expect(refused.map(({ code }) => code)).toEqual([
      'labelFileNotFound',
      'ambiguousImage',
      'labelFileNotFound',
    ]);
    expect([...entries.keys()]).toEqual([1]);
  });

  it('keeps no class where lines disagree, whatever comes after them', () => {
    const { entries, refused } = match(
      row('2.png', 'A', 2, 'p'),
      row('2', 'B', 3, 'p'),
      row('x/2.png', 'A', 4),
    );
    expect(entries.get(1)).toEqual({ label: null, frames: new Map(), patientKey: 'p' });
    expect(refused).toMatchObject([
      { code: 'badTable', message: expect.stringContaining('Lines 2 and 3') as string },
    ]);
  });

  it('tells single pictures of a file apart, and a file whose name looks like one', () => {
    const files = ['x/cine.dcm', 'x/film#1.png', 'brain.nii.gz'].map((relativePath) => ({
      relativePath,
      path: `/data/${relativePath}`,
    }));
    const { entries, refused } = matchTable(
      [
        row('cine.dcm', 'A', 2),
        row('cine.dcm#3', 'B', 3),
        row('x/cine.dcm', 'C', 4, null, 5),
        row('cine#5', 'D', 5),
        row('film#1.png', 'E', 6),
        row('brain#0', 'F', 7),
      ],
      files,
    );
    expect(entries.get(0)).toEqual({
      label: 'A',
      frames: new Map([
        [3, 'B'],
        [5, null],
      ]),
      patientKey: null,
    });
    expect(entries.get(1)).toEqual({ label: 'E', frames: new Map(), patientKey: null });
    expect(entries.get(2)).toEqual({ label: null, frames: new Map([[0, 'F']]), patientKey: null });
    expect(refused).toMatchObject([
      { code: 'badTable', message: expect.stringContaining('Lines 4 and 5') as string },
    ]);
  });

  it('takes what repeated lines agree on', () => {
    const { entries, refused } = match(
      row('2.png', null, 2, 'p'),
      row('2.png', 'A', 3),
      row('2.png', 'A', 4, 'p'),
    );
    expect(entries.get(1)).toEqual({ label: 'A', frames: new Map(), patientKey: 'p' });
    expect(refused).toEqual([]);
  });
});
