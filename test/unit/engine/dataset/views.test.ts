import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { type ImageQueryInput, imageQuerySchema } from '../../../../src/contract/image.ts';
import { imageDetail } from '../../../../src/engine/dataset/image-detail.ts';
import { findPatients, summariseDataset } from '../../../../src/engine/dataset/summary.ts';
import {
  imageRows,
  listedRows,
  nextUnread,
  readFacets,
  viewPosition,
  viewRows,
} from '../../../../src/engine/dataset/views-rows.ts';
import { assignLabels, setLabel } from '../../../../src/engine/label/label-service.ts';
import { openProjectForReading, type ProjectSession } from '../../../../src/engine/project/session.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

let project: ImageProject;
let session: ProjectSession;
beforeEach(async () => {
  project = await openImageProject();
  session = project.session;
});
afterEach(() => project.close());

const open = (query: ImageQueryInput = {}, of = session) =>
  of.views.open(
    imageQuerySchema.parse(query),
    of.projects.allClasses().map(({ id }) => id),
  );

/** File names of a query's images, in its order. */
async function names(query: ImageQueryInput, of = session): Promise<string[]> {
  const { view, total } = await open(query, of);
  const rows = viewRows(of, { view, offset: 0, limit: 500, round: '' });
  expect(rows).toHaveLength(total);
  return rows.map(({ fileName }) => fileName);
}

/** Six films: of two patients and of nobody known. */
const films = () =>
  project.add([
    { path: 'a/IM10.png', patient: 'P2', label: 'opacity', width: 50 },
    { path: 'a/IM9.png', patient: 'P10', label: 'normal' },
    { path: 'b/Größe 50%.png', patient: 'P2' },
    { path: 'b/x\ny.png', label: 'opacity', mean: 0.99 },
    { path: 'c/IM9.png', patient: 'P10', label: 'opacity', generated: true, pixelSha256: 'f'.repeat(64) },
    { path: 'c/last.png', patient: 'P10', deviation: 0.01, pixelSha256: 'f'.repeat(64) },
  ]);

describe('filters', () => {
  beforeEach(() => void films());

  it('takes alternatives of one kind and narrows by each other kind', async () => {
    const opacity = project.classId('opacity');
    expect(await names({ classes: [opacity] })).toEqual(['IM10.png', 'x\ny.png', 'IM9.png']);
    expect(await names({ classes: [opacity, null], patients: ['P2'] })).toEqual([
      'IM10.png',
      'Größe 50%.png',
    ]);
    expect(await names({ patients: [null] })).toEqual(['x\ny.png']);
    expect(await names({ patients: ['P2', null, 'nobody'] })).toHaveLength(3);
    expect(await names({ classes: ['no such id'] })).toEqual([]);
  });

  it('finds text in name, folder and patient, any case, and takes no letter for a pattern', async () => {
    expect(await names({ text: 'GRÖSSE' })).toEqual([]);
    expect(await names({ text: ' größe 50% ' })).toEqual(['Größe 50%.png']);
    expect(await names({ text: '%' })).toEqual(['Größe 50%.png']);
    expect(await names({ text: 'p10' })).toEqual(['IM9.png', 'IM9.png', 'last.png']);
    expect(await names({ text: 'c/' })).toEqual(['IM9.png', 'last.png']);
    expect(await names({ text: 'x\ny' })).toEqual(['x\ny.png']);
    // The end of one image and the beginning of the next are no text.
    expect(await names({ text: 'png\nb' })).toEqual([]);
  });

  it('finds what is remarkable', async () => {
    expect(await names({ quality: ['duplicate'] })).toEqual(['IM9.png', 'last.png']);
    expect(await names({ quality: ['bright', 'generated'] })).toEqual(['x\ny.png', 'IM9.png']);
    expect(await names({ quality: ['lowContrast'] })).toEqual(['last.png']);
    const { view } = await open({ text: 'last' });
    session.dataset.markMissing([viewRows(session, { view, offset: 0, limit: 1, round: '' })[0]!.image]);
    expect(await names({ quality: ['missing'] })).toEqual(['last.png']);
    const rows = viewRows(session, { view, offset: 0, limit: 1, round: '' });
    expect(rows[0]!.flags).toEqual(['missing', 'duplicate', 'lowContrast']);
  });

  it('opens a list as it was given, once each, without what is not there', async () => {
    const { view } = await open();
    const ids = viewRows(session, { view, offset: 0, limit: 10, round: '' }).map(({ image }) => image);
    const images = [ids[4]!, 'gone', ids[0]!, ids[4]!];
    expect(await names({ images, sort: { by: 'given' } })).toEqual(['IM9.png', 'IM10.png']);
    expect(await names({ images })).toEqual(['IM10.png', 'IM9.png']);
    expect(await names({ images: [] })).toEqual([]);
  });
});

it('sorts as people number names, with what has no value last in both directions', async () => {
  films();
  const by = async (sort: ImageQueryInput['sort']) => (await names({ sort })).map((name) => name.slice(0, 4));
  expect(await by({ by: 'name' })).toEqual(['Größ', 'IM9.', 'IM9.', 'IM10', 'last', 'x\ny.']);
  expect(await by({ by: 'name', descending: true })).toEqual([
    'x\ny.',
    'last',
    'IM10',
    'IM9.',
    'IM9.',
    'Größ',
  ]);
  expect(await by({ by: 'patient' })).toEqual(['Größ', 'IM10', 'IM9.', 'IM9.', 'last', 'x\ny.']);
  expect(await by({ by: 'patient', descending: true })).toEqual([
    'IM9.',
    'IM9.',
    'last',
    'Größ',
    'IM10',
    'x\ny.',
  ]);
  expect(await by({ by: 'class' })).toEqual(['IM9.', 'IM10', 'x\ny.', 'IM9.', 'Größ', 'last']);
  expect((await by({ by: 'size' }))[0]).toBe('IM10');
  expect(await by({ by: 'added', descending: true })).toEqual([
    'last',
    'IM9.',
    'x\ny.',
    'Größ',
    'IM9.',
    'IM10',
  ]);
  const labelled = await by({ by: 'labelledAt', descending: true });
  expect(labelled.slice(-2)).toEqual(['Größ', 'last']);
});

it('keeps a view as it was when labels change, and its rows as they are now', async () => {
  films();
  const opacity = project.classId('opacity');
  const { view, total } = await open({ classes: [opacity] });
  const before = viewRows(session, { view, offset: 0, limit: 9, round: '' });
  setLabel(session, { image: before[0]!.image, class: 'normal', reader: 'Ada' });
  const after = viewRows(session, { view, offset: 0, limit: 9, reader: 'ada', round: '' });
  expect(after.map(({ image }) => image)).toEqual(before.map(({ image }) => image));
  expect(after[0]).toMatchObject({ class: project.classId('normal'), mine: { class: 'normal' } });
  expect(after[1]!.mine).toBeNull();
  expect((await open({ classes: [opacity] })).total).toBe(total - 1);
  expect(viewPosition(session, view, before[2]!.image)).toBe(2);
  expect(viewPosition(session, view, 'gone')).toBeNull();
});

it('drops the view that was used longest ago', async () => {
  films();
  const first = await open();
  const second = await open();
  for (let count = 0; count < 14; count++) await open();
  viewRows(session, { view: first.view, offset: 0, limit: 1, round: '' });
  await open();
  expect(viewRows(session, { view: first.view, offset: 0, limit: 1, round: '' })).toHaveLength(1);
  expect(() => viewRows(session, { view: second.view, offset: 0, limit: 1, round: '' })).toThrow(
    expect.objectContaining({ code: 'unknownView' }),
  );
});

it('finds the next image that a reader has not read, from here to here around the end', async () => {
  const ids = films();
  const { view } = await open();
  const next = (from: number, reader = 'Ada') => nextUnread(session, { view, from, reader, round: '' });
  expect(await next(4)).toEqual({ position: 4, read: 0 });
  const assign = (images: string[], change: Parameters<typeof assignLabels>[2]['change']) =>
    assignLabels(session, images, { change, reader: 'Ada' });
  assign(ids.slice(3), { class: 'normal' });
  assign([ids[0]!], { skipped: true });
  // A comment alone is no reading.
  assign([ids[1]!], { comment: 'later' });
  expect(await next(4)).toEqual({ position: 1, read: 4 });
  expect(await next(4, 'Ben')).toEqual({ position: 4, read: 0 });
  assign([ids[1]!, ids[2]!], { skipped: true });
  expect(await next(0)).toEqual({ position: null, read: 6 });
  const { view: empty } = await open({ text: 'nowhere' });
  expect(await nextUnread(session, { view: empty, from: 0, reader: 'Ada', round: '' })).toEqual({
    position: null,
    read: 0,
  });
});

it('counts each value over the whole project', async () => {
  const ids = films();
  setLabel(session, { image: ids[0]!, class: 'normal', reader: 'Ada' });
  setLabel(session, { image: ids[0]!, class: 'opacity', reader: 'Ben' });
  assignLabels(session, [ids[1]!], {
    change: { class: 'normal', unsure: true, comment: 'hm' },
    reader: 'Ada',
  });
  assignLabels(session, [ids[2]!], { change: { skipped: true }, reader: 'Ada' });
  const facets = await readFacets(session);
  expect(facets.classes.map(({ n }) => n)).toEqual([1, 3, 2]);
  expect(Object.fromEntries(facets.status.map(({ status, n }) => [status, n]))).toEqual({
    ...{ unlabelled: 2, labelled: 4, unsure: 1, skipped: 1, commented: 1, disagreement: 1 },
    ...{ bookmarked: 0, annotated: 0, untouched: 2 },
  });
  expect(facets.readers.map(({ name, n }) => [name, n])).toEqual([
    ['import', 4],
    ['Ada', 2],
    ['Ben', 1],
  ]);
  expect(facets.parts).toContainEqual({ part: null, n: 6 });
  expect(await names({ status: ['disagreement', 'skipped'] })).toEqual(['IM10.png', 'Größe 50%.png']);
  const ada = session.projects.findReader('Ada', 'person')!.id;
  expect(await names({ readers: [ada] })).toEqual(['IM10.png', 'IM9.png']);
});

it('describes one image with its readers and its like', () => {
  const ids = films();
  setLabel(session, { image: ids[4]!, class: 'normal', reader: 'Ada' });
  const detail = imageDetail(session, ids[4]!);
  expect(detail).toMatchObject({
    ...{ fileName: 'IM9.png', relativePath: 'c/IM9.png', patient: 'P10', label: 'normal', part: null },
    ...{ samePatient: [ids[1], ids[5]], samePixels: [ids[5]], flags: ['duplicate', 'generated'] },
  });
  expect(detail.labels.map(({ reader, class: name }) => [reader, name])).toEqual([
    ['import', 'opacity'],
    ['Ada', 'normal'],
  ]);
  expect(() => imageDetail(session, 'gone')).toThrow(expect.objectContaining({ code: 'unknownImage' }));
});

it('summarises images, patients and readers, and finds patients', async () => {
  films();
  expect(await summariseDataset(session)).toMatchObject({
    ...{ images: 6, patients: 2, withoutPatient: 1, labelled: 4, missing: 0, generated: 1 },
    byClass: [
      { class: 'normal', images: 1, patients: 1 },
      { class: 'opacity', images: 3, patients: 2 },
      { class: null, images: 2, patients: 2 },
    ],
    imagesPerPatient: [
      { images: 2, patients: 1 },
      { images: 3, patients: 1 },
    ],
    readers: [{ name: 'import', kind: 'import', labels: 4 }],
  });
  expect(await findPatients(session, 'p')).toEqual([
    { patient: 'P10', images: 3 },
    { patient: 'P2', images: 2 },
  ]);
  expect(await findPatients(session, '%')).toEqual([]);
});

it('gives rows by id in the order asked for, and a view in the form of a list', async () => {
  const ids = films();
  expect(imageRows(session, [ids[3]!, 'gone', ids[0]!], { round: '' }).map(({ image }) => image)).toEqual([
    ids[3],
    ids[0],
  ]);
  const { view } = await open({ sort: { by: 'added', descending: true } });
  expect(listedRows(session, { view, offset: 1, limit: 2 })).toMatchObject({
    total: 6,
    rows: [{ image: ids[4], relativePath: 'c/IM9.png', label: 'opacity' }, { image: ids[3] }],
  });
});

it('follows what another process writes while it reads', async () => {
  films();
  const reading = openProjectForReading(project.folder);
  try {
    const opacity = project.classId('opacity');
    expect(await names({ classes: [opacity] }, reading)).toHaveLength(3);
    const [image] = project.add([{ path: 'new/n.png', patient: 'P77', label: 'opacity' }]);
    setLabel(session, { image: image!, class: 'normal', reader: 'Ada' });
    project.add([{ path: 'new/o.png', patient: 'P78', label: 'opacity' }]);
    expect(await names({ classes: [opacity] }, reading)).toHaveLength(4);
    expect(await names({ text: 'p77' }, reading)).toEqual(['n.png']);
    expect(await findPatients(reading, 'p7')).toHaveLength(2);
  } finally {
    reading.close();
  }
});
