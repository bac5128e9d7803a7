import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

import { expect, it, vi } from 'vitest';

import type { RecipeInput } from '../../src/contract/recipe.ts';
import { taskOf } from '../../src/contract/learning-task.ts';
import { manifestSchema } from '../../src/contract/run-folder.ts';
import type { TrainingAhead } from '../../src/contract/workers.ts';
import { prepareAhead, type StepAhead } from '../../src/worker/compute/prepare-training.ts';
import { trainRunFolder } from '../../src/worker/compute/train.ts';
import { openRunBench, spawned, trainHere, untroubled } from '../support/run-bench.ts';
import { tinyRecipe, writeTinyRun } from '../support/tiny-run.ts';

const settings: RecipeInput = { epochs: 1, input: { normalization: 'unit' }, augmentation: { pcaColour: 0 } };

/** As the engine tells it before the pictures of `runFolder` are prepared. */
function knownAhead(runFolder: string, changes: RecipeInput = {}): TrainingAhead {
  const manifest = manifestSchema.parse(
    JSON.parse(readFileSync(path.join(runFolder, 'manifest.json'), 'utf8')),
  );
  return {
    recipe: tinyRecipe({ ...settings, ...changes }),
    task: taskOf(manifest),
    geometry: manifest.inputs.geometry,
    trainRows: manifest.rows.train.length,
  };
}

async function weightsOf(runFolder: string, ahead: StepAhead | null): Promise<string | null> {
  const ended = await trainRunFolder(runFolder, () => undefined, { stopRequested: false }, ahead);
  expect(ended).toMatchObject({ stoppedBecause: 'completed', error: null });
  return ended.weightsSha256;
}

/** The step, and how often it was used and disposed of. */
function counted(ahead: StepAhead): { ahead: StepAhead; runs: number; disposals: number } {
  const counts = { ahead, runs: 0, disposals: 0 };
  const step: StepAhead['step'] = {
    ...ahead.step,
    run: (...args) => {
      counts.runs += 1;
      return ahead.step.run(...args);
    },
    dispose: () => {
      counts.disposals += 1;
      ahead.step.dispose();
    },
  };
  counts.ahead = { ...ahead, step };
  return counts;
}

it('a step that was made before the pictures were there trains to the weights of one made with them', async () => {
  const unprepared = await weightsOf(writeTinyRun(settings), null);
  const runFolder = writeTinyRun(settings);
  const made = counted((await prepareAhead(knownAhead(runFolder)))!);
  expect(await weightsOf(runFolder, made.ahead)).toBe(unprepared);
  expect(made.runs).toBe(6);
  expect(made.disposals).toBeGreaterThan(0);
});

it('one that was made for another training is not used', async () => {
  const unprepared = await weightsOf(writeTinyRun(settings), null);
  const runFolder = writeTinyRun(settings);
  const made = counted((await prepareAhead(knownAhead(runFolder, { batchSize: 16 })))!);
  expect(await weightsOf(runFolder, made.ahead)).toBe(unprepared);
  expect([made.runs, made.disposals]).toEqual([0, 1]);
});

it('none is made that would take anything from the pictures', async () => {
  const runFolder = writeTinyRun(settings);
  const ofDataset = knownAhead(runFolder, { input: { normalization: 'dataset' } });
  expect(await prepareAhead(ofDataset)).toBeNull();
  expect(await prepareAhead(knownAhead(runFolder, { classWeights: 'balanced' }))).toBeNull();
});

it('a run that ends while its pictures are prepared leaves no trainer behind', async () => {
  const trainerIsGone = (): void =>
    expect(() => process.kill(spawned.compute, 0)).toThrow(expect.objectContaining({ code: 'ESRCH' }));
  const bench = await openRunBench();
  try {
    const controller = new AbortController();
    const context = { signal: controller.signal, progress: () => controller.abort() };
    expect(await trainHere(bench, {}, { context })).toMatchObject({ status: 'cancelled', epochs: 0 });
    expect(spawned.compute).toBeGreaterThan(0);
    await vi.waitFor(trainerIsGone, 60_000);
    const cancelled = spawned.compute;
    const { dataset } = bench.session;
    const [member] = dataset.members(dataset.currentVersion()!);
    rmSync(dataset.file(member!.image).path);
    await expect(trainHere(bench, {}, { context: untroubled() })).rejects.toMatchObject({
      code: 'fileNotFound',
    });
    expect(spawned.compute).not.toBe(cancelled);
    await vi.waitFor(trainerIsGone, 60_000);
  } finally {
    await bench.close();
  }
});

it('a trainer that the system ends while pictures are prepared is followed by another', async () => {
  const bench = await openRunBench();
  try {
    let killed = -1;
    const progress = (): void => {
      if (killed === -1) process.kill((killed = spawned.compute), 'SIGKILL');
    };
    const context = { ...untroubled(), progress };
    expect(await trainHere(bench, {}, { context })).toMatchObject({ status: 'completed', error: null });
    expect(killed).toBeGreaterThan(0);
    expect(spawned.compute).not.toBe(killed);
  } finally {
    await bench.close();
  }
});
