import { rmSync } from 'node:fs';

import type { RunResult } from '../../../src/contract/run.ts';
import type { createRandom } from '../../../src/core/random.ts';
import { lastStepOf, readRunEvents } from '../lib/run-events.ts';
import { completed, startTraining } from '../lib/training-command.ts';

export type Random = ReturnType<typeof createRandom>;

/** What broken runs are compared with: the same training without a break. */
export interface Course {
  project: string;
  recipeFile: string;
  /** Of the unbroken run. */
  result: RunResult;
  /** Over the whole run. */
  steps: number;
  /** All of them, with validating and writing checkpoints. */
  trainingMs: number;
}

/** Trains once without a break. */
export async function trainThrough(project: string, recipeFile: string): Promise<Course> {
  const training = await startTraining(project, ['--recipe', recipeFile]);
  const result = completed(await training.ended);
  const steps = lastStepOf(readRunEvents(training.runFolder));
  return { project, recipeFile, result, steps, trainingMs: (result.seconds ?? 0) * 1000 };
}

/** Whether a run came to the same weights by the same losses and accuracies in every epoch. */
export function isSame({ result }: Course, other: RunResult): boolean {
  return (
    other.weightsSha256 !== null &&
    other.weightsSha256 === result.weightsSha256 &&
    figuresOf(other) === figuresOf(result)
  );
}

/** A run that was looked at leaves, so that many rounds fit on a small disk. */
export function dropRunFolder(runFolder: string): void {
  rmSync(runFolder, { recursive: true, force: true });
}

function figuresOf({ history }: RunResult): string {
  return JSON.stringify(history.map(({ seconds: _seconds, imagesPerSecond: _rate, ...figures }) => figures));
}
