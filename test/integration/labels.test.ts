import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { ReadroomError } from '../../src/contract/errors.ts';
import { mostImagesInEvent, type EngineEvent } from '../../src/contract/events.ts';
import type { HistoryKind } from '../../src/contract/label.ts';
import type { LabelSchema } from '../../src/contract/project.ts';
import type { EngineClient } from '../../src/rpc/jobs.ts';
import { connect } from '../../src/rpc/in-process.ts';
import type { Contract } from '../../src/contract/index.ts';
import type { OpenEngine } from '../../src/cli/host.ts';
import { startEngine } from '../support/engine.ts';
import { type ImageProject, openImageProject } from '../support/image-project.ts';

let project: ImageProject;
let engine: OpenEngine;
let client: EngineClient;
let ids: string[];
const reader = 'Ada';

beforeEach(async () => {
  project = await openImageProject();
  ids = project.add(
    Array.from({ length: mostImagesInEvent + 10 }, (_, index) => ({ path: `f/${index}.png` })),
  );
  project.session.close();
  engine = startEngine();
  client = connect<Contract>(engine.router, { onBug: () => undefined });
});
afterEach(async () => {
  await engine.close();
  rmSync(dirname(project.folder), { recursive: true });
});

/** Events of some types, once `count` have come. */
async function labelEvents(
  count: number,
  types: readonly EngineEvent['type'][] = ['label.changed'],
): Promise<EngineEvent[]> {
  const seen: EngineEvent[] = [];
  const listening = new AbortController();
  for await (const { event } of await client.system.events({ since: 0 }, { signal: listening.signal })) {
    if (types.includes(event.type)) seen.push(event);
    if (seen.length === count) break;
  }
  listening.abort();
  return seen;
}

it('labels many images as one action with one event, which one undo takes back after a restart too', async () => {
  const { project: id } = await client.project.open({ path: project.folder });
  const { view } = await client.dataset.openView({ project: id });
  const all: [number, number][] = [
    [0, 100],
    [50, 5000],
  ];
  const assigned = await client.label.assign({
    ...{ project: id, reader, images: { view, ranges: all }, change: { class: 'opacity' } },
  });
  expect(assigned).toEqual({ count: ids.length });
  await client.label.assign({ project: id, reader, images: { ids: [ids[3]!] }, change: { comment: 'see' } });
  // What is so already is no action.
  await client.label.assign({ project: id, reader, images: { ids }, change: { class: 'OPACITY' } });
  expect(await labelEvents(2)).toEqual([
    { type: 'label.changed', project: id, images: [], count: ids.length, reader },
    { type: 'label.changed', project: id, images: [ids[3]], count: 1, reader },
  ]);

  await client.project.close({ project: id });
  await client.project.open({ path: project.folder });
  expect(await client.label.reversible({ project: id, reader })).toMatchObject({
    undo: { what: 'comment on 3.png', count: 1 },
    redo: null,
  });
  await client.label.undo({ project: id, reader });
  expect((await client.label.reversible({ project: id, reader })).undo?.what).toBe(
    `opacity on ${ids.length} images`,
  );
  expect(await client.label.undo({ project: id, reader })).toMatchObject({ count: ids.length, label: null });
  expect((await client.label.reversible({ project: id, reader })).redo?.what).toBe(
    `opacity on ${ids.length} images`,
  );
  expect((await client.project.get({ project: id })).labelled).toBe(0);
});

it('changes nothing when one of the images, the class or the view is unknown', async () => {
  const { project: id } = await client.project.open({ path: project.folder });
  const change = { class: 'opacity' };
  const failing = [
    client.label.assign({ project: id, reader, images: { ids: [ids[0]!, 'gone'] }, change }),
    client.label.assign({ project: id, reader, images: { ids }, change: { class: 'fracture' } }),
    client.label.assign({ project: id, reader, images: { view: 'gone', ranges: [[0, 1]] }, change }),
    client.label.assign({ project: id, reader, images: { ids }, change: {} }),
    client.label.assign({ project: id, reader, images: { ids }, change: { ...change, skipped: true } }),
    client.label.assign({ project: id, reader: 'import', images: { ids }, change }),
  ];
  const outcomes = await Promise.allSettled(failing);
  const codes = outcomes.map((outcome) =>
    outcome.status === 'rejected' && outcome.reason instanceof ReadroomError ? outcome.reason.code : outcome,
  );
  expect(codes).toEqual(['unknownImage', 'unknownClass', 'unknownView', 'usage', 'usage', 'unknownReader']);
  expect(await client.label.history({ project: id, image: ids[0]! })).toEqual([]);
});

it('remembers views and places for the next start, and lets one only look in a project opened for reading', async () => {
  const { project: id } = await client.project.open({ path: project.folder });
  const query = { text: '1', sort: { by: 'name' as const } };
  await client.dataset.saveView({ project: id, name: 'Ones', query });
  const [saved] = await client.dataset.saveView({ project: id, name: ' ONES ', query: { text: '11' } });
  expect(saved).toMatchObject({ name: 'ONES', query: { text: '11' } });
  await client.label.leavePlace({ project: id, reader, image: ids[7]!, query });
  expect(await client.label.place({ project: id, reader: 'Ben' })).toBeNull();
  expect(
    (await client.reader.add({ project: id, name: 'Eve' })).map(({ name, kind }) => [name, kind]),
  ).toEqual([
    ['import', 'import'],
    ['Ada', 'person'],
    ['Eve', 'person'],
  ]);
  await client.project.close({ project: id });

  await client.project.open({ path: project.folder, mode: 'read' });
  expect(await client.dataset.savedViews({ project: id })).toEqual([saved]);
  await client.label.leavePlace({ project: id, reader, image: ids[0]!, query });
  expect(await client.label.place({ project: id, reader })).toMatchObject({ image: ids[7], query });
  const refused = [
    client.dataset.saveView({ project: id, name: 'x', query }),
    client.dataset.deleteView({ project: id, id: saved!.id }),
    client.reader.add({ project: id, name: 'Zoe' }),
    client.label.assign({ project: id, reader, images: { ids }, change: { class: 'normal' } }),
  ];
  for (const call of refused) await expect(call).rejects.toMatchObject({ code: 'projectReadOnly' });
  await client.project.close({ project: id });
  await client.project.open({ path: project.folder });
  expect(await client.dataset.deleteView({ project: id, id: saved!.id })).toEqual([]);
});

it('labels the whole study of an image, and refuses images that belong to none', async () => {
  project = await openImageProject();
  const header = { studyUid: '1.2', seriesUid: '1.2.1' };
  const films = project.add([
    { path: 'a/1.dcm', patient: 'P1', header },
    { path: 'a/2.dcm', patient: 'P1', header },
    { path: 'a/3.dcm', patient: 'P1', header: { studyUid: '1.2', seriesUid: '1.2.2' } },
    { path: 'b/4.png' },
  ]);
  project.session.close();
  const { project: id } = await client.project.open({ path: project.folder });
  const labels: LabelSchema = { kind: 'multi', level: 'study', number: null, shapes: [] };
  expect((await client.project.changeLabels({ project: id, reader, labels })).labels).toEqual(labels);
  expect(
    await client.label.set({ project: id, reader, image: '2.dcm', class: 'opacity, NORMAL' }),
  ).toMatchObject({
    image: films[1],
    label: 'normal, opacity',
    count: 3,
  });
  await expect(
    client.label.set({ project: id, reader, image: '4.png', class: 'normal' }),
  ).rejects.toMatchObject({
    code: 'usage',
    message: 'Labels are of a whole study here, and 4.png belongs to none. Nothing was changed.',
  });
  const ids = { ids: films.slice(0, 3) };
  const change = { classes: { add: [], remove: ['normal'] } };
  const assigned = { project: id, reader, images: ids, change, milliseconds: 1200 };
  expect(await client.label.assign(assigned)).toEqual({ count: 3 });
  expect((await client.label.reversible({ project: id, reader })).undo?.what).toBe(
    'opacity on the study of 1.dcm',
  );
  expect(await client.label.set({ project: id, reader, image: '1.dcm', class: '' })).toMatchObject({
    label: '',
  });
  expect((await client.label.history({ project: id, image: films[2]! })).map(({ what }) => what)).toEqual([
    'no label → normal, opacity',
    'normal, opacity → opacity',
    'opacity → none of the classes',
  ]);
  expect(await client.label.set({ project: id, reader, image: '1.dcm', class: null })).toMatchObject({
    label: null,
  });
  // What labels were before they were of studies is taken back with all the rest.
  for (let left = 5; left > 0; left -= 1) await client.label.undo({ project: id, reader });
  expect((await client.project.get({ project: id })).labels.kind).toBe('single');
  expect(await client.label.redo({ project: id, reader })).toMatchObject({
    what: 'labels are sets of classes of a study',
    image: null,
    count: 0,
  });
});

it('undoes settings and classes as it undoes labels, and tells everybody', async () => {
  const { project: id } = await client.project.open({ path: project.folder });
  const [normal] = (await client.project.get({ project: id })).classes;
  await client.label.set({ project: id, reader, image: '0.png', class: 'normal' });
  await client.class.change({ project: id, reader, class: normal!.id, name: 'clear' });
  const number = { unit: 'months', low: 0, high: 240, decimals: 0 };
  const labels: LabelSchema = { kind: 'number', level: 'image', number, shapes: ['box'] };
  await client.project.changeLabels({ project: id, reader, labels });
  expect((await client.project.get({ project: id })).labelled).toBe(0);
  await expect(client.label.set({ project: id, reader, image: '0.png', value: 300 })).rejects.toMatchObject({
    code: 'usage',
    message: '300 is outside of the range: 0–240 months.',
  });
  await client.label.set({ project: id, reader, image: '0.png', value: 84 });
  await expect(client.run.train({ project: id })).rejects.toMatchObject({ code: 'noSplit' });
  const { actions, next } = await client.history.actions({ project: id, limit: 3 });
  expect(actions.map(({ what, actor, kind, undone }) => [what, actor, kind, undone])).toEqual([
    ['84 months on 0.png', 'Ada', 'set', false],
    ['labels are numbers in months', 'Ada', 'set', false],
    ['normal renamed to clear', 'Ada', 'set', false],
  ]);
  const rest = await client.history.actions({ project: id, before: next });
  expect(rest).toMatchObject({
    actions: [
      { what: 'clear on 0.png', image: ids[0] },
      { what: 'import of images', actor: 'import' },
    ],
    next: null,
  });
  const of = async (asked: { actor?: string; about?: HistoryKind }) =>
    (await client.history.actions({ project: id, ...asked })).actions.map(({ what }) => what);
  expect(await of({ actor: 'Ada', about: 'label' })).toEqual(['84 months on 0.png', 'clear on 0.png']);
  expect(await of({ about: 'class' })).toEqual(['normal renamed to clear']);
  expect(await of({ about: 'import' })).toEqual(['import of images']);
  expect(await of({ about: 'merge' })).toEqual([]);
  const undone = [];
  for (let left = 3; left > 0; left -= 1)
    undone.push((await client.label.undo({ project: id, reader })).what);
  expect(undone).toEqual(actions.map(({ what }) => what));
  expect(await client.project.get({ project: id })).toMatchObject({
    labelled: 1,
    classes: [{ name: 'normal' }, {}],
  });
  const types = ['class.changed', 'dataset.changed'] as const;
  expect((await labelEvents(4, types)).map(({ type }) => type)).toEqual([
    'class.changed',
    'dataset.changed',
    'dataset.changed',
    'class.changed',
  ]);
});

it('says what labels were at a moment', async () => {
  const { project: id } = await client.project.open({ path: project.folder });
  const moment = async (): Promise<string> => {
    const at = new Date().toISOString();
    await new Promise((resolve) => setTimeout(resolve, 5));
    return at;
  };
  await new Promise((resolve) => setTimeout(resolve, 5));
  const before = await moment();
  await client.label.assign({ project: id, reader, images: { ids }, change: { class: 'normal' } });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const after = await moment();
  const [normal] = (await client.project.get({ project: id })).classes;
  await client.class.change({ project: id, reader, class: normal!.id, name: 'clear' });
  await client.label.set({ project: id, reader: 'Ben', image: '0.png', class: 'opacity' });
  expect(await client.history.asOf({ project: id, at: before })).toMatchObject({
    images: ids.length,
    labelled: 0,
  });
  expect(await client.history.asOf({ project: id, at: after })).toMatchObject({
    labelled: ids.length,
    classes: [
      { name: 'normal', n: ids.length },
      { name: 'opacity', n: 0 },
    ],
  });
  const images = [ids[0]!, 'gone'];
  expect(await client.history.labelsAsOf({ project: id, at: after, images })).toEqual([
    { image: ids[0], label: 'normal' },
    { image: 'gone', label: null },
  ]);
  const now = new Date().toISOString();
  expect(
    (await client.history.labelsAsOf({ project: id, at: now, images: ids.slice(0, 2) })).map(
      ({ label }) => label,
    ),
  ).toEqual(['opacity', 'clear']);
});

it('does an action that is sent again once, also after it was taken back or a restart', async () => {
  const { project: id } = await client.project.open({ path: project.folder });
  const [image] = ids as [string];
  const label = {
    ...{ project: id, reader, images: { ids: [image] }, change: { class: 'opacity' } },
    action: '018f0000-0000-7000-8000-000000000001',
  };
  expect(await client.label.assign(label)).toEqual({ count: 1 });
  await client.label.assign({ project: id, reader, images: { ids: [image] }, change: { class: 'normal' } });
  expect(await client.label.assign(label)).toEqual({ count: 0 });
  const mine = async () =>
    (await client.dataset.rows({ project: id, images: [image], reader })).rows[0]?.mine;
  expect((await mine())?.class).toBe('normal');
  await client.label.undo({ project: id, reader });
  await client.label.undo({ project: id, reader });
  expect(await client.label.assign(label)).toEqual({ count: 0 });
  expect(await mine()).toBeNull();
  // What was done in between can be done again: nothing came after it.
  expect((await client.label.reversible({ project: id, reader })).redo).not.toBeNull();

  const drawn = {
    id: '018f0000-0000-7000-8000-0000000000aa',
    class: null,
    shape: { kind: 'box', x: 1, y: 1, width: 2, height: 2 },
  } as const;
  const drawing = {
    ...{ project: id, reader, image, put: [drawn] },
    action: '018f0000-0000-7000-8000-000000000002',
  };
  expect((await client.annotation.change(drawing)).annotations).toEqual([drawn]);
  await client.annotation.change({ project: id, reader, image, remove: [drawn.id] });
  await client.project.close({ project: id });
  await client.project.open({ path: project.folder });
  expect(await client.annotation.change(drawing)).toEqual({ annotations: [], event: null });
});
