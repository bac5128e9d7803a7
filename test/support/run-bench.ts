import type { EngineEvent } from '../../src/contract/events.ts';
import { splitInput } from '../../src/contract/split.ts';
import type { JobContext } from '../../src/engine/jobs.ts';
import { planTraining, type RunDependencies, type TrainRequest } from '../../src/engine/runs/train.ts';
import { splitProject } from '../../src/engine/split/split-service.ts';
import type { RunResult } from '../../src/contract/run.ts';
import { type ImportBench, openImportBench, spawnDecoder } from './import-project.ts';
import { greyPng, pattern } from './picture-files.ts';

/** Starts the real children; the compute child's id is kept, so that a test can end or halt it. */
export const spawned = { compute: -1 };
export const spawn: typeof spawnDecoder = (entry, options) => {
  const worker = spawnDecoder(entry, options);
  if (entry === 'compute') spawned.compute = worker.pid;
  return worker;
};

export const untroubled = (): JobContext => ({
  signal: new AbortController().signal,
  progress: () => undefined,
});

/** Four steps an epoch of the smallest network on plain JavaScript. */
export const quickly: Record<string, unknown> = {
  'network.id': 'alexnet-small',
  'network.scale': 0.05,
  'input.size': 28,
  batchSize: 4,
  epochs: 2,
  'backend.id': 'cpu',
};

/** A split project of 24 small pictures in two classes, twelve patients. */
export async function openRunBench(): Promise<ImportBench> {
  const bench = await openImportBench();
  const films = Array.from({ length: 24 }, (_, index) => {
    const samples = pattern(30).map((sample) => (sample + index * 9) % 256);
    return [`${index % 2 ? 'sick' : 'well'}/P${index >> 1}/${index}.png`, greyPng(6, 5, samples)] as const;
  });
  bench.write(Object.fromEntries(films));
  await bench.run({ patient: { from: 'folder' }, labels: { from: 'folder' } });
  await splitProject(
    bench.session,
    splitInput.parse({ project: bench.session.id, seed: 1, train: 0.5, val: 0.25, test: 0.25 }),
  );
  return bench;
}

/** Trains, or resumes, with the real trainer; `onEvent` hears what the engine publishes. */
export async function trainHere(
  bench: ImportBench,
  request: Partial<TrainRequest> = {},
  {
    onEvent = () => undefined,
    context = untroubled(),
    limits,
  }: {
    onEvent?: (event: EngineEvent) => void;
    context?: JobContext;
    limits?: RunDependencies['limits'];
  } = {},
): Promise<RunResult> {
  const dependencies = {
    spawn,
    pool: bench.pool,
    keptWeights: bench.keptWeights,
    publish: onEvent,
    ...(limits && { limits }),
  };
  const wanted = { set: request.resume === undefined ? quickly : {}, ...request };
  const { train } = await planTraining(bench.session, wanted, dependencies);
  return train(context);
}
