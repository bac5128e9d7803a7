import path from 'node:path';

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { ProjectDatabase } from '../../../../src/engine/db/open.ts';
import { createRecordKeeper } from '../../../../src/engine/db/record-keeper.ts';
import { assignLabels, setLabel } from '../../../../src/engine/label/label-service.ts';
import { openReading } from '../../../../src/contract/round-id.ts';
import { mergeClasses, splitClass } from '../../../../src/engine/project/class-merging.ts';
import { classVersions } from '../../../../src/engine/project/class-versions.ts';
import {
  addClass,
  changeClass,
  classesForImport,
  reorderClasses,
  retireClass,
  setClassKeys,
} from '../../../../src/engine/project/classes.ts';
import { closeRound, openRound } from '../../../../src/engine/rounds/rounds.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

let project: ImageProject;
let images: string[];
const reader = 'Ada';

beforeEach(async () => {
  project = await openImageProject(['normal', 'nodule', 'mass']);
  images = project.add([
    { path: '1.png', label: 'normal' },
    { path: '2.png', label: 'nodule' },
    { path: '3.png', label: 'nodule' },
    { path: '4.png', label: 'mass' },
  ]);
});
afterEach(() => project.close());

const idOf = (name: string): string => project.classId(name);
const names = (): string[] => project.session.projects.classes().map(({ name }) => name);
const schema = (): number => project.session.projects.classSchemaVersion();
const actor = (name = reader): string => project.session.projects.readerNamed(name, 'person').id;
const undo = (name = reader) => project.session.writing().journal.undo(actor(name), openReading);
const redo = (name = reader) => project.session.writing().journal.redo(actor(name), openReading);

/** Labels of record by name, in the order of the images. */
function records(): (string | null)[] {
  const { projects, interchange } = project.session;
  const all = new Map(interchange.images(0, 100).map(({ image, record }) => [image, record?.value.class]));
  return images.map((image) => projects.classNames().get(all.get(image) ?? '') ?? null);
}

/** A round that is open, in which Ben reads everything. */
async function blindedRound(): Promise<string> {
  const { round } = await openRound(project.session, {
    ...{ reader, name: 'blinded', images: { ids: images }, readers: ['Ben'] },
    ...{ assignment: { kind: 'all' }, seed: 1, washoutDays: 0, tolerance: 0 },
  });
  return round;
}

const usage = (sentence: string) =>
  expect.objectContaining({ code: 'usage', message: expect.stringContaining(sentence) as string }) as Error;

describe('merging', () => {
  it('makes labels count as the other class, and an undo restores them', () => {
    const version = schema();
    mergeClasses(project.session, { classes: [idOf('nodule'), idOf('mass')], into: idOf('normal'), reader });
    expect(names()).toEqual(['normal']);
    expect(records()).toEqual(['normal', 'normal', 'normal', 'normal']);
    expect(schema()).toBe(version + 1);
    undo();
    expect(names()).toEqual(['normal', 'nodule', 'mass']);
    expect(records()).toEqual(['normal', 'nodule', 'nodule', 'mass']);
    expect(project.session.projects.classes().map(({ key }) => key)).toEqual(['1', '2', '3']);
    redo();
    expect(records()).toEqual(['normal', 'normal', 'normal', 'normal']);
  });

  it('goes over several classes one after the other', () => {
    mergeClasses(project.session, { classes: [idOf('mass')], into: idOf('nodule'), reader });
    mergeClasses(project.session, { classes: [idOf('nodule')], into: idOf('normal'), reader });
    expect(records()).toEqual(['normal', 'normal', 'normal', 'normal']);
    undo();
    expect(records()).toEqual(['normal', 'nodule', 'nodule', 'nodule']);
  });

  it('refuses a class merged into itself, and one that is out of use', () => {
    const mass = idOf('mass');
    expect(() => mergeClasses(project.session, { classes: [mass], into: mass, reader })).toThrow(
      usage('into itself'),
    );
    mergeClasses(project.session, { classes: [mass], into: idOf('nodule'), reader });
    const unknown = expect.objectContaining({ code: 'unknownClass' }) as Error;
    expect(() => mergeClasses(project.session, { classes: [mass], into: idOf('normal'), reader })).toThrow(
      unknown,
    );
    expect(() => mergeClasses(project.session, { classes: [idOf('normal')], into: mass, reader })).toThrow(
      unknown,
    );
    expect(() => addClass(project.session, { name: 'Mass', reader })).toThrow(usage('merged into "nodule"'));
  });

  it('never makes a circle, also when what was undone is done again', () => {
    mergeClasses(project.session, { classes: [idOf('mass')], into: idOf('nodule'), reader });
    undo();
    mergeClasses(project.session, { classes: [idOf('nodule')], into: idOf('mass'), reader: 'Ben' });
    expect(() => redo()).toThrow(expect.objectContaining({ code: 'changedSince' }) as Error);
    expect(records()).toEqual(['normal', 'mass', 'mass', 'mass']);
  });
});

describe('splitting', () => {
  it('makes new classes: labels count as the first, named images get theirs, in one action', () => {
    const version = schema();
    splitClass(project.session, {
      class: idOf('nodule'),
      into: [
        { name: 'solid', images: [] },
        { name: 'subsolid', images: [images[2]!] },
      ],
      reader,
    });
    expect(names()).toEqual(['normal', 'mass', 'solid', 'subsolid']);
    expect(records()).toEqual(['normal', 'solid', 'subsolid', 'mass']);
    expect(schema()).toBe(version + 1);
    undo();
    expect(names()).toEqual(['normal', 'nodule', 'mass']);
    expect(records()).toEqual(['normal', 'nodule', 'nodule', 'mass']);
    redo();
    expect(records()).toEqual(['normal', 'solid', 'subsolid', 'mass']);
  });

  it('keeps the class where the first has its name', () => {
    splitClass(project.session, {
      class: idOf('nodule'),
      into: [
        { name: 'nodule', images: [] },
        { name: 'granuloma', images: [images[1]!] },
      ],
      reader,
    });
    expect(names()).toEqual(['normal', 'nodule', 'mass', 'granuloma']);
    expect(records()).toEqual(['normal', 'granuloma', 'nodule', 'mass']);
  });

  it('refuses names that are taken or given twice, and images that there are not', () => {
    const into = (...parts: [string, string[]][]) => ({
      class: idOf('nodule'),
      into: parts.map(([name, some]) => ({ name, images: some })),
      reader,
    });
    expect(() => splitClass(project.session, into(['a', []], ['MASS', []]))).toThrow(usage('"mass"'));
    expect(() => splitClass(project.session, into(['a', []], ['A', []]))).toThrow(usage('"a"'));
    expect(() => splitClass(project.session, into(['a', []], ['b', ['none']]))).toThrow(
      expect.objectContaining({ code: 'unknownImage' }) as Error,
    );
    expect(names()).toEqual(['normal', 'nodule', 'mass']);
  });
});

it('takes no class out of use that a label of record or a shape has', () => {
  expect(() => retireClass(project.session, idOf('nodule'), reader)).toThrow(
    usage('2 images have the label "nodule"'),
  );
  addClass(project.session, { name: 'calcified', reader });
  const shape = { kind: 'point', x: 1, y: 1 } as const;
  const to = { image: images[0]!, class: idOf('calcified'), shape };
  project.session
    .writing()
    .journal.set([{ target: { kind: 'annotation', id: 'a' }, to }], { actor: actor(), round: openReading });
  expect(() => retireClass(project.session, idOf('calcified'), reader)).toThrow(
    usage('1 shape is of the class'),
  );
  undo();
  expect(retireClass(project.session, idOf('calcified'), reader).map(({ name }) => name)).toEqual([
    'normal',
    'nodule',
    'mass',
  ]);
});

it('takes no class out of use that words or shapes name without a label of record, and counts none of them', async () => {
  const { session } = project;
  addClass(session, { name: 'calcified', reader });
  const calcified = idOf('calcified');
  const refused = expect.objectContaining({
    code: 'usage',
    message: 'Labels or drawings of readers are of the class "calcified".',
    data: {},
  }) as Error;
  const expectKept = () => expect(() => retireClass(session, calcified, reader)).toThrow(refused);
  const { journal } = session.writing();
  setLabel(session, { reader: 'Ben', image: images[0]!, class: 'calcified' });
  setLabel(session, { reader, image: images[0]!, class: 'mass' });
  expectKept();
  setLabel(session, { reader: 'Ben', image: images[0]!, class: null });
  const round = await blindedRound();
  assignLabels(session, images.slice(0, 2), { reader: 'Ben', round, change: { class: 'calcified' } });
  expectKept();
  assignLabels(session, images.slice(0, 2), { reader: 'Ben', round, change: { class: null } });
  const to = { image: images[0]!, class: calcified, shape: { kind: 'point', x: 1, y: 1 } };
  const drawn = { kind: 'annotation', id: 'a' } as const;
  journal.set([{ target: drawn, to }], { actor: actor('Ben'), round });
  expectKept();
  journal.set([{ target: drawn, to: null }], { actor: actor('Ben'), round });
  expect(retireClass(session, calcified, reader)).toHaveLength(3);
});

it('leaves words of a blinded round with a class that was merged, when the round is closed', async () => {
  const { session } = project;
  const round = await blindedRound();
  assignLabels(session, [images[0]!], { reader: 'Ben', round, change: { class: 'nodule' } });
  mergeClasses(session, { classes: [idOf('nodule')], into: idOf('mass'), reader });
  closeRound(session, round, reader);
  expect(records()).toEqual(['mass', 'mass', 'mass', 'mass']);
});

it('gives classes new keys at once, also each other’s, and takes them back', () => {
  const keys = (): (string | null)[] => project.session.projects.classes().map(({ key }) => key);
  const [normal, nodule, mass] = [idOf('normal'), idOf('nodule'), idOf('mass')];
  setClassKeys(
    project.session,
    [
      { class: normal, key: '2' },
      { class: nodule, key: '3' },
      { class: mass, key: '1' },
    ],
    reader,
  );
  expect(keys()).toEqual(['2', '3', '1']);
  undo();
  expect(keys()).toEqual(['1', '2', '3']);
  expect(() => setClassKeys(project.session, [{ class: normal, key: '3' }], reader)).toThrow(
    usage('The key 3'),
  );
});

it('tells the versions of the list, newest first, with what was done', () => {
  const first = schema();
  changeClass(project.session, idOf('mass'), { name: 'tumour', reader });
  changeClass(project.session, idOf('tumour'), { color: '#123456', reader });
  mergeClasses(project.session, { classes: [idOf('tumour')], into: idOf('nodule'), reader: 'Ben' });
  addClass(project.session, { name: 'cyst', reader });
  reorderClasses(project.session, [idOf('cyst'), idOf('normal'), idOf('nodule')], reader);
  undo();
  const told = classVersions(project.session).map(({ version, what, actor: who, names: list }) => {
    return [version - first, what, who, list.join(' ')];
  });
  expect(told).toEqual([
    [5, 'order of classes changed (undo)', 'Ada', 'normal nodule cyst'],
    [4, 'order of classes changed', 'Ada', 'cyst normal nodule'],
    [3, 'cyst added', 'Ada', 'normal nodule cyst'],
    [2, 'tumour merged into nodule', 'Ben', 'normal nodule'],
    [1, 'mass renamed to tumour', 'Ada', 'normal nodule tumour'],
  ]);
  expect(classVersions(project.session)[0]!.version).toBe(schema());
});

it('makes the classes of an import as part of its action; a merged name counts as its heir', () => {
  const { session } = project;
  mergeClasses(session, { classes: [idOf('mass')], into: idOf('nodule'), reader });
  const { journal } = session.writing();
  const action = { actor: actor('Ben'), round: openReading };
  const { ids } = classesForImport(
    { projects: session.projects, journal },
    ['Normal', 'mass', 'cyst'],
    action,
  );
  expect(ids.get('Normal')).toBe(idOf('normal'));
  expect(session.projects.heirs().get(ids.get('mass')!)).toBe(idOf('nodule'));
  expect(names()).toEqual(['normal', 'nodule', 'cyst']);
  undo('Ben');
  expect(names()).toEqual(['normal', 'nodule']);
});

it('whatever two persons do and take back: keys and names stay unique, records follow heirs, events tell the list', async () => {
  const act = fc.oneof(
    fc.record({ act: fc.constant('add' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
    fc.record({ act: fc.constant('rename' as const), at: fc.nat(5), name: fc.constantFrom('a', 'b', 'e') }),
    fc.record({ act: fc.constant('merge' as const), at: fc.nat(5), into: fc.nat(5) }),
    fc.record({ act: fc.constant('split' as const), at: fc.nat(5), image: fc.nat(3) }),
    fc.record({ act: fc.constant('retire' as const), at: fc.nat(5) }),
    fc.record({ act: fc.constant('reverse' as const), at: fc.nat(5) }),
    fc.record({ act: fc.constant('label' as const), at: fc.nat(5), image: fc.nat(3) }),
    fc.constant({ act: 'undo' as const }),
    fc.constant({ act: 'redo' as const }),
  );
  const steps = fc.array(fc.tuple(fc.constantFrom('Ada', 'Ben'), act), { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const own = await openImageProject(['normal', 'nodule', 'mass']);
      const ids = own.add(['1', '2', '3', '4'].map((path) => ({ path: `${path}.png`, label: 'nodule' })));
      const { session } = own;
      let made = 0;
      try {
        for (const [who, step] of all) {
          const { journal } = session.writing();
          const person = session.projects.readerNamed(who, 'person').id;
          const list = session.projects.classes();
          const nth = (at: number): string => list[at % Math.max(1, list.length)]?.id ?? 'none';
          try {
            if (step.act === 'add') addClass(session, { name: step.name, reader: who });
            if (step.act === 'rename') changeClass(session, nth(step.at), { name: step.name, reader: who });
            if (step.act === 'merge')
              mergeClasses(session, { classes: [nth(step.at)], into: nth(step.into), reader: who });
            if (step.act === 'split') {
              made += 2;
              const into = [
                { name: `s${made}`, images: [] },
                { name: `s${made + 1}`, images: [ids[step.image]!] },
              ];
              splitClass(session, { class: nth(step.at), into, reader: who });
            }
            if (step.act === 'retire') retireClass(session, nth(step.at), who);
            if (step.act === 'reverse') {
              const order = list.map(({ id }) => id).reverse();
              reorderClasses(session, order, who);
            }
            if (step.act === 'label') {
              const target = { kind: 'image' as const, id: ids[step.image]! };
              journal.set([{ target, to: { class: nth(step.at) } }], { actor: person, round: openReading });
            }
            if (step.act === 'undo' || step.act === 'redo') journal[step.act](person, openReading);
          } catch (error) {
            if (!(error instanceof Error && 'code' in error)) throw error;
          }
          checkClasses(own);
        }
        expect(recordsMadeAnew(own)).toEqual(
          session.interchange.images(0, 10).map(({ record }) => record?.value.class),
        );
      } finally {
        own.close();
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);

/** Classes of the labels of record as they follow from the words alone. */
function recordsMadeAnew({ folder }: ImageProject): string[] {
  const handle = new Database(path.join(folder, 'project.sqlite'));
  handle.exec('BEGIN');
  createRecordKeeper({ handle } as ProjectDatabase).refreshAll();
  const classes = handle
    .prepare<[], string>(
      'SELECT class_id FROM image LEFT JOIN record ON record.image_id = image.id ORDER BY image.rowid',
    )
    .pluck()
    .all();
  handle.exec('ROLLBACK');
  handle.close();
  return classes;
}

function checkClasses({ session }: ImageProject): void {
  const list = session.projects.classes();
  expect(list.map(({ position }) => position)).toEqual(list.map((_, position) => position));
  const keys = list.flatMap(({ key }) => (key === null ? [] : [key]));
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(list.map(({ name }) => name.toLowerCase())).size).toBe(list.length);
  const heirs = session.projects.heirs();
  for (const id of heirs.keys()) {
    let steps = 0;
    for (let next: string | undefined = id; next !== undefined; next = heirs.get(next)) {
      expect(steps).toBeLessThanOrEqual(heirs.size);
      steps += 1;
    }
  }
  const present = new Set(list.map(({ id }) => id));
  for (const { record } of session.interchange.images(0, 10)) {
    expect(present.has(record?.value.class ?? '')).toBe(true);
  }
  // The newest version's names are those there are.
  const [newest] = classVersions(session);
  if (newest) expect(newest.names).toEqual(list.map(({ name }) => name));
}
