import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { RecipeInput } from '../../../src/contract/recipe.ts';
import type { RunResult } from '../../../src/contract/run.ts';
import { memoryOf, parentOf, until } from '../lib/processes.ts';
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
  // Found in a weight, the gradient that made it is gone.
  const cause = /largest gradient|A weight or a value of the optimiser/;
  const facts = [/step \d+/, /learning rate 10/, cause, /Images of that batch: \S+/].every(says);
  const model = existsSync(path.join(course.project, 'runs', run, 'model')) ? 'a model' : 'no model';
  return {
    fault: 'a loss that is not a number',
    wanted: 'failed, nonFiniteLoss, nonFiniteLoss, with step, rate, cause and images; no model',
    got: `${status}, ${stoppedBecause}, ${error?.code}, ${facts ? 'with' : 'WITHOUT'} step, rate, cause and images; ${model}`,
    sentence: sentenceOf(error).replace(/(Images of that batch: \S+ ).*?\. /, '$1…. '),
    answers,
  };
}

/** The system gives the trainer less memory than a training of this kind took before. */
export async function outOfMemory(ground: Ground): Promise<FaultRow> {
  const { server, course } = ground;
  const { client, project } = server;
  const watch = watchAnswers(server, ground.unlabelled);
  const recipe = { ...ground.recipe, ...hungry };
  const free = await trainOnServer(server, course.project, recipe);
  const parent = parentOf(free.trainer)!;
  const taken = await takenMemory(free);
  await client.run.stop({ project, run: free.run });
  await standsStill(server, free.run);
  const { run, notes, status, error } = await trainScarcely(ground, recipe, parent, taken);
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

/** Its steps take a few hundred megabytes, which the library keeps from the first one on. */
const hungry: RecipeInput = { input: { size: 64 }, batchSize: 240, epochs: 3 };
const watchedSteps = 3;
/** Of what the steps took: less and less, until the trainer notices. What of it is there before them varies. */
const givenShares = [0.7, 0.4, 0.1, -0.2];

interface Scarce {
  run: string;
  /** What the trainer says of memory. */
  notes: string[];
  status: RunResult['status'];
  error: RunResult['error'];
}

/** Trains with less and less memory until a trainer runs out of it. @param parent the pid of what starts trainers */
async function trainScarcely(
  { server, course }: Ground,
  recipe: RecipeInput,
  parent: number,
  taken: { before: number; most: number },
): Promise<Scarce> {
  for (const share of givenShares) {
    // What a process starts inherits its limit.
    await limitData(parent, String(Math.round(taken.before + (taken.most - taken.before) * share)));
    const { run } = await server.client.run.train({ project: server.project, recipe });
    const { status, error } = await standsStill(server, run);
    await limitData(parent, 'unlimited');
    const events = readRunEvents(path.join(course.project, 'runs', run));
    const notes = notesOf(events).filter((note) => /memory/i.test(note));
    if (status !== 'completed' || notes.length > 0) return { run, notes, status, error };
  }
  throw new Error('The trainer never ran out of memory.');
}

/** Bytes of data that a trainer had before its first step, and at most in the steps. */
async function takenMemory({ runFolder, trainer }: ServerRun): Promise<{ before: number; most: number }> {
  const now = (): number => memoryOf(trainer, 'VmData') ?? 0;
  const before = now();
  let most = before;
  await until('A few steps', limitMs, () => {
    most = Math.max(most, now());
    return lastStepOf(readRunEvents(runFolder)) >= watchedSteps;
  });
  return { before, most };
}

/** The soft limit alone, which can be raised again. */
async function limitData(pid: number, bytes: string): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--data=${bytes}:`]);
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
