import { existsSync } from 'node:fs';

import { ReadroomError } from '../../contract/errors.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import { type RunMemory, runFormatVersion, runMemorySchema } from '../../contract/run-folder.ts';
import { halved } from '../../core/micro-batch.ts';
import { counted } from '../../core/words.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { trainingRows } from '../../core/tiles.ts';
import { findNetwork } from '../../nn/models/index.ts';
import { readJson } from '../files.ts';
import type { ProjectSession } from '../project/session.ts';
import { availableMemory, outOfMemoryKills } from '../system/machine-memory.ts';
import { readManifest, type RunFolder, runFolderOf } from './run-folder.ts';

/** What a machine tells of its memory. */
export interface MachineMemory {
  availableBytes(): number;
  /** Processes that the kernel ended for want of memory so far; null where that is not told. */
  kills(): number | null;
}

export const thisMachine: MachineMemory = { availableBytes: availableMemory, kills: outOfMemoryKills };

/** Watches memory beside a trainer, so that its death can be told from others. */
export interface MemoryWatch {
  /** The trainer gave a sign of life. */
  look(): void;
  /** Whether the trainer that ended like this ended for want of memory. */
  ranOut(error: unknown): boolean;
}

const lookEveryMs = 1000;
/** Less than this was left when it was last looked at: what the system then ends, it ends for want of memory. */
const nearlyNothingBytes = 256 * 2 ** 20;
/** What allocators and TensorFlow print before they give up. */
const allocationFailed = /bad_alloc|out of memory|cannot allocate memory|OOM when allocating/i;

export function watchMemory(machine = thisMachine): MemoryWatch {
  const killsBefore = machine.kills();
  let leftBytes = Infinity;
  let lookedAtMs = -Infinity;
  return {
    look() {
      // Where the kernel tells of its killings, they are better evidence.
      if (killsBefore !== null || performance.now() - lookedAtMs < lookEveryMs) return;
      lookedAtMs = performance.now();
      leftBytes = machine.availableBytes();
    },
    ranOut(error) {
      if (!(error instanceof ReadroomError) || error.code !== 'workerDied') return false;
      const { signal, output = '' } = error.data;
      if (signal === 'SIGKILL')
        return killsBefore === null
          ? leftBytes < nearlyNothingBytes
          : (machine.kills() ?? killsBefore) > killsBefore;
      return signal !== undefined && allocationFailed.test(String(output));
    },
  };
}

/** How a run goes on whose memory ran out; null while it never did. */
export function readRunMemory({ memory }: RunFolder): RunMemory | null {
  if (!existsSync(memory)) return null;
  const read = runMemorySchema.safeParse(readJson(memory));
  return read.success ? read.data : null;
}

/** Lets a run go on with half as many images at once, durably; null when it cannot be halved any more. */
export async function halveRunMemory(session: ProjectSession, run: string): Promise<RunMemory | null> {
  const folder = runFolderOf(session.folder, run);
  const recipe = session.runs.get(run).recipe as ResolvedRecipe;
  const rows = trainingRows(readManifest(folder));
  const next = halved(recipe, readRunMemory(folder), rows, findNetwork(recipe.network.id));
  if (next !== null)
    await writeFileWhole(folder.memory, JSON.stringify({ formatVersion: runFormatVersion, ...next }));
  return next;
}

/** Keeps with the run that its memory ran out on the way, whoever noticed: reports and repetitions need to know. */
export function warnOfRunMemory(session: ProjectSession, run: string): void {
  const memory = readRunMemory(runFolderOf(session.folder, run));
  if (memory === null) return;
  const { warnings, recipe } = session.runs.get(run);
  const others = warnings.filter((warning) => !warning.startsWith(memoryRanOut));
  const { network, augmentation } = recipe as ResolvedRecipe;
  const effect = findNetwork(network.id).normalizesBatches
    ? 'batch normalisation saw only these together'
    : augmentation.mixup > 0
      ? 'mix-up paired other images'
      : 'which changes nothing but rounding';
  const warning = `${memoryRanOut}: from then on batches were computed ${counted(memory.microBatchSize, 'image')} at a time, ${effect}.`;
  session.runs.update(run, { warnings: [...others, warning] });
}
const memoryRanOut = 'Memory ran out during the training';

/** The error of a run for which memory does not suffice even so. */
export function outOfMemoryError(run: string, memory: RunMemory | null): ReadroomError {
  const pieces =
    memory === null ? '' : `, with ${counted(memory.microBatchSize, 'image')} of a batch computed at once`;
  return new ReadroomError(
    'outOfMemory',
    `Memory ran out and the system ended the trainer${pieces}.`,
    `Close other programs and go on with: readroom train PROJECT --resume ${run}, or train anew with a smaller input.size or network.scale.`,
    { run },
  );
}
