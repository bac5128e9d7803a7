import nodeUtil from 'node:util';

import { createRandom } from '../../src/core/random.ts';
import { findNetwork } from '../../src/nn/models/index.ts';
import { classHead, type Layer } from '../../src/nn/network.ts';
import { peakMemoryBytes } from '../comparison/own-memory.ts';
import { imagesPerSecond } from '../comparison/pace.ts';
import { readTimingArguments } from '../comparison/timing-arguments.ts';

// Times TensorFlow.js as it is installed: a tfjs-layers model and trainOnBatch on the native library.
const { network: id, size, scale, batch, trainSteps, inferSteps, threads } = readTimingArguments();
process.env['TF_NUM_INTRAOP_THREADS'] = String(threads);
process.env['OMP_NUM_THREADS'] = String(threads);
process.env['TF_CPP_MIN_LOG_LEVEL'] = '2';
// tfjs-node 4.22 still calls it; Node has none since 23.
const util: object & { isNullOrUndefined?: (value: unknown) => boolean } = Object.assign(nodeUtil, {});
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
const { tensor, version } = await import('@tensorflow/tfjs-node-gpu');
const tf = await import('@tensorflow/tfjs-layers');

const classes = 10;
const network = findNetwork(id).build({ size, channels: 3, head: classHead(classes), scale, dropout: 0.5 });
const model = tf.sequential({
  layers: network.layers.map((layer, index) =>
    stockLayer(layer, index === 0 ? { inputShape: [...network.inputShape] } : {}),
  ),
});
model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
const random = createRandom(1, 'bench');
const images = tensor(
  Float32Array.from({ length: batch * size * size * 3 }, () => random.uniform()),
  [batch, size, size, 3],
);
const labels = tensor(
  Float32Array.from({ length: batch }, () => random.integer(classes)),
  [batch, 1],
);

const train = await imagesPerSecond(batch, trainSteps, () => model.trainOnBatch(images, labels));
const infer = await imagesPerSecond(batch, inferSteps, async () => {
  const probabilities = model.predictOnBatch(images);
  if (Array.isArray(probabilities)) throw new Error('The model has one output');
  await probabilities.data();
  probabilities.dispose();
});
console.log(
  JSON.stringify({
    version: `tfjs ${version['tfjs-node']}`,
    trainImagesPerSecond: train,
    inferImagesPerSecond: infer,
    peakMemoryBytes: peakMemoryBytes(),
  }),
);

/** A layer of ours as tfjs-layers has it. */
function stockLayer(layer: Layer, first: { inputShape?: number[] }) {
  switch (layer.kind) {
    case 'conv2d':
      return tf.layers.conv2d({
        ...first,
        filters: layer.filters,
        kernelSize: [...layer.kernelSize],
        strides: [...layer.strides],
        padding: layer.padding,
        activation: layer.activation,
      });
    case 'maxPool2d':
      return tf.layers.maxPooling2d({ poolSize: [...layer.poolSize], strides: [...layer.strides] });
    case 'flatten':
      return tf.layers.flatten();
    case 'dense':
      return tf.layers.dense({ units: layer.units, activation: layer.activation });
    case 'dropout':
      return tf.layers.dropout({ rate: layer.rate });
    default:
      throw new Error(`The peer is not given ${layer.kind}`);
  }
}
