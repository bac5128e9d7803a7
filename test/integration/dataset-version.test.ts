import { afterEach, beforeEach, expect, it } from 'vitest';

import { splitInput } from '../../src/contract/dataset.ts';
import { setLabel } from '../../src/engine/label/label-service.ts';
import { currentVersion, splitProject } from '../../src/engine/split/split-service.ts';
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

const split = (seed: number) =>
  splitProject(
    bench.session,
    splitInput.parse({ project: bench.session.id, seed, train: 0.5, val: 0.25, test: 0.25 }),
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
  bench.session
    .writing()
    .journal.set([{ image, to: classId === null ? null : { class: classId } }], reader, 0);
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
  await bench.run({ sources: ['later'], labels: { from: 'folder' }, patient: { from: 'folder' } });
  const error = await currentVersion(session).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'splitLeak',
    hint: expect.stringContaining('readroom split') as string,
  });
  expect((error as Error).message).toMatch(/patient Q\d \((train|val), (val|test)\)/);
  await split(2);
  await currentVersion(session);
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
