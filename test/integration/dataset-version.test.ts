import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { splitInput } from '../../src/contract/split.ts';
import type { LabelChangeInput } from '../../src/contract/label.ts';
import type { LabelSchema } from '../../src/contract/project.ts';
import { listedPage } from '../../src/engine/dataset/views-rows.ts';
import { changeClass, retireClass } from '../../src/engine/project/classes.ts';
import { assignLabels, setLabel } from '../../src/engine/label/label-service.ts';
import { changeLabels } from '../../src/engine/project/labels.ts';
import { datasetVersionHash } from '../../src/engine/split/dataset-version.ts';
import { compareVersions } from '../../src/engine/split/compare-versions.ts';
import { planOf } from '../../src/engine/runs/plan.ts';
import { currentVersion, splitProject, versionAgain } from '../../src/engine/split/split-service.ts';
import { type ImageProject, openImageProject } from '../support/image-project.ts';
import { type ImportBench, openImportBench } from '../support/import-project.ts';
import { greyPng, pattern } from '../support/picture-files.ts';

let bench: ImportBench;

beforeEach(async () => {
  bench = await openImportBench();
  const films = Array.from({ length: 24 }, (_, index) => {
    const samples = pattern(30).map((sample) => (sample + index * 9) % 256);
    return [`${index % 2 ? 'sick' : 'well'}/P${index >> 1}/${index}.png`, greyPng(6, 5, samples)] as const;
  });
  bench.write(Object.fromEntries(films));
  await bench.run({ patient: { from: 'folder' }, labels: { from: 'folder' } });
});
afterEach(() => bench.close());

const split = (seed: number, more: { dryRun?: boolean; folds?: number } = {}) =>
  splitProject(
    bench.session,
    splitInput.parse({ project: bench.session.id, seed, train: 0.5, val: 0.25, test: 0.25, ...more }),
  );

it('names the same data, labels and split by the same hash, and comes back to an older version', async () => {
  const first = await split(1);
  const second = await split(2);
  expect(second.version).not.toBe(first.version);
  expect((await split(1)).version).toBe(first.version);
  expect((await currentVersion(bench.session)).version.hash).toBe(first.version);
});

it('makes a new version, with the same parts, when a label changes after the split', async () => {
  const first = await split(1);
  const members = bench.session.dataset.members(bench.session.dataset.currentVersion()!);
  setLabel(bench.session, { image: members[0]!.image, class: 'sick', reader: 'Ada' });
  setLabel(bench.session, { image: members[0]!.image, class: 'well', reader: 'Ada' });
  setLabel(bench.session, { image: members[1]!.image, class: 'sick', reader: 'Ada' });
  const { version } = await currentVersion(bench.session);
  const partOf = (list: typeof members) => list.map(({ image, part }) => [image, part]);
  expect(version.hash).not.toBe(first.version);
  expect(partOf(bench.session.dataset.members(version))).toEqual(partOf(members));
  // The older version still holds the labels that older runs trained on.
  expect(bench.session.dataset.members(bench.session.dataset.versionByHash(first.version))).toEqual(members);
});

it('says that images which came later are in no part', async () => {
  await split(1);
  bench.write({ 'well/P99/new.png': greyPng(6, 5, pattern(30, 50)) });
  await bench.run({ patient: { from: 'folder' }, labels: { from: 'folder' } });
  expect((await currentVersion(bench.session)).warnings).toContainEqual(
    expect.stringContaining('in no part of the split'),
  );
});

/** Changes the label that came with the import, the only one there is. */
const relabel = (image: string, classId: string | null): void => {
  const reader = bench.session.projects.readerNamed('import', 'import').id;
  const to = classId === null ? null : { class: classId };
  bench.session
    .writing()
    .journal.set([{ target: { kind: 'image', id: image }, to }], { actor: reader, round: '' });
};

it('keeps the part of an image whose label is taken away, so that it comes back with the label', async () => {
  const first = await split(1);
  const member = bench.session.dataset.members(bench.session.dataset.currentVersion()!)[0]!;
  relabel(member.image, null);
  const without = await currentVersion(bench.session);
  expect(without.version.report.counts[member.part]).toBe(first.counts[member.part] - 1);
  expect(without.warnings).toContainEqual(expect.stringContaining('have no label now'));
  relabel(member.image, member.classId);
  expect((await currentVersion(bench.session)).version.hash).toBe(first.version);
});

it('refuses to train, however often it was looked at before, when an image turns out to be of a patient in another part', async () => {
  const project = await openImageProject();
  const { session } = project;
  const label = (index: number): string => (index % 2 ? 'normal' : 'opacity');
  project.add(
    Array.from({ length: 24 }, (_, i) => ({ path: `a/${i}.png`, patient: `P${i >> 1}`, label: label(i) })),
  );
  const unknown = project.add(
    Array.from({ length: 16 }, (_, i) => ({ path: `b/${i}.png`, label: label(i) })),
  );
  const parts = { seed: 1, train: 0.5, val: 0.25, test: 0.25 };
  await splitProject(session, splitInput.parse({ project: session.id, ...parts }));
  await currentVersion(session);
  expect((await planOf(session, { set: {} })).problems).toEqual([]);
  const partOf = new Map(
    session.dataset.members(session.dataset.currentVersion()!).map(({ image, part }) => [image, part]),
  );
  const trained = listedPage(session, { offset: 0, limit: 100 }).rows.find(
    ({ image, patient }) => patient !== null && partOf.get(image) === 'train',
  )!;
  const tested = unknown.find((image) => partOf.get(image) === 'test')!;
  project.namePatient(tested, trained.patient!);
  session.index.invalidate();
  expect((await planOf(session, { set: {} })).problems).toEqual([
    expect.stringContaining(`patient ${trained.patient} (train, test)`),
  ]);
  await expect(currentVersion(session)).rejects.toMatchObject({ code: 'splitLeak' });
  project.close();
});

it('refuses to train when patients that became known stand in two parts, naming them', async () => {
  const { session } = bench;
  bench.write(
    Object.fromEntries(
      Array.from({ length: 16 }, (_, index) => [
        `later/${index % 2 ? 'sick' : 'well'}/Q${index >> 2}/${index}.png`,
        greyPng(
          6,
          5,
          pattern(30).map((sample) => (sample + index * 5 + 3) % 256),
        ),
      ]),
    ),
  );
  await bench.run({ sources: ['later'], labels: { from: 'folder' } });
  await split(1);
  await currentVersion(session);
  expect((await planOf(session, { set: {} })).problems).toEqual([]);
  await bench.run({ sources: ['later'], labels: { from: 'folder' }, patient: { from: 'folder' } });
  const error = await currentVersion(session).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'splitLeak',
    hint: expect.stringContaining('readroom split') as string,
  });
  expect((error as Error).message).toMatch(/patient Q\d \((train|val), (val|test)\)/);
  const { problems } = await planOf(session, { set: {} });
  expect(problems).toEqual([expect.stringContaining((error as Error).message)]);
  await split(2);
  await currentVersion(session);
  expect((await planOf(session, { set: {} })).problems).toEqual([]);
});

it('refuses to train without a class that changed labels took out of the train part', async () => {
  await split(1);
  const members = bench.session.dataset.members(bench.session.dataset.currentVersion()!);
  const sick = bench.session.projects.classNamed('sick').id;
  for (const { image, part, classId } of members)
    if (part === 'train' && classId === sick) relabel(image, null);
  await expect(currentVersion(bench.session)).rejects.toMatchObject({
    code: 'classMissingFromSplit',
    message: expect.stringContaining('sick') as string,
  });
});

it('says in a dry run what the split then is, and writes nothing', async () => {
  const dry = await split(3, { dryRun: true, folds: 2 });
  expect(bench.session.dataset.versions()).toEqual([]);
  expect(bench.session.dataset.currentVersion()).toBeNull();
  expect(await split(3, { folds: 2 })).toEqual(dry);
});

it('lists versions, newest first, with the current one marked', async () => {
  const first = await split(1);
  const second = await split(2, { folds: 3 });
  await split(1);
  expect(bench.session.dataset.versions()).toMatchObject([
    { version: second.version, seed: 2, folds: 3, counts: second.counts, runs: 0, current: false },
    { version: first.version, seed: 1, folds: null, by: 'patient', current: true },
  ]);
});

it('tells what lies between two versions, both ways', async () => {
  const { session } = bench;
  const first = (await split(1)).version;
  const members = session.dataset.members(session.dataset.currentVersion()!);
  const [image, unlabelled] = members.filter(
    ({ classId }) => classId === session.projects.classNamed('well').id,
  );
  relabel(image!.image, session.projects.classNamed('sick').id);
  relabel(unlabelled!.image, null);
  bench.write({ 'well/P99/new.png': greyPng(6, 5, pattern(30, 50)) });
  await bench.run({ patient: { from: 'folder' }, labels: { from: 'folder' } });
  // Imported labels come again with an import: the one that was taken away is there once more.
  relabel(unlabelled!.image, null);
  const second = (await split(9)).version;
  const after = new Map(
    session.dataset.members(session.dataset.currentVersion()!).map((member) => [member.image, member]),
  );
  const difference = await compareVersions(session, { from: first, to: second });
  expect(difference.same).toBe(false);
  expect(difference.added.n).toBe(1);
  expect(difference.removed).toEqual({ n: 1, images: [unlabelled!.image] });
  expect(difference.relabelled).toEqual([{ from: 'well', to: 'sick', n: 1, images: [image!.image] }]);
  const moved = members.filter(
    (member) => after.has(member.image) && after.get(member.image)!.part !== member.part,
  );
  expect(difference.moved.reduce((sum, { n }) => sum + n, 0)).toBe(moved.length);
  for (const { from, to, images } of difference.moved)
    for (const id of images)
      expect([members.find((member) => member.image === id)!.part, after.get(id)!.part]).toEqual([from, to]);
  const back = await compareVersions(session, { from: second, to: first });
  expect(back.added).toEqual(difference.removed);
  expect(back.removed).toEqual(difference.added);
  expect(await compareVersions(session, { from: first, to: first })).toMatchObject({ same: true, moved: [] });
  await expect(compareVersions(session, { from: first, to: 'gone' })).rejects.toMatchObject({
    code: 'unknownVersion',
  });
});

it('does not count a version whose members a kill left half written, and makes it anew', async () => {
  const { dataset } = bench.session;
  const report = await split(1);
  const version = dataset.currentVersion()!;
  const members = dataset.members(version);
  const bad = [...members.slice(0, 5), { ...members[5]!, image: 'no such image' }];
  const half = { ...version, hash: 'f'.repeat(64) };
  await expect(dataset.addVersion(half, bad)).rejects.toThrow('FOREIGN KEY');
  expect(dataset.versions().map((row) => [row.version, row.current])).toEqual([[report.version, true]]);
  expect(() => dataset.findVersion(half.hash)).toThrow(
    expect.objectContaining({ code: 'unknownVersion' }) as Error,
  );
  await dataset.addVersion(half, members);
  expect(dataset.versions()).toMatchObject([
    { version: half.hash, current: true },
    { version: report.version },
  ]);
  expect(dataset.members(dataset.findVersion(half.hash))).toEqual(members);
});

it('stands by a version after a class was renamed, and refuses to train again on a retired one', async () => {
  const { session } = bench;
  const first = await split(1);
  const ill = session.projects.classNamed('sick').id;
  changeClass(session, ill, { name: 'ill', reader: 'Ada' });
  const renamed = await currentVersion(session);
  expect(renamed.version.report.byClass['ill']).toEqual(first.byClass['sick']);
  expect((await versionAgain(session, first.version)).members).toHaveLength(24);
  for (const { image, classId } of renamed.members)
    if (classId === ill) relabel(image, session.projects.classNamed('well').id);
  retireClass(session, ill, 'Ada');
  await expect(versionAgain(session, first.version)).rejects.toMatchObject({
    code: 'unknownClass',
    message: expect.stringContaining('ill') as string,
  });
});

it('names a version of one class an image as it always did', async () => {
  const facts = {
    ...{ classSchemaVersion: 1, labelRule: 'single-reader/1' },
    split: { by: 'patient' as const, seed: 7, folds: null },
  };
  const film = (letter: string) => ({
    ...{ byteSha256: letter.repeat(64), relativePath: `${letter}.png`, frame: 0 },
  });
  const images = [
    { ...film('b'), patient: null, label: null, part: 'val' as const, fold: null },
    { ...film('a'), patient: 'P1', label: 'normal', part: 'train' as const, fold: 0 },
  ];
  expect(await datasetVersionHash(facts, images)).toBe(
    'e422dbdedb7e2a8bf431c92824b6de8e0530a68314b9926d234fe98857177604',
  );
  const second = [...images, { ...images[1]!, frame: 1 }];
  expect(await datasetVersionHash(facts, second)).not.toBe(
    await datasetVersionHash(facts, [...images, images[1]!]),
  );
  expect(await datasetVersionHash(facts, second.toReversed())).toBe(await datasetVersionHash(facts, second));
});

describe('labels of other kinds', () => {
  let project: ImageProject;
  let images: string[];
  beforeEach(async () => {
    project = await openImageProject(['a', 'b', 'c']);
    images = project.add(Array.from({ length: 60 }, (_, at) => ({ path: `${at}.png`, patient: `P${at}` })));
  });
  afterEach(() => project.close());

  const labelsAre = (change: Partial<LabelSchema>) =>
    changeLabels(project.session, { ...project.session.projects.labelSchema(), ...change }, 'Ada');
  const give = (image: string, change: LabelChangeInput) =>
    assignLabels(project.session, [image], { change, reader: 'Ada', round: '' });
  const splitAll = () => splitProject(project.session, splitInput.parse({ project: project.session.id }));

  it('keeps sets of classes in a version, and tells what changed', async () => {
    const { session } = project;
    labelsAre({ kind: 'multi' });
    images.forEach((image, at) =>
      give(image, { classes: { set: at % 6 === 0 ? ['a', 'c'] : at % 2 ? ['a'] : ['b'] } }),
    );
    const report = await splitAll();
    const sum = (name: string) => Object.values(report.byClass[name]!).reduce((all, n) => all + n, 0);
    expect(['a', 'b', 'c'].map(sum)).toEqual([40, 20, 10]);
    expect(report.byClass['c']!.test).toBeGreaterThan(0);
    expect((await currentVersion(session)).version.hash).toBe(report.version);
    give(images[0]!, { classes: { set: [] } });
    const { version } = await currentVersion(session);
    expect(version.hash).not.toBe(report.version);
    const member = session.dataset.members(version).find(({ image }) => image === images[0]);
    expect(member!.classes).toEqual([]);
    const { relabelled, moved } = await compareVersions(session, { from: report.version, to: version.hash });
    expect(moved).toEqual([]);
    expect(relabelled).toMatchObject([{ from: 'a, c', to: '', n: 1 }]);
  });

  it('deals numbers evenly, in wider ranges where there are few, and names versions by them', async () => {
    const { session } = project;
    labelsAre({ kind: 'number', number: { unit: 'months', low: 0, high: null, decimals: 0 } });
    images.forEach((image, at) => give(image, { number: at }));
    const report = await splitAll();
    expect(Object.keys(report.byClass)).toEqual(['0–11', '12–23', '24–35', '36–47', '48–59']);
    for (const { train, val, test } of Object.values(report.byClass)) {
      expect(train).toBeGreaterThan(6);
      expect(Math.min(val, test)).toBeGreaterThan(0);
    }
    give(images[0]!, { number: 59 });
    const { version } = await currentVersion(session);
    expect(version.hash).not.toBe(report.version);
    const { relabelled } = await compareVersions(session, { from: report.version, to: version.hash });
    expect(relabelled).toMatchObject([{ from: '0', to: '59', n: 1 }]);
    for (const image of images.slice(8)) give(image, { number: null });
    const few = await splitAll();
    expect(Object.keys(few.byClass)).toHaveLength(2);
  });

  it('leaves images out whose import was taken back, and says so', async () => {
    const { session } = project;
    const more = project.add(
      Array.from({ length: 20 }, (_, at) => ({
        path: `m${at}.png`,
        patient: `M${at}`,
        label: 'ab'[at % 2]!,
      })),
    );
    images.forEach((image, at) => give(image, { class: 'ab'[at % 2]! }));
    const report = await splitAll();
    const database = new Database(`${project.folder}/project.sqlite`, { readonly: true });
    const id = database
      .prepare<[string], string>('SELECT import_id FROM image WHERE id = ?')
      .pluck()
      .get(more[0]!)!;
    database.close();
    const actor = session.projects.readerNamed('Ada', 'person').id;
    session.writing().journal.set([{ target: { kind: 'import', id }, to: null }], { actor, round: '' });
    await expect(versionAgain(session, report.version)).rejects.toMatchObject({ code: 'unknownImage' });
    const { version, members, warnings } = await currentVersion(session);
    expect(members).toHaveLength(60);
    expect(warnings).toContainEqual(expect.stringContaining('20 images of the split were taken back'));
    const { removed } = await compareVersions(session, { from: report.version, to: version.hash });
    expect(removed.n).toBe(20);
    expect(session.dataset.members(session.dataset.findVersion(report.version))).toHaveLength(80);
  });

  it('never parts the slices of a volume of somebody unknown', async () => {
    const { session } = project;
    project.add(
      Array.from({ length: 90 }, (_, at) => ({
        path: `s${at}.nii`,
        header: { studyUid: `s${Math.floor(at / 5)}`, seriesUid: `s${Math.floor(at / 5)}.1` },
        label: 'ab'[Math.floor(at / 5) % 2]!,
      })),
    );
    await splitAll();
    const partOf = new Map(
      session.dataset.members(session.dataset.currentVersion()!).map(({ image, part }) => [image, part]),
    );
    const parts = Map.groupBy(
      (await session.dataset.candidates()).filter(({ study }) => study !== null),
      ({ study }) => study,
    );
    expect(parts.size).toBe(18);
    for (const slices of parts.values())
      expect(new Set(slices.map(({ image }) => partOf.get(image))).size).toBe(1);
    const groups = session.dataset.groupKeys();
    expect(new Set(groups.values()).size).toBe(60 + 18);
    expect(session.dataset.dataFlow().patients).toBe(60 + 18);
  });
});
