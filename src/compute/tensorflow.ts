import { createRequire } from 'node:module';
import nodeUtil from 'node:util';

import * as tf from '@tensorflow/tfjs-core';

import { ReadroomError } from '../contract/errors.ts';
import type { Backend, LoadedBackend, LoadOptions } from './backend.ts';
import { probeByLoading } from './probe.ts';
import { createCompiledPredictor } from './tensorflow/compiled-predictor.ts';
import { createCompiledStep } from './tensorflow/compiled-step.ts';
import { gpuDevice, gpuParts, whyNoGpu } from './tensorflow/gpu.ts';
import { type NodeBackend, registerTransform } from './tensorflow/operations.ts';
import type { ProtobufMessages } from './tensorflow/saved-model.ts';
import { openSession, type OpenSession } from './tensorflow/session.ts';

let loaded: Promise<LoadedBackend> | null = null;

/** Native TensorFlow through tfjs-node: CPU with oneDNN, or CUDA when the library is built for it. */
export const tensorflow: Backend = {
  id: 'tensorflow',
  priority: 30,
  probe: () => probeByLoading(tensorflow, 'The native TensorFlow library answers.'),
  load: async (options) => {
    loaded ??= load(options);
    const backend = await loaded;
    await tf.setBackend('tensorflow');
    return backend;
  },
};

async function load(options: LoadOptions): Promise<LoadedBackend> {
  setEnvironment(options.threads);
  // tfjs-node 4.22 still calls it; Node has none since 23.
  const util: object & { isNullOrUndefined?: (value: unknown) => boolean } = Object.assign(nodeUtil, {});
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  const { version } = await import('@tensorflow/tfjs-node-gpu').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    throw new ReadroomError(
      'backendUnavailable',
      `The native TensorFlow library does not load: ${reason}`,
      'Run the set-up again ("npm run setup"): it says where it looks for the library and what each place answers.',
    );
  });
  if (!(await tf.setBackend('tensorflow'))) throw new Error('tfjs-node loaded but registered no backend');
  const backend = tf.backend() as unknown as NodeBackend;
  registerTransform();
  const messages = createRequire(import.meta.url)(
    '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js',
  ) as ProtobufMessages;
  const open: OpenSession = (nodes) => openSession(backend, nodes, messages);
  return {
    id: 'tensorflow',
    device: backend.isUsingGpuDevice
      ? gpuDevice()
      : `CPU, ${options.threads} ${options.threads === 1 ? 'thread' : 'threads'}`,
    version: `TensorFlow ${backend.binding.TF_Version} (tfjs-node ${version['tfjs-node']})`,
    threads: options.threads,
    drawback: backend.isUsingGpuDevice ? null : whyNoGpu(gpuParts()),
    createStep: (step) => createCompiledStep(open, step),
    createPredictor: (predictor) => createCompiledPredictor(open, predictor),
  };
}

/**
 * What TensorFlow reads once, when it loads. One inter-op thread: operations run one after another anyway, and
 * a second would change the order of sums. Values that the user set stay, except the thread count, which the
 * recipe decides.
 */
function setEnvironment(threads: number): void {
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.OMP_NUM_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS = '1';
  process.env.TF_DETERMINISTIC_OPS ??= '1';
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
}
