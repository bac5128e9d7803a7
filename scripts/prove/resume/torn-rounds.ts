import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { isAlive, until } from '../lib/processes.ts';
import { type Outcome, tryReadroom } from '../lib/readroom.ts';
import { checkpointStep, notesOf, readRunEvents, resumedAtStep } from '../lib/run-events.ts';
import { completed, signalGroup, startTraining } from '../lib/training-command.ts';
import { type Course, dropRunFolder, isSame, type Random } from './course.ts';

const checkpointLimitMs = 60_000;

/** What happens to the newest checkpoint of a training that was killed. */
export const damages: Readonly<Record<string, (folder: string, random: Random) => void>> = {
  'tensors cut short': (folder, random) => {
    const file = tensorsOf(folder);
    truncateSync(file, random.integer(readFileSync(file).length));
  },
  'a flipped bit in the tensors': (folder, random) => flipBit(tensorsOf(folder), random),
  'a flipped bit in the header': (folder, random) => flipBit(headerOf(folder), random),
  'tensors of the right length, all zero': (folder) =>
    writeFileSync(tensorsOf(folder), new Uint8Array(readFileSync(tensorsOf(folder)).length)),
  'an empty header': (folder) => writeFileSync(headerOf(folder), ''),
  'the tensors are missing': (folder) => rmSync(tensorsOf(folder)),
  'the header is missing': (folder) => rmSync(headerOf(folder)),
  'the whole checkpoint is missing': (folder) => rmSync(folder, { recursive: true }),
};

export interface TornRound {
  damage: string;
  /** Of the checkpoint before the damaged one, and where the run went on. */
  previousStep: number;
  resumedAtStep: number | null;
  note: string;
  /** It went on from the one before, said so, and came to the same weights. */
  asWanted: boolean;
}

/** Kills a training that has two checkpoints, damages the newest and resumes. */
export async function tornRound(course: Course, damage: string, random: Random): Promise<TornRound> {
  const { runFolder, run, previousStep } = await killedWithTwoCheckpoints(course, random);
  damages[damage]!(path.join(runFolder, 'checkpoints', 'last'), random);
  const before = notesOf(readRunEvents(runFolder)).length;
  const training = await startTraining(course.project, ['--resume', run], runFolder);
  const events = readRunEvents(runFolder);
  const result = completed(await training.ended);
  const note = notesOf(events).slice(before).join(' ');
  const resumedAt = resumedAtStep(events);
  const said = note.includes(`The one before it is used: step ${previousStep}.`);
  dropRunFolder(runFolder);
  return {
    damage,
    previousStep,
    resumedAtStep: resumedAt,
    note: note.replaceAll(runFolder, 'RUN'),
    asWanted: said && resumedAt === previousStep && isSame(course, result),
  };
}

/** Both checkpoints damaged: refused with a sentence, rather than trained anew as if nothing had been. */
export async function bothTorn(course: Course, random: Random): Promise<{ refused: boolean; said: string }> {
  const { runFolder, run } = await killedWithTwoCheckpoints(course, random);
  for (const name of ['last', 'previous'])
    flipBit(tensorsOf(path.join(runFolder, 'checkpoints', name)), random);
  const { status, document }: Outcome = tryReadroom('train', course.project, '--resume', run);
  const error = document?.['error'] as { code: string; message: string; hint: string } | undefined;
  dropRunFolder(runFolder);
  return {
    refused: status === 1 && error?.code === 'badCheckpoint',
    said: error ? `${error.message} ${error.hint}`.replaceAll(runFolder, 'RUN') : `exit status ${status}`,
  };
}

async function killedWithTwoCheckpoints(course: Course, random: Random) {
  const training = await startTraining(course.project, ['--recipe', course.recipeFile]);
  const { runFolder } = training;
  await until('A second checkpoint', checkpointLimitMs, () => checkpointStep(runFolder, 'previous') !== null);
  await sleep(course.trainingMs * 0.3 * random.uniform());
  const isEarlyEnough = isAlive(training.pid);
  signalGroup(training, 'SIGKILL');
  await training.ended;
  const previousStep = checkpointStep(runFolder, 'previous');
  // Killed between moving one aside and putting the next in its place, there is nothing left to damage.
  if (!isEarlyEnough || previousStep === null || checkpointStep(runFolder, 'last') === null) {
    dropRunFolder(runFolder);
    return killedWithTwoCheckpoints(course, random);
  }
  return { runFolder, run: path.basename(runFolder), previousStep };
}

const tensorsOf = (folder: string): string => path.join(folder, 'tensors.bin');
const headerOf = (folder: string): string => path.join(folder, 'checkpoint.json');

function flipBit(file: string, random: Random): void {
  const bytes = readFileSync(file);
  bytes[random.integer(bytes.length)]! ^= 1 << random.integer(8);
  writeFileSync(file, bytes);
}
