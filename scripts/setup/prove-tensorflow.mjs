// A child of set-up: loads the linked library as the product does and multiplies two small matrices.
import { createRequire } from 'node:module';
import util from 'node:util';

import { gpuParts, whyNoGpu } from '../../src/compute/tensorflow/gpu.ts';

// tfjs-node 4.22 calls it; Node 23 removed it.
Object.assign(util, {
  isNullOrUndefined: (/** @type {unknown} */ value) => value === null || value === undefined,
});

const tf = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu');
const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
const values = [...product.dataSync()];
if (values.join() !== '19,22,43,50') throw new Error(`The matrix product is wrong: ${values.join()}`);
const backend = tf.backend();
const gpu = backend.isUsingGpuDevice === true;
process.stdout.write(
  JSON.stringify({ version: backend.binding.TF_Version, gpu, drawback: gpu ? null : whyNoGpu(gpuParts()) }),
);
