import { performance } from 'node:perf_hooks';

import { chooseBackend } from '../src/compute/index.ts';
import { recipeSchema } from '../src/contract/recipe.ts';
import { createRandom } from '../src/core/random.ts';
import { findNetwork } from '../src/nn/models/index.ts';
import { createEagerStep } from '../src/nn/step.ts';
import { initialWeights } from '../src/nn/weights.ts';

/** Times Readroom's own training step and inference; prints one JSON line. Arguments as time_peer.py, less the library. */
const [name, ...numbers] = process.argv.slice(2);
const [size, batch, trainSteps, inferSteps, threads] = numbers.map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const classes = 10;
const channels = 3;

const { backend } = await chooseBackend('tensorflow', { threads });
const network = findNetwork(name!).build({ size, channels, classes, scale: 1, dropout: 0.5 });
const recipe = recipeSchema.parse({ optimizer: { learningRate: 1e-4 } });
const off = {
  rotationDegrees: 0,
  widthShift: 0,
  heightShift: 0,
  shearDegreesDegrees: 0,
  zoom: 0,
  brightness: 0,
};
const step = createEagerStep({
  network,
  seed: 1,
  optimizer: { ...recipe.optimizer, learningRate: 1e-4 },
  augmentation: { ...recipe.augmentation, ...off },
  normalization: { mean: [0, 0, 0], deviation: [1, 1, 1] },
  classWeights: null,
  fusedAdam: backend.createFusedAdam(),
});
step.writeState(initialWeights(network, 1));
const random = createRandom(1, 'bench');
const pixels = Uint8Array.from({ length: batch * size * size * channels }, () => random.integer(256));
const labels = Int32Array.from({ length: batch }, () => random.integer(classes));

let count = 0;
const train = await timed(() => step.run({ pixels, labels }, count++, 1e-4), trainSteps);
const infer = await timed(() => step.logits(pixels), inferSteps);
console.log(
  JSON.stringify({
    library: 'readroom',
    version: `${backend.id} ${backend.version}`,
    trainImagesPerSecond: train,
    inferImagesPerSecond: infer,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  }),
);

async function timed(work: () => Promise<unknown>, steps: number): Promise<number> {
  for (let warm = 0; warm < 3; warm++) await work();
  const seconds: number[] = [];
  for (let index = 0; index < steps; index++) {
    const started = performance.now();
    await work();
    seconds.push((performance.now() - started) / 1000);
  }
  return batch / seconds.sort((a, b) => a - b)[seconds.length >> 1]!;
}
