import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { pythonWith } from '../scripts/python-environment.ts';
import type { Benchmark } from './benchmark.ts';

/** One library's figures from one process. */
interface Timing {
  library: string;
  version: string;
  trainImagesPerSecond: number;
  inferImagesPerSecond: number;
  peakMemoryBytes: number;
}

interface Case {
  network: string;
  size: number;
  batch: number;
  trainSteps: number;
  inferSteps: number;
}

const cases: Case[] = [
  { network: 'alexnet', size: 227, batch: 32, trainSteps: 8, inferSteps: 8 },
  { network: 'alexnet-small', size: 32, batch: 32, trainSteps: 60, inferSteps: 60 },
];
const libraries = ['readroom', 'keras', 'torch'] as const;
const repeats = 3;
const threads = availableParallelism();

const benchmark: Benchmark = {
  name: 'training',
  record: 'benchmark',
  description: `Training step and inference beside tf.keras and PyTorch, ${threads} threads, median of ${repeats} interleaved processes each`,
  run() {
    const python = pythonWith(path.join(import.meta.dirname, 'requirements-peers.txt'));
    const rows = cases.flatMap((one) => runCase(one, python));
    const lines = rows.map(
      ({ network, measure, readroom, keras, torch, toKeras, toTorch }) =>
        `| ${network} | ${measure} | ${readroom} | ${keras} | ${torch} | ${toKeras}× | ${toTorch}× |`,
    );
    const summary = [
      '| network | measure | Readroom | tf.keras | PyTorch | to Keras | to PyTorch |',
      '|---|---|---|---|---|---|---|',
      ...lines,
    ];
    return Promise.resolve({ passed: null, results: rows, summary });
  },
};
export default benchmark;

function runCase(one: Case, python: string) {
  const timings = new Map<string, Timing[]>(libraries.map((library) => [library, []]));
  // Interleaved, so that a machine that slows down slows all of them.
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const library of libraries) {
      console.error(`${one.network} ${one.size}: ${library}, ${repeat + 1} of ${repeats}`);
      timings.get(library)!.push(time(library, one, python));
    }
  }
  const measures = [
    ['training step, images/s', 'trainImagesPerSecond', 1],
    ['inference, images/s', 'inferImagesPerSecond', 1],
    ['peak memory, MB', 'peakMemoryBytes', 1e-6],
  ] as const;
  return measures.map(([measure, key, unit]) => {
    const [ours, keras, torch] = libraries.map((library) =>
      median(timings.get(library)!.map((timing) => timing[key])),
    );
    const rounded = (value: number): string => (value * unit).toPrecision(4);
    return {
      network: `${one.network} ${one.size}², batch ${one.batch}`,
      measure,
      readroom: rounded(ours!),
      keras: rounded(keras!),
      torch: rounded(torch!),
      toKeras: (ours! / keras!).toFixed(2),
      toTorch: (ours! / torch!).toFixed(2),
      versions: libraries.map((library) => timings.get(library)![0]!.version),
    };
  });
}

function time(
  library: (typeof libraries)[number],
  { network, size, batch, trainSteps, inferSteps }: Case,
  python: string,
): Timing {
  const args = [network, size, batch, trainSteps, inferSteps, threads].map(String);
  const here = (file: string): string => path.join(import.meta.dirname, file);
  const output =
    library === 'readroom'
      ? execFileSync(process.execPath, [here('ours.ts'), ...args], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        })
      : execFileSync(python, [here('peers/time_peer.py'), library, ...args], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Timing;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}
