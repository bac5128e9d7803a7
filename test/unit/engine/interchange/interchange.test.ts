import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import fc from 'fast-check';
import { v7 as uuid } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Annotation, Shape } from '../../../../src/contract/annotation.ts';
import type { LabelFormat, WhichLabels } from '../../../../src/contract/interchange.ts';
import type { LabelSchema } from '../../../../src/contract/project.ts';
import { type Mask, shapeOfMask } from '../../../../src/core/masks.ts';
import { imageQuerySchema } from '../../../../src/contract/image.ts';
import { outlook } from '../../../../src/engine/interchange/outlook.ts';
import { exportLabels } from '../../../../src/engine/interchange/export-labels.ts';
import { importLabels } from '../../../../src/engine/interchange/import-labels.ts';
import type { JobContext } from '../../../../src/engine/jobs.ts';
import { allAnnotations, changeAnnotations } from '../../../../src/engine/label/annotations.ts';
import { createDecodePool } from '../../../../src/engine/media/decode-pool.ts';
import { assignLabels } from '../../../../src/engine/label/label-service.ts';
import { reversibleActions } from '../../../../src/engine/label/label-history.ts';
import { changeClass, retireClass } from '../../../../src/engine/project/classes.ts';
import { mergeClasses } from '../../../../src/engine/project/class-merging.ts';

import { type ImageProject, openImageProject } from '../../../support/image-project.ts';
import { spawnDecoder } from '../../../support/import-project.ts';

const [width, height] = [40, 30];
const paths = ['a/1.png', 'a/2.png', 'b/1.png', 'c.d.png'];
const classes = ['normal', 'nodule, solid', 'a|b "c"'];

let folder: string;
let opened: ImageProject[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-interchange-'));
  opened = [];
});
afterEach(() => {
  for (const project of opened) project.close();
  rmSync(folder, { recursive: true });
});

/** Starts no process: the files here are no DICOM files. */
const dicom = { pool: createDecodePool({ spawn: spawnDecoder, size: 1 }), version: 'test' };

const context = (signal = new AbortController().signal): JobContext => ({
  signal,
  progress: () => undefined,
});

/** A project with the same pictures each time. */
async function open(
  names = classes,
  labels: Partial<LabelSchema> = {},
): Promise<ImageProject & { ids: string[] }> {
  const project = await openImageProject(names);
  opened.push(project);
  const { session } = project;
  const to = { ...session.projects.labelSchema(), ...labels };
  const actor = session.projects.readerNamed('Ada', 'person').id;
  session.writing().journal.set([{ target: { kind: 'setting', id: 'labels' }, to }], { actor, round: '' });
  return { ...project, ids: project.add(paths.map((one) => ({ path: one, width, height }))) };
}

const fileFor = (format: LabelFormat): string =>
  path.join(folder, `${uuid()}${format === 'yolo' ? '' : `.${format}`}`);

async function carry(
  from: ImageProject,
  to: ImageProject,
  format: LabelFormat,
  which: WhichLabels = { of: 'reader', reader: 'Ada' },
) {
  const file = fileFor(format);
  const exported = await exportLabels(
    from.session,
    { project: '', format, to: file, which },
    context(),
    dicom,
  );
  const report = await take(to, format, file);
  return { file, exported, report };
}

const take = (to: ImageProject, format: LabelFormat, source: string, dryRun = false) =>
  importLabels(to.session, { project: '', format, source, reader: 'Cem', dryRun }, context(), dicom);

const draw = (project: ImageProject, image: string, drawn: Annotation[], reader = 'Ada') =>
  changeAnnotations(project.session, { image, reader, round: '', put: drawn, remove: [] });

/** What is drawn on each image, with classes by name and without ids, in an order of its own. */
function drawnOn(project: ImageProject & { ids: string[] }, reader: string) {
  const names = project.session.projects.shownClassNames();
  return project.ids.map((image) =>
    allAnnotations(project.session, image)
      .filter((one) => one.reader === reader)
      .map(({ class: id, shape, unsure, comment }) => ({
        ...{ class: id === null ? null : names.get(id), shape },
        ...{ unsure: unsure === true, comment: comment ?? '' },
      }))
      .map((one) => JSON.stringify(one))
      .sort()
      .map((text) => JSON.parse(text) as { class: string | null; shape: Shape }),
  );
}

/** A reader's words, with classes by name. */
function wordsOf(project: ImageProject & { ids: string[] }, reader: string) {
  const { session } = project;
  const names = session.projects.shownClassNames();
  const found = session.interchange.words(project.ids).filter((word) => word.reader === reader);
  return project.ids.map((image) => {
    const value = found.find((word) => word.image === image)?.value;
    return (
      value && {
        ...value,
        ...(value.class !== undefined && { class: names.get(value.class) }),
        ...(value.classes !== undefined && { classes: value.classes.map((id) => names.get(id)).sort() }),
      }
    );
  });
}

const undo = (project: ImageProject, reader = 'Cem') => {
  const { id } = project.session.projects.findReader(reader, 'person')!;
  project.session.writing().journal.undo(id, '');
};

const quarters = (most: number) => fc.integer({ min: 0, max: most * 4 }).map((quarter) => quarter / 4);
const point = fc.tuple(quarters(width), quarters(height));
const points = fc.array(point, { minLength: 3, maxLength: 8 });
const box: fc.Arbitrary<Shape> = fc
  .tuple(
    quarters(width - 1),
    quarters(height - 1),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 40 }),
  )
  .map(([x, y, w, h]) => ({
    ...{ kind: 'box' as const, x, y },
    ...{ width: Math.min(w / 2, width - x), height: Math.min(h / 2, height - y) },
  }));
const mask: fc.Arbitrary<Shape> = fc
  .record({
    x: fc.nat(width - 6),
    y: fc.nat(height - 5),
    bits: fc.array(fc.constantFrom(0, 1), { minLength: 30, maxLength: 30 }),
  })
  .map(({ x, y, bits }): Mask => ({ x, y, width: 6, height: 5, data: Uint8Array.from(bits) }))
  .map(shapeOfMask)
  .filter((shape) => shape !== null);
const shapes: fc.Arbitrary<Shape> = fc.oneof(
  box,
  mask,
  points.map((list) => ({ kind: 'polygon' as const, points: list })),
  points.map((list) => ({ kind: 'freehand' as const, points: list })),
  point.map(([x, y]) => ({ kind: 'point' as const, x, y })),
);
const text = fc
  .string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
  .map((words) => words.replace(/[\p{Cc}\p{Cs}]/gu, ' ').trim());
const annotations = fc.array(
  fc.record({
    image: fc.nat(paths.length - 1),
    class: fc.option(fc.nat(classes.length - 1)),
    shape: shapes,
    unsure: fc.boolean(),
    comment: text,
  }),
  { maxLength: 12 },
);

describe('COCO', () => {
  it('loses nothing of shapes: kinds, coordinates, classes, comments, doubts', async () => {
    await fc.assert(
      fc.asyncProperty(annotations, async (all) => {
        const [from, to] = [await open(), await open()];
        const ids = classes.map((name) => from.classId(name));
        for (const { image, class: place, shape, unsure, comment } of all) {
          const one: Annotation = {
            ...{ id: uuid(), class: place === null ? null : ids[place]!, shape },
            ...(unsure && { unsure: true as const }),
            ...(comment !== '' && { comment }),
          };
          draw(from, from.ids[image]!, [one]);
        }
        const { report, exported } = await carry(from, to, 'coco');
        expect(report.refused).toEqual([]);
        expect(exported.shapes).toBe(all.length);
        // The same shape drawn twice is one.
        const distinct = drawnOn(from, 'Ada').map((list) => [
          ...new Set(list.map((one) => JSON.stringify(one))),
        ]);
        expect(drawnOn(to, 'import').map((list) => list.map((one) => JSON.stringify(one)))).toEqual(distinct);
      }),
      { numRuns: 10 },
    );
  }, 60_000);

  it('carries labels of record, and finds that nothing is new the second time', async () => {
    const [from, to] = [await open(), await open(['normal'])];
    assignLabels(from.session, [from.ids[0]!, from.ids[2]!], {
      change: { class: classes[1]! },
      reader: 'Ada',
      round: '',
    });
    assignLabels(from.session, [from.ids[0]!], { change: { unsure: true }, reader: 'Ada', round: '' });
    draw(from, from.ids[1]!, [
      { id: uuid(), class: from.classId('normal'), shape: { kind: 'point', x: 1, y: 1 } },
    ]);
    const { report, file } = await carry(from, to, 'coco', { of: 'all' });
    expect(report).toMatchObject({
      labels: 2,
      shapes: 1,
      images: 3,
      newClasses: [classes[1]],
      refusedTotal: 0,
    });
    expect(wordsOf(to, 'import')).toEqual([
      { class: classes[1], unsure: true },
      undefined,
      { class: classes[1] },
      undefined,
    ]);
    expect(await take(to, 'coco', file)).toMatchObject({
      labels: 0,
      shapes: 0,
      images: 0,
      alreadyPresent: 3,
    });
    undo(to);
    expect(to.session.projects.classes().map(({ name }) => name)).toEqual(['normal']);
    expect(wordsOf(to, 'import').filter(Boolean)).toEqual([]);
    expect(drawnOn(to, 'import').flat()).toEqual([]);
  });

  it('finds its own shapes and labels in the project that it was written from, whoever gave them', async () => {
    const from = await open();
    const [normal, nodule] = ['normal', 'nodule, solid'].map((name) => from.classId(name));
    const area = { kind: 'mask' as const, x: 3, y: 4, width: 2, height: 2, runs: [0, 4] };
    draw(from, from.ids[0]!, [
      { id: uuid(), class: normal!, shape: area },
      { id: uuid(), class: null, shape: { kind: 'box', x: 1 / 3, y: 2, width: 3, height: 4 }, unsure: true },
    ]);
    const freehand = [
      [1.23456, 2],
      [9, 2],
      [9, 8.7654321],
    ] as [number, number][];
    draw(
      from,
      from.ids[1]!,
      [{ id: uuid(), class: nodule!, shape: { kind: 'freehand', points: freehand } }],
      'Bo',
    );
    const said = { change: { class: 'normal', unsure: true as const }, reader: 'Bo', round: '' };
    assignLabels(from.session, from.ids.slice(0, 2), said);
    const { file, report } = await carry(from, from, 'coco', { of: 'all' });
    expect(report).toMatchObject({ labels: 0, shapes: 0, images: 0, alreadyPresent: 5, warnings: [] });
    const yolo = await carry(from, from, 'yolo', { of: 'all' });
    // A box without a class is left out of it.
    expect(yolo.report).toMatchObject({ shapes: 0, alreadyPresent: 2 });
    expect((await carry(from, from, 'csv', { of: 'all' })).report).toMatchObject({
      labels: 0,
      alreadyPresent: 2,
    });

    // Another class or place is another shape, and another label another one.
    const edited = readFileSync(file, 'utf8')
      .replace('"category_id":2', '"category_id":1')
      .replace('"bbox":[0.333', '"bbox":[0.533')
      .replace('"label":"normal"', '"label":"nodule, solid"');
    const changed = path.join(folder, 'changed.json');
    writeFileSync(changed, edited);
    expect(await take(from, 'coco', changed)).toMatchObject({ labels: 1, shapes: 2, alreadyPresent: 2 });
  });

  it('is read as others write it: several outlines, run lengths, categories by any id, images below other folders', async () => {
    const to = await open([]);
    const file = path.join(folder, 'foreign.json');
    const images = [
      { id: 7, file_name: 'images/train/a/1.png', width, height },
      { id: 8, file_name: 'c.d.png' },
      { id: 9, file_name: '1.png' },
      { id: 10, file_name: 'a/2.png', width: 99, height },
    ];
    const annotations = [
      { id: 1, image_id: 7, category_id: 3, bbox: [1, 2, 3, 4], segmentation: [], iscrowd: 0, area: 12 },
      {
        ...{ id: 2, image_id: 7, category_id: 3, iscrowd: 0 },
        segmentation: [
          [0, 0, 2, 0, 2, 2, 0, 2],
          [4, 0, 6, 0, 6, 2, 4, 2],
        ],
      },
      {
        id: 3,
        image_id: 8,
        category_id: 3,
        iscrowd: 1,
        segmentation: { size: [height, width], counts: [0, 2, 1198] },
      },
      { id: 4, image_id: 8, category_id: 3, bbox: [-5, -5, 20, 20] },
      { id: 5, image_id: 8, category_id: 4, bbox: [0, 0, 1, 1] },
      { id: 6, image_id: 8, category_id: 3, segmentation: { size: [height, width], counts: [5] } },
      { id: 7, image_id: 77, category_id: 3, bbox: [0, 0, 1, 1] },
      { id: 8, image_id: 8, category_id: 3, bbox: [0, 'x', 1, 1] },
      { id: 9, image_id: 9, category_id: 3, bbox: [0, 0, 1, 1] },
      { id: 10, image_id: 8, category_id: 3, bbox: [50, 50, 10, 10] },
    ];
    // Annotations may stand before what they refer to.
    writeFileSync(
      file,
      JSON.stringify({
        annotations,
        images,
        categories: [
          { id: 3, name: 'car' },
          { id: 5, name: 'dog' },
        ],
      }),
    );
    const report = await take(to, 'coco', file);
    expect(report).toMatchObject({ shapes: 4, newClasses: ['car'] });
    expect(report.warnings).toEqual(['1 shape reached beyond the picture and were cut at its border.']);
    expect(report.refused.map(({ where, code }) => `${where} ${code}`)).toEqual([
      '1.png ambiguousImage',
      'a/2.png badTable',
      'annotations[4] badTable',
      'annotations[5] badTable',
      'annotations[6] badTable',
      'annotations[7] badTable',
      'annotations[9] badTable',
    ]);
    expect(drawnOn(to, 'import').map((list) => list.map(({ shape }) => shape))).toEqual([
      [
        { kind: 'box', x: 1, y: 2, width: 3, height: 4 },
        { kind: 'mask', x: 0, y: 0, width: 6, height: 2, runs: [0, 2, 2, 4, 2, 2] },
      ],
      [],
      [],
      [
        { kind: 'box', x: 0, y: 0, width: 15, height: 15 },
        { kind: 'mask', x: 0, y: 0, width: 1, height: 2, runs: [0, 2] },
      ],
    ]);
  });

  it('that is no JSON or ends in the middle is refused, and nothing of it stands', async () => {
    const to = await open();
    const file = path.join(folder, 'bad.json');
    const bad = expect.objectContaining({ code: 'badTable' }) as Error;
    for (const content of ['', '{"images": [', 'hello', '{"images": [}]}']) {
      writeFileSync(file, content);
      await expect(take(to, 'coco', file)).rejects.toThrow(bad);
    }
    await expect(take(to, 'coco', path.join(folder, 'none.json'))).rejects.toThrow(
      expect.objectContaining({ code: 'fileNotFound' }) as Error,
    );
    await expect(take(to, 'coco', folder)).rejects.toThrow(bad);
  });
});

describe('YOLO', () => {
  it('loses nothing of boxes and outlines of a class', async () => {
    const held = fc.array(
      fc.record({
        image: fc.nat(paths.length - 1),
        class: fc.nat(classes.length - 1),
        shape: fc.oneof(
          box,
          points
            .filter((list) => [0, 1].every((axis) => new Set(list.map((one) => one[axis])).size > 1))
            .map((list) => ({ kind: 'polygon' as const, points: list })),
        ),
      }),
      { maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(held, async (all) => {
        const [from, to] = [await open(), await open()];
        const ids = classes.map((name) => from.classId(name));
        for (const { image, class: place, shape } of all)
          draw(from, from.ids[image]!, [{ id: uuid(), class: ids[place]!, shape }]);
        const file = fileFor('yolo');
        const which = { of: 'reader', reader: 'Ada' } as const;
        await exportLabels(from.session, { project: '', format: 'yolo', to: file, which }, context(), dicom);
        if (all.length === 0) return;
        const report = await take(to, 'yolo', file);
        expect(report.refused).toEqual([]);
        const kept = drawnOn(from, 'Ada').map((list) => withoutBoxesAround(list));
        expect(drawnOn(to, 'import').map((list) => list.map((one) => JSON.stringify(one)))).toEqual(
          kept.map((list) => [...new Set(list.map((one) => JSON.stringify(one)))]),
        );
      }),
      { numRuns: 10 },
    );
  }, 60_000);

  it('says before and after that the parts of a mask become shapes of their own', async () => {
    const [from, to] = [await open(), await open()];
    const shape = { kind: 'mask' as const, x: 4, y: 6, width: 5, height: 1, runs: [0, 1, 1, 1, 1, 1] };
    draw(from, from.ids[0]!, [
      { id: uuid(), class: from.classId('normal'), shape },
      { id: uuid(), class: null, shape },
    ]);
    const { exported, report } = await carry(from, to, 'yolo', { of: 'all' });
    expect(exported).toMatchObject({ shapes: 1, warnings: { length: 3 } });
    expect(exported.warnings.slice(1)).toEqual([
      expect.stringMatching(
        /^1 mask written as outlines: .* each part of one comes back as a shape of its own/,
      ),
      '1 mask became 3 outlines, one for each part.',
    ]);
    expect(report.shapes).toBe(4);
  });

  it('writes boxes, outlines and names as the trainers expect them, and tells what it leaves out', async () => {
    const from = await open();
    const [normal, nodule] = [from.classId('normal'), from.classId(classes[1]!)];
    draw(from, from.ids[0]!, [
      { id: uuid(), class: nodule, shape: { kind: 'box', x: 10, y: 15, width: 20, height: 6 } },
      { id: uuid(), class: normal, shape: { kind: 'mask', x: 4, y: 6, width: 2, height: 3, runs: [0, 6] } },
      { id: uuid(), class: null, shape: { kind: 'point', x: 1, y: 1 } },
      { id: uuid(), class: null, shape: { kind: 'box', x: 1, y: 1, width: 1, height: 1 } },
    ]);
    const file = fileFor('yolo');
    const result = await exportLabels(
      from.session,
      { project: '', format: 'yolo', to: file, which: { of: 'all' } },
      context(),
      dicom,
    );
    const read = (name: string): string => readFileSync(path.join(file, name), 'utf8');
    expect(read('labels/a/1.txt')).toBe('1 0.5 0.6 0.5 0.2\n0 0.125 0.25 0.05 0.1\n');
    expect(read('segments/a/1.txt')).toBe('0 0.15 0.2 0.15 0.3 0.1 0.3 0.1 0.2\n');
    expect(existsSync(path.join(file, 'labels/a/2.txt'))).toBe(false);
    expect(read('data.yaml')).toContain('nc: 3\nnames:\n  0: normal\n  1: nodule, solid\n  2: a|b "c"\n');
    expect(result.warnings).toEqual([
      '1 point left out: YOLO has boxes and outlines only.',
      '1 shape without a class left out: YOLO has none.',
      '1 mask written as outlines: YOLO has no masks, so that each part of one comes back as a shape of its own, several with a box around them, without holes.',
    ]);
    expect(result.shapes).toBe(2);
    await expect(
      exportLabels(
        from.session,
        { project: '', format: 'yolo', to: file, which: { of: 'all' } },
        context(),
        dicom,
      ),
    ).rejects.toThrow(expect.objectContaining({ code: 'folderNotEmpty' }) as Error);
  });

  it('is read as others write it, and lines that cannot be are told', async () => {
    const to = await open();
    const source = path.join(folder, 'yolo');
    mkdirSync(path.join(source, 'labels', 'train', 'a'), { recursive: true });
    writeFileSync(path.join(source, 'data.yaml'), 'names: [car, dog]\nnc: 2\n');
    const lines = [
      '0 0.5 0.5 0.5 0.5',
      '1 0 0 0.5 0 0.5 0.5 0.987',
      '1 0 0 0.5 0 0.5 0.5',
      '7 0.1 0.1 0.1 0.1',
      'x y',
    ];
    writeFileSync(path.join(source, 'labels/train/a/1.txt'), lines.join('\r\n'));
    writeFileSync(path.join(source, 'labels/train/zzz.txt'), '0 0.5 0.5 0.5 0.5\n');
    const dry = await take(to, 'yolo', source, true);
    const report = await take(to, 'yolo', source);
    expect({ ...dry, dryRun: false }).toEqual(report);
    expect(report.refused.map(({ where, code }) => `${where} ${code}`)).toEqual([
      'labels/train/a/1.txt, line 2 badTable',
      'labels/train/a/1.txt, line 4 labelClassUnknown',
      'labels/train/a/1.txt, line 5 badTable',
      'labels/train/zzz.txt unknownImage',
    ]);
    expect(drawnOn(to, 'import')[0]).toHaveLength(2);
    const bad = expect.objectContaining({ code: 'badTable' }) as Error;
    writeFileSync(path.join(source, 'data.yaml'), 'names: 3\n');
    await expect(take(to, 'yolo', source)).rejects.toThrow(bad);
    writeFileSync(path.join(source, 'data.yaml'), 'names: [a\nb: {');
    await expect(take(to, 'yolo', source)).rejects.toThrow(bad);
  });
});

/** A box that goes around an outline of its class cannot be told from the outline's own. */
function withoutBoxesAround(list: { class: string | null; shape: Shape }[]) {
  const around = new Set(
    list.flatMap(({ class: name, shape }) => {
      if (shape.kind !== 'polygon') return [];
      const [xs, ys] = [shape.points.map(([x]) => x), shape.points.map(([, y]) => y)];
      return [[name, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].join()];
    }),
  );
  return list.filter(
    ({ class: name, shape }) =>
      shape.kind !== 'box' ||
      !around.has([name, shape.x, shape.y, shape.x + shape.width, shape.y + shape.height].join()),
  );
}

describe('CSV', () => {
  const marks = fc.record({ unsure: fc.boolean(), bookmarked: fc.boolean(), comment: text });
  const kinds = {
    single: fc.nat(classes.length - 1).map((place) => ({ class: classes[place]! })),
    multi: fc.subarray(classes).map((set) => ({ classes: { set } })),
    number: fc.integer({ min: -100, max: 5000 }).map((number) => ({ number: number / 100 })),
  };
  it.each(['single', 'multi', 'number'] as const)(
    'loses nothing of words: %s',
    async (kind) => {
      const label = fc.oneof(kinds[kind], fc.constant({ skipped: true }), fc.constant({}));
      const words = fc.array(fc.tuple(fc.nat(paths.length - 1), label, marks), { maxLength: 6 });
      const number = { unit: 'months', low: null, high: null, decimals: 2 };
      await fc.assert(
        fc.asyncProperty(words, async (all) => {
          const [from, to] = [await open(classes, { kind, number }), await open(classes, { kind, number })];
          for (const [place, said, { unsure, bookmarked, comment }] of all) {
            const change = { ...said, unsure, bookmarked, comment };
            assignLabels(from.session, [from.ids[place]!], { change, reader: 'Ada', round: '' });
          }
          const { report } = await carry(from, to, 'csv');
          expect(report.refused).toEqual([]);
          expect(wordsOf(to, 'import')).toEqual(wordsOf(from, 'Ada'));
        }),
        { numRuns: 7 },
      );
    },
    60_000,
  );

  it('has a line for each image and reader and the label of record, with merged classes by their heir', async () => {
    const from = await open();
    assignLabels(from.session, [from.ids[0]!], {
      change: { class: 'normal', comment: 'a "b",\nc' },
      reader: 'Ada',
      round: '',
    });
    assignLabels(from.session, [from.ids[0]!], { change: { skipped: true }, reader: 'Ben', round: '' });
    const into = from.classId(classes[1]!);
    mergeClasses(from.session, { classes: [from.classId('normal')], into, reader: 'Ada' });
    const file = fileFor('csv');
    const result = await exportLabels(
      from.session,
      { project: '', format: 'csv', to: file, which: { of: 'all' } },
      context(),
      dicom,
    );
    expect(result).toMatchObject({ images: 4, labels: 6 });
    const [header, ...rest] = readFileSync(file, 'utf8').trim().split('\n');
    expect(header).toBe(
      'file,frame,image,patient,study,series,of,reader,round,label,classes,number,unsure,skipped,bookmarked,comment,at',
    );
    expect(rest[0]).toMatch(/^a\/1\.png,,[^,]+,,,,record,,,"nodule, solid",,,,,,,20/);
    expect(rest.join('\n')).toContain('reader,Ada,,"nodule, solid",,,,,,"a ""b"",\nc",20');
    expect(rest.join('\n')).toMatch(/reader,Ben,,,,,,yes,,,20/);
    await expect(
      exportLabels(
        from.session,
        { project: '', format: 'csv', to: file, which: { of: 'all' } },
        context(),
        dicom,
      ),
    ).rejects.toThrow(expect.objectContaining({ code: 'usage' }) as Error);
    await expect(
      exportLabels(
        from.session,
        { project: '', format: 'csv', to: `${file}2`, which: { of: 'reader', reader: 'Eve' } },
        context(),
        dicom,
      ),
    ).rejects.toThrow(expect.objectContaining({ code: 'unknownReader' }) as Error);
  });

  it('hands spreadsheets no formula, and loses nothing by that', async () => {
    const names = ['=1+1', "'=1", "'quoted", '-', '@SUM(A1)', '+2'];
    const [from, to] = [await open(names), await open(names)];
    const comments = ['=HYPERLINK("x")', "''=x", "'tis", '\t=1'];
    for (const [place, comment] of comments.entries())
      assignLabels(from.session, [from.ids[place]!], {
        change: { class: names[place]!, comment },
        reader: 'Ada',
        round: '',
      });
    const { file, report } = await carry(from, to, 'csv');
    expect(report.refused).toEqual([]);
    expect(wordsOf(to, 'import')).toEqual(wordsOf(from, 'Ada'));
    const written = readFileSync(file, 'utf8');
    expect(written).not.toMatch(/(^|,)"?[=+@\t-]/m);
    expect(written).toContain(",'tis,");
  });

  it('brings in labels of record where there are readers’ too, and refuses what contradicts or cannot be', async () => {
    const to = await open(['normal']);
    const file = path.join(folder, 'labels.csv');
    const lines = [
      'file;label',
      'a/1.png;ill',
      'a/2.png;normal',
      'a/2.png;ill',
      '1.png;normal',
      'zzz.png;normal',
      'b/1;NORMAL',
      'c.d.png;',
    ];
    writeFileSync(file, lines.join('\n'));
    const dry = await take(to, 'csv', file, true);
    const report = await take(to, 'csv', file);
    // A dry run says the same, of the classes too that it does not make.
    expect({ ...dry, dryRun: false }).toEqual(report);
    expect(report).toMatchObject({ labels: 3, images: 3, newClasses: ['ill'] });
    expect(report.classes).toEqual([
      { name: 'ill', labels: 1, shapes: 0, isNew: true },
      { name: 'normal', labels: 2, shapes: 0, isNew: false },
    ]);
    expect(report.refusedByCode).toEqual({ badTable: 1, ambiguousImage: 1, unknownImage: 1 });
    expect(report.warnings).toEqual([
      '1 label contradicts an earlier one of the same image, and the first counts: line 4: a/2.png.',
    ]);
    expect(report.refused.map(({ where, code }) => `${where} ${code}`)).toEqual([
      'line 4: a/2.png badTable',
      'line 5: 1.png ambiguousImage',
      'line 6: zzz.png unknownImage',
    ]);
    expect(wordsOf(to, 'import')).toEqual([
      { class: 'ill' },
      { class: 'normal' },
      { class: 'normal' },
      undefined,
    ]);
    undo(to);
    expect(wordsOf(to, 'import').filter(Boolean)).toEqual([]);
    writeFileSync(file, 'file,nonsense\na,b\n');
    await expect(take(to, 'csv', file)).rejects.toThrow(
      expect.objectContaining({ code: 'badTable' }) as Error,
    );
  });
});

it('says which lines of a file do not count as somebody’s label does', async () => {
  const to = await open(['normal', 'ill']);
  const file = path.join(folder, 'older.csv');
  writeFileSync(file, 'file,label\na/1.png,normal\na/2.png,normal\nb/1.png,normal\n');
  expect((await take(to, 'csv', file)).warnings).toEqual([]);
  const label = (place: number, name: string): void =>
    void assignLabels(to.session, [to.ids[place]!], { change: { class: name }, reader: 'Ada', round: '' });
  label(1, 'ill');
  label(2, 'normal');
  const told =
    '1 label of the file does not count, as another one is given already and goes before an import: line 3: a/2.png.';
  for (const dryRun of [true, false]) {
    const again = await take(to, 'csv', file, dryRun);
    expect(again).toMatchObject({ labels: 0, alreadyPresent: 3, warnings: [told] });
  }
  // A newer file goes before an older one, and says nothing; what somebody said stands already.
  writeFileSync(file, 'file,label\na/1.png,ill\na/2.png,ill\n');
  expect(await take(to, 'csv', file)).toMatchObject({ labels: 1, alreadyPresent: 1, warnings: [] });
});

describe('a dry run', () => {
  it.each(['csv', 'coco', 'yolo'] as const)('says of %s what the run then does', async (format) => {
    const [from, to] = [await open(), await open(['normal', 'other'])];
    const other = to.classId('other');
    for (const [place, image] of from.ids.entries()) {
      const name = classes[place % classes.length]!;
      assignLabels(from.session, [image], { change: { class: name }, reader: 'Ada', round: '' });
      const shape = { kind: 'box', x: 1, y: 2, width: 3 + place, height: 4 } as const;
      draw(from, image, [{ id: uuid(), class: from.classId(name), shape }]);
    }
    // A class that was taken out of use comes back.
    changeClass(to.session, other, { name: classes[1]!, reader: 'Ada' });
    retireClass(to.session, other, 'Ada');
    const { file } = await carry(from, await open(), format, { of: 'all' });
    const before = to.session.projects.allClasses();
    const dry = await take(to, format, file, true);
    expect(to.session.projects.allClasses()).toEqual(before);
    const report = await take(to, format, file);
    expect({ ...dry, dryRun: false }).toEqual(report);
    expect(report.labels + report.shapes).toBeGreaterThan(0);
    expect(report.newClasses).toEqual(classes.slice(1));
    const again = await take(to, format, file);
    expect(again).toMatchObject({ labels: 0, shapes: 0, newClasses: [], refused: [] });
    expect(again.alreadyPresent).toBe(report.labels + report.shapes);
  });

  it('refuses lines that are no numbers one by one', async () => {
    const number = { unit: 'months', low: null, high: null, decimals: 0 };
    const to = await open([], { kind: 'number', number });
    const file = path.join(folder, 'numbers.csv');
    writeFileSync(file, 'file,value\na/1.png,12\na/2.png,old\nb/1.png,1.5\nc.d.png,7\n');
    const report = await take(to, 'csv', file);
    expect(report).toMatchObject({ labels: 2, refusedByCode: { badTable: 1, usage: 1 } });
    expect(report.refused[0]).toMatchObject({ where: 'line 3: a/2.png', code: 'badTable' });
    expect(wordsOf(to, 'import')).toEqual([{ number: 12 }, undefined, undefined, { number: 7 }]);
  });
});

it('tells what each format would hold and leave out, of all images or of a view', async () => {
  const project = await open();
  const { session, ids } = project;
  const nodule = project.classId(classes[1]!);
  assignLabels(session, ids.slice(0, 3), { change: { class: 'normal' }, reader: 'Ada', round: '' });
  assignLabels(session, [ids[0]!], { change: { class: 'normal' }, reader: 'Ben', round: '' });
  draw(project, ids[0]!, [
    { id: uuid(), class: nodule, shape: { kind: 'box', x: 1, y: 1, width: 4, height: 4 }, comment: 'seen' },
    { id: uuid(), class: null, shape: { kind: 'box', x: 2, y: 2, width: 4, height: 4 } },
    { id: uuid(), class: nodule, shape: { kind: 'point', x: 3, y: 3 } },
  ]);
  const { signal } = new AbortController();
  const told = await outlook(session, { which: { of: 'all' } }, signal);
  expect(told.map(({ format, labels, words, shapes }) => [format, labels, words, shapes])).toEqual([
    ['csv', 3, 4, 0],
    ['coco', 3, 0, 3],
    ['yolo', 0, 0, 1],
    ['mask-png', 0, 0, 1],
    ['dicom-seg', 0, 0, 0],
    ['dicom-sr', 0, 0, 0],
  ]);
  const leftOut = Object.fromEntries(told.map((one) => [one.format, one.leftOut]));
  expect(leftOut['csv']).toEqual(['3 shapes left out: a table has labels only.']);
  expect(leftOut['coco']).toEqual(['4 words of readers left out: COCO has labels of record only.']);
  expect(leftOut['yolo']).toEqual([
    '3 labels left out: YOLO has shapes only.',
    '4 words of readers left out: YOLO has shapes only.',
    '1 point left out: YOLO has boxes and outlines only.',
    '1 shape without a class left out: YOLO has none.',
    '1 shape lost comment or doubt: YOLO has no place for them.',
  ]);
  expect(leftOut['mask-png']).toEqual([
    '3 labels left out: masks say where classes are, or that none is.',
    '4 words of readers left out: masks say where classes are.',
    '1 point left out: masks have areas only.',
    '1 shape without a class left out: masks have none.',
    '1 outline written as masks of whole pixels.',
    '1 shape lost comment or doubt: masks have no place for them.',
  ]);
  expect(leftOut['dicom-sr']).toEqual([
    '3 images left out: no DICOM files, which DICOM labels cannot refer to.',
  ]);
  const query = imageQuerySchema.parse({ images: [ids[1]!, ids[3]!] });
  const { view } = await session.views.open(query, []);
  const some = await outlook(session, { which: { of: 'record' }, view }, signal);
  expect(some[0]).toEqual({ format: 'csv', labels: 1, words: 0, shapes: 0, leftOut: [] });
  const to = fileFor('csv');
  const input = { project: '', format: 'csv', to, which: { of: 'record' }, view } as const;
  expect(await exportLabels(session, input, context(), dicom)).toMatchObject({ images: 2, labels: 2 });
});

it('is called an import in the history, with the classes that it made', async () => {
  const to = await open(['normal']);
  const file = path.join(folder, 'labels.csv');
  writeFileSync(file, 'file,label\na/1.png,ill\na/2.png,normal\n');
  await take(to, 'csv', file);
  const what = () => reversibleActions(to.session, 'Cem', '').undo?.what;
  expect(what()).toBe('import of 2 labels, with the class ill');
  writeFileSync(file, 'file,label\nb/1.png,ill\n');
  await take(to, 'csv', file);
  expect(what()).toBe('import of 1 label');
  undo(to);
  expect(what()).toBe('import of 2 labels, with the class ill');
});

it('keeps what a cancelled import had brought, and one undo takes it back', async () => {
  const to = await open();
  const file = path.join(folder, 'many.json');
  const images = [{ id: 1, file_name: 'c.d.png' }];
  const many = Array.from({ length: 3000 }, (_, id) => ({
    id,
    image_id: 1,
    category_id: 1,
    bbox: [0, 0, 1, 1 + id / 1000],
  }));
  writeFileSync(file, JSON.stringify({ images, categories: [{ id: 1, name: 'new' }], annotations: many }));
  const controller = new AbortController();
  const running = importLabels(
    to.session,
    { project: '', format: 'coco', source: file, reader: 'Cem', dryRun: false },
    context(controller.signal),
    dicom,
  );
  const stop = setInterval(() => {
    if (drawnOn(to, 'import').flat().length > 300) controller.abort(new Error('cancelled'));
  }, 1);
  await expect(running).rejects.toThrow('cancelled');
  clearInterval(stop);
  const brought = drawnOn(to, 'import').flat().length;
  expect(brought).toBeGreaterThan(300);
  expect(brought).toBeLessThan(3000);
  undo(to);
  expect(drawnOn(to, 'import').flat()).toEqual([]);
  expect(to.session.projects.classes()).toHaveLength(classes.length);
});
