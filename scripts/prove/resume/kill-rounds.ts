import { existsSync, watch } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { isAlive, millisecondsUntilGone, trainerOf } from '../lib/processes.ts';
import type { Outcome } from '../lib/readroom.ts';
import { checkpointStep, lastStepOf, notesOf, readRunEvents, resumedAtStep } from '../lib/run-events.ts';
import {
  completed,
  signalGroup,
  signalProcess,
  type StartedTraining,
  startTraining,
} from '../lib/training-command.ts';
import { type Course, dropRunFolder, isSame, type Random } from './course.ts';

const victims = ['trainer', 'engine', 'all processes'] as const;
const aims = ['any moment', 'while a checkpoint is written'] as const;
const orphanLimitMs = 10_000;

interface Kill {
  victim: (typeof victims)[number];
  aim: (typeof aims)[number];
  /** The last step that the log tells of; steps are logged five times a second. */
  step: number;
  /** What stood on the disk after the kill. */
  checkpointStep: number | null;
  /** A checkpoint was half written, or moved aside for one. */
  halfWritten: boolean;
  resumedAtStep: number | null;
  notes: string[];
  /** How long a trainer whose engine was killed lived on; null: it was killed itself. */
  orphanMs: number | null;
}

export interface KillRound {
  kills: Kill[];
  same: boolean;
}

/** Kills a training with SIGKILL at a random moment, at times again after it was resumed, and lets it end. */
export async function killRound(course: Course, random: Random): Promise<KillRound> {
  const kills: Kill[] = [];
  let training = await startTraining(course.project, ['--recipe', course.recipeFile]);
  const { runFolder } = training;
  let mostKills = 1 + random.integer(3);
  while (mostKills > 0) {
    mostKills--;
    const kill = await killOnce(training, course, random);
    if (kill === null) break;
    kills.push(kill);
    const run = path.basename(runFolder);
    training = await startTraining(course.project, ['--resume', run], runFolder);
    const events = readRunEvents(runFolder);
    kill.resumedAtStep = resumedAtStep(events);
    kill.notes = notesOf(events).slice(kills.slice(0, -1).reduce((sum, { notes }) => sum + notes.length, 0));
  }
  const result = completed(await training.ended);
  dropRunFolder(runFolder);
  // A run that was quicker than its kill proves nothing.
  return kills.length === 0 ? killRound(course, random) : { kills, same: isSame(course, result) };
}

/** null: the training had ended before. */
async function killOnce(training: StartedTraining, course: Course, random: Random): Promise<Kill | null> {
  const { runFolder } = training;
  const victim = victims[random.integer(victims.length)]!;
  const aim = aims[random.integer(aims.length)]!;
  const trainer = trainerOf(training.pid, runFolder);
  if (trainer === null) return null;
  const begun = resumedAtStep(readRunEvents(runFolder)) ?? 0;
  const remainingMs = course.trainingMs * (1 - begun / course.steps);
  await sleep(remainingMs * 0.85 * random.uniform());
  if (aim === 'while a checkpoint is written') await checkpointBegins(runFolder, training.ended);
  await sleep(random.integer(4));
  const isEarlyEnough = isAlive(training.pid) && isAlive(trainer);
  if (victim === 'trainer') signalProcess(trainer, 'SIGKILL');
  if (victim === 'engine') signalProcess(training.pid, 'SIGKILL');
  if (victim === 'all processes') signalGroup(training, 'SIGKILL');
  const outcome = await training.ended;
  if (!isEarlyEnough || outcome.status === 0) return null;
  const orphanMs = await millisecondsUntilGone(trainer, orphanLimitMs);
  if (orphanMs === null) throw new Error(`A trainer lived on for ${orphanLimitMs} ms after its engine.`);
  const inCheckpoints = (name: string): boolean => existsSync(path.join(runFolder, 'checkpoints', name));
  return {
    victim,
    aim,
    step: lastStepOf(readRunEvents(runFolder)),
    checkpointStep: checkpointStep(runFolder, 'last') ?? checkpointStep(runFolder, 'previous'),
    halfWritten: inCheckpoints('last.writing') || (inCheckpoints('previous') && !inCheckpoints('last')),
    resumedAtStep: null,
    notes: [],
    orphanMs: victim === 'engine' ? Math.round(orphanMs) : null,
  };
}

/** Resolves at the next sign in the folder of checkpoints that one is being written, or when the training ends. */
async function checkpointBegins(runFolder: string, ended: Promise<Outcome>): Promise<void> {
  const folder = path.join(runFolder, 'checkpoints');
  while (!existsSync(folder)) {
    if ((await Promise.race([ended, sleep(5)])) !== undefined) return;
  }
  const watcher = watch(folder);
  const begins = new Promise<void>((resolve) => {
    watcher.on('change', (_type, name) => {
      if (name === 'last.writing') resolve();
    });
    watcher.on('error', () => resolve());
  });
  await Promise.race([begins, ended]);
  watcher.close();
}
