import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ImageQueryInput, imageQuerySchema } from '../../../../src/contract/image.ts';
import type { LabelLevel, LabelSchema } from '../../../../src/contract/project.ts';
import { imageDetail } from '../../../../src/engine/dataset/image-detail.ts';
import { headersOf, priorsOf, stackOf } from '../../../../src/engine/dataset/image-series.ts';
import { countByField, summariseDataset } from '../../../../src/engine/dataset/summary.ts';
import {
  imageRows,
  listedPage,
  nextUnread,
  readFacets,
  viewRows,
} from '../../../../src/engine/dataset/views-rows.ts';
import { assignLabels, setLabel } from '../../../../src/engine/label/label-service.ts';
import { changeLabels } from '../../../../src/engine/project/labels.ts';
import type { ProjectSession } from '../../../../src/engine/project/session.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

let project: ImageProject;
let session: ProjectSession;
beforeEach(async () => {
  project = await openImageProject(['normal', 'opacity', 'nodule']);
  session = project.session;
});
afterEach(() => project.close());

const open = (query: ImageQueryInput = {}) =>
  session.views.open(
    imageQuerySchema.parse(query),
    session.projects.allClasses().map(({ id }) => id),
  );

async function names(query: ImageQueryInput): Promise<string> {
  const { view } = await open(query);
  const rows = viewRows(session, { view, offset: 0, limit: 500, round: '' });
  return rows.map(({ fileName }) => fileName).join(' ');
}

const header = (patient: string, study: number, series: number, more = {}) => ({
  studyUid: `${patient}.${study}`,
  seriesUid: `${patient}.${study}.${series}`,
  ...{ modality: 'CT', bodyPart: 'CHEST', device: 'ACME 1', ageYears: 47, sex: 'F', ...more },
});

/** A study of two series and an older one of P1, a film of P2, and one of nobody; slices come in no order. */
const films = () =>
  project.add([
    { path: 'c.dcm', patient: 'P1', header: header('P1', 1, 1), position: 30, format: 'dicom' },
    { path: 'a.dcm', patient: 'P1', header: header('P1', 1, 1), position: 10, format: 'dicom' },
    { path: 'b.dcm', patient: 'P1', header: header('P1', 1, 1), position: 20, format: 'dicom' },
    { path: 'd.dcm', patient: 'P1', header: header('P1', 1, 2), position: 1, format: 'dicom' },
    {
      ...{ path: 'e.dcm', patient: 'P1', position: null, format: 'dicom' as const },
      header: header('P1', 2, 1, { modality: 'CR', ageYears: 39, view: 'PA', laterality: 'L' }),
    },
    { path: 'f.png', patient: 'P2' },
    { path: 'g.png' },
  ]);

const labelsAre = (change: Partial<LabelSchema>): boolean =>
  changeLabels(session, { ...session.projects.labelSchema(), ...change }, 'Ada');

const actionOf = (reader: string, round = '') => ({
  actor: session.projects.readerNamed(reader, 'person').id,
  round,
});

/** Writes to the database what only later parts of the program do. */
function execute(sql: string): void {
  const database = new Database(`${project.folder}/project.sqlite`);
  database.exec(sql);
  database.close();
}

function takeBackImports(): void {
  const database = new Database(`${project.folder}/project.sqlite`, { readonly: true });
  const ids = database.prepare<[], string>('SELECT id FROM import').pluck().all();
  database.close();
  const targets = ids.map((id) => ({ target: { kind: 'import' as const, id }, to: null }));
  session.writing().journal.set(targets, actionOf('Ada'));
}

describe('series and fields', () => {
  beforeEach(() => void films());

  it('filters by what headers say, ages and studies', async () => {
    expect(await names({ fields: { modality: ['CT'] } })).toBe('a.dcm b.dcm c.dcm d.dcm');
    expect(await names({ fields: { modality: ['CR', null] } })).toBe('e.dcm f.png g.png');
    expect(await names({ fields: { view: ['PA'], laterality: ['L'], format: ['dicom'] } })).toBe('e.dcm');
    expect(await names({ age: { low: null, high: 40 } })).toBe('e.dcm');
    expect(await names({ age: { low: 40, high: 47 } })).toBe('a.dcm b.dcm c.dcm d.dcm');
    const { study, series } = imageDetail(session, session.dataset.findImage('d.dcm'));
    expect(await names({ studies: [study!] })).toBe('a.dcm b.dcm c.dcm d.dcm');
    expect(await names({ series: [series!] })).toBe('d.dcm');
  });

  it('sorts by patient, study, series and place, and shows one image of each', async () => {
    expect(await names({ sort: { by: 'series' } })).toBe('a.dcm b.dcm c.dcm d.dcm e.dcm f.png g.png');
    expect(await names({ sort: { by: 'age' } })).toBe('e.dcm c.dcm a.dcm b.dcm d.dcm f.png g.png');
    expect(await names({ per: 'series' })).toBe('a.dcm d.dcm e.dcm f.png g.png');
    expect(await names({ per: 'study' })).toBe('a.dcm e.dcm f.png g.png');
    expect(await names({ per: 'patient' })).toBe('a.dcm f.png g.png');
  });

  it('reads the slices of a series in their order where its first one was added', async () => {
    // The first view of a project, before and after there is an index.
    for (let time = 0; time < 2; time++)
      expect(await names({})).toBe('a.dcm b.dcm c.dcm d.dcm e.dcm f.png g.png');
    expect(await names({ sort: { descending: true } })).toBe('g.png f.png e.dcm d.dcm a.dcm b.dcm c.dcm');
    project.add([
      { path: 'h.png', patient: 'P3' },
      { path: 'z.dcm', patient: 'P1', header: header('P1', 1, 1), position: 15, format: 'dicom' },
    ]);
    expect(await names({})).toBe('a.dcm z.dcm b.dcm c.dcm d.dcm e.dcm f.png g.png h.png');
    expect(await names({ sort: { descending: true } })).toBe(
      'a.dcm z.dcm b.dcm c.dcm h.png g.png f.png e.dcm d.dcm',
    );
  });

  it('says in rows and stacks where a slice stands', async () => {
    const { view } = await open();
    const rows = viewRows(session, { view, offset: 0, limit: 9, round: '' });
    expect(rows.map(({ series }) => series && [series.index, series.total])).toEqual([
      ...[
        [0, 3],
        [1, 3],
        [2, 3],
        [0, 1],
        [0, 1],
      ],
      ...[null, null],
    ]);
    expect(rows[0]).toMatchObject({ modality: 'CT', classes: null, number: null });
    const byName = (name: string) => session.dataset.findImage(name);
    expect(stackOf(session, byName('b.dcm'))).toEqual({
      images: ['a.dcm', 'b.dcm', 'c.dcm'].map(byName),
      positions: [10, 20, 30],
      index: 1,
      isSeries: true,
      series: [
        { image: byName('a.dcm'), total: 3 },
        { image: byName('d.dcm'), total: 1 },
      ],
    });
    const alone = byName('f.png');
    expect(stackOf(session, alone)).toEqual({
      images: [alone],
      positions: [null],
      index: 0,
      isSeries: false,
      series: [{ image: alone, total: 1 }],
    });
    labelsAre({ level: 'patient' });
    expect(stackOf(session, byName('b.dcm')).series).toHaveLength(3);
    // A label of the patient is one of every film that is shown.
    const [second, third] = project.add([
      { path: 'h.png', patient: 'P2' },
      { path: 'i.png', patient: 'P2' },
    ]);
    expect(stackOf(session, second!)).toEqual({
      images: [alone, second, third],
      positions: [null, null, null],
      index: 1,
      isSeries: false,
      series: [{ image: alone, total: 3 }],
    });
    project.add([{ path: 'j.png', patient: 'P1' }]);
    expect(stackOf(session, byName('b.dcm')).series.map(({ total }) => total)).toEqual([3, 1, 1, 1]);
    expect(() => stackOf(session, 'gone')).toThrow(expect.objectContaining({ code: 'unknownImage' }));
  });

  it('counts fields and ages', async () => {
    const facets = await readFacets(session);
    expect(facets.fields.find(({ field }) => field === 'modality')!.values).toEqual([
      { value: 'CT', n: 4 },
      { value: 'CR', n: 1 },
      { value: null, n: 2 },
    ]);
    expect(facets.fields.map(({ field }) => field)).not.toContain('unknown');
    expect(facets.age).toEqual({ low: 39, high: 47 });
    expect(facets.number).toBeNull();
    setLabel(session, {
      image: session.dataset.findImage('e.dcm'),
      class: 'nodule',
      reader: 'Ada',
      round: '',
    });
    expect(await countByField(session, 'age')).toEqual([
      { value: '30–39', images: 1, patients: 1, byClass: [{ class: 'nodule', n: 1 }] },
      { value: '40–49', images: 4, patients: 1, byClass: [{ class: null, n: 4 }] },
      { value: null, images: 2, patients: 1, byClass: [{ class: null, n: 2 }] },
    ]);
    expect((await countByField(session, 'modality')).map(({ value, images }) => [value, images])).toEqual([
      ['CT', 4],
      ['CR', 1],
      [null, 2],
    ]);
  });

  it('tells the other studies of the patient, asking each file once', async () => {
    const asked: string[] = [];
    const said = {
      ...{ date: '2020-02-02', description: 'CT of the chest' },
      ...{ seriesNumber: 2, seriesDescription: 'Lung', normal: [0, 0, 1] },
    };
    const readStudy = (path: string) => {
      asked.push(path);
      if (path.endsWith('e.dcm')) return Promise.reject(new Error('gone'));
      return Promise.resolve(said);
    };
    const image = (name: string) => session.dataset.findImage(name);
    const [prior, ...more] = await priorsOf(session, image('e.dcm'), { readStudy });
    expect(more).toEqual([]);
    expect(prior).toMatchObject({
      images: [image('a.dcm'), image('d.dcm')],
      ...{ modality: 'CT', date: '2020-02-02', description: 'CT of the chest' },
    });
    await priorsOf(session, image('e.dcm'), { readStudy });
    expect(asked).toHaveLength(1);
    const [failed] = await priorsOf(session, image('a.dcm'), { readStudy });
    expect(failed).toMatchObject({ images: [image('e.dcm')], modality: 'CR', date: null, description: null });
    expect(await priorsOf(session, image('g.png'), { readStudy })).toEqual([]);

    const headers = await headersOf(session, [image('b.dcm'), 'gone', image('g.png'), image('e.dcm')], {
      readStudy,
    });
    const { study } = imageDetail(session, image('b.dcm'));
    const nothing = {
      ...{ date: null, description: null },
      ...{ seriesNumber: null, seriesDescription: null, normal: null },
    };
    expect(headers).toEqual([
      { image: image('b.dcm'), study, modality: 'CT', laterality: null, ...said },
      { image: image('g.png'), study: null, modality: null, laterality: null, ...nothing },
      {
        ...{ image: image('e.dcm'), study: imageDetail(session, image('e.dcm')).study },
        ...{ modality: 'CR', laterality: 'L', ...nothing },
      },
    ]);
  });

  it('shows all that was kept of a header with the image', () => {
    expect(imageDetail(session, session.dataset.findImage('e.dcm'))).toMatchObject({
      ...{ frame: 0, ageYears: 39, format: 'dicom' },
      fields: {
        ...{ modality: 'CR', bodyPart: 'CHEST', laterality: 'L', view: 'PA', sex: 'F', device: 'ACME 1' },
        format: 'dicom',
      },
    });
  });
});

describe('labels of series, studies and patients', () => {
  const mine = async (reader = 'Ada') => {
    const { view } = await open();
    return viewRows(session, { view, offset: 0, limit: 9, reader, round: '' }).map(
      ({ mine }) => mine?.class ?? null,
    );
  };
  const say = (level: LabelLevel, image: string, change: Parameters<typeof assignLabels>[2]['change']) => {
    if (session.projects.labelSchema().level !== level) labelsAre({ level });
    assignLabels(session, [image], { change, reader: 'Ada', round: '' });
  };

  it('counts a word at the level of the project on all images, else the most specific one', async () => {
    const ids = films();
    say('image', ids[1]!, { class: 'nodule', bookmarked: true });
    say('series', ids[0]!, { class: 'opacity', comment: 'large' });
    const class_ = (name: string) => project.classId(name);
    expect(await names({ classes: [class_('opacity')] })).toBe('a.dcm b.dcm c.dcm');
    expect(await names({ status: ['commented'] })).toBe('a.dcm b.dcm c.dcm');
    expect(await names({ status: ['bookmarked'] })).toBe('a.dcm');
    expect(await mine()).toEqual(['opacity', 'opacity', 'opacity', null, null, null, null]);
    say('patient', ids[0]!, { class: 'normal' });
    expect(await names({ classes: [class_('normal')] })).toBe('a.dcm b.dcm c.dcm d.dcm e.dcm');
    labelsAre({ level: 'image' });
    expect(await names({ classes: [class_('normal')] })).toBe('d.dcm e.dcm');
    expect(await names({ classes: [class_('opacity')] })).toBe('b.dcm c.dcm');
    expect(await names({ classes: [class_('nodule')] })).toBe('a.dcm');
    expect(await mine()).toEqual(['nodule', null, null, null, null, null, null]);
    const { view } = await open();
    expect(await nextUnread(session, { view, from: 0, reader: 'Ada', round: '' })).toEqual({
      position: 5,
      read: 5,
    });
    expect(imageDetail(session, ids[1]!).labels.map(({ class: name }) => name)).toEqual([
      'nodule',
      'opacity',
      'normal',
    ]);
  });
});

describe('kinds of labels', () => {
  it('finds, counts and shows labels of several classes, and those of none', async () => {
    const ids = films();
    labelsAre({ kind: 'multi' });
    const set = (image: string, classes: string[], reader = 'Ada') =>
      assignLabels(session, [image], { change: { classes: { set: classes } }, reader, round: '' });
    set(ids[0]!, ['opacity', 'nodule']);
    set(ids[1]!, ['nodule']);
    set(ids[2]!, []);
    set(ids[2]!, [], 'Ben');
    set(ids[1]!, ['nodule', 'normal'], 'Ben');
    const id = (name: string) => project.classId(name);
    expect(await names({ classes: [id('nodule')] })).toBe('a.dcm c.dcm');
    expect(await names({ classes: [null], status: ['labelled'] })).toBe('b.dcm');
    expect(await names({ status: ['disagreement'] })).toBe('a.dcm');
    expect(await names({ sort: { by: 'class' } })).toBe('a.dcm c.dcm b.dcm d.dcm e.dcm f.png g.png');
    const facets = await readFacets(session);
    expect(facets.classes.map(({ n }) => n)).toEqual([1, 1, 2, 5]);
    expect(
      (await summariseDataset(session)).byClass.map(({ images, patients }) => [images, patients]),
    ).toEqual([
      ...[
        [1, 1],
        [1, 1],
        [2, 1],
        [5, 2],
      ],
    ]);
    const [row] = imageRows(session, [ids[0]!], { reader: 'Ada', round: '' });
    expect(row).toMatchObject({ class: null, classes: [id('opacity'), id('nodule')].sort() });
    expect(row!.mine!.classes!.toSorted()).toEqual(['nodule', 'opacity']);
    expect(imageDetail(session, ids[2]!).label).toBe('');
    const listed = listedPage(session, { offset: 0, limit: 3 }).rows;
    expect(listed.map(({ label }) => label?.split(', ').sort().join())).toEqual([
      'nodule,opacity',
      'nodule,normal',
      '',
    ]);
  });

  it('finds, sorts and counts numbers', async () => {
    const ids = films();
    labelsAre({ kind: 'number', number: { unit: 'months', low: 0, high: 228, decimals: 1 } });
    const give = (image: string, number: number, reader = 'Ada') =>
      assignLabels(session, [image], { change: { number }, reader, round: '' });
    give(ids[0]!, 120.5);
    give(ids[1]!, 0);
    give(ids[2]!, 12);
    give(ids[2]!, 13, 'Ben');
    expect(await names({ number: { low: 0, high: 13 } })).toBe('a.dcm b.dcm');
    expect(await names({ sort: { by: 'number', descending: true } })).toBe(
      'c.dcm b.dcm a.dcm d.dcm e.dcm f.png g.png',
    );
    expect(await names({ status: ['disagreement'] })).toBe('b.dcm');
    expect(await names({ status: ['labelled'] })).toBe('a.dcm b.dcm c.dcm');
    expect((await readFacets(session)).number).toEqual({ low: 0, high: 120.5 });
    expect(imageDetail(session, ids[0]!).label).toBe(120.5);
    expect(imageRows(session, [ids[1]!], { reader: 'Ada', round: '' })[0]).toMatchObject({
      number: 0,
      mine: { number: 0, class: null, classes: null },
    });
  });
});

it('shows nothing of images whose import was taken back', async () => {
  const ids = films();
  setLabel(session, { image: ids[0]!, class: 'nodule', reader: 'Ada', round: '' });
  const { view } = await open();
  takeBackImports();
  const [left] = project.add([{ path: 'left.png', patient: 'P9', pixelSha256: 'a'.repeat(64) }]);
  expect(await names({})).toBe('left.png');
  expect(await names({ text: 'dcm' })).toBe('');
  expect(imageRows(session, [...ids, left!], { round: '' }).map(({ image }) => image)).toEqual([left]);
  expect(session.views.images(view, [[0, 7]])).toEqual([]);
  expect(listedPage(session, { offset: 0, limit: 10 })).toMatchObject({ total: 1, rows: [{ image: left }] });
  expect(await summariseDataset(session)).toMatchObject({ images: 1, patients: 1, labelled: 0 });
  expect((await readFacets(session)).fields.map(({ field }) => field)).toEqual(['format']);
  expect(() => imageDetail(session, ids[0]!)).toThrow(expect.objectContaining({ code: 'unknownImage' }));
  expect(() => session.dataset.findImage('a.dcm')).toThrow(expect.objectContaining({ code: 'unknownImage' }));
  expect(imageDetail(session, left!).samePatient).toEqual([]);
  expect((await session.dataset.candidates()).map(({ image }) => image)).toEqual([left]);
  expect((await session.dataset.likenesses()).map(({ image }) => image)).toEqual([left]);
  expect(session.dataset.dataFlow()).toMatchObject({ images: 1, patients: 1, unlabelled: 1 });
});

it('keeps the words of an open blinded round to their reader', async () => {
  const ids = films();
  execute(
    `INSERT INTO reading_round (id, name, definition, status, opened_at) VALUES ('r1', 'first', '{}', 'open', '')`,
  );
  const target = { kind: 'image' as const, id: ids[0]! };
  session
    .writing()
    .journal.set([{ target, to: { class: project.classId('nodule') } }], actionOf('Ada', 'r1'));
  const shape = { image: ids[1]!, class: null, shape: { kind: 'point', x: 1, y: 1 } };
  session
    .writing()
    .journal.set([{ target: { kind: 'annotation', id: 's' }, to: shape }], actionOf('Ada', 'r1'));
  const row = (reader: string, round: string) => imageRows(session, [ids[0]!], { reader, round })[0]!;
  expect(row('Ada', 'r1').mine).toMatchObject({ class: 'nodule' });
  expect(row('Ada', '').mine).toBeNull();
  expect(row('Ben', 'r1').mine).toBeNull();
  expect(imageDetail(session, ids[0]!).labels).toEqual([]);
  expect(await names({ status: ['labelled', 'annotated', 'disagreement'] })).toBe('');
  const { view } = await open();
  const next = (round: string) => nextUnread(session, { view, from: 2, reader: 'Ada', round });
  expect(await next('r1')).toEqual({ position: 3, read: 1 });
  expect(await next('')).toEqual({ position: 2, read: 0 });
  execute(`UPDATE reading_round SET status = 'closed'`);
  session.index.invalidate();
  expect(await names({ status: ['annotated'] })).toBe('a.dcm');
  expect(imageDetail(session, ids[0]!).labels).toMatchObject([{ reader: 'Ada', class: 'nodule' }]);
});

it('flags odd sizes at once, near duplicates and negatives when pictures were compared', async () => {
  const hash = (seed: number): string =>
    Array.from({ length: 64 }, (_, at) => (((at * 7 + seed) * 2654435761) >>> 28).toString(16)).join('');
  const ids = project.add([
    ...Array.from({ length: 30 }, (_, at) => ({
      path: `${at}.png`,
      differenceHash: hash(at * 131),
      ...(at === 3 && { width: 1000, height: 900 }),
      ...(at === 4 && { width: 300, height: 27 }),
    })),
    { path: 'near.png', differenceHash: `${hash(131).slice(0, 63)}${hash(131).endsWith('0') ? '1' : '0'}` },
  ]);
  expect(await names({ quality: ['oddSize'] })).toBe('3.png 4.png');
  const before = await readFacets(session);
  expect(before.quality.map(({ flag }) => flag)).not.toContain('nearDuplicate');
  expect(await names({ quality: ['nearDuplicate'] })).toBe('1.png near.png');
  const after = await readFacets(session);
  expect(after.quality).toContainEqual({ flag: 'nearDuplicate', n: 2 });
  expect(after.quality).toContainEqual({ flag: 'inverted', n: 0 });
  expect(imageRows(session, [ids[1]!], { round: '' })[0]!.flags).toEqual(['nearDuplicate']);
  project.add([{ path: 'far.png', differenceHash: hash(99999) }]);
  expect(await names({ quality: ['nearDuplicate'] })).toBe('1.png near.png');
});
