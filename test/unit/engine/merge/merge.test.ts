import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { HistoryAction } from '../../../../src/contract/label.ts';
import { createRandom } from '../../../../src/core/random.ts';
import { labelHistory, labelsAsOf, listActions } from '../../../../src/engine/label/label-history.ts';
import { assignLabels, reverseLabel } from '../../../../src/engine/label/label-service.ts';
import { listConflicts, resolveConflict } from '../../../../src/engine/merge/conflicts.ts';
import { mergeCopy } from '../../../../src/engine/merge/merge.ts';
import { mergeClasses } from '../../../../src/engine/project/class-merging.ts';
import { addClass, changeClass, retireClass } from '../../../../src/engine/project/classes.ts';
import { createProject, type ProjectSession } from '../../../../src/engine/project/session.ts';
import { closeRound, openRound } from '../../../../src/engine/rounds/rounds.ts';
import { plainFile } from '../../../support/image-project.ts';
import {
  dump,
  edit,
  faults,
  makeCopies,
  mergedSchemas,
  mergeInto,
  openCopy,
} from '../../../support/merge-copies.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-merge-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function work(copy: string, edits: number, seed: number, purpose: string): Promise<void> {
  const session = await openCopy(copy);
  const random = createRandom(seed, purpose);
  for (let done = 0; done < edits; done += 1) await edit(session, random);
  session.close();
}

async function merge(copy: string, other: string) {
  const session = await openCopy(copy);
  try {
    return await mergeInto(session, other);
  } finally {
    session.close();
  }
}

const [single, multi, ordinal, number] = mergedSchemas;

it.each([
  ['one class', single!, 1],
  ['sets of classes', multi!, 2],
  ['grades', ordinal!, 3],
  ['numbers', number!, 4],
])(
  'comes to the same in both copies, whatever was done in them, and stays so: %s',
  async (_, schema, seed) => {
    const [a, b] = (await makeCopies(folder, schema, 2)) as [string, string];
    await work(a, 200, seed, 'a');
    await work(b, 200, seed, 'b');
    const report = await merge(a, b);
    expect(report.events).toBeGreaterThan(50);
    await merge(b, a);
    expect(dump(b)).toEqual(dump(a));
    expect([faults(a), faults(b)]).toEqual([[], []]);
    const settled = dump(a);
    expect(await merge(a, b)).toMatchObject({ events: 0, images: 0, readers: 0, conflicts: 0 });
    expect(dump(a)).toEqual(settled);
  },
  120_000,
);

it('comes to the same in three copies that are merged now and then, in any order, while work goes on', async () => {
  const copies = await makeCopies(folder, single!, 3);
  const random = createRandom(5, 'mesh');
  for (let round = 0; round < 3; round += 1) {
    for (const copy of copies) await work(copy, 20, round, copy.slice(-1));
    const to = random.integer(3);
    await merge(copies[to]!, copies[(to + 1) % 3]!);
  }
  const [a, b, c] = copies as [string, string, string];
  await merge(a, b);
  await merge(c, a);
  await merge(b, c);
  await merge(a, b);
  expect(dump(b)).toEqual(dump(a));
  expect(dump(c)).toEqual(dump(a));
  expect(faults(a)).toEqual([]);
}, 120_000);

it('goes on where a merge that was cancelled ended', async () => {
  const [a, b] = (await makeCopies(folder, single!, 2)) as [string, string];
  await work(a, 60, 1, 'a');
  await work(b, 700, 2, 'b');
  const session = await openCopy(a);
  const controller = new AbortController();
  const progress = (_done: number, _total: number | null, note: string): void => {
    if (note === 'changes') controller.abort();
  };
  await expect(mergeCopy(session, b, { signal: controller.signal, progress })).rejects.toThrow();
  const half = session.merging.sequences();
  session.close();
  expect(faults(a)).toEqual([]);
  const rest = await merge(a, b);
  expect(rest.events).toBeGreaterThan(0);
  expect(half).not.toEqual(await sequencesOf(a));
  await merge(b, a);
  expect(dump(b)).toEqual(dump(a));
}, 120_000);

async function sequencesOf(copy: string): Promise<ReadonlyMap<string, number>> {
  const session = await openCopy(copy);
  const found = session.merging.sequences();
  session.close();
  return found;
}

/** Two copies that are open, of a project with one class an image. */
async function twoOpen(): Promise<{
  a: ProjectSession;
  b: ProjectSession;
  images: string[];
  close: () => void;
}> {
  const [first, second] = (await makeCopies(folder, single!, 2)) as [string, string];
  const [a, b] = [await openCopy(first), await openCopy(second)];
  const images = a.images.listed(a.dataset.page(0, 9).rows).map(({ image }) => image);
  return { a, b, images, close: () => [a, b].forEach((session) => session.close()) };
}

const label = (session: ProjectSession, image: string, name: string, reader = 'Ada', round = ''): void =>
  void assignLabels(session, [image], { change: { class: name }, reader, round });

const recordOf = (session: ProjectSession, image: string): string | undefined =>
  session.targets.recordClasses(image)?.map((id) => session.projects.classNames().get(id))[0];

const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

it('lists what was done in both copies by the time at which it was done, and the merge as one action', async () => {
  const { a, b, images, close } = await twoOpen();
  const [one, two, three, four] = images as [string, string, string, string];
  const name = (image: string): string => a.dataset.file(image).fileName;
  // Ada is ahead by her clock: in the journal's order all that Ben does comes before her second label.
  label(a, one, 'a');
  await aMoment();
  label(b, two, 'b', 'Ben');
  await aMoment();
  label(a, three, 'a');
  await aMoment();
  const before = new Date().toISOString();
  await aMoment();
  label(b, one, 'c', 'Ben');
  await aMoment();
  label(a, four, 'a');
  await aMoment();
  const report = { ...(await mergeInto(a, b.folder)), reader: 'Ada' };
  const endedAt = new Date().toISOString();
  a.jobs.put({
    ...{ job: 'merging', project: a.id, kind: 'merge', status: 'completed', done: 1, total: 1, note: '' },
    ...{ result: report, error: null, startedAt: endedAt, endedAt },
  });
  const listed: HistoryAction[] = [];
  for (let next: string | null = null; ;) {
    const page: ReturnType<typeof listActions> = listActions(a, { before: next, actor: null, limit: 2 });
    listed.push(...page.actions);
    next = page.next;
    if (next === null) break;
  }
  expect(listed.slice(0, 6).map(({ kind, actor, what }) => [kind, actor, what])).toEqual([
    ['merge', 'Ada', '2 changes of another copy'],
    ['set', 'Ada', `a on ${name(four)}`],
    ['set', 'Ben', `c on ${name(one)}`],
    ['set', 'Ada', `a on ${name(three)}`],
    ['set', 'Ben', `b on ${name(two)}`],
    ['set', 'Ada', `a on ${name(one)}`],
  ]);
  const ofAda = listActions(a, { before: null, actor: 'ada', limit: 2 });
  expect(ofAda.actions.map(({ kind, target, count }) => [kind, target, count])).toEqual([
    ['merge', null, 2],
    ['set', 'image', 1],
  ]);
  expect(listActions(a, { before: null, actor: 'Ben', limit: 9 }).actions).toHaveLength(2);
  expect(labelHistory(a, one).map(({ actor, to }) => [actor, to?.class])).toEqual([
    ['import', 'a'],
    ['Ada', 'a'],
    ['Ben', 'c'],
  ]);
  // What stood in both copies then, though Ben's later label comes earlier in the journal than Ada's of then.
  expect(labelsAsOf(a, before, [one, two, three, four]).map(({ label: said }) => said)).toEqual([
    'a',
    'b',
    'a',
    null,
  ]);
  expect(() => listActions(a, { before: 'yesterday', actor: null, limit: 2 })).toThrow(
    'no place in the history',
  );
  close();
});

describe('what both copies changed', () => {
  it('lets the later change stand, tells the other, and puts that in its place as a change of its own', async () => {
    const { a, b, images, close } = await twoOpen();
    const [image] = images as [string];
    label(a, image, 'a');
    label(b, image, 'c', 'Ben');
    label(b, image, 'b');
    const report = await mergeInto(a, b.folder);
    // Ben's word is no conflict: each has their own.
    expect(report.conflicts).toBe(1);
    expect(recordOf(a, image)).toBe('b');
    const [conflict] = listConflicts(a, true);
    expect(conflict).toMatchObject({ image, reader: 'Ada', stands: { what: 'b' }, other: { what: 'a' } });
    const asked = { conflict: conflict!.conflict, take: 'other', reader: 'Cem' } as const;
    expect(resolveConflict(a, asked)).toEqual([]);
    expect(recordOf(a, image)).toBe('a');
    expect(a.journal.history(image).at(-1)).toMatchObject({ actor: 'Cem', reader: 'Ada' });
    expect(() => resolveConflict(a, asked)).toThrow('no open conflict');
    expect(await mergeInto(b, a.folder)).toMatchObject({ conflicts: 0 });
    expect(recordOf(b, image)).toBe('a');
    close();
  });

  it('shows no conflict of a blinded round before the round is closed', async () => {
    const [first, second] = (await makeCopies(folder, single!, 2)) as [string, string];
    const a = await openCopy(first);
    const images = a.images.listed(a.dataset.page(0, 2).rows).map(({ image }) => image);
    const wanted = {
      reader: 'Ada',
      name: 'r',
      readers: ['Ada', 'Ben'],
      assignment: { kind: 'all' } as const,
    };
    const { round } = await openRound(a, {
      ...wanted,
      images: { ids: images },
      seed: 1,
      washoutDays: 0,
      tolerance: 0,
    });
    const b = await openCopy(second);
    await mergeInto(b, first);
    label(a, images[0]!, 'a', 'Ada', round);
    label(b, images[0]!, 'b', 'Ada', round);
    expect(await mergeInto(a, second)).toMatchObject({ conflicts: 1 });
    expect(listConflicts(a, true)).toEqual([]);
    closeRound(a, round, 'Ada');
    expect(listConflicts(a, true)).toMatchObject([{ reader: 'Ada' }]);
    [a, b].forEach((session) => session.close());
  });

  it('undoes only one’s own newest action, whichever copy it was done in, and refuses what changed since', async () => {
    const { a, b, images, close } = await twoOpen();
    label(a, images[0]!, 'a');
    label(b, images[1]!, 'b');
    label(b, images[2]!, 'c', 'Ben');
    label(a, images[3]!, 'a');
    label(a, images[4]!, 'b');
    await mergeInto(a, b.folder);
    expect(reverseLabel(a, 'undo', 'Ada').changed).toEqual([images[4]]);
    expect(reverseLabel(a, 'undo', 'Ben').changed).toEqual([images[2]]);
    const id = b.projects.classNamed('c').id;
    changeClass(b, id, { name: 'x', reader: 'Dan' });
    changeClass(a, id, { color: '#123456', reader: 'Eve' });
    changeClass(a, id, { color: '#654321', reader: 'Eve' });
    await mergeInto(b, a.folder);
    expect(() => reverseLabel(b, 'undo', 'Dan')).toThrow('changed since by Eve');
    close();
  });
});

describe('classes', () => {
  it('gives the later of two equal names a number, and a class that both added one id', async () => {
    const { a, b, close } = await twoOpen();
    addClass(a, { name: 'Nodule', reader: 'Ada' });
    addClass(b, { name: 'nodule', reader: 'Ben' });
    changeClass(a, a.projects.classNamed('a').id, { name: 'Mass', reader: 'Ada' });
    changeClass(b, b.projects.classNamed('b').id, { name: 'mass', reader: 'Ben' });
    await mergeInto(a, b.folder);
    await mergeInto(b, a.folder);
    const names = a.projects.classes().map(({ name }) => name.toLowerCase());
    expect(names.toSorted()).toEqual(['c', 'mass', 'mass (2)', 'nodule']);
    expect(b.projects.classes()).toEqual(a.projects.classes());
    close();
  });

  it('keeps a class that one copy took out of use while the other labelled with it', async () => {
    const { a, b, images, close } = await twoOpen();
    addClass(a, { name: 'rare', reader: 'Ada' });
    await mergeInto(b, a.folder);
    retireClass(a, a.projects.classNamed('rare').id, 'Ada');
    label(b, images[0]!, 'rare', 'Ben');
    await mergeInto(a, b.folder);
    await mergeInto(b, a.folder);
    for (const session of [a, b]) {
      expect(recordOf(session, images[0]!)).toBe('rare');
      expect(session.projects.classes().map(({ name }) => name)).toContain('rare');
    }
    close();
  });

  it('keeps a class that one copy took out of use while in the other a word named it that gives no record', async () => {
    const { a, b, images, close } = await twoOpen();
    addClass(a, { name: 'rare', reader: 'Ada' });
    await mergeInto(b, a.folder);
    retireClass(a, a.projects.classNamed('rare').id, 'Ada');
    label(b, images[0]!, 'rare', 'Ben');
    label(b, images[0]!, 'a', 'Eve');
    await mergeInto(a, b.folder);
    await mergeInto(b, a.folder);
    for (const session of [a, b]) {
      expect(recordOf(session, images[0]!)).toBe('a');
      expect(session.projects.classes().map(({ name }) => name)).toContain('rare');
    }
    close();
  });

  it('lets the earlier of two merges into each other stand', async () => {
    const { a, b, images, close } = await twoOpen();
    label(a, images[0]!, 'a');
    label(a, images[1]!, 'b');
    await mergeInto(b, a.folder);
    const [one, other] = ['a', 'b'].map((name) => a.projects.classNamed(name).id) as [string, string];
    mergeClasses(a, { classes: [one], into: other, reader: 'Ada' });
    label(b, images[2]!, 'c', 'Ben');
    mergeClasses(b, { classes: [other], into: one, reader: 'Ben' });
    await mergeInto(a, b.folder);
    await mergeInto(b, a.folder);
    for (const session of [a, b]) {
      expect(recordOf(session, images[0]!)).toBe('b');
      expect(recordOf(session, images[1]!)).toBe('b');
    }
    close();
  });
});

describe('images', () => {
  const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
  /** As an import that copies files into the project. */
  function bring(session: ProjectSession, name: string, reader: string): string {
    const { imports } = session.writing();
    const hash = hashOf(name);
    const relativePath = `${hash.slice(0, 2)}/${hash.slice(0, 16)}/${name}`;
    const target = path.join(session.folder, 'originals', relativePath);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, name);
    const person = session.projects.readerNamed(reader, 'person').id;
    const file = plainFile({ path: relativePath, byteSha256: hash, patient: 'P9' });
    const files = [{ ...file, rootId: imports.root('originals', '.'), labels: [null] }];
    const chunk = { files, additions: [], studyPatients: new Map<string, string>() };
    return imports.write(chunk, imports.begin(person, 'images from a disc'))[0]!.images[0]!;
  }

  it('copies files that the other copy holds, and counts those as missing that are not what they were', async () => {
    const { a, b, close } = await twoOpen();
    const [sound, torn] = [bring(b, 'sound.png', 'Ben'), bring(b, 'torn.png', 'Ben')];
    writeFileSync(b.dataset.file(torn).path, 'other bytes');
    expect(await mergeInto(a, b.folder)).toMatchObject({ images: 2, missing: 1 });
    expect(readFileSync(a.dataset.file(sound).path, 'utf8')).toBe('sound.png');
    expect(a.dataset.file(sound).missingSince).toBeNull();
    expect(a.dataset.file(torn).missingSince).not.toBeNull();
    close();
  });

  it('keeps an image that both imported when one takes its import back, and takes back what only one brought', async () => {
    const { a, b, close } = await twoOpen();
    const both = bring(a, 'both.png', 'Ada');
    expect(bring(b, 'both.png', 'Ben')).toBe(both);
    const own = bring(b, 'own.png', 'Ben');
    await mergeInto(a, b.folder);
    await mergeInto(b, a.folder);
    reverseLabel(a, 'undo', 'Ada');
    reverseLabel(b, 'undo', 'Ben');
    await mergeInto(a, b.folder);
    await mergeInto(b, a.folder);
    for (const session of [a, b]) expect(session.targets.present([both, own])).toEqual([both]);
    close();
  });
});

describe('refuses', () => {
  it('another project, and the project itself', async () => {
    const { a, close } = await twoOpen();
    const elsewhere = path.join(folder, 'elsewhere');
    (await createProject({ path: elsewhere }, { program: 'test', lockWaitMs: 0 })).close();
    await expect(mergeInto(a, elsewhere)).rejects.toThrow('is another project');
    await expect(mergeInto(a, a.folder)).rejects.toThrow('is the project itself');
    close();
  });

  it('copies of which one was put back from a backup and worked on', async () => {
    const [a, b] = (await makeCopies(folder, single!, 2)) as [string, string];
    await work(b, 20, 1, 'b');
    const backup = path.join(folder, 'backup');
    cpSync(b, backup, { recursive: true });
    await work(b, 20, 1, 'later');
    await merge(a, b);
    rmSync(b, { recursive: true });
    cpSync(backup, b, { recursive: true });
    await work(b, 30, 1, 'otherwise');
    const before = dump(a);
    await expect(merge(a, b)).rejects.toThrow('put back from a backup');
    expect(dump(a)).toEqual(before);
  });
});
