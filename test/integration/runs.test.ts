import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { EngineEvent } from '../../src/contract/events.ts';
import { ensureInputs, holdsInputs, inputFolder } from '../../src/engine/media/input-cache.ts';
import { openProjectForReading } from '../../src/engine/project/session.ts';
import { evaluateInProject, exportRun, reportRun } from '../../src/engine/runs/results.ts';
import { rerunAndCompare } from '../../src/engine/runs/rerun.ts';
import { geometryOf, recipeFor } from '../../src/engine/runs/prepare.ts';
import { predictFiles } from '../../src/engine/predict/predict-files.ts';
import { readModelFile } from '../../src/engine/runs/predictions.ts';
import {
  readManifest,
  readPredictions,
  runFolderOf,
  type RunFolder,
} from '../../src/engine/runs/run-folder.ts';
import { inputBoundOf } from '../../src/engine/runs/run-inputs.ts';
import { planRerun, planTraining } from '../../src/engine/runs/train.ts';
import { filterEpochsOf, stepsOf } from '../../src/engine/runs/watched.ts';
import type { ImportBench } from '../support/import-project.ts';
import { openRunBench, quickly, spawn, spawned, trainHere, untroubled } from '../support/run-bench.ts';
import { writeTinyRun } from '../support/tiny-run.ts';

let bench: ImportBench;
let run: string;
let folder: RunFolder;

beforeAll(async () => {
  bench = await openRunBench();
  ({ run } = await trainHere(bench));
  folder = runFolderOf(bench.session.folder, run);
});
afterAll(() => bench.close());

const results = () => ({ spawn, pool: bench.pool, version: '0.0.0' });
const cacheFolder = (): string => path.join(bench.session.folder, 'cache');

/** The cache is gone, and holds the same pictures in other slots. */
async function shuffleCache(): Promise<void> {
  rmSync(cacheFolder(), { recursive: true });
  const { rows, inputs } = readManifest(folder);
  const images = [...rows.test, ...rows.val, ...rows.train].map(({ image }) =>
    bench.session.dataset.file(image),
  );
  await ensureInputs({
    images: images.reverse(),
    geometry: inputs.geometry,
    cacheFolder: cacheFolder(),
    pool: bench.pool,
  });
}

/** An abort in the turn in which a child was started. */
function abortAtSpawn() {
  const controller = new AbortController();
  const spawning: typeof spawn = (entry, options) => {
    queueMicrotask(() => controller.abort());
    return spawn(entry, options);
  };
  return {
    dependencies: { ...results(), spawn: spawning },
    context: { ...untroubled(), signal: controller.signal },
  };
}

describe('the room that prepared pictures take', () => {
  it('is not made by those of a run that waits, and is by those of a finished one, which are prepared again', async () => {
    const { geometry } = readManifest(folder).inputs;
    const mine = inputFolder(cacheFolder(), geometry);
    const bound = { ...inputBoundOf(bench.session), limitBytes: () => Promise.resolve(0) };
    const fillOther = (size: number) =>
      ensureInputs({
        images: [bench.session.dataset.file(readManifest(folder).rows.val[0]!.image)],
        geometry: { ...geometry, size },
        ...{ cacheFolder: cacheFolder(), pool: bench.pool, bound },
      });
    const { run: waiting } = await planRerun(bench.session, run, {
      ...{ spawn, pool: bench.pool, keptWeights: bench.keptWeights, publish: () => undefined },
    });
    await fillOther(geometry.size + 1);
    expect(existsSync(mine)).toBe(true);
    bench.session.runs.remove(waiting);
    await fillOther(geometry.size + 2);
    expect(existsSync(mine)).toBe(false);
    rmSync(folder.predictions('val'));
    await evaluateInProject(bench.session, { run, split: 'val' }, results(), untroubled());
    const { rows } = readManifest(folder);
    expect(await holdsInputs(path.join(mine, 'pixels.u8'), geometry, [...rows.train, ...rows.val])).toBe(
      true,
    );
  });
});

describe('a report and a package for which no place is named', () => {
  it('are made in the project, and named from its folder', async () => {
    const report = await reportRun(bench.session, { run }, results(), untroubled());
    expect(report.file).toBe(path.join('runs', run, 'report.html'));
    expect(existsSync(path.join(bench.session.folder, report.file))).toBe(true);
    const exported = await exportRun(bench.session, { run, formats: ['onnx'] }, results(), untroubled());
    expect(exported.folder).toMatch(/^exports\/[a-z0-9-]+-[0-9a-f]{8}-[0-9a-f]{4}-[0-9]{14}$/);
    expect(existsSync(path.join(bench.session.folder, exported.folder, 'readroom.json'))).toBe(true);
  });

  it('are refused where the project is open for reading', async () => {
    const reader = openProjectForReading(bench.session.folder);
    await expect(reportRun(reader, { run }, results(), untroubled())).rejects.toMatchObject({
      code: 'projectReadOnly',
    });
    await expect(
      exportRun(reader, { run, formats: ['onnx'] }, results(), untroubled()),
    ).rejects.toMatchObject({ code: 'projectReadOnly' });
    reader.close();
  });
});

describe('a run whose input cache was made anew', () => {
  it('is predicted on its own pictures, in their new slots', async () => {
    const trained = readFileSync(folder.predictions('val'), 'utf8');
    const before = readManifest(folder).rows.val.map(({ slot }) => slot);
    await shuffleCache();
    rmSync(folder.predictions('val'));
    await evaluateInProject(bench.session, { run, split: 'val' }, results(), untroubled());
    const { rows } = JSON.parse(trained) as { rows: { probabilities: number[] }[] };
    const again = JSON.parse(readFileSync(folder.predictions('val'), 'utf8')) as { rows: typeof rows };
    expect(readManifest(folder).rows.val.map(({ slot }) => slot)).not.toEqual(before);
    again.rows.forEach(({ probabilities }, i) =>
      expect(probabilities[0]).toBeCloseTo(rows[i]!.probabilities[0]!, 6),
    );
    expect(new Set(rows.map(({ probabilities }) => probabilities[0])).size).toBeGreaterThan(1);
  });

  it('is resumed on its own pictures, from its checkpoint, after its trainer was killed', async () => {
    const set = { ...quickly, epochs: 3, 'checkpoint.everySeconds': 0 };
    const unbroken = await trainHere(bench, { set });
    const seen: EngineEvent[] = [];
    const killed = trainHere(
      bench,
      { set },
      {
        onEvent: (event) => {
          // Behind the epoch's record and the picture of its filters.
          if (event.type === 'run.filtered' && event.epoch === 1) process.kill(spawned.compute, 'SIGKILL');
          seen.push(event);
        },
      },
    );
    await expect(killed).rejects.toMatchObject({ code: 'workerDied' });
    const broken = bench.session.runs.find('latest');
    expect(bench.session.runs.get(broken).status).toBe('interrupted');
    await shuffleCache();
    const resumed = await trainHere(bench, { resume: broken });
    expect(resumed).toMatchObject({
      run: broken,
      status: 'completed',
      weightsSha256: unbroken.weightsSha256,
    });
    // What it can be watched by is of one run, as if it had not been broken.
    expect(await filterEpochsOf(bench.session, broken)).toEqual([1, 2, 3]);
    const { points } = await stepsOf(bench.session, broken);
    expect(points.at(-1)!.at).toBe(3);
    expect(points.every(({ at }, index) => index === 0 || at > points[index - 1]!.at)).toBe(true);
    expect(points.some(({ gradientNorm }) => gradientNorm !== null && gradientNorm > 0)).toBe(true);
    const steps = seen.filter((event) => event.type === 'run.stepEnded');
    for (const { secondsLeft, learningRate, memoryBytes } of steps) {
      expect(secondsLeft.low).toBeLessThanOrEqual(secondsLeft.high);
      expect([learningRate! > 0, memoryBytes! > 1e6]).toEqual([true, true]);
    }
    expect(seen).toContainEqual(expect.objectContaining({ type: 'run.filtered', run: broken, epoch: 1 }));
    expect(readdirSync(path.join(bench.session.folder, 'runs', broken, 'tensorboard'))).toHaveLength(2);
  });

  it('is refused by the trainer itself where the index names another picture', async () => {
    const tiny = writeTinyRun();
    const file = path.join(tiny, 'manifest.json');
    const manifest = readFileSync(file, 'utf8').replaceAll(
      '"pixelSha256":""',
      `"pixelSha256":"${'a'.repeat(64)}"`,
    );
    writeFileSync(file, manifest);
    writeFileSync(path.join(tiny, 'index.txt'), `${'b'.repeat(64)}\n`.repeat(64));
    const worker = spawn('compute');
    for await (const event of await worker.client.train({ runFolder: tiny }))
      if (event.type === 'ended') expect(event.error).toMatchObject({ code: 'fileChanged' });
    worker.kill();
  });

  it('is exported and reported from a session for reading, which leaves the project as it is', async () => {
    rmSync(cacheFolder(), { recursive: true });
    rmSync(folder.predictions('val'));
    const manifest = readFileSync(folder.manifest, 'utf8');
    const reader = openProjectForReading(bench.session.folder);
    const to = path.join(bench.data, 'model');
    const exported = await exportRun(reader, { run, to, formats: ['onnx'] }, results(), untroubled());
    expect(exported.roundTrip['onnx']!.maxAbsDiff).toBeLessThan(1e-4);
    const html = path.join(bench.data, 'report.html');
    await reportRun(reader, { run, to: html }, results(), untroubled());
    expect(existsSync(html)).toBe(true);
    reader.close();
    expect(readFileSync(folder.manifest, 'utf8')).toBe(manifest);
    expect([existsSync(folder.predictions('val')), existsSync(path.join(cacheFolder(), 'inputs'))]).toEqual([
      false,
      false,
    ]);
  });
});

describe('cancelling', () => {
  it('an export ends its child, leaves nothing behind and says cancelled', async () => {
    const to = path.join(bench.data, 'cancelled-model');
    const { dependencies, context } = abortAtSpawn();
    const exporting = exportRun(bench.session, { run, to, formats: ['onnx'] }, dependencies, context);
    await expect(exporting).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(bench.data).filter((name) => name.includes('cancelled-model'))).toEqual([]);
  });

  it('an evaluation of the test part that breaks off counts as an opening', async () => {
    await evaluateInProject(bench.session, { run, split: 'val' }, results(), untroubled());
    const { dependencies, context } = abortAtSpawn();
    const evaluating = evaluateInProject(bench.session, { run, split: 'test' }, dependencies, context);
    await expect(evaluating).rejects.toMatchObject({ code: 'cancelled' });
    expect(bench.session.runs.testOpenings()).toBe(1);
    const unknown = { run, split: 'test', positive: 'nobody' } as const;
    await expect(evaluateInProject(bench.session, unknown, results(), untroubled())).rejects.toMatchObject({
      code: 'unknownClass',
    });
    expect(bench.session.runs.testOpenings()).toBe(1);
  });

  it('a rerun is no comparison', async () => {
    const controller = new AbortController();
    const plan = await planRerun(bench.session, run, {
      spawn,
      pool: bench.pool,
      keptWeights: bench.keptWeights,
      publish: ({ type }) => {
        if (type === 'run.stepEnded') controller.abort();
      },
    });
    const context = { ...untroubled(), signal: controller.signal };
    await expect(rerunAndCompare(bench.session, run, plan, context)).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(bench.session.runs.get(plan.run).status).toBe('cancelled');
  });

  it('after the end changes nothing', async () => {
    const controller = new AbortController();
    const result = await trainHere(
      bench,
      {},
      {
        context: { ...untroubled(), signal: controller.signal },
        onEvent: (event) => {
          if (event.type === 'run.statusChanged' && event.status === 'completed') controller.abort();
        },
      },
    );
    expect(result).toMatchObject({ status: 'completed', error: null });
  });
});

describe('a trainer that does not answer', () => {
  const halt = ({ type }: EngineEvent): void => {
    if (type === 'run.stepEnded') process.kill(spawned.compute, 'SIGSTOP');
  };

  it('is ended after a silence; the run is interrupted and says so', async () => {
    const limits = { silenceMs: 30_000, plainSilenceMs: 300, stopMs: 30_000 };
    await expect(trainHere(bench, {}, { limits, onEvent: halt })).rejects.toMatchObject({
      code: 'workerDied',
    });
    const latest = bench.session.runs.get(bench.session.runs.find('latest'));
    expect(latest.status).toBe('interrupted');
    expect(latest.error!.message).toContain('no sign of life for 0.3 s');
  });

  it('to a stop is ended too', async () => {
    const controller = new AbortController();
    const limits = { silenceMs: 30_000, plainSilenceMs: 30_000, stopMs: 200 };
    const onEvent = (event: EngineEvent): void => {
      halt(event);
      if (event.type === 'run.stepEnded') controller.abort();
    };
    const context = { ...untroubled(), signal: controller.signal };
    await expect(trainHere(bench, {}, { limits, onEvent, context })).rejects.toMatchObject({
      code: 'workerDied',
    });
    const latest = bench.session.runs.get(bench.session.runs.find('latest'));
    expect(latest.status).toBe('interrupted');
    expect(latest.error!.message).toContain('did not stop');
  });
});

it('a resumed run keeps its recipe: what would change it is refused by name', async () => {
  const dependencies = { spawn, pool: bench.pool, keptWeights: bench.keptWeights, publish: () => undefined };
  const request = { resume: run, set: { epochs: 9 }, fold: 1, backend: 'cpu' };
  await expect(planTraining(bench.session, request, dependencies)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(/fold, backend, epochs/) as string,
  });
});

describe('grey pictures and a network that sees colours', () => {
  it('stand in one channel; the model is one for colours, and predicts the files as it did the prepared pictures', async () => {
    const { run: colourful } = await trainHere(bench, { set: { ...quickly, 'input.channels': 3 } });
    const files = runFolderOf(bench.session.folder, colourful);
    const { inputs, rows } = readManifest(files);
    expect(inputs.geometry.channels).toBe(1);
    const model = readModelFile(files);
    expect([model.geometry.channels, model.normalization.mean.length]).toEqual([3, 3]);
    await evaluateInProject(bench.session, { run: colourful, split: 'test' }, results(), untroubled());
    const predicted = readPredictions(files, 'test')!.rows.map(({ probabilities }) => probabilities);
    const paths = rows.test.map(({ image }) => bench.session.dataset.file(image).path);
    const request = { model: { project: bench.session.id, run: colourful }, images: paths };
    const told: [done: number, total: number | null][] = [];
    const context = {
      ...untroubled(),
      progress: (done: number, total: number | null) => told.push([done, total]),
    };
    const { predictions } = await predictFiles(bench.session, request, results(), context);
    // Files are counted, not what is done with each.
    expect(new Set(told.map(([, total]) => total))).toEqual(new Set([paths.length]));
    expect(told.at(-1)![0]).toBe(paths.length);
    predictions.forEach(({ probabilities }, i) =>
      Object.values(probabilities).forEach((value, label) =>
        expect(value).toBeCloseTo(predicted[i]![label]!, 5),
      ),
    );
    const to = path.join(bench.data, 'colourful');
    const wanted = { run: colourful, to, formats: ['onnx', 'tfjs'] } as const;
    const { roundTrip } = await exportRun(
      bench.session,
      { ...wanted, formats: [...wanted.formats] },
      results(),
      untroubled(),
    );
    expect(Object.values(roundTrip).every(({ maxAbsDiff }) => maxAbsDiff < 1e-4)).toBe(true);
  });

  it('stand in three where colours are shifted', () => {
    const set = { ...quickly, 'input.channels': 3 };
    const channels = (shift: number): number =>
      geometryOf(recipeFor(bench.session, { set: { ...set, 'augmentation.pcaColour': shift } }), {
        allGrey: true,
      }).channels;
    expect([channels(0), channels(0.1)]).toEqual([1, 3]);
  });
});
