import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import * as tf from '@tensorflow/tfjs-core';

import { normalizePixels } from '../../src/core/preprocess.ts';
import { predictLogits, weightsToTensors } from '../../src/nn/eager-step.ts';
import type { Network } from '../../src/nn/network.ts';
import type { WeightPlace } from '../../src/nn/readers/source.ts';
import type { Weights } from '../../src/nn/weights.ts';
import type { ModelFacts } from '../../src/worker/compute/model-folder.ts';

/** What scripts/prove/transfer/reference.py writes beside a weight file. */
export interface WeightReference {
  readonly network: string;
  readonly scale: number;
  readonly size: number;
  readonly outputs: number;
  readonly versions: string;
  /** Of two pictures. */
  readonly logits: readonly (readonly number[])[];
  readonly of?: string;
  readonly refused?: boolean;
}

const fixtures = path.join(import.meta.dirname, '..', 'fixtures', 'weights');

/** Names of the small weight files that PyTorch and Keras wrote. */
export const smallWeightFiles = readdirSync(fixtures)
  .filter((name) => name.endsWith('.gz'))
  .map((name) => name.slice(0, -'.gz'.length));

export function smallWeightBytes(name: string): Buffer {
  return gunzipSync(readFileSync(path.join(fixtures, `${name}.gz`)));
}

/** Unpacks a small weight file into a folder. @returns its path */
export function unpackWeights(name: string, folder: string): string {
  const file = path.join(folder, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, smallWeightBytes(name));
  return file;
}

export function weightReference(name: string, folder = fixtures): WeightReference {
  return JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as WeightReference;
}

/** The model that a reference's weights are of. */
export function modelOf(
  { network, scale, size, outputs }: WeightReference,
  { channels = 3, classes = outputs }: { channels?: 1 | 3; classes?: number } = {},
): ModelFacts {
  return {
    network: { id: network, scale, dropout: 0.5 },
    geometry: { size, channels, fit: 'stretch', kernel: 'linear' },
    normalization: {
      mean: new Array<number>(channels).fill(0.5),
      deviation: new Array<number>(channels).fill(0.25),
    },
    classes: Array.from({ length: classes }, (_, i) => `class ${i}`),
  };
}

/** Our logits of the reference's pictures: the largest difference to its own and their largest value. */
export async function comparedLogits(
  network: Network,
  weights: Weights,
  reference: WeightReference,
  folder = fixtures,
): Promise<{ difference: number; largest: number }> {
  const pixels = readFileSync(path.join(folder, `input-${reference.size}.u8`));
  const inputs = normalizePixels(pixels, { mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] });
  const tensors = weightsToTensors(network, weights);
  const logits = await predictLogits(network, tensors, inputs, null);
  tf.dispose([...tensors.values()]);
  const wanted = reference.logits.flat();
  if (wanted.length !== logits.length) throw new Error(`${logits.length} logits, not ${wanted.length}`);
  return {
    difference: Math.max(...wanted.map((value, i) => Math.abs(value - logits[i]!))),
    largest: Math.max(...wanted.map(Math.abs)),
  };
}

/** Bytes as a file that stands alone. */
export function placeOf(bytes: Uint8Array, name = 'weights.pth'): WeightPlace {
  return {
    name,
    bytes: {
      size: bytes.length,
      read: (offset, length) => Promise.resolve(Uint8Array.from(bytes.subarray(offset, offset + length))),
    },
    beside: () => Promise.resolve(null),
  };
}
