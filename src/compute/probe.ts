import { availableParallelism } from 'node:os';

import * as tf from '@tensorflow/tfjs-core';

import { ReadroomError } from '../contract/errors.ts';
import type { BackendReport } from '../contract/system.ts';
import type { Backend } from './backend.ts';

/** Loads a backend, multiplies two small matrices and says what came of it. */
export async function probeByLoading(
  backend: Pick<Backend, 'id' | 'load'>,
  reason: string,
): Promise<BackendReport> {
  try {
    const { device, version, drawback } = await backend.load({ threads: availableParallelism() });
    await multiplySmallMatrices();
    return {
      id: backend.id,
      ok: true,
      device,
      version,
      reason: drawback ? `${reason} ${drawback.reason}` : reason,
      remedy: drawback?.remedy ?? '',
    };
  } catch (error) {
    return {
      id: backend.id,
      ok: false,
      device: null,
      version: null,
      reason: error instanceof Error ? error.message : String(error),
      remedy: error instanceof ReadroomError ? error.hint : '',
    };
  }
}

async function multiplySmallMatrices(): Promise<void> {
  const product = tf.tidy(() => tf.matMul(tf.ones([4, 8]), tf.ones([8, 4])));
  const values = await product.data();
  product.dispose();
  if (!values.every((value) => value === 8))
    throw new Error('It computes wrongly: a matrix product differs.');
}
