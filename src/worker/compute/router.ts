import { implement } from '@orpc/server';

import { probeBackends } from '../../compute/index.ts';
import { computeContract } from '../../contract/workers.ts';
import { augmentToFile } from './augment.ts';
import { eventStream } from './event-stream.ts';
import { readModelFolder } from './model-folder.ts';
import { predictMasksToFile, predictToFile, predictWith, prepareBackend } from './predict.ts';
import { prepareAhead, type StepAhead } from './prepare-training.ts';
import { type TrainingControl, trainRunFolder } from './train.ts';

const os = implement(computeContract);

let training: TrainingControl | null = null;
let ahead: Promise<StepAhead | null> = Promise.resolve(null);

function takeAhead(): Promise<StepAhead | null> {
  const taken = ahead;
  ahead = Promise.resolve(null);
  return taken;
}

async function prepareTensors(): Promise<void> {
  await prepareBackend('auto');
}

/**
 * What the compute child answers. It trains one run at a time. What packages are made and read with is loaded when it
 * is asked for, so that a training starts sooner.
 */
export const computeRouter = os.router({
  probe: os.probe.handler(() => probeBackends()),

  prepareTraining: os.prepareTraining.handler(async ({ input }) => {
    // Whatever hinders it, the training meets it as well, and tells.
    ahead = prepareAhead(input).catch(() => null);
    await ahead;
  }),

  train: os.train.handler(({ input, signal }) => {
    if (training) throw new Error('This process trains already: one process trains one run');
    const control: TrainingControl = { stopRequested: false };
    const stop = (): void => void (control.stopRequested = true);
    training = control;
    signal?.addEventListener('abort', stop, { once: true });
    return eventStream(
      async (emit) =>
        trainRunFolder(input.runFolder, emit, control, await takeAhead()).finally(() => (training = null)),
      stop,
    );
  }),

  stop: os.stop.handler(() => {
    if (training) training.stopRequested = true;
  }),

  predict: os.predict.handler(({ input }) => predictToFile(input)),

  predictMasks: os.predictMasks.handler(({ input }) => predictMasksToFile(input)),

  checkWeights: os.checkWeights.handler(async ({ input }) => {
    const { checkWeights } = await import('./convert-weights.ts');
    return checkWeights(input);
  }),

  inspectWeights: os.inspectWeights.handler(async ({ input }) => {
    const { inspectWeights } = await import('./convert-weights.ts');
    return inspectWeights(input.file);
  }),

  convertWeights: os.convertWeights.handler(async ({ input }) => {
    const { convertWeights } = await import('./convert-weights.ts');
    return convertWeights(input);
  }),

  augment: os.augment.handler(({ input }) => augmentToFile(input)),

  writeFormats: os.writeFormats.handler(async ({ input }) => {
    const trained = await readModelFolder(input.modelFolder);
    await prepareBackend(input.backend);
    const { writeFormats } = await import('../package/write-formats.ts');
    return writeFormats(trained, input, predictWith(trained));
  }),

  verifyExamples: os.verifyExamples.handler(async ({ input }) => {
    const { verifyExamples } = await import('../package/verify-examples.ts');
    return verifyExamples(input.folder, prepareTensors);
  }),

  predictPackage: os.predictPackage.handler(async ({ input }) => {
    const { predictPackage } = await import('../package/predict-package.ts');
    return predictPackage(input, prepareTensors);
  }),
});
