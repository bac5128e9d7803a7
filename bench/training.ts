import { availableParallelism } from 'node:os';
import path from 'node:path';

import { pythonWith } from '../scripts/python-environment.ts';
import { type Benchmark, type BenchOptions, type StepForm, stepsOf } from './benchmark.ts';
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
import { type TimingArguments, timingArguments } from './comparison/timing-arguments.ts';

/** One library's figures from one process. */
interface Timing {
  version: string;
  trainImagesPerSecond: number;
  inferImagesPerSecond: number;
  peakMemoryBytes: number;
}

interface Case extends Omit<TimingArguments, 'threads'> {
  readonly title: string;
  readonly aims: readonly Aim[];
}

const trainingStep = 'training step, images/s';
const peakMemory = 'peak memory, MB';
const measures: Measure<Timing>[] = [
  { what: trainingStep, of: (timing) => timing.trainImagesPerSecond },
  { what: 'inference, images/s', of: (timing) => timing.inferImagesPerSecond },
  { what: peakMemory, of: (timing) => timing.peakMemoryBytes / 1e6 },
];
const lessMemory: Aim = { of: peakMemory, peer: 'keras', ratio: 0.9, isMost: true };
const cases: Case[] = [
  {
    title: 'AlexNet, 227×227, batch 32',
    ...{ network: 'alexnet', size: 227, scale: 1, batch: 32, trainSteps: 8, inferSteps: 8 },
    aims: [
      { of: trainingStep, peer: 'keras', ratio: 1.05 },
      { of: trainingStep, peer: 'torch', ratio: 1.4 },
      lessMemory,
    ],
  },
  {
    title: 'AlexNet at a quarter of its width, 227×227, batch 32',
    ...{ network: 'alexnet', size: 227, scale: 0.25, batch: 32, trainSteps: 20, inferSteps: 20 },
    aims: [lessMemory],
  },
  {
    title: 'The form for small pictures, 32×32, batch 32',
    ...{ network: 'alexnet-small', size: 32, scale: 1, batch: 32, trainSteps: 100, inferSteps: 100 },
    aims: [
      { of: trainingStep, peer: 'keras', ratio: 1.2 },
      { of: trainingStep, peer: 'tfjs', ratio: 2.3 },
      lessMemory,
    ],
  },
];
const threads = availableParallelism();

const benchmark: Benchmark = {
  name: 'training',
  record: 'benchmark',
  description:
    'Training step and inference beside tf.keras, PyTorch and stock TensorFlow.js: Adam, dropout 0.5, colour input without augmentation, float32',
  async run(options: BenchOptions) {
    const python = pythonWith(path.join(import.meta.dirname, 'requirements-peers.txt'));
    const loadBefore = loadNow();
    const results = [];
    for (const one of cases) results.push(await runCase(one, options, python));
    const versions = [...new Set(results.flatMap((result) => result.versions))];
    const summary = [
      ...results.flatMap(({ title, lines }) => [`## ${title}`, '', ...lines, '']),
      ...conditions(loadBefore, options.repeats, versions),
    ];
    return {
      passed: null,
      results: { loadBefore, cases: results.map(({ lines: _, ...figures }) => figures) },
      summary,
    };
  },
};
export default benchmark;

async function runCase({ title, aims, ...all }: Case, options: BenchOptions, python: string) {
  const { repeats, step } = options;
  const of = {
    ...all,
    trainSteps: stepsOf(all.trainSteps, options),
    inferSteps: stepsOf(all.inferSteps, options),
  };
  const contestants = contestantsOf({ ...of, threads }, step, python);
  const rounds = await inTurns(contestants, repeats, (what) =>
    console.error(`bench: training: ${title}: ${what}`),
  );
  const compared = compare(rounds, measures);
  return {
    title,
    ...of,
    threads,
    versions: [...rounds.values()].map(([first]) => first!.version),
    compared,
    lines: [...comparisonTable(compared, contestants), '', ...aimLines(aims, compared, contestants)],
  };
}

function contestantsOf(of: TimingArguments, step: StepForm, python: string): Contestant<Timing>[] {
  const here = (file: string): string => path.join(import.meta.dirname, file);
  const figures = timingArguments(of);
  const node = (file: string, ...more: string[]) =>
    jsonOf<Timing>(process.execPath, [here(file), ...figures, ...more]);
  const peer = (library: string) => jsonOf<Timing>(python, [here('peers/time_peer.py'), library, ...figures]);
  return [
    { id: 'readroom', name: 'Readroom', measure: () => node('ours.ts', step) },
    { id: 'keras', name: 'tf.keras', measure: () => peer('keras') },
    { id: 'torch', name: 'PyTorch', measure: () => peer('torch') },
    { id: 'tfjs', name: 'stock tfjs', measure: () => node('peers/stock-tfjs.ts') },
  ];
}
