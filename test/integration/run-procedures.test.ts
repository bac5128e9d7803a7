import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { OpenEngine } from '../../src/cli/host.ts';
import { comparisonSchema } from '../../src/contract/comparison.ts';
import {
  augmentationPreviewSchema,
  type ClassCase,
  evaluationSchema,
  runResultSchema,
} from '../../src/contract/run.ts';
import { startingWeightsSchema } from '../../src/contract/weights.ts';
import { type EngineClient, waitForJob } from '../../src/rpc/jobs.ts';
import { writeFilms } from '../contract/scenario.ts';
import { startEngine } from '../support/engine.ts';
import { quickly } from '../support/run-bench.ts';

/** Long enough for a machine that is busy with other tests. */
const soon = { timeout: 60_000 };
let engine: OpenEngine;
let client: EngineClient;
let project: string;
let folder: string;
let run: string;

beforeAll(async () => {
  engine = startEngine();
  ({ client } = engine);
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-runs-')), 'chest');
  ({ project } = await client.project.create({ path: folder }));
  const imported = await client.dataset.import({
    project,
    sources: [writeFilms()],
    labels: { from: 'folder' },
  });
  await waitForJob(client, imported.job);
  const split = await client.dataset.split({ project, train: 0.5, val: 0.25, test: 0.25, by: 'image' });
  await waitForJob(client, split.job);
  const started = await client.run.train({ project, set: quickly, name: 'first try' });
  ({ run } = started);
  const result = runResultSchema.parse(await waitForJob(client, started.job));
  expect(result).toMatchObject({ name: 'first try', status: 'completed', job: null });
});
afterAll(() => engine.close());

const rowOf = async (id: string) => (await client.run.list({ project })).runs.find((row) => row.run === id);

describe('a finished run', () => {
  it('has a row that a table of runs can be made of', async () => {
    expect(await rowOf(run)).toMatchObject({
      name: 'first try',
      network: 'alexnet-small',
      scale: 0.05,
      size: 28,
      batchSize: 4,
      learningRate: 1e-3,
      table: 'none',
      epochs: { done: 2, planned: 2 },
      backend: 'cpu',
      test: null,
      queued: null,
    });
    expect((await rowOf(run))!.imagesPerSecond).toBeGreaterThan(0);
    expect((await client.run.get({ project, run })).classes).toEqual(['normal', 'opacity']);
    expect(await client.run.samples({ project, run })).toHaveLength(2);
  });

  it('shows nothing of the test part before it was evaluated, and asking opens nothing', async () => {
    expect(await client.run.evaluation({ project, run })).toBeNull();
    await expect(client.run.curves({ project, run })).rejects.toMatchObject({ code: 'usage' });
    await expect(client.run.cases({ project, run })).rejects.toMatchObject({ code: 'usage' });
    const first = await client.run.evaluate({ project, run });
    const evaluation = evaluationSchema.parse(await waitForJob(client, first.job));
    expect(evaluation.testOpenings).toBe(1);
    expect(await client.run.evaluation({ project, run })).toEqual(evaluation);
    // A list of runs has no room to say why, so that it leaves out what the results call too few.
    expect(evaluation.metrics['auc']!.method).toMatch(/^too few/);
    expect((await rowOf(run))!.test).toEqual({
      metric: 'auc',
      value: null,
      low: null,
      high: null,
      unit: null,
    });
  });

  it('gives curves and cases that agree with its confusion matrix, and a relabelling shows', async () => {
    const evaluation = (await client.run.evaluation({ project, run }))!;
    const curves = await client.run.curves({ project, run });
    expect(curves).toEqual(await client.run.curves({ project, run }));
    expect(existsSync(path.join(folder, 'runs', run, 'predictions', 'curves-test.json'))).toBe(true);
    const { histogram, positives } = curves.classes[0]!;
    expect(histogram.positives.reduce((sum, n) => sum + n, 0)).toBe(positives);
    for (const truth of [0, 1]) {
      for (const decided of [0, 1]) {
        const { total } = await client.run.cases({ project, run, truth, decided });
        expect(total).toBe(evaluation.confusion[truth]![decided]);
      }
    }
    const { rows } = await client.run.cases({ project, run, limit: 1 });
    const before = rows[0] as ClassCase;
    expect(before.labelNow).toBe(evaluation.classes[before.truth]);
    const other = evaluation.classes[1 - before.truth]!;
    await client.label.set({ project, image: before.image, class: other, reader: 'Dr Weber' });
    const after = (await client.run.cases({ project, run, limit: 1 })).rows[0]!;
    expect(after).toMatchObject({ image: before.image, truth: before.truth, labelNow: other });
    await client.label.undo({ project, reader: 'Dr Weber' });
  });

  it('is made again as a run of its own, which names it', async () => {
    const again = await client.run.rerun({ project, run });
    expect(await waitForJob(client, again.job)).toMatchObject({ run, rerun: again.run, same: true });
    expect(await client.run.get({ project, run: again.run })).toMatchObject({ rerunOf: run });
    expect(await rowOf(again.run)).toMatchObject({ rerunOf: run });
    expect(await client.run.certificate({ project, run: again.run })).toMatchObject({
      same: true,
      differences: [],
      second: { readroom: expect.any(String) as string },
    });
    expect(await client.run.certificate({ project, run })).toBeNull();
  });

  it('is compared with others on what is stored: the test part is not opened for it', async () => {
    const compared = async (request: Omit<Parameters<EngineClient['run']['compare']>[0], 'project'>) =>
      comparisonSchema.parse(
        await waitForJob(client, (await client.run.compare({ project, ...request })).job),
      );
    const set = { ...quickly, epochs: 1 };
    const started = await client.run.train({ project, set, name: 'one epoch' });
    await waitForJob(client, started.job);
    const runs = [run, started.run];
    const openings = async () => (await client.run.list({ project })).testOpenings;
    const before = await openings();
    await expect(compared({ runs })).rejects.toMatchObject({
      code: 'usage',
      message: '"one epoch" was not evaluated on the test part yet, and comparing opens nothing by itself.',
    });
    await expect(compared({ runs, split: 'val' })).rejects.toMatchObject({
      message: expect.stringContaining('"first try" and "one epoch" were') as string,
    });
    for (const one of runs)
      await waitForJob(client, (await client.run.evaluate({ project, run: one, split: 'val' })).job);
    const comparison = await compared({ runs, split: 'val', reference: started.run });
    expect(await openings()).toBe(before);
    expect(comparison).toMatchObject({
      ...{ split: 'val', reference: started.run, testOpenings: before, positive: 'opacity' },
      runs: [
        { run, name: 'first try', variant: 'epochs 2' },
        { run: started.run, variant: 'epochs 1', differences: null },
      ],
    });
    // Those of the project's template stand first.
    expect(comparison.metrics.slice(0, 2)).toEqual(['auc', 'balancedAccuracy']);
    const [first, second] = comparison.runs;
    expect(first!.metrics).toEqual((await client.run.evaluation({ project, run, split: 'val' }))!.metrics);
    const { value, method } = first!.differences!['brier']!;
    expect(value).toBeCloseTo(first!.metrics['brier']!.value! - second!.metrics['brier']!.value!, 9);
    expect(method).toContain('paired');
    await expect(compared({ runs: [run, run], split: 'val' })).rejects.toMatchObject({ code: 'usage' });
    await expect(compared({ runs, split: 'val', reference: 'nobody' })).rejects.toMatchObject({
      code: 'unknownRun',
    });
    await client.run.remove({ project, run: started.run });
  });

  it('can be renamed, resumed by nobody, and previewed', async () => {
    await client.run.rename({ project, run, name: '  second name ' });
    expect((await rowOf(run))!.name).toBe('second name');
    await expect(client.run.resume({ project, run })).rejects.toMatchObject({ code: 'runNotResumable' });
    await expect(client.run.pause({ project, run })).rejects.toMatchObject({ code: 'usage' });
    await expect(client.run.moveInQueue({ project, run, place: 1 })).rejects.toMatchObject({ code: 'usage' });
    const preview = await client.run.previewAugmentation({ project, set: quickly, copies: 1 });
    augmentationPreviewSchema.parse(await waitForJob(client, preview.job));
  });

  it('takes its folder with it when it is removed, not its look at the test part', async () => {
    const { runs } = await client.run.list({ project });
    const later = runs.find((row) => row.run !== run)!;
    const kept = await client.run.folder({ project, run });
    expect(kept.path).toBe(path.join(folder, 'runs', run));
    expect(kept.bytes).toBeGreaterThan(1000);
    await client.run.remove({ project, run });
    expect(existsSync(path.join(folder, 'runs', run))).toBe(false);
    expect(await rowOf(run)).toBeUndefined();
    expect(await client.run.get({ project, run: later.run })).toMatchObject({ rerunOf: null });
    const evaluating = await client.run.evaluate({ project, run: later.run });
    const evaluation = evaluationSchema.parse(await waitForJob(client, evaluating.job));
    expect(evaluation.testOpenings).toBe(2);
  });
});

it('runs that wait say where they stand, and wait on when the project closes', async () => {
  const long = { ...quickly, epochs: 500 };
  const [first, second, third] = [
    await client.run.train({ project, set: long }),
    await client.run.train({ project, set: long }),
    await client.run.train({ project, set: long }),
  ];
  await expect.poll(async () => (await rowOf(third.run))!.queued, soon).toBe(2);
  await client.run.moveInQueue({ project, run: third.run, place: 1 });
  expect([(await rowOf(second.run))!.queued, (await rowOf(third.run))!.queued]).toEqual([2, 1]);
  expect(await client.run.get({ project, run: first.run })).toMatchObject({ job: first.job });
  await expect.poll(async () => (await rowOf(first.run))!.status, soon).toBe('running');
  await client.run.pause({ project, run: first.run });
  await expect.poll(async () => (await rowOf(first.run))!.status, soon).toBe('paused');
  await expect.poll(async () => (await rowOf(third.run))!.status, soon).toBe('running');
  await client.project.close({ project });
  await client.project.open({ path: folder });
  const statuses = await Promise.all(
    [first, second, third].map(async (one) => (await rowOf(one.run))!.status),
  );
  expect(statuses).toEqual(['paused', 'queued', 'interrupted']);
  // A command line does what it is asked to, and nothing that waits for a window.
  expect(await client.run.queue()).toEqual({ paused: false, runs: [] });
  expect(await client.run.get({ project, run: second.run })).toMatchObject({ job: null });
  await client.run.stop({ project, run: second.run });
  expect((await rowOf(second.run))!.status).toBe('cancelled');
});

describe('weights that are kept', () => {
  // Would catch: a run that has waited for hours and then has nothing to start from.
  it('stay while a run that is to start from them waits or trains, and go afterwards', async () => {
    const before = await client.run.train({ project, set: quickly });
    await waitForJob(client, before.job);
    const to = path.join(path.dirname(folder), 'package');
    await waitForJob(client, (await client.run.export({ project, run: before.run, to })).job);
    const adding = await client.weights.add({ path: path.join(to, 'tfjs', 'model.json') });
    const { id } = startingWeightsSchema.parse(await waitForJob(client, adding.job));
    const set = { ...quickly, epochs: 200, 'transfer.weights': id };
    const training = await client.run.train({ project, set });
    await expect(client.weights.remove({ id })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/ from these weights\.$/) as unknown,
      data: { run: training.run },
    });
    await client.run.stop({ project, run: training.run });
    await waitForJob(client, training.job);
    await client.weights.remove({ id });
    expect((await client.weights.list({})).map((one) => one.id)).not.toContain(id);
  });
});
