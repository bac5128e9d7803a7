import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import type { OpenEngine } from '../../src/cli/host.ts';
import type { Contract } from '../../src/contract/index.ts';
import type { Shape } from '../../src/contract/annotation.ts';
import type { LabelChangeInput as LabelChange } from '../../src/contract/label.ts';
import type { LabelSchema } from '../../src/contract/project.ts';
import { type Access, permissions } from '../../src/engine/access/permissions.ts';
import { connect } from '../../src/rpc/in-process.ts';
import type { EngineClient } from '../../src/rpc/jobs.ts';
import { startEngine } from '../support/engine.ts';
import { openImageProject } from '../support/image-project.ts';

/** Several people on one engine, each as a server would let them in. */

let folder: string;
let engine: OpenEngine;
let machine: EngineClient;
let project: string;
let ids: string[];

const as = (name: string): EngineClient =>
  connect<Contract>(engine.router, { context: { identity: { name } } });

beforeEach(async () => {
  const made = await openImageProject(['normal', 'opacity', 'effusion']);
  folder = made.folder;
  ids = made.add(
    Array.from({ length: 8 }, (_, index) => ({
      path: `f/${index}.png`,
      patient: `P${index >> 1}`,
      header: { studyUid: `1.${index >> 1}`, seriesUid: `1.${index >> 1}.1` },
      label: 'normal',
    })),
  );
  made.session.close();
  engine = startEngine('server');
  machine = connect<Contract>(engine.router);
  project = (await machine.project.open({ path: folder })).project;
  await machine.reader.add({ project, name: 'Ada' });
  await machine.reader.add({ project, name: 'Ben', role: 'reader' });
  await machine.reader.add({ project, name: 'Owen', role: 'owner' });
});
afterEach(async () => {
  await engine.close();
  rmSync(dirname(folder), { recursive: true });
});

const notPermitted = { code: 'notPermitted' };

it('lets each label as themselves, in projects that are theirs', async () => {
  const [ada, ben, mallory] = [as('Ada'), as('Ben'), as('Mallory')];
  await ada.label.set({ project, reader: 'Ada', image: ids[0]!, class: 'opacity' });
  await ben.label.set({ project, reader: 'Ben', image: ids[0]!, class: 'effusion' });
  const { labels } = await ada.dataset.image({ project, image: ids[0]! });
  const persons = labels.filter(({ class: name }) => name !== 'normal');
  expect(persons.map(({ reader, class: name }) => [reader, name]).sort()).toEqual([
    ['Ada', 'opacity'],
    ['Ben', 'effusion'],
  ]);
  await expect(
    ada.label.set({ project, reader: 'Ben', image: ids[1]!, class: 'normal' }),
  ).rejects.toMatchObject(notPermitted);
  await expect(ada.label.undo({ project, reader: 'Ben' })).rejects.toMatchObject(notPermitted);
  await expect(mallory.project.get({ project })).rejects.toMatchObject(notPermitted);
  expect(await mallory.project.list()).toEqual([]);
  expect(await ada.project.list()).toMatchObject([{ project, path: '' }]);
  expect(JSON.stringify(await ada.dataset.image({ project, image: ids[0]! }))).not.toContain('/films');
  expect(await ada.system.about()).toMatchObject({ profile: 'Ada', userName: 'Ada' });
  expect(await machine.system.about()).toMatchObject({ profile: null, userName: 'weber' });
});

it('holds everyone to their role, as it is at the time', async () => {
  const [ada, owen] = [as('Ada'), as('Owen')];
  const add = (client: EngineClient, reader: string) => client.class.add({ project, reader, name: 'nodule' });
  await expect(add(ada, 'Ada')).rejects.toMatchObject(notPermitted);
  await expect(ada.reader.setRole({ project, name: 'Ada', role: 'owner' })).rejects.toMatchObject(
    notPermitted,
  );
  await add(owen, 'Owen');
  await expect(owen.project.open({ path: '/' })).rejects.toMatchObject(notPermitted);
  await expect(owen.system.listFolder({})).rejects.toMatchObject(notPermitted);
  await owen.reader.setRole({ project, name: 'Ada', role: 'owner' });
  expect(await ada.reader.list({ project })).toContainEqual(
    expect.objectContaining({ name: 'Ada', role: 'owner' }),
  );
  const nodule = (await ada.project.get({ project })).classes.find(({ name }) => name === 'nodule')!;
  await ada.class.retire({ project, reader: 'Ada', class: nodule.id });
  await expect(owen.reader.setRole({ project, name: 'Nobody', role: 'owner' })).rejects.toMatchObject({
    code: 'unknownReader',
  });
});

// Would catch: a laboratory value, or a diagnosis in the table, that shows the answer to who reads blinded.
it('shows no clinical table to who reads in an open round', async () => {
  const data = dirname(folder);
  writeFileSync(join(data, 'labs.csv'), 'patient,crp (mg/l)\nP0,5\nP1,90\n');
  await machine.table.import({ project, reader: 'weber', file: join(data, 'labs.csv') });
  const [ada, ben, owen] = [as('Ada'), as('Ben'), as('Owen')];
  const values = (client: EngineClient) => client.table.values({ project, of: { image: ids[0]! } });
  const { round } = await machine.round.open({
    ...{ project, reader: 'Owen', name: 'First', images: { ids }, readers: ['Ada', 'Owen'] },
  });
  await expect(values(ada)).rejects.toMatchObject(notPermitted);
  await expect(values(owen)).rejects.toMatchObject(notPermitted);
  await expect(ada.table.get({ project })).rejects.toMatchObject(notPermitted);
  expect(await owen.table.get({ project })).toMatchObject({ file: 'labs.csv' });
  expect((await values(ben))!.patient).toBe('P0');
  await machine.round.close({ project, reader: 'Owen', round });
  expect((await values(ada))!.patient).toBe('P0');
  expect(await ada.table.get({ project })).toMatchObject({ file: 'labs.csv' });
});

// Would catch: whoever signs in sees what the machine's owner keeps, named in their words.
it('tells of the machine’s weights only to owners', async () => {
  await expect(as('Ada').weights.list({ project })).rejects.toMatchObject(notPermitted);
  await expect(as('Owen').weights.list()).rejects.toMatchObject(notPermitted);
  expect((await as('Owen').weights.list({ project })).length).toBeGreaterThan(0);
  expect((await machine.weights.list()).length).toBeGreaterThan(0);
});

it('tells each how far they reach, and when that changes', async () => {
  const ada = as('Ada');
  expect(await ada.profile.reach({ project })).toMatchObject({
    role: 'reader',
    refused: { 'class.add': 'owner', 'project.open': 'machine' },
  });
  await expect(ada.profile.reach({ project, reader: 'Owen' })).rejects.toMatchObject(notPermitted);
  const { seq } = await machine.system.about();
  await as('Owen').reader.setRole({ project, name: 'Ada', role: 'owner' });
  for await (const { event } of await ada.system.events({ since: seq })) {
    expect(event).toEqual({ type: 'reader.changed', project });
    break;
  }
  expect((await ada.profile.reach({ project })).refused).not.toHaveProperty('class.add');
  expect((await machine.profile.reach({ project, reader: 'Ada' })).role).toBe('owner');
});

it('tells a person of events of their own projects only', async () => {
  const { seq } = await machine.system.about();
  await as('Ada').label.set({ project, reader: 'Ada', image: ids[0]!, class: 'opacity' });
  await machine.settings.set({ theme: 'light' });
  const told = async (name: string): Promise<string[]> => {
    const types: string[] = [];
    for await (const { event } of await as(name).system.events({ since: seq })) {
      types.push(event.type);
      if (event.type === 'settings.changed') break;
    }
    return types;
  };
  expect(await told('Ben')).toEqual(['label.changed', 'settings.changed']);
  expect(await told('Mallory')).toEqual(['settings.changed']);
});

/** What a reader in an open round may call, with inputs that reach as far as they can. */
function inputsOf(round: string, view: string, change: object): Record<string, unknown> {
  const mine = { project, reader: 'Ada', round };
  const image = ids[0]!;
  const at = new Date().toISOString();
  return {
    'project.get': { project },
    'class.retired': { project },
    'class.versions': { project },
    'dataset.images': { project },
    'dataset.currentSplit': { project },
    'dataset.openView': {
      project,
      query: {
        status: ['labelled', 'unsure', 'skipped', 'commented', 'bookmarked', 'disagreement', 'annotated'],
      },
    },
    'dataset.viewRows': { ...mine, view, offset: 0, limit: 100 },
    'dataset.rows': { ...mine, images: ids },
    'dataset.viewPosition': { project, view, image },
    'dataset.nextUnread': { ...mine, view, from: 0 },
    'dataset.facets': { project },
    'dataset.image': { project, image },
    'dataset.stack': { project, image },
    'dataset.priors': { project, image },
    'dataset.headers': { project, images: [image] },
    'dataset.countBy': { project, field: 'sex' },
    'dataset.summary': { project },
    'dataset.patients': { project },
    'dataset.savedViews': { project },
    'dataset.versions': { project },
    'dataset.compareVersions': { project, from: 'a', to: 'b' },
    'table.get': { project },
    'table.rows': { project },
    'table.values': { project, of: { image } },
    'label.set': { ...mine, image, class: 'opacity' },
    'label.undo': mine,
    'label.redo': mine,
    'label.history': { project, image },
    'label.assign': { ...mine, images: { ids: [image] }, change },
    'label.reversible': mine,
    'label.place': mine,
    'label.leavePlace': { ...mine, image, query: {} },
    'annotation.list': { ...mine, image },
    'annotation.change': { ...mine, image, put: [], remove: [] },
    'annotation.all': { project, image },
    'history.actions': { project, limit: 200 },
    'history.asOf': { project, at },
    'history.labelsAsOf': { project, at, images: ids },
    'reader.list': { project },
    'round.list': { project },
    'round.worklist': mine,
    'round.rule': { project },
  };
}

/** Labels of every kind and level, with what Ada says of her image and what Ben says of all. */
const blinded: { labels: Pick<LabelSchema, 'kind' | 'level'>; own: LabelChange; other: LabelChange }[] = [
  {
    labels: { kind: 'single', level: 'image' },
    ...{ own: { class: 'normal' }, other: { class: 'effusion', unsure: true } },
  },
  {
    labels: { kind: 'multi', level: 'image' },
    ...{ own: { classes: { set: ['normal'] } }, other: { classes: { set: ['opacity', 'effusion'] } } },
  },
  { labels: { kind: 'ordinal', level: 'series' }, own: { class: 'normal' }, other: { class: 'effusion' } },
  { labels: { kind: 'number', level: 'image' }, own: { number: 12 }, other: { number: 187.5 } },
  { labels: { kind: 'number', level: 'study' }, own: { number: 12 }, other: { number: 187.5, unsure: true } },
  {
    labels: { kind: 'multi', level: 'study' },
    ...{ own: { classes: { set: ['normal'] } }, other: { classes: { set: ['effusion'] } } },
  },
  {
    labels: { kind: 'single', level: 'patient' },
    ...{ own: { class: 'normal' }, other: { class: 'effusion', bookmarked: true } },
  },
  { labels: { kind: 'single', level: 'image' }, own: { class: 'normal' }, other: { skipped: true } },
  {
    labels: { kind: 'ordinal', level: 'patient' },
    ...{ own: { class: 'normal' }, other: { bookmarked: true, unsure: true } },
  },
];

/** A shape of every kind, with a comment. */
const shapesOf = (classId: string) => {
  const shapes: Shape[] = [
    { kind: 'box', x: 1, y: 1, width: 31, height: 17 },
    {
      kind: 'polygon',
      points: [
        [1, 1],
        [31, 1],
        [31, 17],
      ],
    },
    {
      kind: 'freehand',
      points: [
        [1, 1],
        [31, 1],
        [31, 17],
        [2, 9],
      ],
    },
    { kind: 'point', x: 31, y: 17 },
    { kind: 'mask', x: 31, y: 17, width: 2, height: 1, runs: [0, 2] },
  ];
  return shapes.map((shape) => ({
    ...{ id: crypto.randomUUID(), class: classId, shape },
    ...{ unsure: true as const, comment: `canary ${shape.kind}` },
  }));
};

/** An answer without what every call makes anew: ids and moments. */
const settled = (answer: string): string =>
  answer
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');

it.each(blinded)('keeps what others say in an open round from every answer: %j', async (asked) => {
  const { labels, own, other } = asked;
  await machine.project.changeLabels({
    ...{ project, reader: 'weber' },
    labels: {
      ...labels,
      number: labels.kind === 'number' ? { unit: 'mm', low: 0, high: 200, decimals: 1 } : null,
      shapes: ['box', 'polygon', 'freehand', 'mask', 'point'],
    },
  });
  const { round } = await machine.round.open({
    ...{ project, reader: 'Owen', name: 'First', images: { ids }, readers: ['Ada', 'Ben'] },
  });
  const effusion = (await machine.project.get({ project })).classes.find(({ name }) => name === 'effusion')!;
  const [ada, ben] = [as('Ada'), as('Ben')];
  const { view } = await ada.round.worklist({ project, reader: 'Ada', round });
  const inputs = inputsOf(round, view, own);
  const forReaders = Object.entries(permissions).flatMap(([domain, entries]) =>
    Object.entries(entries)
      .filter(([, access]) => access === 'reader')
      .map(([name]) => `${domain}.${name}`),
  );
  // One that is new is walked through as well.
  expect(Object.keys(inputs).sort()).toEqual([...forReaders].sort());

  const walk = async (): Promise<Map<string, string>> => {
    const answers = new Map<string, string>();
    for (const [domain, entries] of Object.entries(permissions)) {
      for (const [name, access] of Object.entries(entries as Record<string, Access>)) {
        if (access === 'signedIn') continue;
        const calls = (
          ada as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>
        )[domain]!;
        const path = `${domain}.${name}`;
        const answer = calls[name]!(inputs[path] ?? { project, round, reader: 'Ada', image: ids[0] });
        if (access === 'reader') {
          // What there is none of (a version to compare) is an error that could tell as much as an answer.
          answers.set(path, JSON.stringify([await answer.catch((error: unknown) => error)]));
        } else await expect(answer, path).rejects.toMatchObject(notPermitted);
      }
    }
    return answers;
  };

  // What Ada does herself on the walk is done and taken back: after one walk nothing is new about it.
  await walk();
  // Pictures are compared with each other in the background, which the first look began.
  await expect
    .poll(async () => JSON.stringify(await machine.dataset.facets({ project })))
    .toContain('nearDuplicate');
  const before = await walk();
  const { seq } = await machine.system.about();
  for (const image of ids) {
    await ben.label.assign({
      ...{ project, reader: 'Ben', round, images: { ids: [image] } },
      change: { ...other, comment: 'canary comment' },
    });
    const put = shapesOf(effusion.id);
    await ben.annotation.change({ project, reader: 'Ben', round, image, put });
  }
  await machine.settings.set({ theme: 'dark' });
  const told: unknown[] = [];
  for await (const { event } of await ada.system.events({ since: seq })) {
    told.push(event);
    if (event.type === 'settings.changed') break;
  }
  expect(JSON.stringify(told)).not.toMatch(new RegExp(`canary|effusion|187|${effusion.id}`));

  const after = await walk();
  expect(await ada.project.list()).toHaveLength(1);
  for (const [path, answer] of after) {
    expect(answer, path).not.toContain('canary');
    // How far each reader is, is told.
    if (path !== 'round.list') expect(settled(answer), path).toBe(settled(before.get(path)!));
  }
  const unread = (list: string): unknown =>
    (JSON.parse(list) as { readers: object[] }[][])[0]!.map(({ readers, ...rest }) => [
      ...[rest, readers.map((reader) => ({ ...reader, read: 0, medianSeconds: null }))],
    ]);
  expect(unread(after.get('round.list')!)).toEqual(unread(before.get('round.list')!));
  // The words are there for their own reader, and for everybody once the round is closed.
  const { rows } = await ben.dataset.rows({ project, images: ids, reader: 'Ben', round });
  expect(rows[0]!.mine).toMatchObject({ comment: 'canary comment' });
  await as('Owen').round.close({ project, round, reader: 'Owen' });
  const seen = JSON.stringify(await ada.dataset.image({ project, image: ids[0]! }));
  expect(seen).toContain('canary comment');
  expect(JSON.stringify(await ada.annotation.all({ project, image: ids[0]! }))).toContain('canary mask');
});
