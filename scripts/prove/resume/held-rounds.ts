import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { RunStatus } from '../../../src/contract/events.ts';
import { millisecondsUntilGone, trainerOf, until } from '../lib/processes.ts';
import type { ProofServer } from '../lib/proof-server.ts';
import { startProofServer } from '../lib/proof-server.ts';
import { lastStepOf, readRunEvents, sittingsOf } from '../lib/run-events.ts';
import { completed, signalGroup, startTraining } from '../lib/training-command.ts';
import { type Course, dropRunFolder, isSame, type Random } from './course.ts';

const limitMs = 60_000;

export interface HeldRound {
  /** The step after which each of them took hold. */
  pausedAtStep: number;
  stoppedAtStep: number;
  endedWithServerAtStep: number;
  interruptedAtStep: number;
  same: boolean;
}

/**
 * One training paused, resumed, stopped, resumed, ended with its server by Ctrl-C, resumed on the command line,
 * ended by Ctrl-C and resumed, each after some steps.
 */
export async function heldRound(course: Course, random: Random): Promise<HeldRound> {
  const { project: folder, recipeFile } = course;
  const server = await startProofServer(folder);
  const recipe: unknown = JSON.parse(readFileSync(recipeFile, 'utf8'));
  const { run } = await server.client.run.train({ project: server.project, recipe });
  const runFolder = path.join(folder, 'runs', run);
  const awhile = async (sitting: number): Promise<void> => {
    await until('The trainer', limitMs, () => sittingsOf(readRunEvents(runFolder)) >= sitting);
    await sleep(course.trainingMs * 0.18 * random.uniform());
  };
  const stepNow = (): number => lastStepOf(readRunEvents(runFolder));
  const of = { project: server.project, run };

  await awhile(1);
  const trainer = trainerOf(server.command.pid, runFolder);
  await server.client.run.pause(of);
  await statusBecomes(server, run, 'paused');
  if (trainer !== null && (await millisecondsUntilGone(trainer, limitMs)) === null)
    throw new Error('The trainer of a paused run kept its memory.');
  const pausedAtStep = stepNow();

  await server.client.run.resume(of);
  await awhile(2);
  await server.client.run.stop(of);
  await statusBecomes(server, run, 'cancelled');
  const stoppedAtStep = stepNow();

  await server.client.run.resume(of);
  await awhile(3);
  signalGroup(server.command, 'SIGINT');
  await server.command.ended;
  const endedWithServerAtStep = stepNow();

  const training = await startTraining(folder, ['--resume', run], runFolder);
  await awhile(4);
  signalGroup(training, 'SIGINT');
  const { status, document } = await training.ended;
  const code = (document?.['error'] as { code?: string } | undefined)?.code;
  if (status !== 130 || code !== 'interrupted')
    throw new Error(`Ctrl-C ended a training with ${status}: ${JSON.stringify(document).slice(0, 600)}`);
  const interruptedAtStep = stepNow();

  const last = await startTraining(folder, ['--resume', run], runFolder);
  const same = isSame(course, completed(await last.ended));
  dropRunFolder(runFolder);
  return { pausedAtStep, stoppedAtStep, endedWithServerAtStep, interruptedAtStep, same };
}

async function statusBecomes(
  { client, project }: ProofServer,
  run: string,
  wanted: RunStatus,
): Promise<void> {
  await until(`The status ${wanted}`, limitMs, async () => {
    const { status, error } = await client.run.get({ project, run });
    if (['completed', 'failed'].includes(status)) throw new Error(`The run is ${status}: ${error?.message}`);
    return status === wanted;
  });
}
