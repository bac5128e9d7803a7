import path from 'node:path';

import Database from 'better-sqlite3';
import { v7 as uuid } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Annotation, Shape } from '../../../../src/contract/annotation.ts';
import {
  allAnnotations,
  changeAnnotations,
  listAnnotations,
} from '../../../../src/engine/label/annotations.ts';
import { closeRound, openRound } from '../../../../src/engine/rounds/rounds.ts';
import { mergeClasses } from '../../../../src/engine/project/class-merging.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

/** Pictures are 100 × 80. */
let project: ImageProject;
let image: string;
let other: string;

beforeEach(async () => {
  project = await openImageProject(['nodule', 'mass']);
  [image, other] = project.add([{ path: '1.png' }, { path: '2.png' }]) as [string, string];
});
afterEach(() => project.close());

const box: Shape = { kind: 'box', x: 10.5, y: 20, width: 30, height: 40 };
const drawn = (shape: Shape, more: Partial<Annotation> = {}): Annotation => ({
  ...{ id: uuid(), class: null, shape },
  ...more,
});
const change = (
  request: { put?: Annotation[]; remove?: string[]; image?: string; round?: string },
  reader = 'Ada',
) => changeAnnotations(project.session, { image, reader, round: '', put: [], remove: [], ...request });
const list = (reader = 'Ada', round = '') => listAnnotations(project.session, { image, reader, round });
const journal = () => project.session.writing().journal;
const person = (name = 'Ada') => project.session.projects.readerNamed(name, 'person').id;
const usage = (sentence: string) =>
  expect.objectContaining({ code: 'usage', message: expect.stringContaining(sentence) as string }) as Error;

it('keeps what is drawn, in the order in which it was, and one undo takes an action back', () => {
  const [first, second] = [
    drawn(box, { class: project.classId('nodule') }),
    drawn({ kind: 'point', x: 1, y: 2 }),
  ];
  const { annotations, event } = change({ put: [first, second] });
  expect(annotations).toEqual([first, second]);
  expect(event).not.toBeNull();
  const moved = { ...first, shape: { ...box, x: 11 }, unsure: true as const, comment: ' rim ' };
  expect(change({ put: [moved], remove: [second.id] }).annotations).toEqual([{ ...moved, comment: 'rim' }]);
  journal().undo(person(), '');
  expect(list()).toEqual([first, second]);
  journal().undo(person(), '');
  expect(list()).toEqual([]);
  journal().redo(person(), '');
  expect(list()).toEqual([first, second]);
});

it('makes no event where nothing changes, and minds no shape that is gone already', () => {
  const one = drawn(box);
  change({ put: [one] });
  expect(change({ put: [one], remove: [uuid()] }).event).toBeNull();
});

describe('refuses', () => {
  const outside: Shape[] = [
    { kind: 'box', x: 70.5, y: 0, width: 30, height: 10 },
    { kind: 'point', x: 50, y: 80.1 },
    {
      kind: 'polygon',
      points: [
        [0, 0],
        [10, -0.5],
        [10, 10],
      ],
    },
    { kind: 'mask', x: 98, y: 0, width: 3, height: 1, runs: [0, 3] },
  ];
  it.each(outside)('a $kind that reaches beyond the picture', (shape) => {
    expect(() => change({ put: [drawn(shape)] })).toThrow(usage('beyond the picture of 100 × 80 pixels'));
  });

  it('nothing that touches the border', () => {
    const whole: Shape = { kind: 'box', x: 0, y: 0, width: 100, height: 80 };
    expect(change({ put: [drawn(whole)] }).annotations).toHaveLength(1);
  });

  it('a mask whose runs do not fill its box', () => {
    const shape: Shape = { kind: 'mask', x: 0, y: 0, width: 2, height: 2, runs: [1, 2] };
    expect(() => change({ put: [drawn(shape)] })).toThrow(usage('runs of 3 pixels in a box of 4'));
  });

  it('a class that is not in use', () => {
    const unknown = expect.objectContaining({ code: 'unknownClass' }) as Error;
    expect(() => change({ put: [drawn(box, { class: 'none' })] })).toThrow(unknown);
  });

  it('an image that there is not', () => {
    const unknown = expect.objectContaining({ code: 'unknownImage' }) as Error;
    expect(() => change({ image: 'none', put: [drawn(box)] })).toThrow(unknown);
  });

  it("another's shape, one of another image or round, and one named twice", () => {
    const one = drawn(box);
    change({ put: [one] });
    expect(() => change({ put: [one] }, 'Ben')).toThrow(usage("Ada's"));
    expect(() => change({ remove: [one.id] }, 'Ben')).toThrow(usage("Ada's"));
    expect(() => change({ put: [one], image: other })).toThrow(usage('another image or round'));
    expect(() => change({ put: [one], remove: [one.id] })).toThrow(usage('named twice'));
    expect(list()).toEqual([one]);
  });
});

it('tells everybody of shapes but for those of a round that is still blinded, and leaves out images taken back', async () => {
  const mine = drawn(box);
  const theirs = drawn({ kind: 'point', x: 3, y: 4 });
  const blinded = drawn({ kind: 'point', x: 5, y: 6 });
  change({ put: [mine] });
  change({ put: [theirs] }, 'Ben');
  const { round } = await openRound(project.session, {
    ...{ reader: 'Ada', name: 'first', images: { ids: [image] }, readers: ['Ben'] },
    ...{ assignment: { kind: 'all' }, seed: 1, washoutDays: 0, tolerance: 0, project: '' },
  });
  change({ put: [blinded], round }, 'Ben');
  expect(() => change({ put: [mine], round }, 'Ben')).toThrow(usage("Ada's"));
  const seen = () => allAnnotations(project.session, image).map(({ id, reader }) => [id, reader]);
  expect(seen()).toEqual([
    [mine.id, 'Ada'],
    [theirs.id, 'Ben'],
  ]);
  expect(list('Ben', round)).toEqual([blinded]);
  closeRound(project.session, round, 'Ada');
  expect(seen()).toHaveLength(3);
  const database = new Database(path.join(project.folder, 'project.sqlite'));
  database.prepare('UPDATE image SET removed = 1 WHERE id = ?').run(image);
  database.close();
  expect(() => seen()).toThrow(expect.objectContaining({ code: 'unknownImage' }) as Error);
});

it('tells shapes by the class that theirs was merged into', () => {
  const one = drawn(box, { class: project.classId('nodule') });
  change({ put: [one] });
  const mass = project.classId('mass');
  mergeClasses(project.session, { classes: [project.classId('nodule')], into: mass, reader: 'Ben' });
  expect(list()).toEqual([{ ...one, class: mass }]);
  expect(allAnnotations(project.session, image)[0]).toMatchObject({ class: mass, reader: 'Ada' });
});
