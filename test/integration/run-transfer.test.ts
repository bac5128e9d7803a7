import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { EngineEvent } from '../../src/contract/events.ts';
import { planOf } from '../../src/engine/runs/plan.ts';
import { recipeFor } from '../../src/engine/runs/prepare.ts';
import { tableReadingInput } from '../../src/contract/table.ts';
import { importTable } from '../../src/engine/clinical/clinical-table.ts';
import { startOutlook } from '../../src/engine/runs/start-outlook.ts';
import { runFolderOf } from '../../src/engine/runs/run-folder.ts';
import { stagesOf } from '../../src/nn/stages.ts';
import { readModelFolder } from '../../src/worker/compute/model-folder.ts';
import { splitInput } from '../../src/contract/split.ts';
import { splitProject } from '../../src/engine/split/split-service.ts';
import type { ImportBench } from '../support/import-project.ts';
import { openRunBench, quickly, spawn, trainHere } from '../support/run-bench.ts';

let bench: ImportBench;
let first: string;
beforeAll(async () => {
  bench = await openRunBench();
  first = (await trainHere(bench)).run;
});
afterAll(() => bench.close());

const from = (more: Record<string, unknown> = {}): { set: Record<string, unknown> } => ({
  set: { ...quickly, 'input.channels': 1, 'transfer.weights': `run:${first}`, ...more },
});

// Would catch: notes that only those hear who watch while it starts, or weights of another run than the recipe names.
it('a run that starts from another keeps what became of its weights, and what is frozen of them', async () => {
  const heard: string[] = [];
  const onEvent = (event: EngineEvent): void => {
    if (event.type === 'run.noted') heard.push(event.note);
  };
  const { run, warnings } = await trainHere(bench, from({ 'transfer.frozenStages': 2 }), { onEvent });
  expect(warnings).toContainEqual(
    expect.stringMatching(`^Starts from run ${bench.session.runs.get(first).name}: \\d+ tensors taken over`),
  );
  expect(bench.session.runs.get(run).warnings).toEqual(warnings);
  expect(heard).toEqual(expect.arrayContaining(warnings.filter((one) => one.startsWith('Starts from'))));
  const modelOf = (id: string) => readModelFolder(runFolderOf(bench.session.folder, id).model);
  const [before, after] = [await modelOf(first), await modelOf(run)];
  const frozen = new Set(
    stagesOf(after.network)
      .slice(0, 2)
      .flatMap(({ layers }) => layers),
  );
  for (const [name, values] of after.weights) {
    const isSame = values.every((value, at) => value === before.weights.get(name)![at]);
    if (frozen.has(name.split('/')[0]!)) expect(isSame, name).toBe(true);
  }
  expect(after.model.normalization).toEqual(before.model.normalization);
});

// Would catch: a training that is started although nothing of it would learn.
it('more frozen stages than the network has are a sentence before anything starts', async () => {
  const request = from({ 'transfer.frozenStages': 40 });
  const sentence = /transfer\.frozenStages is 40, but must be at most \d+: [\w-]+ has \d+ stages, /;
  expect(() => recipeFor(bench.session, request)).toThrow(sentence);
  expect((await planOf(bench.session, request)).problems).toContainEqual(expect.stringMatching(sentence));
});

/** What the plan says of what a training starts from; nothing is kept outside the project here. */
async function outlookOf(more: Record<string, unknown>) {
  const { recipe, ...plan } = await planOf(bench.session, from(more));
  const start = await startOutlook(bench.session, recipe, { spawn, keptWeights: bench.keptWeights });
  return { problems: [...plan.problems, ...start.problems], remarks: [...plan.remarks, ...start.remarks] };
}

// Would catch: weights that do not fit, of which a person hears only once the training was prepared.
it('what is taken over of weights, and what does not fit, the plan says before anything starts', async () => {
  const fits = await outlookOf({ 'transfer.frozenStages': 1 });
  expect(fits.problems).toEqual([]);
  expect(fits.remarks).toContainEqual(
    expect.stringMatching(/^Starts from run .+: \d+ tensors taken over\.$/),
  );
  expect(fits.remarks).toContainEqual(expect.stringMatching(/^1 stage of it stays as it came: \w+\.$/));
  expect((await outlookOf({ 'transfer.weights': null })).remarks).toEqual([
    'It starts from scratch: from random weights.',
  ]);
  const wider = await outlookOf({ 'network.scale': 0.1 });
  expect(wider.problems).toEqual([
    expect.stringMatching(
      /^transfer\.weights cannot be taken over: run .+ does not fit AlexNet.+needs .+Choose the network, its width/,
    ),
  ]);
  expect(wider.remarks).toEqual([]);
});

// Would catch: a plan that is silent on the table, or weights of another table setting that fail only when it is prepared.
it('what the clinical table does stands in the plan, and weights of another setting of it are a problem', async () => {
  const patients = Array.from({ length: 12 }, (_, at) => `P${at},${40 + at},${at % 2 ? 'yes' : 'no'}`);
  bench.write({ 'labs.csv': ['patient,age (years),smoker', ...patients, ''].join('\n') });
  const file = path.join(bench.data, 'labs.csv');
  const reading = tableReadingInput.parse({ project: bench.session.id, file });
  await importTable(bench.session, { ...reading, reader: 'Ada' });
  expect((await outlookOf({ 'table.use': 'none' })).remarks[0]).toBe(
    'The picture alone is read: the clinical table is left out.',
  );
  const both = await outlookOf({ 'table.use': 'both', 'transfer.weights': null });
  expect(both.remarks[0]).toBe(
    'The picture is read together with 2 columns of the clinical table (age and smoker), as 2 numbers a patient, put beside its features before the last layer.',
  );
  // The picture's layers are the same ones: what reads the table begins by chance.
  const added = await outlookOf({ 'table.use': 'both' });
  expect(added.problems).toEqual([]);
  expect(added.remarks).toContainEqual(expect.stringMatching(/^Begun by chance: /));
  const misfit = await outlookOf({ 'table.use': 'only' });
  expect(misfit.problems).toEqual([
    expect.stringMatching(/^transfer\.weights cannot be taken over: run .+ does not fit/),
  ]);
  const withTable = (
    await trainHere(bench, { set: { ...quickly, 'input.channels': 1, 'table.use': 'both' } })
  ).run;
  expect((await outlookOf({ 'table.use': 'both', 'transfer.weights': `run:${withTable}` })).problems).toEqual(
    [],
  );
});

// Would catch: a model that has learned its test patients in another run, and seems better for it.
it('weights that have seen those whom a training is judged by are refused, also through other runs and copies', async () => {
  const between = (await trainHere(bench, from())).run;
  const kept = await bench.keptWeights.add(
    { path: runFolderOf(bench.session.folder, between).root },
    { signal: new AbortController().signal, progress: () => undefined },
  );
  expect(bench.session.runs.get(between).recipe).toMatchObject({ transfer: { weights: `run:${first}` } });
  const latest = (await trainHere(bench, from({ 'transfer.weights': 'run:latest' }))).run;
  expect(bench.session.runs.get(latest).recipe).toMatchObject({ transfer: { weights: `run:${between}` } });

  const again = { project: bench.session.id, seed: 3, train: 0.5, val: 0.25, test: 0.25, reset: true };
  await splitProject(bench.session, splitInput.parse(again));
  const seen =
    /^The starting weights come from run .+, which has seen \d+ patients? that this training would/;
  for (const weights of [`run:${first}`, `run:${latest}`, kept.id]) {
    const request = from({ 'transfer.weights': weights });
    await expect(trainHere(bench, request), weights).rejects.toThrow(seen);
    expect((await outlookOf(request.set)).problems).toContainEqual(
      expect.stringMatching(/which has seen \d+ patients? /),
    );
  }
});
