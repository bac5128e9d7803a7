import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { pythonWith } from '../scripts/python-environment.ts';
import type { Benchmark, BenchOptions, StepForm } from './benchmark.ts';
import { ensureFilms } from './comparison/films.ts';
import { jsonOf } from './comparison/processes.ts';
import { type Contestant, inTurns } from './comparison/rounds.ts';
import {
  type Aim,
  aimLines,
  compare,
  comparisonTable,
  conditions,
  loadNow,
  type Measure,
} from './comparison/tables.ts';

const size = 227;
const batch = 32;
const epochs = 3;
const threads = availableParallelism();

/** Augmented batches that one pipeline delivered in a process of its own. */
interface Delivery {
  version: string;
  firstImagesPerSecond: number;
  /** Over the epochs after the first. */
  laterImagesPerSecond: number;
  /** Of the process that delivers; decoding processes beside it not counted. */
  peakMemoryBytes: number;
  /** Looking at each file once when it is imported, before any epoch. */
  inspectImagesPerSecond?: number;
}

const first = 'first epoch, images/s';
const later = 'later epochs, images/s';
const measures: Measure<Delivery>[] = [
  { what: first, of: (delivery) => delivery.firstImagesPerSecond },
  { what: later, of: (delivery) => delivery.laterImagesPerSecond },
  { what: 'import before it, images/s', of: (delivery) => delivery.inspectImagesPerSecond ?? null },
];
const aims: Aim[] = [
  { of: first, peer: 'generator', ratio: 3 },
  { of: later, peer: 'generator', ratio: 10 },
];

const benchmark: Benchmark = {
  name: 'pipeline',
  record: 'benchmark-pipeline',
  description:
    'The input pipeline alone: JPEG films to augmented, normalised batches (rotation 20°, shifts 0.2, shear 0.2°, zoom 0.2, flip), beside ImageDataGenerator and tf.data',
  async run({ cache, films, repeats, step }: BenchOptions) {
    mkdirSync(cache, { recursive: true });
    const tell = (what: string): void => console.error(`bench: pipeline: ${what}`);
    const python = pythonWith(path.join(import.meta.dirname, 'requirements-peers.txt'));
    const drawn = await ensureFilms(cache, films, tell);
    const loadBefore = loadNow();
    const contestants = contestantsOf(path.join(drawn.folder, 'train'), python, step);
    const rounds = await inTurns(contestants, repeats, tell);
    const compared = compare(rounds, measures);
    const versions = [...new Set([...rounds.values()].map(([one]) => one!.version))];
    const { counts, width, height, meanBytes } = drawn;
    const summary = [
      `${counts.train} grey JPEG films of ${width}×${height}, ${Math.round(meanBytes / 1000)} kB on average, drawn by seeded code, to batches of ${batch} at ${size}×${size}×3.`,
      '',
      ...comparisonTable(compared, contestants),
      '',
      ...aimLines(aims, compared, contestants),
      '',
      'Readroom: the first epoch decodes and resizes every file into the cache (in processes of its own, whose start counts), then reads and augments; later epochs read and augment. What is timed is its training step with a network that looks at every place once, backward pass and update included; grey pictures go there in one channel, which the network takes for three, and normalised by its first kernel; the peers deliver three channels and no network reads them. The pictures are in the system’s file cache for everybody. “workers” is the generator with as many of Keras’ worker threads, which the script does not ask for. tf.data decodes and resizes in parallel and augments batches with Keras’ layers; “cached” keeps the resized pictures in memory, “one transform” does its augmentation in the one operation that Readroom uses.',
      '',
      ...conditions(loadBefore, repeats, versions),
    ];
    return {
      passed: null,
      results: { loadBefore, films: counts, meanBytes, compared, rounds: Object.fromEntries(rounds) },
      summary,
    };
  },
};
export default benchmark;

function contestantsOf(folder: string, python: string, step: StepForm): Contestant<Delivery>[] {
  const here = (file: string): string => path.join(import.meta.dirname, file);
  const args = [folder, ...[size, batch, epochs, threads].map(String)];
  const peer = (id: string, name: string): Contestant<Delivery> => ({
    id,
    name,
    measure: () => jsonOf<Delivery>(python, [here('peers/pipeline.py'), id, ...args]),
  });
  return [
    {
      id: 'readroom',
      name: 'Readroom',
      measure: () => jsonOf<Delivery>(process.execPath, [here('ours-pipeline.ts'), ...args, step]),
    },
    peer('generator', 'ImageDataGenerator'),
    peer('generator-workers', 'ImageDataGenerator, workers'),
    peer('tfdata', 'tf.data'),
    peer('tfdata-cached', 'tf.data, cached'),
    peer('tfdata-transform', 'tf.data, cached, one transform'),
  ];
}
