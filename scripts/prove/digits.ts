import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { ImportReport } from '../../src/contract/import.ts';
import type { SplitReport } from '../../src/contract/split.ts';
import type { Evaluation, ExportResult, RunResult, VerifyResult } from '../../src/contract/run.ts';
import { pythonWith } from '../python-environment.ts';
import { writeDigits } from './lib/digits.ts';
import { inScratch, readroom } from './lib/readroom.ts';

interface NetworkGoal {
  name: string;
  settings: string[];
  accuracy: number;
  /** From training to export. */
  minutes: number;
}

const goals: NetworkGoal[] = [
  {
    name: 'alexnet, scale 0.25, 67×67',
    settings: ['network.id=alexnet', 'network.scale=0.25', 'input.size=67', 'epochs=10'],
    accuracy: 0.985,
    minutes: 6,
  },
  {
    name: 'alexnet-small, 32×32',
    settings: ['network.id=alexnet-small', 'epochs=10', 'weightAveraging=0.999'],
    accuracy: 0.99,
    minutes: 6,
  },
  {
    // A quarter of the edge is left behind the first pool: digits of 32 pixels are 8 there.
    name: 'resnet18, scale 0.25, 64×64',
    settings: [
      'network.id=resnet18',
      'network.scale=0.25',
      'input.size=64',
      'epochs=8',
      'weightAveraging=0.998',
    ],
    accuracy: 0.985,
    minutes: 15,
  },
  {
    name: 'densenet121, scale 0.25, 48×48',
    settings: [
      'network.id=densenet121',
      'network.scale=0.25',
      'input.size=48',
      'epochs=10',
      'weightAveraging=0.998',
    ],
    accuracy: 0.985,
    minutes: 15,
  },
];
const toolsFolder = path.join(import.meta.dirname, '..', '..', 'bench');

/** The whole chain on the 10,000 real digits, and its figure recomputed by an outside Python program. */
export default {
  name: 'digits',
  description:
    '10,000 real handwritten digits: import, split, train, evaluate, export, verify, recompute in Python',
  run: () =>
    inScratch(async (folder) => {
      const files = path.join(folder, 'digits');
      const project = path.join(folder, 'project');
      const written = await writeDigits(files);
      readroom('new', project);
      const imported = readroom<ImportReport>(
        'import',
        project,
        files,
        '--labels',
        'folder',
        '--split-from',
        'folder',
      );
      const split = readroom<SplitReport>('split', project);
      const networks = goals.map((goal) => proveNetwork(goal, project, folder, files));
      const passed = imported.refused.length === 0 && networks.every((network) => network.passed);
      return {
        results: { written, imported: imported.added, counts: split.counts, networks },
        passed,
        summary: networks.map((network) => network.sentence),
      };
    }),
};

function proveNetwork(goal: NetworkGoal, project: string, folder: string, files: string) {
  const started = performance.now();
  const run = readroom<RunResult>(
    'train',
    project,
    ...goal.settings.flatMap((setting) => ['--set', setting]),
  );
  const evaluation = readroom<Evaluation>('evaluate', project, run.run);
  const packageFolder = path.join(folder, `package-${run.run}`);
  const exported = readroom<ExportResult>('export', project, run.run, '--to', packageFolder);
  const minutes = (performance.now() - started) / 60_000;
  const verified = readroom<VerifyResult>('verify', packageFolder);
  const outside = recompute(packageFolder, files, path.join(folder, `tensors-${run.run}`));
  const accuracy = evaluation.metrics['accuracy']!;
  const equal = Math.round(outside.accuracy * outside.n) === Math.round(accuracy.value! * evaluation.n);
  const passed = accuracy.value! >= goal.accuracy && minutes <= goal.minutes && verified.ok && equal;
  const interval = `${percent(accuracy.value!)} (${percent(accuracy.low!)}–${percent(accuracy.high!)})`;
  const { backend, device, threads, imagesPerSecond, seconds, weightsSha256 } = run;
  return {
    network: goal.name,
    passed,
    accuracy,
    wanted: goal.accuracy,
    minutes,
    outside,
    roundTrip: exported.roundTrip,
    verified,
    run: { backend, device, threads, imagesPerSecond, seconds, weightsSha256, history: run.history },
    sentence:
      `${goal.name}: test accuracy ${interval}, wanted ≥ ${percent(goal.accuracy)}; ${minutes.toFixed(1)} min from ` +
      `training to export; ONNX Runtime in Python finds ${outside.correct} of ${outside.n} right, ${equal ? 'the same' : 'NOT the same'}.`,
  };
}

function recompute(packageFolder: string, files: string, tensors: string) {
  const truth = path.join(files, 'truth.csv');
  const list = path.join(files, 'test-files.txt');
  const names = readFileSync(truth, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.slice(0, line.lastIndexOf(',')));
  writeFileSync(list, `${names.join('\n')}\n`);
  readroom('predict', packageFolder, '--from', list, '--tensors-to', tensors);
  const python = pythonWith(path.join(toolsFolder, 'requirements-proofs.txt'));
  const script = path.join(toolsFolder, 'recompute_accuracy.py');
  const output = execFileSync(
    python,
    [script, '--package', packageFolder, '--tensors', tensors, '--truths', truth],
    {
      encoding: 'utf8',
    },
  );
  return JSON.parse(output) as { n: number; correct: number; accuracy: number };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
