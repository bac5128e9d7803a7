import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ModelFile } from '../../../../src/contract/run-folder.ts';
import { createRandom } from '../../../../src/core/random.ts';
import { findNetwork } from '../../../../src/nn/models/index.ts';
import { packageFormats } from '../../../../src/worker/package/formats.ts';
import type { Predict, TrainedModel } from '../../../../src/worker/package/package-format.ts';
import { writeFormats } from '../../../../src/worker/package/write-formats.ts';
import { classHead } from '../../../../src/nn/network.ts';
import { randomWeights, referenceProbabilities } from '../../nn/writers/reference-network.ts';

export const size = 28;
export const classes = ['Ä normal', 'fracture', 'infection'];
export const normalization = { mean: [0.2], deviation: [0.3] };
export const allFormats = packageFormats.map(({ id }) => id);

/** A network with weights as after training; of the list's, the small AlexNet if no other is asked for. */
export function trainedModel(id = 'alexnet-small', edge = size, scale = 0.25): TrainedModel {
  const head = classHead(classes.length);
  const options = { size: edge, channels: 1, head, scale, dropout: 0.5 } as const;
  const network = findNetwork(id).build(options);
  const model: ModelFile = {
    formatVersion: 1,
    network: { id: network.id, scale: options.scale, dropout: options.dropout },
    geometry: { size: edge, channels: 1, fit: 'stretch', kernel: 'lanczos3' },
    normalization,
    classes,
    weights: [],
    weightsSha256: 'a'.repeat(64),
  };
  return { model, network, weights: randomWeights(network, 21) };
}

/** Probabilities by the product's own forward pass on the JavaScript backend. */
export function predictWith({ network, weights }: TrainedModel): Predict {
  return (inputs, n) => referenceProbabilities(network, weights, inputs, n);
}

/** `count` seeded pictures, one after the other. */
export async function writeInputs(file: string, count: number, edge = size): Promise<Uint8Array> {
  const random = createRandom(5, 'pixels');
  const pixels = Uint8Array.from({ length: count * edge * edge }, () => random.integer(256));
  await writeFile(file, pixels);
  return pixels;
}

/** The parts of `readroom.json` that the workers read, as an export writes them. */
export function packageFacts(count: number, edge = size): Record<string, unknown> {
  return {
    formatVersion: 1,
    formats: allFormats,
    input: { name: 'image', size: edge, channels: 1, layout: 'NHWC', type: 'float32', range: [-0.7, 2.7] },
    preprocessing: [
      { kind: 'scale', divisor: 255 },
      { kind: 'normalize', ...normalization },
    ],
    classes,
    task: 'classification',
    examples: { folder: 'examples', count },
  };
}

/** Writes a whole package of four examples into `folder`. */
export async function writePackage(folder: string, inputs: string, trained = trainedModel()): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFormats(
    trained,
    { to: folder, formats: allFormats, channels: 1, inputs, slots: [6, 0, 3, 5] },
    predictWith(trained),
  );
  await writeFile(
    join(folder, 'readroom.json'),
    JSON.stringify(packageFacts(4, trained.model.geometry.size)),
  );
}
