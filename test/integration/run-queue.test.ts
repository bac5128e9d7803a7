import { existsSync } from 'node:fs';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EngineEvent, RunStatus } from '../../src/contract/events.ts';
import type { RunPriority } from '../../src/contract/queue.ts';
import type { RunResult } from '../../src/contract/run.ts';
import { createEventStream } from '../../src/engine/events.ts';
import { createJobs, type Jobs } from '../../src/engine/jobs.ts';
import { inTurn, pauseRun, stopRun } from '../../src/engine/runs/hold.ts';
import { removeRun } from '../../src/engine/runs/remove-run.ts';
import { withClasses } from '../../src/engine/runs/run-classes.ts';
import { readPredictions, runFolderOf } from '../../src/engine/runs/run-folder.ts';
import { planTraining } from '../../src/engine/runs/train.ts';
import { createTrainingQueue, type TrainingQueue } from '../../src/engine/runs/training-queue.ts';
import type { ImportBench } from '../support/import-project.ts';
import { openRunBench, quickly, spawn, trainHere } from '../support/run-bench.ts';

/** Long enough for a machine that is busy with other tests. */
const soon = { timeout: 60_000 };
let bench: ImportBench;
let queue: TrainingQueue;
let jobs: Jobs;
let told: EngineEvent[];
/** Called with every event, at the moment of its telling. */
let onEvent: (event: EngineEvent) => void;

beforeAll(async () => {
  bench = await openRunBench();
  const events = createEventStream();
  const publish = (event: EngineEvent): void => {
    told.push(event);
    events.publish(event);
    onEvent(event);
  };
  queue = createTrainingQueue({
    publish,
    keepRanks: (_, ranks) => bench.session.runs.putRanks(ranks),
    now: () => Date.now(),
  });
  jobs = createJobs({ ...events, publish }, { get: () => null, list: () => [] });
});
afterAll(() => bench.close());

const longer = { ...quickly, epochs: 3 };
/** Far enough from its end for an event to come back in time. */
const longest = { ...quickly, epochs: 6 };
const holding = () => ({ queue, jobs, publish: (): void => undefined });
const statusOf = (run: string): RunStatus => bench.session.runs.get(run).status;

/** Trains in turn as the engine's procedures do, and returns at once. */
async function start(
  request: { set?: Record<string, unknown>; resume?: string; priority?: RunPriority } = {},
): Promise<{ run: string; job: string; ended: Promise<RunResult> }> {
  const set = request.set ?? (request.resume === undefined ? longer : {});
  const publish = (event: EngineEvent): void => {
    told.push(event);
    onEvent(event);
  };
  const dependencies = { spawn, pool: bench.pool, keptWeights: bench.keptWeights, publish };
  const planned = await planTraining(bench.session, { ...request, set }, dependencies);
  const owner = { project: bench.session.id, store: bench.session.jobs };
  const prepared = jobs.prepare('train', owner);
  let tell: (ended: Promise<RunResult>) => void = () => undefined;
  const ended = new Promise<RunResult>((resolve) => {
    tell = resolve;
  });
  const training = {
    ...{ project: bench.session.id, run: planned.run, job: prepared.job },
    ...{ priority: request.priority ?? 'normal', order: queue.lastOrder(), waitedBefore: false },
  };
  prepared.begin((context) => {
    const result = inTurn(queue, training, planned).train(context);
    tell(result);
    return result;
  });
  return { run: planned.run, job: prepared.job, ended };
}

/** Does something once, at the first step of a run that comes after the given step of the run. */
function atStep(run: () => string, epoch: number, step: number, act: () => void): void {
  let done = false;
  onEvent = (event) => {
    if (done || event.type !== 'run.stepEnded' || event.run !== run()) return;
    if (event.epoch < epoch || (event.epoch === epoch && event.step < step)) return;
    done = true;
    act();
  };
}

function forget(): void {
  told = [];
  onEvent = () => undefined;
}

describe('the queue', () => {
  beforeAll(forget);

  it('trains one run at a time, in the order in which they stand when their turn comes', async () => {
    const first = await start({ set: longest });
    await expect.poll(() => statusOf(first.run), soon).not.toBe('queued');
    const [second, third] = [await start(), await start()];
    await expect.poll(() => queue.placeOf(bench.session.id, third.run), soon).toBe(2);
    expect(jobs.get(third.job)).toMatchObject({ status: 'running', note: 'Waiting for its turn, place 2' });
    expect(queue.jobOf(bench.session.id, second.run)).toBe(second.job);
    queue.move(bench.session.id, third.run, 1);
    expect(queue.placeOf(bench.session.id, second.run)).toBe(2);
    expect(jobs.get(third.job).note).toBe('Waiting for its turn, place 1');
    await Promise.all([first, second, third].map(({ ended }) => ended));
    const moves = told.flatMap((event) =>
      event.type === 'run.statusChanged' && ['starting', 'completed'].includes(event.status)
        ? [`${event.status} ${[first, second, third].findIndex(({ run }) => run === event.run) + 1}`]
        : [],
    );
    expect(moves).toEqual([
      'starting 1',
      'completed 1',
      'starting 3',
      'completed 3',
      'starting 2',
      'completed 2',
    ]);
    expect(told.filter(({ type }) => type === 'run.queueChanged').length).toBeGreaterThanOrEqual(4);
    expect(queue.jobOf(bench.session.id, second.run)).toBeNull();
  });

  it('lets a waiting run go without having trained: paused, resumed to its end, and stopped', async () => {
    const first = await start({ set: longest });
    await expect.poll(() => statusOf(first.run), soon).not.toBe('queued');
    const [held, stopped] = [await start({ set: longest }), await start()];
    await expect.poll(() => queue.placeOf(bench.session.id, stopped.run), soon).toBe(2);
    pauseRun(bench.session, held.run, holding());
    expect(await held.ended).toMatchObject({ status: 'paused', stoppedBecause: null, error: null });
    await expect.poll(() => jobs.get(held.job).status, soon).toBe('completed');
    stopRun(bench.session, stopped.run, holding());
    expect(await stopped.ended).toMatchObject({ status: 'cancelled', epochs: 0 });
    await first.ended;
    expect(existsSync(runFolderOf(bench.session.folder, held.run).root)).toBe(false);
    const resumed = await start({ resume: held.run });
    expect((await resumed.ended).weightsSha256).toBe(bench.session.runs.get(first.run).weightsSha256);
    stopRun(bench.session, held.run, holding());
    expect(statusOf(held.run)).toBe('completed');
  });
});

describe('a run that is paused', () => {
  beforeAll(forget);

  it('goes on to the weights of an unbroken run, bit for bit, and lets the next one train meanwhile', async () => {
    const unbroken = await (await start({ set: longest })).ended;
    let run = '';
    atStep(
      () => run,
      1,
      2,
      () => pauseRun(bench.session, run, holding()),
    );
    const first = await start({ set: longest });
    run = first.run;
    const next = await start();
    const paused = await first.ended;
    expect(paused).toMatchObject({
      status: 'paused',
      stoppedBecause: null,
      error: null,
      weightsSha256: null,
    });
    expect(paused.seconds).toBeGreaterThan(0);
    expect((await next.ended).status).toBe('completed');
    // Pausing what is paused changes nothing; what has ended cannot be paused.
    pauseRun(bench.session, run, holding());
    expect(() => pauseRun(bench.session, next.run, holding())).toThrow(/completed/);
    expect(bench.session.runs.unfinished()).not.toContain(run);
    const resumed = await start({ resume: run });
    expect(await resumed.ended).toMatchObject({
      run,
      status: 'completed',
      weightsSha256: unbroken.weightsSha256,
      stoppedBecause: 'completed',
    });
    const { history } = bench.session.runs.get(run);
    expect(history.map(({ valLoss }) => valLoss)).toEqual(unbroken.history.map(({ valLoss }) => valLoss));
    expect(bench.session.runs.samples(run)).toEqual(bench.session.runs.samples(unbroken.run));
  });

  it('and then stopped is cancelled, and may be removed', async () => {
    let run = '';
    atStep(
      () => run,
      1,
      1,
      () => pauseRun(bench.session, run, holding()),
    );
    const training = await start();
    run = training.run;
    expect((await training.ended).status).toBe('paused');
    stopRun(bench.session, run, holding());
    expect(statusOf(run)).toBe('cancelled');
    const { root } = runFolderOf(bench.session.folder, run);
    expect(existsSync(root)).toBe(true);
    await removeRun(bench.session, run);
    expect(existsSync(root)).toBe(false);
    expect(() => bench.session.runs.get(run)).toThrow('no run');
    expect(bench.session.runs.list().map((row) => row.run)).not.toContain(run);
  });

  it('while it trains can be stopped on the way: the stop outweighs the pause', async () => {
    let run = '';
    atStep(
      () => run,
      1,
      1,
      () => {
        pauseRun(bench.session, run, holding());
        stopRun(bench.session, run, holding());
      },
    );
    const training = await start();
    run = training.run;
    expect(await training.ended).toMatchObject({ status: 'cancelled', stoppedBecause: 'cancelled' });
  });
});

describe('closing the project', () => {
  beforeAll(forget);

  it('leaves what trains interrupted and what waits in the queue, to go on to the same weights', async () => {
    const unbroken = await (await start({ set: longest })).ended;
    let run = '';
    const closing: Promise<void>[] = [];
    atStep(
      () => run,
      1,
      2,
      () => void closing.push(jobs.settle(bench.session.id)),
    );
    const first = await start({ set: longest });
    run = first.run;
    const waiting = await start();
    await expect(removeRun(bench.session, waiting.run)).rejects.toMatchObject({ code: 'usage' });
    expect(await first.ended).toMatchObject({ status: 'interrupted', stoppedBecause: null });
    expect(await waiting.ended).toMatchObject({ status: 'queued', epochs: 0 });
    await Promise.all(closing);
    expect(bench.session.runs.waiting().map((one) => one.run)).toEqual([waiting.run]);
    const resumed = await start({ resume: run });
    expect((await resumed.ended).weightsSha256).toBe(unbroken.weightsSha256);
    // One that waits in no queue is taken up as it is, or given up.
    expect((await (await start({ resume: waiting.run })).ended).status).toBe('completed');
  });
});

describe('a queue', () => {
  beforeAll(forget);
  const placesOf = (...runs: { run: string }[]): (number | null)[] =>
    runs.map(({ run }) => queue.placeOf(bench.session.id, run));

  it('gives runs of a higher priority their turn first, and one that is moved among them takes theirs on', async () => {
    queue.pause(true);
    const low = await start({ priority: 'low' });
    const [first, second] = [await start(), await start()];
    const high = await start({ priority: 'high' });
    await expect.poll(() => placesOf(high, first, second, low), soon).toEqual([1, 2, 3, 4]);
    queue.setPriority(bench.session.id, low.run, 'high');
    // It came before the other one.
    expect(placesOf(low, high, first, second)).toEqual([1, 2, 3, 4]);
    queue.move(bench.session.id, second.run, 1);
    expect(placesOf(second, low, high, first)).toEqual([1, 2, 3, 4]);
    expect(bench.session.runs.rankOf(second.run).priority).toBe('high');
    expect(bench.session.runs.rankOf(first.run).priority).toBe('normal');
    expect(bench.session.runs.waiting().map(({ run }) => run)).toEqual(
      [second, low, high, first].map(({ run }) => run),
    );
    for (const { run } of [low, first, second, high]) stopRun(bench.session, run, holding());
    await expect.poll(() => queue.list().waiting.length, soon).toBe(0);
    queue.pause(false);
  });

  it('that is paused lets what trains go on and starts nothing new until it goes on itself', async () => {
    const first = await start({ set: longest });
    await expect.poll(() => statusOf(first.run), soon).not.toBe('queued');
    const second = await start();
    await expect.poll(() => placesOf(second), soon).toEqual([1]);
    queue.pause(true);
    expect(jobs.get(second.job).note).toBe('Waiting, the queue is paused, place 1');
    expect((await first.ended).status).toBe('completed');
    expect(queue.list().training).toBeNull();
    expect(statusOf(second.run)).toBe('queued');
    queue.pause(false);
    expect((await second.ended).status).toBe('completed');
  });
});

describe('sample predictions', () => {
  beforeAll(forget);

  it('come after each epoch, of the same validation images, and agree with the network', async () => {
    const result = await trainHere(
      bench,
      { set: { ...quickly, 'earlyStopping.restoreBest': false } },
      { onEvent: (event) => void told.push(event) },
    );
    const samples = bench.session.runs.samples(result.run);
    expect(samples.map(({ epoch }) => epoch)).toEqual([1, 2]);
    const images = samples.map(({ rows }) => rows.map(({ image }) => image));
    expect(images[0]).toEqual(images[1]);
    expect(new Set(samples[0]!.rows.map(({ truth }) => truth)).size).toBe(2);
    const { rows } = readPredictions(runFolderOf(bench.session.folder, result.run), 'val')!;
    for (const { image, probabilities } of samples.at(-1)!.rows) {
      const final = rows.find((row) => row.image === image)!;
      expect(probabilities[0]).toBeCloseTo(final.probabilities[0]!, 5);
    }
    const order = told.flatMap(({ type }) =>
      type === 'run.epochEnded' || type === 'run.sampled' ? [type] : [],
    );
    expect(order).toEqual(['run.epochEnded', 'run.sampled', 'run.epochEnded', 'run.sampled']);
  });
});

it('a run from before its classes were kept reads them from its manifest, once', async () => {
  const { run } = await trainHere(bench);
  bench.session.runs.putClasses(run, []);
  expect(bench.session.runs.get(run).classes).toEqual([]);
  expect(withClasses(bench.session, bench.session.runs.get(run)).classes).toEqual(['sick', 'well']);
  expect(bench.session.runs.get(run).classes).toEqual(['sick', 'well']);
});
