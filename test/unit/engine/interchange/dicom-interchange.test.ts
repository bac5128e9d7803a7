import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { v7 as uuid } from 'uuid';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Annotation, Shape } from '../../../../src/contract/annotation.ts';
import type { LabelChangeInput } from '../../../../src/contract/label.ts';
import type { LabelFormat, WhichLabels } from '../../../../src/contract/interchange.ts';
import type { LabelSchema } from '../../../../src/contract/project.ts';
import { type Mask, shapeOfMask } from '../../../../src/core/masks.ts';
import { shapeMask } from '../../../../src/core/shapes.ts';
import { exportLabels } from '../../../../src/engine/interchange/export-labels.ts';
import { importLabels } from '../../../../src/engine/interchange/import-labels.ts';
import type { JobContext } from '../../../../src/engine/jobs.ts';
import { allAnnotations, changeAnnotations } from '../../../../src/engine/label/annotations.ts';
import { assignLabels } from '../../../../src/engine/label/label-service.ts';
import { itemsOf, code, number } from '../../../../src/worker/decode/dicom/data-set.ts';
import { openPart10 } from '../../../../src/worker/decode/dicom/open-part10.ts';
import { tags } from '../../../../src/worker/decode/dicom/tags.ts';
import { readWholeText } from '../../../../src/worker/decode/dicom/text.ts';
import { imageElements, writeDicom } from '../../../support/dicom-files.ts';
import { dicomStudy } from '../../../support/dicom-films.ts';
import { type ImportBench, openImportBench } from '../../../support/import-project.ts';
import { greyPng, pattern } from '../../../support/picture-files.ts';

const classes = ['normal', 'nodule, solid', 'Ödem "α"'];

let folder: string;
let bench: ImportBench;
let copies: ImportBench[];
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-dicom-labels-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  copies = [];
  bench = await openProject();
});
afterEach(async () => {
  for (const one of copies) await one.close();
});

const context: JobContext = { signal: new AbortController().signal, progress: () => undefined };

/** A project with the study imported. */
async function openProject(labels: Partial<LabelSchema> = {}): Promise<ImportBench> {
  const opened = await openImportBench({ classes });
  copies.push(opened);
  const { session } = opened;
  const to = { ...session.projects.labelSchema(), ...labels };
  const actor = session.projects.readerNamed('Ada', 'person').id;
  session.writing().journal.set([{ target: { kind: 'setting', id: 'labels' }, to }], { actor, round: '' });
  opened.write(dicomStudy);
  await opened.run();
  return opened;
}

/** Images by path and frame. */
function imagesOf({ session }: ImportBench): Map<string, string> {
  return new Map(
    session.interchange
      .images(0, 100)
      .map(({ relativePath, frame, image }) => [`${relativePath} ${frame}`, image]),
  );
}
const imageOf = (project: ImportBench, name: string, frame = 0): string =>
  imagesOf(project).get(`${name} ${frame}`)!;

async function write(format: LabelFormat, which: WhichLabels = { of: 'all' }, from = bench) {
  const to = path.join(folder, uuid());
  const dicom = { pool: from.pool, version: 'test' };
  const result = await exportLabels(from.session, { project: '', format, to, which }, context, dicom);
  return { to, result, files: readdirSync(to).map((name) => path.join(to, name)) };
}

const take = (to: ImportBench, source: string, format: LabelFormat = 'dicom-seg') =>
  importLabels(to.session, { project: '', format, source, reader: 'Cem', dryRun: false }, context, {
    pool: to.pool,
  });

function draw(
  name: string,
  frame: number,
  shape: Shape,
  rest: Partial<Annotation> = {},
  reader = 'Ada',
): void {
  const image = imageOf(bench, name, frame);
  const put = [{ id: uuid(), class: null, shape, ...rest }];
  changeAnnotations(bench.session, { image, reader, round: '', put, remove: [] });
}

const classId = (name: string, { session } = bench): string => session.projects.classNamed(name).id;

/** What a reader drew, by path and frame, with classes by name. */
function drawnBy(reader: string, project: ImportBench): Record<string, object[]> {
  const names = project.session.projects.shownClassNames();
  return Object.fromEntries(
    [...imagesOf(project)]
      .map(([name, image]) => {
        const drawn = allAnnotations(project.session, image).filter((one) => one.reader === reader);
        const plain = drawn.map(({ class: id, shape, unsure, comment }) =>
          JSON.stringify({ class: id === null ? null : names.get(id), shape, unsure, comment }),
        );
        return [name, [...new Set(plain)].sort().map((text) => JSON.parse(text) as object)] as const;
      })
      .filter(([, list]) => list.length > 0),
  );
}

const word = (name: string, frame: number, change: LabelChangeInput, reader = 'Ada', from = bench): void =>
  void assignLabels(from.session, [imageOf(from, name, frame)], { change, reader, round: '' });

/** A reader's words by path and frame, with classes by name. */
function wordsBy(reader: string, { session }: ImportBench): Record<string, object> {
  const names = session.projects.shownClassNames();
  return Object.fromEntries(
    session.interchange.images(0, 100).flatMap(({ image, relativePath, frame }) =>
      session.interchange
        .words([image])
        .filter((said) => said.reader === reader)
        .map(({ value }) => [
          `${relativePath} ${frame}`,
          {
            ...value,
            ...(value.class !== undefined && { class: names.get(value.class) }),
            ...(value.classes && { classes: value.classes.map((id) => names.get(id)).sort() }),
          },
        ]),
    ),
  );
}

const rectangle = (x: number, y: number, width: number, height: number): Shape => ({
  ...{ kind: 'mask', x, y, width, height },
  runs: [0, width * height],
});

const bits: fc.Arbitrary<Shape> = fc
  .record({
    x: fc.nat(4),
    y: fc.nat(4),
    bits: fc.array(fc.constantFrom(0, 1), { minLength: 30, maxLength: 30 }),
  })
  .map(({ x, y, bits: data }): Mask => ({ x, y, width: 6, height: 5, data: Uint8Array.from(data) }))
  .map(shapeOfMask)
  .filter((shape) => shape !== null);
const quarter = (most: number) => fc.integer({ min: 0, max: most * 4 }).map((value) => value / 4);
const point = fc.tuple(quarter(10), quarter(9));
const outline = fc.array(point, { minLength: 3, maxLength: 8 });
const outlines: fc.Arbitrary<Shape> = fc.oneof(
  outline.map((points) => ({ kind: 'polygon' as const, points })),
  outline.map((points) => ({ kind: 'freehand' as const, points })),
  point.map(([x, y]) => ({ kind: 'point' as const, x, y })),
  fc
    .tuple(quarter(4), quarter(4), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
    .map(([x, y, width, height]) => ({
      kind: 'box' as const,
      ...{ x, y, width: width / 4, height: height / 4 },
    })),
);
const places = [
  ['ct/1.dcm', 0],
  ['ct/2.dcm', 0],
  ['ct/3.dcm', 0],
  ['cr.dcm', 0],
  ['frames.dcm', 0],
  ['frames.dcm', 2],
] as const;
const drawing = (shape: fc.Arbitrary<Shape>) =>
  fc.array(
    fc.record({
      place: fc.constantFrom(...places),
      class: fc.option(fc.constantFrom(...classes)),
      shape,
      unsure: fc.boolean(),
      comment: fc
        .string({ maxLength: 40, unit: 'grapheme' })
        .map((text) => text.replace(/[\p{Cc}\p{Cs}]/gu, ' ').trim()),
    }),
    { minLength: 15, maxLength: 25 },
  );

describe('DICOM segmentations', () => {
  it('carry masks of every kind of image, apart where they lie on one another', async () => {
    for (const one of fc.sample(drawing(bits), { numRuns: 1, seed: 3 })[0]!)
      draw(one.place[0], one.place[1], one.shape, { class: one.class === null ? null : classId(one.class) });
    const { to, result, files } = await write('dicom-seg');
    // A file for each series.
    expect(files).toHaveLength(3);
    const copy = await openProject();
    const report = await take(copy, to);
    expect(report.refused).toEqual([]);
    expect(report.shapes).toBe(result.shapes);
    expect(drawnBy('import', copy)).toEqual(drawnBy('Ada', bench));
    expect(await take(copy, to)).toMatchObject({ shapes: 0, alreadyPresent: result.shapes });
  });

  it('make boxes and outlines masks, leave points out, and say so', async () => {
    const box: Shape = { kind: 'box', x: 2.25, y: 3, width: 6, height: 5 };
    draw('ct/1.dcm', 0, box, { class: classId('normal') });
    draw('ct/1.dcm', 0, { kind: 'point', x: 1, y: 1 });
    const { to, result } = await write('dicom-seg');
    expect(result).toMatchObject({ shapes: 1 });
    expect(result.warnings.join(' ')).toMatch(/1 outline became masks.*1 shape left out/);
    const copy = await openProject();
    await take(copy, to);
    const mask = shapeOfMask(shapeMask(box, { width: 24, height: 16 })!);
    expect(drawnBy('import', copy)).toEqual({ 'ct/1.dcm 0': [{ class: 'normal', shape: mask }] });
  });

  it('belong to the patient, study and place of their images, a file for each reader', async () => {
    draw('ct/2.dcm', 0, rectangle(1, 2, 3, 4), { class: classId(classes[2]!) });
    draw('ct/1.dcm', 0, rectangle(1, 2, 3, 4), { class: classId(classes[2]!) });
    draw('ct/1.dcm', 0, rectangle(0, 0, 24, 16), {}, 'Bo');
    const { files } = await write('dicom-seg');
    const sets = files.map((file) => openPart10(readFileSync(file)).dataSet);
    expect(sets.map((one) => code(one, 0x0070_0084)).sort()).toEqual(['Ada', 'Bo']);
    const ours = sets.find((one) => code(one, 0x0070_0084) === 'Ada')!;
    expect(await readWholeText(ours, tags.PatientName, 100)).toBe('Müléer^Ada');
    const texts = [tags.PatientID, tags.StudyInstanceUID, tags.FrameOfReferenceUID, tags.AccessionNumber];
    expect(texts.map((tag) => code(ours, tag))).toEqual(['P-1', '1.2.3.1', '1.2.3.9', 'A 77']);
    expect(number(ours, tags.NumberOfFrames, 'DS')).toBe(2);
    const [shared] = itemsOf(ours, tags.SharedFunctionalGroupsSequence);
    const [measures] = itemsOf(shared!, tags.PixelMeasuresSequence);
    expect(code(measures!, tags.PixelSpacing)).toBe('0.7');
    const positions = itemsOf(ours, tags.PerFrameFunctionalGroupsSequence).map((frame) =>
      number(itemsOf(frame, tags.PlanePositionSequence)[0]!, tags.ImagePositionPatient, 'DS'),
    );
    expect(positions).toEqual([-10, -10]);
    const [segment] = itemsOf(ours, tags.SegmentSequence);
    expect(await readWholeText(segment!, tags.SegmentLabel, 100, ours)).toBe(classes[2]);
  });

  it('take in only what they name, and tell what is not here', async () => {
    draw('ct/1.dcm', 0, rectangle(1, 2, 3, 4), { class: classId('normal') });
    draw('frames.dcm', 1, rectangle(0, 0, 2, 2), { class: classId('normal') });
    const { to } = await write('dicom-seg');
    const other = await openImportBench({ classes: ['normal'] });
    copies.push(other);
    other.write({ 'frames.dcm': dicomStudy['frames.dcm']! });
    await other.run();
    const report = await take(other, to);
    expect(report).toMatchObject({ shapes: 1, refusedTotal: 1 });
    expect(report.refused[0]).toMatchObject({ code: 'unknownImage' });
    expect(Object.keys(drawnBy('import', other))).toEqual(['frames.dcm 1']);
  });

  it('leave out images that are no DICOM files', async () => {
    bench.write({ 'plain.png': greyPng(20, 20, pattern(20, 20)) });
    await bench.run();
    draw('plain.png', 0, rectangle(1, 1, 2, 2));
    const { result, files } = await write('dicom-seg');
    expect(files).toEqual([]);
    expect(result.warnings.join(' ')).toContain('1 image left out: no DICOM files');
  });
});

it('what was written of a project is there already when it is read again, whoever drew it', async () => {
  const points = [
    [1.2345, 2],
    [8, 2.5],
    [7, 7.1],
  ] as [number, number][];
  draw('ct/1.dcm', 0, rectangle(1, 2, 3, 4), { class: classId('normal') });
  draw('ct/1.dcm', 0, { kind: 'polygon', points }, { class: classId('normal'), comment: 'edge' }, 'Bo');
  draw('cr.dcm', 0, { kind: 'point', x: 2.75, y: 1 / 3 }, { unsure: true });
  word('ct/2.dcm', 0, { class: 'normal', comment: 'sure' }, 'Bo');
  const masks = await write('dicom-seg');
  expect(await take(bench, masks.to)).toMatchObject({ shapes: 0, labels: 0, alreadyPresent: 2 });
  const reports = await write('dicom-sr');
  const report = await take(bench, reports.to, 'dicom-sr');
  expect(report).toMatchObject({ shapes: 0, labels: 0, images: 0, alreadyPresent: 3 });
  expect(drawnBy('import', bench)).toEqual({});
});

describe('DICOM reports', () => {
  it('lose nothing of outlines and points: kinds, places, classes, comments, doubts', async () => {
    for (const one of fc.sample(drawing(outlines), { numRuns: 1, seed: 5 })[0]!) {
      draw(one.place[0], one.place[1], one.shape, {
        class: one.class === null ? null : classId(one.class),
        ...(one.unsure && { unsure: true as const }),
        ...(one.comment !== '' && { comment: one.comment }),
      });
    }
    const { to, result, files } = await write('dicom-sr');
    expect(files).toHaveLength(1);
    const copy = await openProject();
    const report = await take(copy, to, 'dicom-sr');
    expect(report.refused).toEqual([]);
    expect(report.shapes).toBe(result.shapes);
    expect(drawnBy('import', copy)).toEqual(drawnBy('Ada', bench));
  });

  it('carry an outline of more points than explicit VR can count', async () => {
    const points = Array.from({ length: 9000 }, (_, i): [number, number] => [(i % 90) / 4, (i % 60) / 4]);
    draw('ct/1.dcm', 0, { kind: 'freehand', points });
    const { to } = await write('dicom-sr');
    const copy = await openProject();
    await take(copy, to, 'dicom-sr');
    expect(drawnBy('import', copy)).toEqual(drawnBy('Ada', bench));
  });

  it('carry labels of record rather than those of readers, with comments and marks', async () => {
    word('ct/1.dcm', 0, { class: classes[1]!, unsure: true, comment: 'line one\nline \\ two ü' });
    word('ct/2.dcm', 0, { skipped: true });
    word('frames.dcm', 2, { class: classes[2]!, bookmarked: true });
    word('ct/3.dcm', 0, { class: classes[0]! }, 'Bo');
    const all = await write('dicom-sr');
    // Ada's, Bo's and those of record.
    expect(all.files).toHaveLength(3);
    const copy = await openProject();
    const report = await take(copy, all.to, 'dicom-sr');
    expect(report.refused).toEqual([]);
    expect(report.warnings.join(' ')).toContain('4 labels of single readers passed over');
    expect(wordsBy('import', copy)).toEqual({
      'ct/1.dcm 0': { class: classes[1], unsure: true },
      'ct/3.dcm 0': { class: classes[0] },
      'frames.dcm 2': { class: classes[2] },
    });
    const ada = await write('dicom-sr', { of: 'reader', reader: 'Ada' });
    const second = await openProject();
    await take(second, ada.to, 'dicom-sr');
    expect(wordsBy('import', second)).toEqual(wordsBy('Ada', bench));
  });

  it('carry sets of classes and numbers', async () => {
    const multi = await openProject({ kind: 'multi' });
    word('ct/1.dcm', 0, { classes: { set: [classes[0]!, classes[2]!] } }, 'Ada', multi);
    word('ct/2.dcm', 0, { classes: { set: [] } }, 'Ada', multi);
    const sets = await write('dicom-sr', { of: 'all' }, multi);
    const other = await openProject({ kind: 'multi' });
    expect((await take(other, sets.to, 'dicom-sr')).refused).toEqual([]);
    expect(wordsBy('import', other)).toEqual(wordsBy('Ada', multi));

    const number = { unit: 'mm', low: null, high: null, decimals: 6 };
    const measured = await openProject({ kind: 'number', number });
    word('cr.dcm', 0, { number: -12345.678901 }, 'Ada', measured);
    const numbers = await write('dicom-sr', { of: 'record' }, measured);
    const second = await openProject({ kind: 'number', number });
    expect((await take(second, numbers.to, 'dicom-sr')).refused).toEqual([]);
    expect(wordsBy('import', second)).toEqual(wordsBy('Ada', measured));
  });

  it('leave masks to segmentations, and say so', async () => {
    draw('ct/1.dcm', 0, rectangle(1, 1, 2, 2));
    const { result, files } = await write('dicom-sr');
    expect(files).toEqual([]);
    expect(result.warnings.join(' ')).toMatch(/1 shape left out: reports have no masks/);
  });
});

describe('files that are damaged', () => {
  it('are refused with a code, wherever they end, and change nothing', async () => {
    draw('ct/1.dcm', 0, rectangle(1, 2, 3, 4), { class: classId('normal') });
    draw('ct/1.dcm', 0, { kind: 'point', x: 1, y: 1 }, { class: classId('normal') });
    const damaged = path.join(folder, uuid());
    mkdirSync(damaged);
    for (const format of ['dicom-seg', 'dicom-sr'] as const) {
      const [file] = (await write(format)).files;
      const bytes = readFileSync(file!);
      for (let part = 0; part < 12; part += 1) {
        const name = path.join(damaged, `${format}-${part}.dcm`);
        writeFileSync(name, bytes.subarray(0, Math.floor((bytes.length * part) / 12)));
        const changed = Buffer.from(bytes);
        for (let at = 140 + part; at < changed.length; at += 97) changed[at]! ^= 0xff;
        writeFileSync(path.join(damaged, `${format}-changed-${part}.dcm`), changed);
      }
    }
    const copy = await openProject();
    const report = await take(copy, damaged);
    expect(report.refusedTotal).toBeGreaterThan(20);
    for (const { code: refusal } of report.refused) expect(refusal).toMatch(/^[a-z][A-Za-z]+$/);
    const drawn = Object.values(drawnBy('import', copy)).flat();
    expect(drawn.length).toBeLessThanOrEqual(report.shapes);
  });

  it('are refused as what they are where there is one', async () => {
    const image = path.join(bench.data, 'cr.dcm');
    await expect(take(bench, image)).rejects.toMatchObject({ code: 'unsupportedFormat' });
    await expect(take(bench, path.join(folder, 'none'))).rejects.toMatchObject({ code: 'fileNotFound' });
    const many = path.join(folder, 'many.dcm');
    const elements = [
      ...imageElements({ rows: 65_535, columns: 65_535, allocated: 1, frames: 2 ** 31 - 1 }).slice(1),
      [tags.SOPClassUID, 'UI', '1.2.840.10008.5.1.4.1.1.66.4'],
      [tags.SegmentationType, 'CS', 'BINARY'],
      [tags.PixelData, 'OW', Buffer.alloc(16)],
    ] as const;
    writeFileSync(many, writeDicom(elements));
    await expect(take(bench, many)).rejects.toMatchObject({ code: 'imageTooLarge' });
  });
});
