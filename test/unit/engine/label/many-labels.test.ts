import { expect, it, onTestFinished } from 'vitest';

import type { LabelChangeInput } from '../../../../src/contract/label.ts';
import { openReading } from '../../../../src/contract/round-id.ts';
import { newEventIds } from '../../../../src/engine/db/event-ids.ts';
import { assignLabels, reverseLabel } from '../../../../src/engine/label/label-service.ts';
import { changeLabels } from '../../../../src/engine/project/labels.ts';
import { type ImageProject, openImageProject } from '../../../support/image-project.ts';

/** More than one statement takes at once. */
const many = 5100;

async function projectOfMany(): Promise<ImageProject & { images: string[] }> {
  const project = await openImageProject(['a', 'b']);
  onTestFinished(() => project.close());
  const files = Array.from({ length: many }, (_, at) => ({ path: `${at}.png`, patient: `p${at % 700}` }));
  return { ...project, images: project.add(files) };
}

function classesOf({ session }: ImageProject, images: readonly string[]): Map<string | undefined, number> {
  const names = session.projects.classNames();
  const counts = new Map<string | undefined, number>();
  for (const image of images) {
    const name = session.targets.recordClasses(image)?.map((id) => names.get(id)!)[0];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

it('labels thousands of images as one action, over what was said of some of them, and takes it back', async () => {
  const project = await projectOfMany();
  const { session, images } = project;
  const assign = (some: readonly string[], change: LabelChangeInput) =>
    assignLabels(session, some, { change, reader: 'Ada' }).result.count;
  const undo = () => reverseLabel(session, 'undo', 'Ada').result;
  const first = images.slice(0, 2000);
  assign(first, { class: 'a' });
  assign(images.slice(1000, 1500), { comment: 'look again' });
  expect(assign(images, { class: 'b' })).toBe(many);
  expect(classesOf(project, images)).toEqual(new Map([['b', many]]));
  expect(session.targets.word('image', images[1200]!, readerOf(project), openReading)).toEqual({
    class: project.classId('b'),
    comment: 'look again',
  });
  expect(undo()).toMatchObject({ what: `b on ${many.toLocaleString('en')} images`, count: many });
  expect(classesOf(project, images)).toEqual(
    new Map<string | undefined, number>([
      ['a', 2000],
      [undefined, many - 2000],
    ]),
  );
  expect(session.targets.word('image', images[1200]!, readerOf(project), openReading)).toEqual({
    class: project.classId('a'),
    comment: 'look again',
  });
  expect(reverseLabel(session, 'redo', 'Ada').result.count).toBe(many);
  expect(classesOf(project, images)).toEqual(new Map([['b', many]]));
  for (let left = 0; left < 3; left += 1) undo();
  expect(classesOf(project, images)).toEqual(new Map([[undefined, many]]));
});

const readerOf = ({ session }: ImageProject): string => session.projects.findReader('Ada', 'person')!.id;

it('brings all records into line with what labels are, and back', async () => {
  const project = await projectOfMany();
  const { session, images } = project;
  assignLabels(session, images, { change: { class: 'a' }, reader: 'Ada' });
  const now = session.projects.labelSchema();
  const number = { unit: 'mm', low: null, high: null, decimals: 0 };
  changeLabels(session, { ...now, kind: 'number', number }, 'Ada');
  expect(classesOf(project, images)).toEqual(new Map([[undefined, many]]));
  changeLabels(session, { ...now, kind: 'multi', level: 'patient' }, 'Ada');
  expect(classesOf(project, images)).toEqual(new Map([['a', many]]));
  assignLabels(session, images, { change: { classes: { set: ['b'] } }, reader: 'Ada' });
  expect(classesOf(project, images)).toEqual(new Map([['b', many]]));
  reverseLabel(session, 'undo', 'Ada');
  changeLabels(session, { ...now, shapes: ['box'] }, 'Ada');
  expect(classesOf(project, images)).toEqual(new Map([['a', many]]));
});

it('gives events ids that ascend and differ', () => {
  const ids = newEventIds(2000);
  expect(new Set(ids).size).toBe(2000);
  expect([...ids].sort()).toEqual(ids);
  expect(
    ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)),
  ).toBe(true);
  expect(newEventIds(0)).toEqual([]);
});
