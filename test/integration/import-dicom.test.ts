import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { reverseLabel, setLabel } from '../../src/engine/label/label-service.ts';
import { tags } from '../../src/worker/decode/dicom/tags.ts';
import { type Elements, imageElements, writeDicom, writeNifti } from '../support/dicom-files.ts';
import { type ImportBench, openImportBench } from '../support/import-project.ts';
import { greyPng, pattern } from '../support/picture-files.ts';

let bench: ImportBench;
beforeEach(async () => {
  bench = await openImportBench();
});
afterEach(() => bench.close());

interface Slice {
  patient?: string;
  study?: string;
  series?: string;
  /** Millimetres along the axis of the body. */
  z?: number;
  frames?: number;
  more?: Elements;
}

let seed = 0;
/** A slice of its own pixels. */
function slice({ patient, study, series, z, frames = 1, more = [] }: Slice): Buffer {
  seed += 1;
  const pixels = Buffer.from(pattern(16 * frames).map((value, i) => (value + 7 * seed + (i >> 4)) % 256));
  const place: Elements =
    z === undefined
      ? []
      : [
          [tags.ImagePositionPatient, 'DS', `0\\0\\${z}`],
          [tags.ImageOrientationPatient, 'DS', '1\\0\\0\\0\\1\\0'],
        ];
  return writeDicom([
    ...imageElements({ rows: 4, columns: 4, ...(frames > 1 && { frames }) }),
    ...(patient === undefined ? [] : ([[tags.PatientID, 'LO', patient]] as const)),
    ...(study === undefined ? [] : ([[tags.StudyInstanceUID, 'UI', study]] as const)),
    ...(series === undefined ? [] : ([[tags.SeriesInstanceUID, 'UI', series]] as const)),
    ...place,
    ...more,
    [tags.PixelData, 'OB', pixels],
  ]);
}

function query<T>(sql: string): T[] {
  const database = new Database(path.join(bench.session.folder, 'project.sqlite'), { readonly: true });
  try {
    return database.prepare(sql).all() as T[];
  } finally {
    database.close();
  }
}

interface Row {
  name: string;
  frame: number;
  patient: string | null;
  study: string | null;
  series: string | null;
  position: number | null;
  label: string | null;
}
/** Images that are there, by file and frame. */
const rows = (): Row[] =>
  query(
    `SELECT image.file_name AS name, image.frame, patient.key AS patient, study.uid AS study, series.uid AS series,
       image.series_position AS position, class.name AS label
     FROM image LEFT JOIN patient ON patient.id = image.patient_id LEFT JOIN series ON series.id = image.series_id
     LEFT JOIN study ON study.id = series.study_id LEFT JOIN record ON record.image_id = image.id
     LEFT JOIN class ON class.id = record.class_id
     WHERE image.removed = 0 ORDER BY image.file_name, image.frame`,
  );
const imagesThere = () => rows().length;

const shuffled = Array.from({ length: 20 }, (_, i) => (i * 7) % 20);

describe('a series of files', () => {
  it('comes in with its patient, study and order, whatever its files are called', async () => {
    bench.write({
      ...Object.fromEntries(
        shuffled.map((z, i) => [
          `scan/IM${String(i).padStart(4, '0')}`,
          slice({
            ...{ patient: 'P1', study: '1.2.3', series: '1.2.3.1', z: z * 2.5 },
            more: [
              [tags.Modality, 'CS', 'CT'],
              [tags.PatientSex, 'CS', 'F'],
              [tags.PatientAge, 'AS', '063Y'],
              [0x0010_0010, 'PN', 'Secret^Name'],
            ],
          }),
        ]),
      ),
      'scan/DICOMDIR': 'names of files',
      'film.dcm': slice({ patient: 'P2', study: '1.2.4', series: '1.2.4.1' }),
    });
    const { files, labelsFrom, ...dry } = await bench.run({ dryRun: true });
    expect([files!.length, labelsFrom]).toEqual([21, 'none']);
    expect(dry).toMatchObject({ added: 21, patients: 2, series: 2, studies: 2, refused: [] });
    const report = await bench.run();
    expect({ ...report, dryRun: true }).toEqual(dry);
    expect(report.warnings).toEqual([
      'One DICOMDIR was passed over: the files beside it are looked at one by one.',
      '21 files have their patient from the DICOM header (PatientID): name a patient rule for another one.',
    ]);
    const scan = rows().filter(({ patient }) => patient === 'P1');
    expect(scan.map(({ position }) => position)).toEqual(shuffled.map((z) => z * 2.5));
    expect(new Set(scan.map(({ study, series }) => `${study} ${series}`))).toEqual(
      new Set(['1.2.3 1.2.3.1']),
    );
    expect(query('SELECT key, sex FROM patient ORDER BY key')).toEqual([
      { key: 'P1', sex: 'F' },
      { key: 'P2', sex: null },
    ]);
    expect(query('SELECT modality FROM series ORDER BY uid')).toEqual([
      { modality: 'CT' },
      { modality: null },
    ]);
    expect(query('SELECT age_years AS age FROM study ORDER BY uid')).toEqual([{ age: 63 }, { age: null }]);
    const stored = readFileSync(path.join(bench.session.folder, 'project.sqlite'), 'latin1');
    expect(stored.includes('Secret')).toBe(false);
    expect(await bench.run()).toMatchObject({ added: 0, alreadyPresent: 21, images: 21 });
  });

  it('has the patient that a rule gives in place of the header, and learns the header’s later', async () => {
    const film = { patient: 'tag', study: '1.2', series: '1.2.1' };
    bench.write({
      'A/P7/1.dcm': slice(film),
      'B/P7/2.dcm': slice(film),
      'B/P8/3.dcm': slice({ patient: 'P9' }),
    });
    const report = await bench.run({ labels: { from: 'folder' }, patient: { from: 'folder' } });
    expect(rows().map(({ patient, label }) => [patient, label])).toEqual([
      ['P7', 'A'],
      ['P7', 'B'],
      ['P8', 'B'],
    ]);
    expect(report.warnings).not.toContainEqual(expect.stringContaining('PatientID'));
    bench.write({ 'x/4.dcm': slice({ patient: 'late' }) });
    await bench.run({
      sources: ['x'],
      patient: { from: 'regex', pattern: '(none)' },
      labels: { from: 'none' },
    });
    const last = () => rows().find(({ name }) => name === '4.dcm')!.patient;
    expect(last()).toBeNull();
    await bench.run({ sources: ['x'], patient: { from: 'tag' }, labels: { from: 'none' } });
    expect(last()).toBe('late');
  });

  it('stays with the patient whom its study had first, and says which files name another', async () => {
    const study = { study: '1.2', series: '1.2.1' };
    bench.write({
      '1.dcm': slice({ ...study, patient: 'P1' }),
      '2.dcm': slice({ ...study, patient: 'P2' }),
      '3.dcm': slice({ ...study }),
      '4.dcm': slice({ study: '1.9', series: '1.2.1', patient: 'P4' }),
    });
    const { files: planned } = await bench.run({ dryRun: true });
    expect(planned!.filter(({ reason }) => reason?.includes('stays out') === true)).toHaveLength(2);
    const report = await bench.run();
    expect(report).toMatchObject({ added: 4, refused: [], patients: 3, series: 1 });
    expect(report.warnings).toContainEqual(
      expect.stringMatching(
        /^2 files stay out of the study .*2\.dcm" and ".*4\.dcm"\. Check the patients\.$/,
      ),
    );
    expect(rows().map(({ patient, series }) => [patient, series])).toEqual([
      ['P1', '1.2.1'],
      ['P2', null],
      ['P1', '1.2.1'],
      ['P4', null],
    ]);
  });

  it('gets the patient of its study as soon as one file tells it, now or in a later import', async () => {
    const film = (number: number) => slice({ study: '1.2', series: `1.2.${number % 2}` });
    bench.write({ 'a/1.dcm': film(1), 'a/2.dcm': film(2) });
    const first = await bench.run({ sources: ['a'] });
    expect(first.warnings).toContainEqual(expect.stringContaining('2 new images have no patient'));
    bench.write({ 'b/3.dcm': film(3), 'b/4.dcm': film(4), 'p.csv': 'file,label,who\n4.dcm,A,P1\n' });
    const table = { labels: { from: 'table', file: path.join(bench.data, 'p.csv') } } as const;
    const second = await bench.run({ sources: ['b'], ...table, patient: { from: 'column', column: 'who' } });
    expect(second.warnings).not.toContainEqual(expect.stringContaining('no patient'));
    expect(second).toMatchObject({ patients: 1, series: 2, studies: 1 });
    expect(rows().map(({ patient }) => patient)).toEqual(['P1', 'P1', 'P1', 'P1']);
  });
});

describe('a file of several pictures', () => {
  it('is as many images, labelled together or one by one, and comes in whole', async () => {
    bench.write({
      'cine.dcm': slice({ patient: 'P1', study: '1.2', series: '1.2.1', frames: 37 }),
      'film.png': greyPng(4, 4, pattern(16)),
      'labels.csv':
        'file,frame,label,who\ncine.dcm,,A,P1\ncine.dcm,3,B,\ncine.dcm,99,B,\nfilm.png,17,B,P2\ncine.dcm#4,,B,\n',
    });
    const labels = { from: 'table', file: path.join(bench.data, 'labels.csv') } as const;
    const patient = { from: 'column', column: 'who' } as const;
    const input = { sources: ['cine.dcm', 'film.png'], labels, patient };
    const { files, tableColumns, labelsFrom: _from, ...dry } = await bench.run({ ...input, dryRun: true });
    expect(tableColumns).toEqual(['file', 'frame', 'label', 'who']);
    expect(files).toMatchObject([
      { state: 'refused' },
      { state: 'new', class: 'A' },
      { state: 'new', class: 'B' },
    ]);
    const report = await bench.run(input);
    expect({ ...report, dryRun: true }).toEqual(dry);
    expect(report).toMatchObject({
      ...{ added: 38, labelled: 38, byClass: { A: 35, B: 3 } },
      refused: [{ code: 'labelFileNotFound', message: expect.stringContaining('37') as string }],
    });
    const cine = rows().filter(({ name }) => name === 'cine.dcm');
    expect(cine.map(({ frame }) => frame)).toEqual(Array.from({ length: 37 }, (_, frame) => frame));
    expect(cine.flatMap(({ label, frame }) => (label === 'B' ? [frame] : []))).toEqual([3, 4]);
    expect(await bench.run(input)).toMatchObject({ added: 0, alreadyPresent: 38 });
    const [first, second] = query<{ id: string }>(
      'SELECT id FROM image WHERE frame < 2 ORDER BY file_id, frame',
    );
    const files2 = [first!, second!].map(({ id }) => bench.session.dataset.file(id));
    expect(files2.map(({ frame }) => frame)).toEqual([0, 1]);
  });

  it('may be a volume, also a compressed one', async () => {
    const data = Buffer.from(Int16Array.from(pattern(4 * 3 * 21, 3000)).buffer);
    bench.write({
      'brain.nii.gz': gzipSync(writeNifti({ dims: [4, 3, 21], type: 4, data, pixDims: [1, 1, 2] })),
    });
    expect(await bench.run()).toMatchObject({ added: 21, images: 21, series: 1, studies: 1 });
    expect(rows().map(({ position }) => position)).toEqual(Array.from({ length: 21 }, (_, i) => 2 * i));
  });
});

describe('an import taken back', () => {
  const undo = () => reverseLabel(bench.session, 'undo', 'Ada');
  const redo = () => reverseLabel(bench.session, 'redo', 'Ada');
  const films = {
    'films/A/1.png': greyPng(4, 4, pattern(16)),
    'films/B/2.png': greyPng(4, 4, pattern(16).reverse()),
  };

  it('leaves nothing, comes back with a redo, and says what it was', async () => {
    bench.write({
      ...films,
      'films/B/3.dcm': slice({ patient: 'P1', study: '1.2', series: '1.2.1', frames: 2 }),
    });
    await bench.run({ sources: ['films'], reader: 'Ada' });
    const before = rows();
    expect(before).toHaveLength(4);
    const { result } = undo();
    expect(result).toMatchObject({ reader: 'Ada', count: 4 });
    expect(result.what).toContain('films');
    expect(rows()).toEqual([]);
    expect(bench.session.projects.classes()).toEqual([]);
    expect(query('SELECT * FROM record')).toEqual([]);
    redo();
    expect(rows()).toEqual(before);
    expect(query('SELECT images FROM import')).toEqual([{ images: 4 }]);
    expect(query("SELECT DISTINCT batch FROM event WHERE kind = 'set'")).toHaveLength(1);
    expect(query<{ what: string }>('SELECT what FROM import')[0]!.what).toBe('images from films');
  });

  it('comes in again as the images that it was, with other patients and labels', async () => {
    bench.write({
      ...{ 'a/P1/1.dcm': slice({ patient: 'tag', study: '1.2', series: '1.2.1' }) },
      'a/P1/2.dcm': slice({ patient: 'tag', study: '1.2', series: '1.2.1' }),
    });
    await bench.run({ sources: ['a'], reader: 'Ada' });
    setLabel(bench.session, { image: '1.dcm', class: null, reader: 'Ben' });
    const ids = () => query('SELECT id FROM image WHERE removed = 0 ORDER BY id');
    const before = ids();
    undo();
    const patient = { from: 'folder' } as const;
    const dry = await bench.run({ sources: ['a'], patient, labels: { from: 'none' }, dryRun: true });
    expect(dry).toMatchObject({ added: 2, alreadyPresent: 0, images: 2, patients: 1, series: 1 });
    const again = await bench.run({ sources: ['a'], patient, labels: { from: 'none' }, reader: 'Ada' });
    expect(again).toMatchObject({ added: 2, alreadyPresent: 0, images: 2, patients: 1, series: 1 });
    expect(ids()).toEqual(before);
    expect(rows().map(({ patient: key, study }) => [key, study])).toEqual([
      ['P1', '1.2'],
      ['P1', '1.2'],
    ]);
    expect(await bench.run({ sources: ['a'], reader: 'Ada' })).toMatchObject({ added: 0, alreadyPresent: 2 });
    undo();
    expect(imagesThere()).toBe(0);
  });

  it('takes the patient back that it gave to a study, and gives it again', async () => {
    const inStudy = (patient?: string) =>
      slice({ ...(patient !== undefined && { patient }), study: '1.2', series: '1.2.1' });
    bench.write({ 'one/1.dcm': inStudy(), 'two/2.dcm': inStudy('P'), 'three/3.dcm': inStudy('P') });
    await bench.run({ sources: ['one'] });
    await bench.run({ sources: ['two'], reader: 'Ada' });
    const patients = () => rows().map(({ patient }) => patient);
    expect(patients()).toEqual(['P', 'P']);
    undo();
    expect(patients()).toEqual([null]);
    redo();
    expect(patients()).toEqual(['P', 'P']);
    await bench.run({ sources: ['three'], reader: 'Ben' });
    undo();
    // Another import says so too.
    expect(patients()).toEqual(['P', 'P']);
    reverseLabel(bench.session, 'undo', 'Ben');
    expect(patients()).toEqual([null]);
  });

  it('keeps what a person said of an image for when it comes again', async () => {
    bench.write(films);
    await bench.run({ sources: ['films'] });
    const other = {
      'more/A/3.png': greyPng(
        4,
        4,
        pattern(16).map((value) => 255 - value),
      ),
    };
    bench.write(other);
    await bench.run({ sources: ['more'], labels: { from: 'folder' }, reader: 'Ada' });
    setLabel(bench.session, { image: '3.png', class: 'B', reader: 'Ben' });
    // Its own undo is refused by now; a copy that is merged in may have taken it back before.
    expect(undo).toThrow('Others have labelled');
    const { id } = query<{ id: string }>('SELECT id FROM import ORDER BY rowid DESC LIMIT 1')[0]!;
    const actor = bench.session.projects.readerNamed('Ada', 'person').id;
    bench.session.writing().journal.set([{ target: { kind: 'import', id }, to: null }], { actor, round: '' });
    expect(imagesThere()).toBe(2);
    expect(query('SELECT * FROM record')).toHaveLength(2);
    await bench.run({ sources: ['more'], labels: { from: 'folder' }, reader: 'Ada' });
    expect(rows().map(({ label }) => label)).toEqual(['A', 'B', 'B']);
  });

  it('takes back what a stopped import had brought, and makes nothing of one that brought nothing', async () => {
    bench.write(
      Object.fromEntries(
        Array.from({ length: 300 }, (_, i) => [
          `${i % 2 === 0 ? 'A' : 'B'}/${i}.png`,
          greyPng(
            4,
            4,
            pattern(16).map((value) => (value * (i + 1)) % 256),
          ),
        ]),
      ),
    );
    const controller = new AbortController();
    const stopped = bench.run({ reader: 'Ada', signal: controller.signal });
    await expect.poll(imagesThere).toBeGreaterThan(0);
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    const kept = imagesThere();
    expect(query('SELECT images FROM import')).toEqual([{ images: kept }]);
    undo();
    expect(imagesThere()).toBe(0);
    await bench.run({ reader: 'Ada' });
    expect(imagesThere()).toBeGreaterThan(kept - 1);
    const events = () => query('SELECT id FROM event').length;
    const before = events();
    await bench.run({ reader: 'Ada' });
    expect(events()).toBe(before);
  });

  it('belongs to nobody without a person, who then has nothing to undo', async () => {
    bench.write(films);
    await bench.run({ sources: ['films'] });
    setLabel(bench.session, { image: '1.png', class: 'B', reader: 'Ada' });
    undo();
    expect(() => undo()).toThrow(expect.objectContaining({ code: 'nothingToUndo' }));
    expect(imagesThere()).toBe(2);
  });
});

describe('what is said of labels at another level', () => {
  it('goes to the study, once, where the project’s labels are of studies', async () => {
    const labels = { ...bench.session.projects.labelSchema(), level: 'study' as const };
    const { journal } = bench.session.writing();
    const actor = bench.session.projects.readerNamed('Ada', 'person').id;
    journal.set([{ target: { kind: 'setting', id: 'labels' }, to: labels }], { actor, round: '' });
    bench.write({
      ...{ 'A/1.dcm': slice({ study: '1.2', series: '1' }), 'A/2.dcm': slice({ study: '1.2', series: '2' }) },
      'B/3.png': greyPng(4, 4, pattern(16)),
    });
    await bench.run({ labels: { from: 'folder' } });
    expect(query('SELECT target_kind AS kind FROM label ORDER BY 1')).toEqual([
      { kind: 'image' },
      { kind: 'study' },
    ]);
    expect(rows().map(({ label }) => label)).toEqual(['A', 'A', 'B']);
    // A later slice of the study has the study's label.
    bench.write({ 'more/4.dcm': slice({ study: '1.2', series: '1' }) });
    await bench.run({ sources: ['more'], labels: { from: 'none' } });
    expect(rows().map(({ label }) => label)).toEqual(['A', 'A', 'B', 'A']);
  });
});

it('refuses what is broken with its code, passes names on as they are, and takes in the rest', async () => {
  const whole = slice({ patient: 'Ü\n<img src=x onerror=alert(1)>', study: '1', series: '2' });
  const odd = 'ä\n<img src=x onerror=alert(1)>.dcm';
  bench.write({
    [odd]: whole,
    'torn.dcm': whole.subarray(0, whole.length - 8),
    'report.dcm': writeDicom([[tags.SOPClassUID, 'UI', '1.2.840.10008.5.1.4.1.1.88.11']]),
    'empty.ima': '',
    'text.dcm': 'no picture',
    'half.nii': writeNifti({ dims: [4, 4, 4], type: 2, data: Buffer.alloc(20) }),
    notes: 'not a picture either',
  });
  const report = await bench.run({ labels: { from: 'none' } });
  expect(Object.fromEntries(report.refused.map(({ file, code }) => [path.basename(file), code]))).toEqual({
    'torn.dcm': 'truncatedImage',
    'report.dcm': expect.any(String) as string,
    'empty.ima': 'emptyFile',
    'text.dcm': 'notAnImage',
    'half.nii': 'truncatedImage',
  });
  expect(report.added).toBe(1);
  expect(rows().map(({ name }) => name)).toEqual([odd]);
  expect(report.warnings).toContainEqual('One file is no picture and left alone (no extension).');
});
