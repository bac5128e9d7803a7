import { implement } from '@orpc/server';

import { probeBackends } from '../../compute/index.ts';
import { computeContract } from '../../contract/workers.ts';
import { predictPackage } from '../package/predict-package.ts';
import { verifyExamples } from '../package/verify-examples.ts';
import { writeFormats } from '../package/write-formats.ts';
import { augmentToFile } from './augment.ts';
import { eventStream } from './event-stream.ts';
import { readModelFolder } from './model-folder.ts';
import { predictToFile, predictWith, prepareBackend } from './predict.ts';
import { type TrainingControl, trainRunFolder } from './train.ts';

const os = implement(computeContract);

let training: TrainingControl | null = null;

async function prepareTensors(): Promise<void> {
  await prepareBackend('auto');
}

/** What the compute child answers. It trains one run at a time. */
export const computeRouter = os.router({
  probe: os.probe.handler(() => probeBackends()),

  train: os.train.handler(({ input, signal }) => {
    if (training) throw new Error('This process trains already: one process trains one run');
    const control: TrainingControl = { stopRequested: false };
    const stop = (): void => void (control.stopRequested = true);
    training = control;
    signal?.addEventListener('abort', stop, { once: true });
    return eventStream(
      (emit) => trainRunFolder(input.runFolder, emit, control).finally(() => (training = null)),
      stop,
    );
  }),

  stop: os.stop.handler(() => {
    if (training) training.stopRequested = true;
  }),

  predict: os.predict.handler(({ input }) => predictToFile(input)),

  augment: os.augment.handler(({ input }) => augmentToFile(input)),

  writeFormats: os.writeFormats.handler(async ({ input }) => {
    const trained = await readModelFolder(input.modelFolder);
    await prepareBackend(input.backend);
    return writeFormats(trained, input, predictWith(trained));
  }),

  verifyExamples: os.verifyExamples.handler(({ input }) => verifyExamples(input.folder, prepareTensors)),

  predictPackage: os.predictPackage.handler(({ input }) => predictPackage(input, prepareTensors)),
});
