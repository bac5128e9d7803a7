import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import type { OpenEngine } from '../../src/cli/host.ts';
import type { Contract } from '../../src/contract/index.ts';
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
function inputsOf(round: string, view: string): Record<string, unknown> {
  const mine = { project, reader: 'Ada', round };
  const image = ids[0]!;
  const at = new Date().toISOString();
  return {
    'project.get': { project },
    'class.versions': { project },
    'dataset.images': { project },
    'dataset.currentSplit': { project },
    'dataset.openView': { project, query: { status: ['labelled', 'commented', 'disagreement'] } },
    'dataset.viewRows': { ...mine, view, offset: 0, limit: 100 },
    'dataset.rows': { ...mine, images: ids },
    'dataset.viewPosition': { project, view, image },
    'dataset.nextUnread': { ...mine, view, from: 0 },
    'dataset.facets': { project },
    'dataset.image': { project, image },
    'dataset.stack': { project, image },
    'dataset.priors': { project, image },
    'dataset.countBy': { project, field: 'sex' },
    'dataset.summary': { project },
    'dataset.patients': { project },
    'dataset.savedViews': { project },
    'dataset.versions': { project },
    'dataset.compareVersions': { project, from: 'a', to: 'b' },
    'label.set': { ...mine, image, class: 'opacity' },
    'label.undo': mine,
    'label.redo': mine,
    'label.history': { project, image },
    'label.assign': { ...mine, images: { ids: [image] }, change: { class: 'normal' } },
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

it('keeps what others say in an open round from every answer', async () => {
  const { round } = await machine.round.open({
    ...{ project, reader: 'Owen', name: 'First', images: { ids }, readers: ['Ada', 'Ben'] },
  });
  const effusion = (await machine.project.get({ project })).classes.find(({ name }) => name === 'effusion')!;
  const [ada, ben] = [as('Ada'), as('Ben')];
  const { view } = await ada.round.worklist({ project, reader: 'Ada', round });
  const inputs = inputsOf(round, view);
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
  const timesNamed = (answer: string): number =>
    answer.split(/effusion/i).length + answer.split(effusion.id).length;

  const before = await walk();
  const { seq } = await machine.system.about();
  for (const image of ids) {
    await ben.label.assign({
      ...{ project, reader: 'Ben', round, images: { ids: [image] } },
      change: { class: 'effusion', comment: 'canary comment' },
    });
    await ben.annotation.change({
      ...{ project, reader: 'Ben', round, image },
      put: [
        {
          id: crypto.randomUUID(),
          class: effusion.id,
          shape: { kind: 'point', x: 1, y: 1 },
          comment: 'canary shape',
        },
      ],
    });
  }
  await machine.settings.set({ theme: 'dark' });
  const told: unknown[] = [];
  for await (const { event } of await ada.system.events({ since: seq })) {
    told.push(event);
    if (event.type === 'settings.changed') break;
  }
  expect(JSON.stringify(told)).not.toMatch(new RegExp(`canary|effusion|${effusion.id}`));

  const after = await walk();
  expect(await ada.project.list()).toHaveLength(1);
  for (const [path, answer] of after) {
    expect(answer, path).not.toContain('canary');
    expect(timesNamed(answer), path).toBe(timesNamed(before.get(path)!));
  }
  // The words are there for their own reader, and for everybody once the round is closed.
  const { rows } = await ben.dataset.rows({ project, images: ids, reader: 'Ben', round });
  expect(rows[0]!.mine).toMatchObject({ comment: 'canary comment', class: 'effusion' });
  await as('Owen').round.close({ project, round, reader: 'Owen' });
  expect(JSON.stringify(await ada.dataset.image({ project, image: ids[0]! }))).toContain('canary comment');
});
