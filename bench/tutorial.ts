import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { pythonWith } from '../scripts/python-environment.ts';
import type { Benchmark, BenchOptions } from './benchmark.ts';
import { ensureFilms, type Films, patientRule } from './comparison/films.ts';
import { type ProcessOutcome, runProgram } from './comparison/processes.ts';
import { type Contestant, inTurns } from './comparison/rounds.ts';
import { median } from './comparison/statistics.ts';
import {
  type Aim,
  aimLines,
  compare,
  comparisonTable,
  conditions,
  loadNow,
  type Measure,
} from './comparison/tables.ts';

const epochs = 3;
const size = 227;
const batch = 32;
const threads = availableParallelism();

/** The wall clock of one whole run, from the first program's start to the last one's end. */
interface Course {
  version: string;
  totalSeconds: number;
  /** All but the later epochs: starting, whatever happens before the first epoch, that epoch, and saving at the end. */
  firstEpochSeconds: number;
  /** Mean of the epochs after the first, each with its validation. */
  laterEpochSeconds: number;
  peakMemoryBytes: number | null;
  /** Seconds of Readroom's commands by name. */
  commands?: Record<string, number>;
}

const laterEpoch = 'epoch after the first, s';
const total = `all ${epochs} epochs, s`;
const peakMemory = 'peak memory, processes together, MB';
const measures: Measure<Course>[] = [
  { what: 'start, first epoch and saving, s', isTime: true, of: (course) => course.firstEpochSeconds },
  { what: laterEpoch, isTime: true, of: (course) => course.laterEpochSeconds },
  { what: total, isTime: true, of: (course) => course.totalSeconds },
  {
    what: peakMemory,
    of: ({ peakMemoryBytes }) => (peakMemoryBytes === null ? null : peakMemoryBytes / 1e6),
  },
];
const widths: { scale: number; aims: readonly Aim[] }[] = [
  { scale: 1, aims: aimsOf(1.25) },
  { scale: 0.25, aims: aimsOf(2) },
];

const benchmark: Benchmark = {
  name: 'tutorial',
  record: 'benchmark-tutorial',
  description:
    'The common Keras script (ImageDataGenerator, flow_from_directory, fit) beside `readroom new, import, split, train --recipe tutorial` on the same JPEG files: wall clock end to end, same augmentation',
  async run({ cache, films, repeats }: BenchOptions) {
    mkdirSync(cache, { recursive: true });
    const tell = (what: string): void => console.error(`bench: tutorial: ${what}`);
    const python = pythonWith(path.join(import.meta.dirname, 'requirements-peers.txt'));
    const drawn = await ensureFilms(cache, films, tell);
    const loadBefore = loadNow();
    const results = [];
    for (const { scale, aims } of widths) {
      const contestants = contestantsOf(drawn, scale, python, cache);
      const rounds = await inTurns(contestants, repeats, (what) => tell(`width ${scale}: ${what}`));
      const compared = compare(rounds, measures);
      const lines = [
        `## AlexNet at width ${scale}`,
        '',
        ...comparisonTable(compared, contestants),
        '',
        ...aimLines(aims, compared, contestants),
        '',
      ];
      lines.push(`Readroom's commands: ${commandLine(rounds.get('readroom')!)}.`, '');
      results.push({ scale, compared, rounds: Object.fromEntries(rounds), lines });
    }
    const versions = [
      ...new Set(results.flatMap(({ rounds }) => Object.values(rounds).map(([first]) => first!.version))),
    ];
    const { counts, width, height, meanBytes } = drawn;
    const summary = [
      `${counts.train} films train, ${counts.val} validate: grey JPEG of ${width}×${height}, ${Math.round(meanBytes / 1000)} kB on average, drawn by seeded code. Input ${size}×${size}×3, batch ${batch}, ${epochs} epochs.`,
      '',
      ...results.flatMap(({ lines }) => lines),
      "Readroom's first epoch counts making the project, the import (every file decoded and hashed, its thumbnail made), the split and decoding into the input cache, and its epochs count their checkpoints; its commands start as programs of their own. The script's counts starting Python and TensorFlow. Times: the peer's is divided by ours, so more than 1 is faster here. Memory is looked at twice a second; a page that processes share counts once.",
      '',
      ...conditions(loadBefore, repeats, versions),
    ];
    return {
      passed: null,
      results: { loadBefore, films: counts, meanBytes, cases: results.map(({ lines: _, ...rest }) => rest) },
      summary,
    };
  },
};
export default benchmark;

/** Median seconds of each command. */
function commandLine(courses: readonly Course[]): string {
  const names = Object.keys(courses[0]!.commands ?? {});
  const seconds = (name: string): number => median(courses.map(({ commands }) => commands![name]!));
  return names.map((name) => `${name} ${seconds(name).toFixed(1)} s`).join(', ');
}

function aimsOf(ratio: number): Aim[] {
  return [
    { of: total, peer: 'keras', ratio },
    { of: laterEpoch, peer: 'keras', ratio },
    { of: peakMemory, peer: 'keras', ratio: 0.9, isMost: true },
  ];
}

function contestantsOf(drawn: Films, scale: number, python: string, cache: string): Contestant<Course>[] {
  return [
    { id: 'readroom', name: 'Readroom', measure: () => inScratch(cache, (at) => oursOnce(drawn, scale, at)) },
    {
      id: 'keras',
      name: 'Keras script',
      measure: () => inScratch(cache, (at) => kerasOnce(drawn, scale, python, at)),
    },
  ];
}

async function inScratch<T>(cache: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(cache, 'tutorial-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function kerasOnce({ folder }: Films, scale: number, python: string, scratch: string): Promise<Course> {
  const script = path.join(import.meta.dirname, 'peers/tutorial.py');
  const args = [
    script,
    folder,
    ...[size, scale, batch, epochs, threads].map(String),
    path.join(scratch, 'model.keras'),
  ];
  const ran = await runProgram(python, args, { watchesMemory: true });
  const { version, epochEndedAtMs } = JSON.parse(ran.stdout.trim().split('\n').at(-1)!) as {
    version: string;
    epochEndedAtMs: number[];
  };
  return { version, ...courseOf([ran], epochEndedAtMs) };
}

async function oursOnce({ folder }: Films, scale: number, scratch: string): Promise<Course> {
  const project = path.join(scratch, 'project');
  const program = path.join(import.meta.dirname, '../src/cli/main.ts');
  const commands: Record<string, string[]> = {
    new: ['new', project, '--template', 'pneumonia'],
    import: [
      'import',
      project,
      folder,
      '--labels',
      'folder',
      '--patient',
      patientRule,
      '--split-from',
      'folder',
    ],
    split: ['split', project],
    train: ['train', project, '--recipe', 'tutorial', ...settings(scale)],
  };
  const env = { XDG_CONFIG_HOME: path.join(scratch, 'settings') };
  const ran: ProcessOutcome[] = [];
  const seconds: Record<string, number> = {};
  for (const [name, args] of Object.entries(commands)) {
    const outcome = await runProgram(process.execPath, [program, ...args, '--json'], {
      env,
      watchesMemory: true,
    });
    seconds[name] = (outcome.endedMs - outcome.startedMs) / 1000;
    ran.push(outcome);
  }
  const epochEndedAtMs = ran
    .at(-1)!
    .said.filter(({ line }) => /\bepoch \d+ of \d+ · .*\bval loss\b/.test(line))
    .map(({ atMs }) => atMs);
  const { backend, device } = JSON.parse(ran.at(-1)!.stdout) as { backend: string; device: string };
  return { version: `Readroom (${backend}, ${device})`, ...courseOf(ran, epochEndedAtMs), commands: seconds };
}

function settings(scale: number): string[] {
  const keys = [`network.scale=${scale}`, `epochs=${epochs}`, `backend.threads=${threads}`];
  return keys.flatMap((key) => ['--set', key]);
}

function courseOf(
  ran: readonly ProcessOutcome[],
  epochEndedAtMs: readonly number[],
): Omit<Course, 'version'> {
  if (epochEndedAtMs.length !== epochs)
    throw new Error(`${epochEndedAtMs.length} epochs ended, not ${epochs}`);
  const totalSeconds = (ran.at(-1)!.endedMs - ran[0]!.startedMs) / 1000;
  const laterSeconds = (epochEndedAtMs.at(-1)! - epochEndedAtMs[0]!) / 1000;
  const peaks = ran.map(({ peakTreeBytes }) => peakTreeBytes).filter((bytes) => bytes !== null);
  return {
    totalSeconds,
    firstEpochSeconds: totalSeconds - laterSeconds,
    laterEpochSeconds: laterSeconds / (epochs - 1),
    peakMemoryBytes: peaks.length === ran.length ? Math.max(...peaks) : null,
  };
}
