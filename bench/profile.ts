import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { pythonWith } from '../scripts/python-environment.ts';
import { type Benchmark, type BenchOptions, stepsOf } from './benchmark.ts';
import { jsonOf, runProgram } from './comparison/processes.ts';
import { loadNow } from './comparison/tables.ts';
import { type TimingArguments, timingArguments } from './comparison/timing-arguments.ts';

/** What peers/profile_graph.py prints. */
interface Profile {
  version: string;
  stepMilliseconds: number;
  tracedStepMilliseconds: number;
  operationMilliseconds: number;
  imagesPerSecond: number;
  /** `nodes`: how many of them a step runs. */
  operations: { op: string; share: number; milliseconds: number; nodes: number }[];
  /** The costliest. */
  nodes: { node: string; op: string; share: number; milliseconds: number }[];
}

const threads = availableParallelism();
const cases: { title: string; of: TimingArguments; tracedSteps: number }[] = [
  {
    title: 'AlexNet, 227×227, batch 32',
    of: { network: 'alexnet', size: 227, scale: 1, batch: 32, trainSteps: 1, inferSteps: 0, threads },
    tracedSteps: 8,
  },
  {
    title: 'AlexNet at a quarter of its width, 227×227, batch 32',
    of: { network: 'alexnet', size: 227, scale: 0.25, batch: 32, trainSteps: 1, inferSteps: 0, threads },
    tracedSteps: 20,
  },
  {
    title: 'The form for small pictures, 32×32, batch 32',
    of: { network: 'alexnet-small', size: 32, scale: 1, batch: 32, trainSteps: 1, inferSteps: 0, threads },
    tracedSteps: 100,
  },
];
/** Operations below this share are put together. */
const smallestShare = 0.005;

const benchmark: Benchmark = {
  name: 'profile',
  record: 'benchmark-profile',
  description:
    "Where the time of the compiled training step goes, by operation: its own graph under TensorFlow's tracing",
  async run(options: BenchOptions) {
    const { cache } = options;
    mkdirSync(cache, { recursive: true });
    const python = pythonWith(path.join(import.meta.dirname, 'requirements-peers.txt'));
    const loadBefore = loadNow();
    const results = [];
    for (const { title, of, tracedSteps: steps } of cases) {
      console.error(`bench: profile: ${title}`);
      const tracedSteps = stepsOf(steps, options);
      const profile = await profileOf(of, tracedSteps, python, cache);
      results.push({ title, ...of, tracedSteps, ...profile });
    }
    const summary = [
      ...results.flatMap((result) => [`## ${result.title}`, '', ...tableOf(result), '']),
      `${threads} threads, operations one after another. The steps ran ${results.map(({ tracedSteps }) => tracedSteps).join(', ')} times traced, and as often untraced; ${results[0]!.version} from Python, the library's version that Readroom runs. Load of the machine before: ${loadBefore.toFixed(1)}.`,
    ];
    return { passed: null, results: { loadBefore, cases: results }, summary };
  },
};
export default benchmark;

async function profileOf(
  of: TimingArguments,
  tracedSteps: number,
  python: string,
  cache: string,
): Promise<Profile> {
  const folder = mkdtempSync(path.join(cache, 'profile-'));
  try {
    const here = (file: string): string => path.join(import.meta.dirname, file);
    await runProgram(process.execPath, [here('record-step.ts'), ...timingArguments(of), folder]);
    const numbers = [of.batch, tracedSteps, threads].map(String);
    return await jsonOf<Profile>(python, [here('peers/profile_graph.py'), folder, ...numbers]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function tableOf(profile: Profile): string[] {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const row = (name: string, nodes: number, milliseconds: number, share: number): string =>
    `| ${name} | ${Math.round(nodes)} | ${milliseconds.toFixed(2)} | ${percent(share)} |`;
  const shown = profile.operations.filter(({ share }) => share >= smallestShare);
  const rest = profile.operations.filter(({ share }) => share < smallestShare);
  const sum = (of: (one: Profile['operations'][number]) => number): number =>
    rest.reduce((total, one) => total + of(one), 0);
  return [
    `A step takes ${profile.stepMilliseconds.toFixed(1)} ms (${profile.imagesPerSecond.toFixed(1)} images/s) untraced, ${profile.tracedStepMilliseconds.toFixed(1)} ms traced; its operations add up to ${profile.operationMilliseconds.toFixed(1)} ms.`,
    '',
    '| operation | nodes | ms a step | share |',
    '|---|---:|---:|---:|',
    ...shown.map(({ op, nodes, milliseconds, share }) => row(op, nodes, milliseconds, share)),
    row(
      `${rest.length} others`,
      sum((one) => one.nodes),
      sum((one) => one.milliseconds),
      sum((one) => one.share),
    ),
  ];
}
