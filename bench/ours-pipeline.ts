import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { chooseBackend } from '../src/compute/index.ts';
import { findPreset } from '../src/core/recipe-presets.ts';
import { createDecodePool, type DecodePool } from '../src/engine/media/decode-pool.ts';
import { ensureInputs } from '../src/engine/media/input-cache.ts';
import { batchPositions, epochOrder, stepsPerEpoch, type RowSource } from '../src/nn/batches.ts';
import { classHead, type Network } from '../src/nn/network.ts';
import type { TrainingStep } from '../src/nn/step.ts';
import { classTruths } from '../src/nn/tasks/one-class.ts';
import { createForkSpawner } from '../src/rpc/child-process.ts';
import { openInputs } from '../src/worker/compute/inputs.ts';
import { peakMemoryBytes } from './comparison/own-memory.ts';
import { learningRate, makeStep } from './comparison/step-under-test.ts';

// Times Readroom's own input pipeline: JPEG files to augmented batches that a network has read; prints one JSON
// line. Arguments: FOLDER SIZE BATCH EPOCHS THREADS [eager]. The step is the training's own with a network of
// one filter that looks at every place once and a small dense layer, so that little but the pipeline costs time.
const [folder, ...numbers] = process.argv.slice(2);
const [size, batch, epochs, threads] = numbers.map(Number) as [number, number, number, number];
const form = process.argv[7] === 'eager' ? 'eager' : 'compiled';
const channels = 3;
const classes = 2;
const { recipe } = findPreset('tutorial');
const scratch = mkdtempSync(path.join(tmpdir(), 'readroom-pipeline-'));
try {
  console.log(JSON.stringify(await measure()));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function measure() {
  const { labels, images, pictureChannels, inspectImagesPerSecond } = await inspected();
  const { fit, kernel } = recipe.input;
  const geometry = { size, channels: pictureChannels, fit, kernel } as const;
  const { backend } = await chooseBackend('tensorflow', { threads });
  const batchSizes = [Math.min(batch, images.length), images.length % batch].filter((rows) => rows > 0);
  const step = makeStep(backend, form, {
    network: readsOnly(),
    pictureChannels,
    batchSizes,
    augmentation: recipe.augmentation,
  });
  let started = performance.now();
  const { file, slots } = await withPool((pool) =>
    ensureInputs({ images, geometry, cacheFolder: scratch, pool }),
  );
  const inputs = await openInputs(file, geometry);
  const source = inputs.source(
    slots.map((slot, row) => ({ image: '', patient: '', pixelSha256: '', slot, label: labels[row]! })),
    (pieces) => classTruths(pieces.map(({ row }) => row.label)),
  );
  const seconds: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    await deliver(step, source, epochOrder(recipe, epoch, source));
    const ended = performance.now();
    seconds.push((ended - started) / 1000);
    started = ended;
  }
  await inputs.close();
  const laterSeconds = seconds.slice(1).reduce((sum, one) => sum + one, 0);
  return {
    version: `Readroom (${form} step) on ${backend.version}`,
    firstImagesPerSecond: source.count / seconds[0]!,
    laterImagesPerSecond: (source.count * (epochs - 1)) / laterSeconds,
    peakMemoryBytes: peakMemoryBytes(),
    inspectImagesPerSecond,
  };
}

/** The files as an import looks at them. */
async function inspected() {
  const names = readdirSync(folder!).sort();
  const files = names.flatMap((name, label) =>
    readdirSync(path.join(folder!, name)).map((file) => ({ path: path.join(folder!, name, file), label })),
  );
  const thumbnails = path.join(scratch, 'thumbnails');
  const started = performance.now();
  const facts = await withPool((pool) =>
    Promise.all(files.map((file) => pool.inspect(file.path, undefined, { thumbnails }))),
  );
  const seconds = (performance.now() - started) / 1000;
  return {
    labels: files.map(({ label }) => label),
    images: files.map(({ path: file }, index) => {
      const found = facts[index]!;
      const { frame, pixelSha256 } = found.pictures[0]!;
      return { path: file, frame, pixelSha256, byteSha256: found.file.byteSha256 };
    }),
    // As a run of grey pictures keeps them.
    pictureChannels: facts.every(({ pictures }) => pictures[0]!.channels === 1) ? (1 as const) : (3 as const),
    inspectImagesPerSecond: files.length / seconds,
  };
}

async function withPool<T>(work: (pool: DecodePool) => Promise<T>): Promise<T> {
  const spawn = createForkSpawner((entry) =>
    fileURLToPath(new URL(`../src/worker/${entry}.ts`, import.meta.url)),
  );
  const pool = createDecodePool({ spawn, size: threads });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

/** An epoch of batches, the next one read while this one is augmented, as the training loop does it. */
async function deliver(step: TrainingStep, source: RowSource, order: readonly number[]): Promise<void> {
  const steps = stepsPerEpoch(order.length, batch);
  const read = (index: number) => source.read(batchPositions(order, batch, index));
  let reading = read(0);
  for (let index = 0; index < steps; index++) {
    const pixels = await reading;
    reading = read(index + 1);
    await step.run(pixels, index, learningRate);
  }
  await reading;
}

function readsOnly(): Network {
  return {
    id: 'reads-only',
    inputShape: [size, size, channels],
    head: classHead(classes),
    layers: [
      {
        ...{ kind: 'conv2d', name: 'read', input: 'image', activation: 'linear', padding: 'valid' },
        ...{ filters: 1, kernelSize: [8, 8], strides: [8, 8], groups: 1, bias: true },
      },
      { kind: 'flatten', name: 'flatten', input: 'read' },
      { kind: 'dense', name: 'probabilities', input: 'flatten', units: classes, activation: 'softmax' },
    ],
  };
}
