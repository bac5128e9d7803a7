import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { ReadroomError } from '../../src/contract/errors.ts';
import { mostImagesInEvent, type EngineEvent } from '../../src/contract/events.ts';
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

/** Events of labels, once `count` have come. */
async function labelEvents(count: number): Promise<EngineEvent[]> {
  const seen: EngineEvent[] = [];
  const listening = new AbortController();
  for await (const { event } of await client.system.events({ since: 0 }, { signal: listening.signal })) {
    if (event.type === 'label.changed') seen.push(event);
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
