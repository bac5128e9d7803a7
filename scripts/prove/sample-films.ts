import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { SplitPart } from '../../src/contract/split.ts';
import type { Evaluation, RunResult } from '../../src/contract/run.ts';
import { createRandom } from '../../src/core/random.ts';
import { pythonWith } from '../python-environment.ts';
import { inScratch, readroom, startReadroom } from './lib/readroom.ts';

/** The recipe of the README's tour, with checkpoints often enough for kills to find one. */
const settings = ['--recipe', 'quick', '--set', 'checkpoint.everySeconds=2'];
const goals = { baselineAtMost: 0.85, networkAtLeast: 0.97, inflationAtLeast: 0.03, minutesAtMost: 3 };
const kills = 3;

/**
 * Generated chest films: too hard for logistic regression on pixels, learnable for the network on unseen patients,
 * inflated by a split by image; and the same weights for the same seed, killed or not.
 */
export default {
  name: 'sample-films',
  description:
    'Generated films: baseline, network on unseen patients, inflation by image split, reproducible weights',
  run: () =>
    inScratch(async (folder) => {
      const films = path.join(folder, 'films');
      readroom('sample', films, '--template', 'pneumonia');
      const project = path.join(folder, 'project');
      readroom('new', project, '--template', 'pneumonia');
      readroom('import', project, films, '--labels', 'folder', '--patient', 'folder');

      readroom('split', project, '--seed', '1');
      const baseline = logisticRegression(project, films, folder);
      const run = readroom<RunResult>('train', project, ...settings);
      const network = readroom<Evaluation>('evaluate', project, run.run);
      const again = readroom<{ same: boolean }>('rerun', project, run.run);
      const resumed = await trainWithKills(project);

      readroom('split', project, '--seed', '1', '--by', 'image', '--reset');
      const leakyBaseline = logisticRegression(project, films, folder);
      const leakyRun = readroom<RunResult>('train', project, ...settings);
      const leaky = readroom<Evaluation>('evaluate', project, leakyRun.run);

      const auc = network.metrics['auc']!;
      const inflation = {
        baselineAuc: leakyBaseline.auc - baseline.auc,
        networkAuc: leaky.metrics['auc']!.value! - auc.value!,
        networkAccuracy: leaky.metrics['accuracy']!.value! - network.metrics['accuracy']!.value!,
      };
      const minutes = run.seconds! / 60;
      const checks = {
        baseline: baseline.auc <= goals.baselineAtMost,
        network: auc.value! >= goals.networkAtLeast && minutes <= goals.minutesAtMost,
        inflation: inflation.baselineAuc >= goals.inflationAtLeast,
        sameTwice: again.same,
        sameAfterKills:
          resumed.weightsSha256 === run.weightsSha256 && resumed.resumedAtSteps.every((step) => step > 0),
      };
      return {
        results: {
          checks,
          baseline,
          leakyBaseline,
          network: network.metrics,
          leaky: leaky.metrics,
          inflation,
          minutes,
          run,
          resumed,
        },
        passed: Object.values(checks).every(Boolean),
        summary: [
          `Logistic regression on 64×64 pixels: AUC ${baseline.auc.toFixed(3)} on unseen patients (at most ${goals.baselineAtMost}).`,
          `Network: AUC ${auc.value!.toFixed(3)} (${auc.low!.toFixed(3)}–${auc.high!.toFixed(3)}) on ${network.patients} unseen patients after ${minutes.toFixed(1)} min of training.`,
          `Split by image instead: logistic regression AUC ${signed(inflation.baselineAuc)}, network AUC ${signed(inflation.networkAuc)}, network accuracy ${signed(inflation.networkAccuracy)}.`,
          `Same recipe and seed twice: ${again.same ? 'the same weights' : 'DIFFERENT weights'}; killed ${resumed.killed} times and resumed: ${checks.sameAfterKills ? 'the same again' : 'DIFFERENT'}.`,
        ],
      };
    }),
};

/** Trains in a process that is killed three times at random moments and resumed. */
async function trainWithKills(project: string): Promise<{
  weightsSha256: string;
  killed: number;
  killedAfterSeconds: number[];
  resumedAtSteps: number[];
}> {
  const random = createRandom(11, 'training kills');
  const killedAfterSeconds: number[] = [];
  let resume: string[] = settings;
  for (let kill = 0; kill < kills; kill++) {
    const training = startReadroom('train', project, ...resume);
    const seconds = 5 + random.uniform() * 9;
    const timer = setTimeout(() => training.kill('SIGKILL'), seconds * 1000);
    const { status, document } = await training.ended;
    clearTimeout(timer);
    if (status === 0)
      throw new Error(`The training ended before kill ${kill + 1}: ${JSON.stringify(document)}`);
    killedAfterSeconds.push(Math.round(seconds * 10) / 10);
    const { runs } = readroom<{ runs: { run: string }[] }>('runs', project);
    resume = ['--resume', runs[0]!.run];
  }
  const finished = readroom<RunResult>('train', project, ...resume);
  const resumedAtSteps = readFileSync(path.join(project, 'runs', finished.run, 'events.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"started"'))
    .map((line) => (JSON.parse(line) as { resumedAtStep: number }).resumedAtStep)
    .slice(1);
  const killed = killedAfterSeconds.length;
  return { weightsSha256: finished.weightsSha256!, killed, killedAfterSeconds, resumedAtSteps };
}

function logisticRegression(project: string, films: string, folder: string): { auc: number; n: number } {
  const { images } = readroom<{ images: { relativePath: string; part: SplitPart | null }[] }>(
    'images',
    project,
  );
  const split = path.join(folder, 'split.csv');
  writeFileSync(
    split,
    ['file,part', ...images.map((image) => `${image.relativePath},${image.part ?? ''}`), ''].join('\n'),
  );
  const python = pythonWith(path.join(import.meta.dirname, '..', '..', 'bench', 'requirements-proofs.txt'));
  const script = path.join(import.meta.dirname, 'sample_baseline.py');
  return JSON.parse(execFileSync(python, [script, films, split], { encoding: 'utf8' })) as {
    auc: number;
    n: number;
  };
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}
