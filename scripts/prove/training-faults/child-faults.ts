import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { RecipeInput } from '../../../src/contract/recipe.ts';
import type { RunResult } from '../../../src/contract/run.ts';
import { isAlive, memoryOf, until } from '../lib/processes.ts';
import type { ProofServer } from '../lib/proof-server.ts';
import { lastStepOf, notesOf, readRunEvents, resumedAtStep } from '../lib/run-events.ts';
import { type ServerRun, standsStill, trainOnServer } from '../lib/server-run.ts';
import { signalProcess } from '../lib/training-command.ts';
import { type Course, isSame } from '../resume/course.ts';
import type { FaultRow } from './fault-row.ts';
import { watchAnswers } from './watch-answers.ts';

/** Where faults are made: a server with a project whose training is known. */
export interface Ground {
  server: ProofServer;
  course: Course;
  recipe: RecipeInput;
  /** Films to label meanwhile. */
  unlabelled: readonly string[];
}

const limitMs = 60_000;

/** A signal that ends the trainer: named, resumable, and then to the same weights. */
export async function signalled(ground: Ground, signal: NodeJS.Signals): Promise<FaultRow> {
  const watch = watchAnswers(ground.server, ground.unlabelled);
  const training = await trainOnServer(ground.server, ground.course.project, ground.recipe);
  await checkpointed(training);
  signalProcess(training.trainer, signal);
  const { status, error } = await standsStill(ground.server, training.run);
  const end = await resumed(ground, training);
  const answers = await watch.stop();
  const named = error?.message.includes(signal) ? `named ${signal}` : 'signal not named';
  return {
    fault: `the trainer is ended by ${signal}`,
    wanted: `interrupted, workerDied, named ${signal}; resumed: same weights`,
    got: `${status}, ${error?.code}, ${named}; resumed: ${end}`,
    sentence: sentenceOf(error),
    answers,
  };
}

/** A trainer that is there and says nothing is ended once the engine has waited long enough. */
export async function silent(ground: Ground): Promise<FaultRow> {
  const watch = watchAnswers(ground.server, ground.unlabelled);
  const training = await trainOnServer(ground.server, ground.course.project, ground.recipe);
  await checkpointed(training);
  signalProcess(training.trainer, 'SIGSTOP');
  const { status, error } = await standsStill(ground.server, training.run);
  const end = await resumed(ground, training);
  const answers = await watch.stop();
  return {
    fault: 'the trainer hangs (SIGSTOP)',
    wanted: 'interrupted, workerDied; resumed: same weights',
    got: `${status}, ${error?.code}; resumed: ${end}`,
    sentence: sentenceOf(error),
    answers,
  };
}

/** A learning rate at which every step makes the weights nine times larger. */
export async function notFinite(ground: Ground): Promise<FaultRow> {
  const watch = watchAnswers(ground.server, ground.unlabelled);
  const { server, course } = ground;
  const recipe: RecipeInput = {
    ...ground.recipe,
    optimizer: { id: 'sgd', learningRate: 10, momentum: 0, weightDecay: 1 },
    schedule: { id: 'constant', warmupEpochs: 0 },
    // A checkpoint would look at the weights, and find it there first.
    checkpoint: { everySeconds: 3600 },
  };
  const { run } = await server.client.run.train({ project: server.project, recipe });
  const { status, error, stoppedBecause } = await standsStill(server, run);
  const answers = await watch.stop();
  const says = (pattern: RegExp): boolean => pattern.test(error?.message ?? '');
  const facts = [/step \d+/, /learning rate 10/, /largest gradient/, /Images of that batch: \S+/].every(says);
  const model = existsSync(path.join(course.project, 'runs', run, 'model')) ? 'a model' : 'no model';
  return {
    fault: 'a loss that is not a number',
    wanted: 'failed, nonFiniteLoss, nonFiniteLoss, with step, rate, gradient and images; no model',
    got: `${status}, ${stoppedBecause}, ${error?.code}, ${facts ? 'with' : 'WITHOUT'} step, rate, gradient and images; ${model}`,
    sentence: sentenceOf(error).replace(/(Images of that batch: \S+ ).*?\. /, '$1…. '),
    answers,
  };
}

/** The system gives the trainer no more memory. */
export async function outOfMemory(ground: Ground): Promise<FaultRow> {
  const { server, course } = ground;
  const watch = watchAnswers(server, ground.unlabelled);
  const training = await trainOnServer(server, course.project, { ...ground.recipe, ...hungry });
  const { run, runFolder } = training;
  await checkpointed(training);
  await takeMemory(training);
  const { status, error } = await standsStill(server, run);
  const notes = notesOf(readRunEvents(runFolder)).filter((note) => /memory/i.test(note));
  // A trainer of its own has no such limit.
  const end = status === 'completed' ? null : await goesOn(ground, run);
  const answers = await watch.stop();
  const said = status === 'completed' ? notes.join(' ') : sentenceOf(error);
  const asMeant =
    (status === 'completed' && notes.length > 0) || (error?.code === 'outOfMemory' && end === 'completed');
  return {
    fault: 'the system gives the trainer no more memory',
    wanted: 'said so; trained with smaller batches or, once there is memory, resumed',
    got: asMeant
      ? 'said so; trained with smaller batches or, once there is memory, resumed'
      : `${status}, ${error?.code}; resumed: ${end}`,
    sentence: said,
    answers,
  };
}

/** Each step takes a few hundred megabytes anew, and gives them back. */
const hungry: RecipeInput = { input: { size: 64 }, batchSize: 240, epochs: 16 };
const watchedSteps = 3;
const megabyte = 1024 * 1024;
/** Beside what it holds between two steps; some of that is free inside the process. */
const memoryLeftBytes = [16, 0, -32, -64, -128].map((megabytes) => megabytes * megabyte);

/** Gives the trainer less and less until it notices. */
async function takeMemory({ runFolder, trainer }: ServerRun): Promise<void> {
  const events = () => readRunEvents(runFolder);
  const hasNoticed = (): boolean =>
    !isAlive(trainer) || events().some(({ type }) => type === 'noted' || type === 'ended');
  let least = Infinity;
  const fewSteps = async (): Promise<void> => {
    const last = lastStepOf(events()) + watchedSteps;
    await until('A few steps', limitMs, () => {
      least = Math.min(least, memoryOf(trainer, 'VmData') ?? Infinity);
      return hasNoticed() || lastStepOf(events()) >= last;
    });
  };
  await fewSteps();
  for (const left of memoryLeftBytes) {
    if (hasNoticed()) return;
    await limitData(trainer, least + left);
    await fewSteps();
  }
}

async function limitData(pid: number, bytes: number): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--data=${bytes}`]);
}

async function checkpointed({ runFolder }: ServerRun): Promise<void> {
  await until('A checkpoint', limitMs, () =>
    readRunEvents(runFolder).some(({ type }) => type === 'checkpointed'),
  );
  await sleep(100);
}

/** How an interrupted run goes on. */
async function resumed(ground: Ground, { run, runFolder }: ServerRun): Promise<string> {
  await ground.server.client.run.resume({ project: ground.server.project, run });
  const result = await standsStill(ground.server, run);
  if ((resumedAtStep(readRunEvents(runFolder)) ?? 0) === 0) return 'from its beginning';
  return endOf(ground, result);
}

function endOf({ course }: Ground, result: RunResult): string {
  if (result.status !== 'completed') return `${result.status}: ${sentenceOf(result.error)}`;
  return isSame(course, result) ? 'same weights' : 'OTHER weights';
}

async function goesOn({ server }: Ground, run: string): Promise<string> {
  await server.client.run.resume({ project: server.project, run });
  return (await standsStill(server, run)).status;
}

export function sentenceOf(error: RunResult['error']): string {
  return error === null ? '' : `${error.message} ${error.hint}`;
}
