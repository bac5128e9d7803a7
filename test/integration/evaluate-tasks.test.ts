import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { OpenEngine } from '../../src/cli/host.ts';
import { type Evaluation, evaluationSchema } from '../../src/contract/evaluation.ts';
import type { LabelSchema } from '../../src/contract/project.ts';
import { predictResultSchema } from '../../src/contract/run.ts';
import { type EngineClient, waitForJob } from '../../src/rpc/jobs.ts';
import { startEngine } from '../support/engine.ts';
import { greyPng } from '../support/picture-files.ts';
import { quickly } from '../support/run-bench.ts';

const patients = 24;
const filmsEach = 2;
let engine: OpenEngine;
let client: EngineClient;
let films: string;

/** Films of patients that are the brighter the higher their number, with a bar at the left for every other one. */
function writeNumberedFilms(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-numbered-'));
  for (let patient = 0; patient < patients; patient++) {
    mkdirSync(path.join(folder, `P${patient}`));
    for (let film = 0; film < filmsEach; film++) {
      const samples = Array.from({ length: 144 }, (_, at) =>
        patient % 2 === 1 && at % 12 < 4 ? 255 : patient * 9 + ((at * 7 + film * 3) % 11),
      );
      writeFileSync(path.join(folder, `P${patient}`, `${patient}-${film}.png`), greyPng(12, 12, samples));
    }
  }
  return folder;
}

beforeAll(() => {
  engine = startEngine();
  ({ client } = engine);
  films = writeNumberedFilms();
});
afterAll(() => engine.close());

/** A project whose labels are of a kind, imported, labelled, split by patient and trained for two epochs. */
async function trained(
  labels: Partial<LabelSchema>,
  wordOf: (patient: number) => { class?: string; value?: number },
  classes: string[],
): Promise<{ project: string; run: string }> {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-tasks-')), 'project');
  const { project } = await client.project.create({ path: folder, classes, labels });
  const imported = await client.dataset.import({
    ...{ project, sources: [films], labels: { from: 'none' }, patient: { from: 'folder' } },
  });
  await waitForJob(client, imported.job);
  for (let patient = 0; patient < patients; patient++)
    for (let film = 0; film < filmsEach; film++) {
      const name = `${patient}-${film}.png`;
      await client.label.set({ project, image: name, reader: 'Dr Weber', ...wordOf(patient) });
    }
  const split = await client.dataset.split({ project, train: 0.5, val: 0.2, test: 0.3, by: 'patient' });
  await waitForJob(client, split.job);
  const started = await client.run.train({ project, set: quickly });
  await waitForJob(client, started.job);
  return { project, run: started.run };
}

/** The same with the bars drawn as boxes, learned as masks for an epoch. */
async function trainedOnMasks(): Promise<{ project: string; run: string }> {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-masks-')), 'project');
  const labels: Partial<LabelSchema> = { kind: 'multi', shapes: ['box'] };
  const made = await client.project.create({ path: folder, classes: ['bar'], labels });
  const { project } = made;
  const reader = 'Dr Weber';
  const imported = await client.dataset.import({ project, sources: [films], patient: { from: 'folder' } });
  await waitForJob(client, imported.job);
  const { rows } = await client.dataset.images({ project, limit: 100 });
  const shape = { kind: 'box', x: 0, y: 0, width: 4, height: 12 } as const;
  for (const { image, fileName } of rows) {
    const hasBar = Number(fileName.split('-')[0]) % 2 === 1;
    await client.label.set({ project, reader, image, class: hasBar ? 'bar' : '' });
    const put = [{ id: crypto.randomUUID(), class: made.classes[0]!.id, shape }];
    if (hasBar) await client.annotation.change({ project, reader, image, put });
  }
  const split = await client.dataset.split({ project, train: 0.5, val: 0.2, test: 0.3, by: 'patient' });
  await waitForJob(client, split.job);
  const set = {
    ...quickly,
    'network.id': 'unet',
    'network.scale': 0.06,
    'input.size': 32,
    epochs: 1,
    'backend.id': 'tensorflow',
  };
  const started = await client.run.train({ project, set });
  await waitForJob(client, started.job);
  return { project, run: started.run };
}

async function evaluated(request: Parameters<EngineClient['run']['evaluate']>[0]): Promise<Evaluation> {
  const { job } = await client.run.evaluate(request);
  return evaluationSchema.parse(await waitForJob(client, job));
}

describe('numbers, from their labels to the report', () => {
  const number = { unit: 'months', low: 0, high: 240, decimals: 0 };
  let project: string;
  let run: string;
  beforeAll(async () => {
    ({ project, run } = await trained(
      { kind: 'number', number },
      (patient) => ({ value: 12 + patient * 8 }),
      [],
    ));
  }, 120_000);

  it('are judged by image in their unit, which the table of runs shows', async () => {
    const evaluation = await evaluated({ project, run });
    expect(evaluation).toMatchObject({ task: 'regression', unit: 'months', level: 'image', testOpenings: 1 });
    expect(await client.run.evaluation({ project, run })).toEqual(evaluation);
    const { numbers } = await client.run.curves({ project, run });
    const errors = numbers!.points.map(({ truth, predicted }) => Math.abs(predicted - truth));
    expect(evaluation.metrics['mae']!.value).toBeCloseTo(errors.reduce((a, b) => a + b, 0) / evaluation.n, 9);
    const [row] = (await client.run.list({ project })).runs;
    // Seven patients are too few to be shown in a table without room for why.
    expect(row!.test).toMatchObject({ metric: 'mae', unit: 'months', value: null });
  });

  it('have cases with the number of record as it is now', async () => {
    const before = (await client.run.cases({ project, run, limit: 1 })).rows[0]!;
    expect(before).toMatchObject({
      kind: 'number',
      labelNow: String(before.kind === 'number' && before.truth),
    });
    await client.label.set({ project, image: before.image, value: 7, reader: 'Dr Weber' });
    const after = (await client.run.cases({ project, run, limit: 1 })).rows[0]!;
    expect(after).toMatchObject({ image: before.image, labelNow: '7' });
    expect(after.kind === 'number' && after.truth).toBe(before.kind === 'number' && before.truth);
  });

  it('are judged by patient in place of that, with cases of several images; a look at test is counted', async () => {
    const evaluation = await evaluated({ project, run, level: 'patient' });
    expect(evaluation).toMatchObject({ level: 'patient', pooling: 'mean', testOpenings: 2 });
    expect(evaluation.images).toBe(evaluation.n * filmsEach);
    const { rows, total } = await client.run.cases({ project, run });
    expect(total).toBe(evaluation.n);
    expect(rows.every(({ images }) => images.length === filmsEach)).toBe(true);
    expect((await client.run.curves({ project, run })).numbers!.n).toBe(evaluation.n);
  });

  it('a level that cannot be is refused before the test part is opened', async () => {
    await expect(evaluated({ project, run, level: 'study' })).rejects.toMatchObject({ code: 'usage' });
    await expect(evaluated({ project, run, level: 'patient', pooling: 'max' })).rejects.toMatchObject({
      message: 'Numbers are pooled by their mean, not by max.',
    });
    expect((await client.run.list({ project })).testOpenings).toBe(2);
  });

  it('have a report that says so', async () => {
    const to = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-number-report-')), 'report.html');
    const { job } = await client.run.report({ project, run, to });
    await waitForJob(client, job);
    const html = readFileSync(to, 'utf8');
    expect(html).toContain('predicting a number in months');
    expect(html).toContain('Bland–Altman');
    expect(html.match(/<img src="data:image/g)!.length).toBeGreaterThan(0);
  });
});

describe('sets of classes', () => {
  it('are judged label by label, and an image that shows none of them is one with an empty set', async () => {
    const { project, run } = await trained(
      { kind: 'multi' },
      (patient) => ({
        class: [patient % 2 === 1 && 'bar', patient > 11 && 'bright'].filter(Boolean).join(','),
      }),
      ['bar', 'bright'],
    );
    const evaluation = await evaluated({ project, run });
    expect(evaluation).toMatchObject({ task: 'multiLabel', classes: ['bar', 'bright'], confusion: [] });
    const { rows } = await client.run.cases({ project, run });
    for (const row of rows) {
      expect(row.kind).toBe('labels');
      if (row.kind === 'labels')
        expect(row.labelNow).toBe(row.truth.map((label) => evaluation.classes[label]).join(', '));
    }
    expect(rows.some(({ labelNow }) => labelNow === '')).toBe(true);
    expect((await client.run.curves({ project, run })).classes.map(({ name }) => name)).toEqual([
      'bar',
      'bright',
    ]);
    await answersPatientsAsEvaluated(project, run);
  }, 120_000);
});

/** Would catch: a patient's answer that is decided by the thresholds of single images, or is not what was evaluated. */
async function answersPatientsAsEvaluated(project: string, run: string): Promise<void> {
  const judged = await evaluated({ project, run, level: 'patient', pooling: 'max' });
  const { rows } = await client.run.cases({ project, run });
  const files = Array.from({ length: filmsEach }, (_, film) =>
    Array.from({ length: patients }, (__, patient) =>
      path.join(films, `P${patient}`, `${patient}-${film}.png`),
    ),
  ).flat();
  const { job } = await client.run.predict({
    ...{ model: { project, run }, images: files, level: 'patient' },
  });
  const { groups, pooled } = predictResultSchema.parse(await waitForJob(client, job));
  expect(groups).toHaveLength(patients);
  const thresholds = Object.fromEntries(
    Object.entries(judged.thresholds!).map(([name, { threshold }]) => [name, threshold]),
  );
  // Pooled as it was evaluated, without being told; patients are those of the project.
  expect(pooled).toMatchObject({
    level: 'patient',
    pooling: 'max',
    chosenOn: 'pooled',
    warnings: [],
    thresholds,
  });
  for (const row of rows) {
    if (row.kind !== 'labels') continue;
    const group = groups!.find(({ group: name }) => name === row.patient)!;
    expect(group.files).toHaveLength(filmsEach);
    expect(group.labels).toEqual(row.decided.map((label) => judged.classes[label]));
    Object.values(group.probabilities).forEach((one, at) =>
      expect(one).toBeCloseTo(row.probabilities[at]!, 5),
    );
  }
  const to = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-pooled-')), 'package');
  const exported = await client.run.export({ project, run, to, formats: ['tfjs'] });
  await waitForJob(client, exported.job);
  expect(JSON.parse(readFileSync(path.join(to, 'readroom.json'), 'utf8'))).toMatchObject({
    pooled: { level: 'patient', pooling: 'max', thresholds: judged.thresholds },
  });
}

describe('masks', () => {
  it('are judged by class, and their report shows outlines over the worst pictures', async () => {
    const { project, run } = await trainedOnMasks();
    const evaluation = await evaluated({ project, run });
    expect(evaluation).toMatchObject({ task: 'segmentation', classes: ['bar'], unit: 'px', confusion: [] });
    const { both, missed, false: added, absent } = evaluation.outcomes!['bar']!;
    expect(both + missed + added + absent).toBe(evaluation.n);
    const { rows } = await client.run.cases({ project, run });
    expect(rows.every(({ kind }) => kind === 'masks')).toBe(true);
    expect((await client.run.list({ project })).runs[0]!.test).toMatchObject({ metric: 'dice', unit: null });
    const { job } = await client.run.report({ project, run });
    await waitForJob(client, job);
    const { path: folder } = await client.run.folder({ project, run });
    const html = readFileSync(path.join(folder, 'report.html'), 'utf8');
    // Where both are there the drawn bar is a third of the picture: 32 pixels high.
    expect(html).toMatch(/<image href="data:image[^>]+><path d="[^"]*v32/);
  }, 120_000);
});
