import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'vitest';

import { duplicatesSchema } from '../../src/contract/dataset.ts';
import { importReportSchema } from '../../src/contract/import.ts';
import { splitReportSchema } from '../../src/contract/split.ts';
import { ReadroomError } from '../../src/contract/errors.ts';
import type { EngineEvent } from '../../src/contract/events.ts';
import type { ProjectSummary } from '../../src/contract/project.ts';
import { waitForJob, type EngineClient } from '../../src/rpc/jobs.ts';
import { greyPng, pattern } from '../support/picture-files.ts';

/** 16 films of 8 patients in two class folders, and one text that is called a picture. */
export function writeFilms(): string {
  const folder = mkdtempSync(join(tmpdir(), 'readroom-films-'));
  for (let index = 0; index < 16; index += 1) {
    const name = index % 2 === 0 ? 'normal' : 'opacity';
    mkdirSync(join(folder, name), { recursive: true });
    const samples = pattern(12 * 12).map((sample) => (sample * (index + 3)) % 256);
    writeFileSync(join(folder, name, `P${Math.floor(index / 2)}_${index}.png`), greyPng(12, 12, samples));
  }
  writeFileSync(join(folder, 'normal', 'notes.png'), 'not a picture');
  return folder;
}

async function failureOf(call: Promise<unknown>): Promise<ReadroomError> {
  const error: unknown = await call.then(
    () => new Error('it did not fail'),
    (failure: unknown) => failure,
  );
  if (error instanceof ReadroomError) return error;
  throw error;
}

/** The machine around a project: settings, recent projects, folders, a file to look at. */
async function lookAround(client: EngineClient, films: string, made: ProjectSummary): Promise<void> {
  expect(await client.settings.set({ reader: 'Dr Weber' })).toMatchObject({
    reader: 'Dr Weber',
    theme: 'dark',
  });
  expect((await client.settings.get()).reader).toBe('Dr Weber');
  const { secret } = await client.profile.add({ name: 'Ada' });
  expect((await client.profile.reset({ name: 'Ada' })).secret).not.toBe(secret);
  expect(await client.profile.list()).toMatchObject([{ name: 'Ada' }]);
  await expect(client.profile.add({ name: 'ada' })).rejects.toMatchObject({ code: 'usage' });
  expect(await client.profile.reach({ project: made.project })).toEqual({ role: null, refused: {} });
  expect(await client.profile.reach({ project: made.project, reader: 'Ada' })).toMatchObject({
    role: null,
    refused: { 'project.get': 'reader', 'project.open': 'machine' },
  });
  expect(await client.profile.remove({ name: 'Ada' })).toEqual([]);
  expect(await client.project.recent()).toMatchObject([
    {
      path: made.path,
      name: made.name,
      present: true,
      project: made.project,
      runs: { waiting: 0, interrupted: 0 },
    },
  ]);
  expect(await client.project.prepared({ project: made.project })).toEqual({ bytes: 0, limitBytes: 20e9 });
  expect(await client.project.clearPrepared({ project: made.project })).toEqual({
    removedBytes: 0,
    keptBytes: 0,
  });
  const listing = await client.system.listFolder({ path: films });
  expect(listing.entries.map(({ name, kind }) => [name, kind])).toEqual([
    ['normal', 'folder'],
    ['opacity', 'folder'],
  ]);
  expect((await client.project.suggestFolder({ name: 'Hand: left/right' })).path).toMatch(
    /Hand- left-right$/,
  );
  expect(await client.system.about()).toMatchObject({ userName: 'weber', backend: null });
  const file = join(films, 'opacity', 'P0_1.png');
  expect((await client.dataset.showFile({ project: made.project, path: file })).file).toMatch(
    /^[0-9a-f-]{36}$/,
  );
}

/** Views, labels on many images at once, and where a reader left off. */
async function readAndFilter(client: EngineClient, project: string): Promise<void> {
  const reader = 'Dr Weber';
  const { classes } = await client.project.get({ project });
  const opacity = classes.find(({ name }) => name === 'opacity')!;
  const query = { classes: [opacity.id], sort: { by: 'name' as const, descending: true } };
  const { view, total } = await client.dataset.openView({ project, query });
  const { rows } = await client.dataset.viewRows({ project, view, offset: 0, limit: 3, reader });
  expect(rows).toHaveLength(3);
  expect(new Set(rows.map((row) => row.class))).toEqual(new Set([opacity.id]));

  const ranges: [number, number][] = [[0, 3]];
  const change = { unsure: true, class: 'normal' };
  expect(await client.label.assign({ project, reader, images: { view, ranges }, change })).toEqual({
    count: 3,
  });
  const { undo } = await client.label.reversible({ project, reader });
  expect(undo).toMatchObject({ what: 'normal on 3 images', count: 3 });
  // The view stands although none of the three would be in it now.
  const after = await client.dataset.viewRows({ project, view, offset: 0, limit: 500, reader });
  expect([after.rows.length, after.rows[0]!.mine]).toMatchObject([total, { class: 'normal', unsure: true }]);
  const facets = await client.dataset.facets({ project });
  expect(facets.status).toContainEqual({ status: 'unsure', n: 3 });
  expect((await client.label.undo({ project, reader })).count).toBe(3);

  await client.label.leavePlace({ project, reader, image: rows[1]!.image, query });
  expect(await client.label.place({ project, reader })).toMatchObject({ image: rows[1]!.image });
  expect(await client.dataset.saveView({ project, name: 'Opacities', query })).toMatchObject([
    { name: 'Opacities' },
  ]);
  expect(await client.dataset.summary({ project })).toMatchObject({ images: 16, patients: 8, labelled: 16 });
  expect((await client.dataset.image({ project, image: rows[0]!.image })).samePatient).toHaveLength(1);
  const [header, ...others] = await client.dataset.headers({ project, images: [rows[0]!.image, 'gone'] });
  expect(header).toMatchObject({ image: rows[0]!.image, date: null, seriesDescription: null, normal: null });
  expect(others).toEqual([]);
  expect((await client.reader.list({ project })).map(({ name }) => name)).toContain(reader);
  const unknown = client.dataset.viewRows({ project, view: 'gone', offset: 0, limit: 1 });
  expect((await failureOf(unknown)).code).toBe('unknownView');
}

/** Classes that change, a split that is only asked for, versions side by side, pictures that are there twice. */
async function playData(client: EngineClient, project: string, version: string): Promise<void> {
  const reader = 'Dr Weber';
  const added = await client.class.add({ project, reader, name: 'unclear' });
  expect(added.map(({ name, key }) => [name, key])).toEqual([
    ['normal', '1'],
    ['opacity', '2'],
    ['unclear', '3'],
  ]);
  const [normal, opacity, unclear] = added.map(({ id }) => id);
  expect((await client.class.change({ project, reader, class: opacity!, color: '#abcdef' }))[1]!.color).toBe(
    '#abcdef',
  );
  const taken = await failureOf(client.class.change({ project, reader, class: unclear!, key: '1' }));
  expect(taken.message).toContain('normal');
  await client.class.reorder({ project, reader, classes: [unclear!, normal!, opacity!] });
  expect((await failureOf(client.class.retire({ project, reader, class: normal! }))).message).toContain(
    'images',
  );
  expect((await client.class.retire({ project, reader, class: unclear! })).map(({ id }) => id)).toEqual([
    normal,
    opacity,
  ]);
  expect((await client.class.retired({ project })).map(({ name }) => name)).toEqual(['unclear']);

  const asking = await client.dataset.split({ project, seed: 8, dryRun: true });
  splitReportSchema.parse(await waitForJob(client, asking.job));
  expect(await client.dataset.versions({ project })).toMatchObject([{ version, runs: 0, current: true }]);
  expect(await client.dataset.compareVersions({ project, from: version, to: version })).toMatchObject({
    same: true,
  });
  const looking = await client.dataset.findDuplicates({ project });
  expect(duplicatesSchema.parse(await waitForJob(client, looking.job)).withoutHash).toBe(0);
}

/**
 * A morning's work through a client, and what it must look like whatever carries the calls: import,
 * labels with undo and history, a split, failures with code and hint, and the events of all that.
 */
export async function playScenario(client: EngineClient): Promise<void> {
  const films = writeFilms();
  const folder = mkdtempSync(join(tmpdir(), 'readroom-project-'));
  const listening = new AbortController();
  const seen: EngineEvent[] = [];
  let lastSeq = 0;
  let refusal: unknown = null;
  const listener = (async () => {
    for await (const { seq, event } of await client.system.events(
      { since: 0 },
      { signal: listening.signal },
    )) {
      if (seq !== lastSeq + 1) refusal = new Error(`event ${seq} came after event ${lastSeq}`);
      lastSeq = seq;
      seen.push(event);
    }
  })().catch((error: unknown) => {
    if (!listening.signal.aborted) refusal = error;
  });

  const made = await client.project.create({ path: join(folder, 'chest'), name: 'Röntgen – „Thorax“' });
  expect(made).toMatchObject({ name: 'Röntgen – „Thorax“', images: 0, classes: [], readOnly: false });
  const { project } = made;
  await lookAround(client, films, made);

  const importing = await client.dataset.import({
    project,
    sources: [films],
    labels: { from: 'folder' },
    patient: { from: 'regex', pattern: '(P[0-9]+)_' },
  });
  const report = importReportSchema.parse(await waitForJob(client, importing.job));
  expect(report).toMatchObject({
    added: 16,
    images: 16,
    patients: 8,
    labelled: 16,
    classes: ['normal', 'opacity'],
  });
  expect(report.refused).toMatchObject([{ code: 'notAnImage' }]);

  const again = await client.dataset.import({ project, sources: [films], labels: { from: 'none' } });
  expect(importReportSchema.parse(await waitForJob(client, again.job))).toMatchObject({
    added: 0,
    alreadyPresent: 16,
  });
  // A client that comes back later reads the row: nothing was missed.
  expect(await waitForJob(client, importing.job)).toEqual(await waitForJob(client, importing.job));

  const { total, rows } = await client.dataset.images({ project, limit: 5 });
  expect([total, rows.length]).toEqual([16, 5]);
  const first = rows[0]!;
  const other = first.label === 'normal' ? 'opacity' : 'normal';

  const labelled = await client.label.set({ project, image: first.image, class: other, reader: 'Dr Weber' });
  expect(labelled).toMatchObject({ image: first.image, label: other, reader: 'Dr Weber' });
  await client.label.undo({ project, reader: 'Dr Weber' });
  await client.label.redo({ project, reader: 'Dr Weber' });
  const history = await client.label.history({ project, image: first.image });
  expect(history.filter((event) => event.reader === 'Dr Weber').map(({ kind }) => kind)).toEqual([
    'set',
    'undo',
    'redo',
  ]);

  const { actions } = await client.history.actions({ project, limit: 2 });
  expect(actions.map(({ kind, what, undone }) => [kind, what, undone])).toEqual([
    ['redo', `${other} on ${first.fileName}`, false],
    ['undo', `${other} on ${first.fileName}`, true],
  ]);
  const at = new Date().toISOString();
  expect(await client.history.asOf({ project, at })).toMatchObject({ images: 16, labelled: 16 });
  expect(await client.history.labelsAsOf({ project, at, images: [first.image] })).toEqual([
    { image: first.image, label: other },
  ]);

  await readAndFilter(client, project);
  await drawAndCarry(client, project, folder);
  await knowPatients(client, project, first.image);

  const splitting = await client.dataset.split({ project, train: 0.5, val: 0.25, test: 0.25, seed: 7 });
  const split = splitReportSchema.parse(await waitForJob(client, splitting.job));
  expect(split.patients.train + split.patients.val + split.patients.test).toBe(8);
  expect(await client.dataset.currentSplit({ project })).toEqual(split);
  await playData(client, project, split.version);
  await client.run.checkRecipe({ preset: 'quick', set: { epochs: 3 } });
  expect((await failureOf(client.run.checkRecipe({ preset: 'quick', set: { epoch: 3 } }))).code).toBe(
    'badRecipe',
  );
  const plan = await client.run.plan({ project, preset: 'quick', set: { epoch: 3 } });
  expect(plan).toMatchObject({ counts: split.counts, classes: ['normal', 'opacity'] });
  expect(plan.problems).toHaveLength(1);
  expect(plan.problems[0]).toContain('Did you mean epochs?');
  expect(await client.run.list({ project })).toEqual({ runs: [], testOpenings: 0 });
  expect((await failureOf(client.run.pause({ project, run: 'latest' }))).code).toBe('unknownRun');
  const comparing = await client.run.compare({ project, runs: ['latest', 'other'] });
  expect((await failureOf(waitForJob(client, comparing.job))).code).toBe('unknownRun');
  await mergeCopies(client, project, made.path);
  await playQueue(client, project);

  const unknown = await failureOf(
    client.label.set({ project, image: 'no-such-film.png', class: other, reader: 'Dr Weber' }),
  );
  expect(unknown.code).toBe('unknownImage');
  expect(unknown.message).toContain('no-such-film.png');
  expect((await failureOf(client.project.create({ path: join(folder, 'chest') }))).code).toBe(
    'projectExists',
  );
  expect((await failureOf(client.job.get({ job: 'none' }))).code).toBe('unknownJob');
  // @ts-expect-error a share that is no number is the point
  const refused = await failureOf(client.dataset.split({ project, train: 'most' }));
  expect(refused.code).toBe('usage');
  expect(refused.message).toContain('train');
  const failing = await client.dataset.import({
    project,
    sources: [join(films, 'gone')],
    labels: { from: 'none' },
  });
  expect((await failureOf(waitForJob(client, failing.job))).hint).not.toBe('');

  await expect.poll(() => seen.filter(({ type }) => type === 'job.ended')).toHaveLength(11);
  listening.abort();
  await listener;
  expect(refusal).toBeNull();
  expect(seen.filter(({ type }) => type === 'label.changed')).toHaveLength(20);
  expect(seen.filter(({ type }) => type === 'class.changed').length).toBeGreaterThan(3);
  await client.project.close({ project });
  expect((await failureOf(client.project.get({ project }))).code).toBe('projectNotFound');
}

/** Classes merged and split, a shape, and both as files. */
async function drawAndCarry(client: EngineClient, project: string, folder: string): Promise<void> {
  const reader = 'Dr Weber';
  const { rows } = await client.dataset.images({ project, limit: 1 });
  const { image, width, height } = rows[0]!;
  const { classes } = await client.project.get({ project });
  const [normal, opacity] = classes.map(({ id }) => id);
  await client.class.merge({ project, reader, classes: [normal!], into: opacity! });
  expect((await client.label.undo({ project, reader })).what).toContain('merged into');
  await client.class.setKeys({ project, reader, keys: [{ class: normal!, key: 'x' }] });
  const into = [{ name: 'dense' }, { name: 'faint', images: [image] }];
  const split = await client.class.split({ project, reader, class: opacity!, into });
  expect(split.map(({ name }) => name)).toEqual(['normal', 'dense', 'faint']);
  expect((await client.class.versions({ project }))[0]).toMatchObject({ actor: reader });
  const shape = { kind: 'box' as const, x: 0, y: 0, width, height: height / 2 };
  const drawn = [{ id: crypto.randomUUID(), class: split[1]!.id, shape }];
  const ofReader = { project, reader, image };
  expect((await client.annotation.change({ ...ofReader, put: drawn })).annotations).toEqual(drawn);
  expect(await client.annotation.list(ofReader)).toEqual(drawn);
  const file = join(folder, 'labels.json');
  const outlook = await client.interchange.outlook({ project });
  expect(outlook.find(({ format }) => format === 'yolo')).toMatchObject({ labels: 0, shapes: 1 });
  const exporting = await client.interchange.export({ project, format: 'coco', to: file });
  expect(await waitForJob(client, exporting.job)).toMatchObject({ shapes: 1, images: 16 });
  const importing = await client.interchange.import({ project, format: 'coco', source: file, reader });
  expect(await waitForJob(client, importing.job)).toMatchObject({
    shapes: 0,
    alreadyPresent: 17,
    refusedTotal: 0,
  });
  const gone = await client.annotation.change({ ...ofReader, remove: drawn.map(({ id }) => id) });
  expect(gone.annotations).toEqual([]);
  const again = await client.interchange.import({ project, format: 'coco', source: file, reader });
  expect(await waitForJob(client, again.job)).toMatchObject({ shapes: 1, refusedTotal: 0 });
  expect((await client.annotation.all({ project, image })).map((one) => one.reader)).toEqual(['import']);
  // Taken back: what follows knows the project as it was.
  for (let action = 0; action < 5; action += 1) await client.label.undo({ project, reader });
  expect((await client.project.get({ project })).classes.map(({ id }) => id)).toEqual([normal, opacity]);
}

/** A clinical table: looked at, taken in, read, taken out, brought back. */
async function knowPatients(client: EngineClient, project: string, image: string): Promise<void> {
  const reader = 'Dr Weber';
  const file = join(mkdtempSync(join(tmpdir(), 'readroom-labs-')), 'labs.csv');
  const rows = Array.from(
    { length: 8 },
    (_, at) => `P${at},${at === 3 ? 'unknown' : 60 + at},${at % 2 ? 'yes' : 'no'}`,
  );
  writeFileSync(file, ['patient,age (years),smoker', ...rows, 'P99,50,no', ''].join('\n'));
  const asked = await client.table.preview({ project, file });
  expect(asked).toMatchObject({ dryRun: true, matched: 8, unknown: { n: 1, first: ['P99'] }, problems: [] });
  expect(asked.refusedCells.first.map(({ message }) => message)).toEqual([
    'Line 5, age (years): "unknown" is not a number.',
  ]);
  expect(await client.table.get({ project })).toBeNull();
  expect(await client.table.values({ project, of: { image } })).toBeNull();
  expect(await client.table.import({ project, file, reader })).toEqual({ ...asked, dryRun: false });
  expect(await client.table.get({ project })).toMatchObject({ file: 'labs.csv', patients: 8 });
  expect(await client.table.rows({ project, text: '', limit: 2 })).toMatchObject({
    total: 8,
    rows: [{ cells: [expect.any(Number), expect.any(Boolean)] }, {}],
  });
  expect(await client.table.values({ project, of: { image } })).toMatchObject({
    values: [{ column: { name: 'age', unit: 'years' } }, { column: { kind: 'yesNo' } }],
  });
  expect(await client.table.remove({ project, reader })).toEqual({ removed: true });
  expect((await client.label.undo({ project, reader })).what).toBe('no clinical table');
  expect((await client.label.undo({ project, reader })).what).toBe('clinical table labs.csv of 8 patients');
  expect(await client.table.get({ project })).toBeNull();
}

/** A project is no copy of itself, and nothing was changed in two. */
async function mergeCopies(client: EngineClient, project: string, path: string): Promise<void> {
  const reader = 'Dr Weber';
  const merging = await client.merge.merge({ project, other: path, reader });
  expect((await failureOf(waitForJob(client, merging.job))).code).toBe('usage');
  expect(await client.merge.conflicts({ project })).toEqual([]);
  const resolving = client.merge.resolve({ project, conflict: 'none', take: 'stands', reader });
  expect((await failureOf(resolving)).code).toBe('usage');
}

/** The queue of trainings, with nothing in it. */
async function playQueue(client: EngineClient, project: string): Promise<void> {
  await client.run.pauseQueue({ paused: true });
  expect(await client.run.queue()).toEqual({ paused: true, runs: [] });
  await client.run.pauseQueue({ paused: false });
  expect(await client.run.resumeInterrupted({ project })).toEqual({ resumed: 0 });
  const unknown = await failureOf(client.run.setPriority({ project, run: 'latest', priority: 'high' }));
  expect(unknown.code).toBe('unknownRun');
}
