import { peakMemoryBytes } from './comparison/own-memory.ts';
import { imagesPerSecond } from './comparison/pace.ts';
import { learningRate, stepUnderTest } from './comparison/step-under-test.ts';
import { readTimingArguments } from './comparison/timing-arguments.ts';

// Times Readroom's own training step and inference; prints one JSON line. Arguments as peers/time_peer.py, less the
// library, and `eager` after them for the step operation by operation.
const of = readTimingArguments();
const form = process.argv[9] === 'eager' ? 'eager' : 'compiled';
const { backend, step, batch } = await stepUnderTest(of, form);
const train = await imagesPerSecond(of.batch, of.trainSteps, (count) => step.run(batch, count, learningRate));
const infer = await imagesPerSecond(of.batch, of.inferSteps, () => step.logits(batch));
console.log(
  JSON.stringify({
    version: `Readroom (${form} step) on ${backend.version}, ${backend.device}`,
    trainImagesPerSecond: train,
    inferImagesPerSecond: infer,
    peakMemoryBytes: peakMemoryBytes(),
  }),
);
