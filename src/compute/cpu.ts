import * as tf from '@tensorflow/tfjs-core';

import type { Backend, LoadedBackend } from './backend.ts';
import { createEagerPredictor, createEagerStep } from '../nn/eager-step.ts';
import { probeByLoading } from './probe.ts';

/** Plain JavaScript on one core: answers everywhere and suits small pictures only. */
export const cpu: Backend = {
  id: 'cpu',
  priority: 10,
  probe: () => probeByLoading(cpu, 'Plain JavaScript answers everywhere; it is far slower than the others.'),
  load: async () => {
    // Otherwise tfjs prints advice to install the package that just was not available.
    tf.env().set('PROD', true);
    const { version_cpu: version } = await import('@tensorflow/tfjs-backend-cpu');
    await tf.setBackend('cpu');
    repairTransform();
    loaded ??= {
      id: 'cpu',
      device: 'CPU, plain JavaScript',
      version: `tfjs-backend-cpu ${version}`,
      threads: 1,
      drawback: null,
      createStep: createEagerStep,
      createPredictor: createEagerPredictor,
    };
    return loaded;
  },
};

let loaded: LoadedBackend | null = null;

let repaired = false;

/** tfjs-backend-cpu 4.22 transforms the first picture of a batch and leaves the others blank: one at a time, then. */
function repairTransform(): void {
  const original = tf.getKernel(tf.Transform, 'cpu');
  if (repaired) return;
  repaired = true;
  tf.unregisterKernel(tf.Transform, 'cpu');
  tf.registerKernel({
    ...original,
    kernelFunc: ({ inputs, attrs, backend }) =>
      tf.tidy(() => {
        const { image, transforms } = inputs as { image: tf.Tensor4D; transforms: tf.Tensor2D };
        const pictures = Array.from({ length: image.shape[0] }, (_, i) => {
          const one = {
            image: tf.slice(image, i, 1),
            transforms: tf.slice(transforms, transforms.shape[0] === 1 ? 0 : i, 1),
          };
          const moved = original.kernelFunc({ inputs: one, attrs, backend }) as tf.TensorInfo;
          return tf.engine().makeTensorFromTensorInfo(moved);
        });
        return tf.concat(pictures, 0);
      }),
  });
}
