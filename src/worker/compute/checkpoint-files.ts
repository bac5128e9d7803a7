import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { type FolderOptions, syncTree, writeFolderWhole, writeSynced } from '../../files/durable.ts';
import {
  type Checkpoint,
  type CheckpointFacts,
  type CheckpointHeader,
  decodeHeader,
  decodeTensors,
  encodeHeader,
} from '../../nn/checkpoint.ts';
import type { TensorStream } from '../../nn/step.ts';
import { allFinite, littleEndianBytes } from '../../nn/weights.ts';
import { sha256 } from './hash.ts';
import { readExactly } from './read-exactly.ts';

const headerFile = 'checkpoint.json';
const tensorsFile = 'tensors.bin';

/** A run's `checkpoints` folder: `last`, `previous` (weights and slots) and `best/epoch-NNNN` (weights). */
export interface CheckpointFiles {
  /**
   * The newest whole checkpoint, or null before the first. Only one that is torn, altered or missing is passed
   * over; any other failure to read leaves everything as it stands.
   *
   * @throws ReadroomError `badCheckpoint`, `permissionDenied`
   */
  read(): Promise<{ checkpoint: Checkpoint; notes: string[] } | null>;
  /**
   * Makes `last` the `previous` one and writes a new `last`; drops best weights that neither mentions.
   * False, and nothing is changed, when a number is not finite.
   */
  save(facts: CheckpointFacts, tensors: TensorStream): Promise<boolean>;
  /**
   * False, and nothing is written, when a number is not finite. It outlasts a power loss once a checkpoint is saved
   * that mentions it.
   */
  saveBest(epoch: number, facts: CheckpointFacts, tensors: TensorStream): Promise<boolean>;
  /** @throws ReadroomError `badCheckpoint` */
  readBest(epoch: number): Promise<Checkpoint>;
}

/** A run's folder of checkpoints. */
export function checkpointsFolder(runFolder: string): string {
  return path.join(runFolder, 'checkpoints');
}

/** Removes all of them: a run that has ended keeps its model only. */
export async function clearCheckpoints(runFolder: string): Promise<void> {
  await rm(checkpointsFolder(runFolder), { recursive: true, force: true });
}

/** Bytes that they hold now. */
export async function checkpointBytes(runFolder: string): Promise<number> {
  const folder = checkpointsFolder(runFolder);
  if (!existsSync(folder)) return 0;
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await lstat(path.join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

/**
 * @param recipeSha256 of the run's recipe and manifest; checkpoints of another recipe are refused
 */
export function checkpointFiles(runFolder: string, recipeSha256: string): CheckpointFiles {
  const folder = checkpointsFolder(runFolder);
  const last = path.join(folder, 'last');
  const previous = path.join(folder, 'previous');
  const bestFolder = path.join(folder, 'best');
  const bestOf = (epoch: number): string => path.join(bestFolder, `epoch-${String(epoch).padStart(4, '0')}`);
  const keepBest = (epochs: readonly (number | null)[]): Promise<void> =>
    dropUnmentioned(bestFolder, new Set(epochs.filter((epoch) => epoch !== null).map(bestOf)));
  let mentioned: (number | null)[] = [];
  let unsynced: number | null = null;

  const readOwn = async (from: string): Promise<Checkpoint | Torn> => {
    const found = await readCheckpoint(from);
    if ('torn' in found || found.recipeSha256 === recipeSha256) return found;
    throw new ReadroomError(
      'badCheckpoint',
      `The checkpoint ${from} belongs to another recipe or another list of images.`,
      'Recipe and manifest of a run are never edited: start a new run.',
    );
  };

  return {
    read: async () => {
      if (!existsSync(last) && !existsSync(previous)) return null;
      const notes: string[] = [];
      let checkpoint = await readOwn(last);
      if ('torn' in checkpoint) {
        const reason = checkpoint.torn;
        checkpoint = existsSync(previous) ? await readOwn(previous) : checkpoint;
        if ('torn' in checkpoint) throw unusable(last, reason);
        notes.push(
          `The checkpoint ${last} cannot be used: ${reason}. The one before it is used: step ${checkpoint.progress.step}.`,
        );
        // Else the next save would put it in the place of the good one.
        await rm(last, { recursive: true, force: true });
      }
      mentioned = [checkpoint.progress.best?.epoch ?? null];
      return { checkpoint, notes };
    },
    save: async (facts, tensors) => {
      const makeWay = async (): Promise<void> => {
        if (!existsSync(last)) return;
        await rm(previous, { recursive: true, force: true });
        await rename(last, previous);
      };
      if (unsynced !== null && unsynced === facts.progress.best?.epoch) await syncTree(bestOf(unsynced));
      unsynced = null;
      if (!(await writeCheckpoint(last, facts, tensors, { makeWay }))) return false;
      mentioned = [...mentioned.slice(-1), facts.progress.best?.epoch ?? null];
      await keepBest(mentioned);
      return true;
    },
    saveBest: async (epoch, facts, tensors) => {
      if (!(await writeCheckpoint(bestOf(epoch), facts, tensors, { durable: false }))) return false;
      unsynced = epoch;
      await keepBest([...mentioned, epoch]);
      return true;
    },
    readBest: async (epoch) => {
      const best = await readOwn(bestOf(epoch));
      if ('torn' in best) throw unusable(bestOf(epoch), best.torn);
      return best;
    },
  };
}

class NotFinite extends Error {}

/** Writes a checkpoint whole or not at all, a tensor at a time; false when a number in it is not finite. */
async function writeCheckpoint(
  folder: string,
  facts: CheckpointFacts,
  tensors: TensorStream,
  options: Pick<FolderOptions, 'makeWay' | 'durable'>,
): Promise<boolean> {
  const { durable = true } = options;
  const fill = async (temporary: string): Promise<void> => {
    const block = await writeTensors(path.join(temporary, tensorsFile), tensors, durable);
    const header = encodeHeader(facts, block, sha256);
    await (durable ? writeSynced : writeFile)(path.join(temporary, headerFile), header);
  };
  try {
    // One process writes a run, so what is being written has a name of its own and a kill leaves no heap of halves.
    await writeFolderWhole(folder, fill, { temporary: `${folder}.writing`, ...options });
    return true;
  } catch (error) {
    if (error instanceof NotFinite) return false;
    throw error;
  }
}

async function writeTensors(
  file: string,
  stream: TensorStream,
  durable: boolean,
): Promise<Pick<CheckpointHeader, 'tensors' | 'tensorsSha256'>> {
  const hash = createHash('sha256');
  const tensors: CheckpointHeader['tensors'] = [];
  const handle = await open(file, 'wx');
  try {
    for await (const [name, values] of stream) {
      if (!allFinite([values])) throw new NotFinite(name);
      const bytes = littleEndianBytes(values);
      hash.update(bytes);
      await handle.appendFile(bytes);
      tensors.push({ name, length: values.length });
    }
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
  return { tensors, tensorsSha256: hash.digest('hex') };
}

async function dropUnmentioned(bestFolder: string, kept: ReadonlySet<string>): Promise<void> {
  if (!existsSync(bestFolder)) return;
  for (const name of await readdir(bestFolder)) {
    const folder = path.join(bestFolder, name);
    if (!kept.has(folder)) await rm(folder, { recursive: true, force: true });
  }
}

/** Not the checkpoint that was written: why, as the end of a sentence. */
interface Torn {
  readonly torn: string;
}

async function readCheckpoint(folder: string): Promise<Checkpoint | Torn> {
  try {
    const text = await readFile(path.join(folder, headerFile), 'utf8');
    const header = decoded(() => decodeHeader(text, sha256));
    if ('torn' in header) return header;
    const chunks = await readChunks(
      path.join(folder, tensorsFile),
      header.tensors.map(({ length }) => length * 4),
    );
    if (chunks === null) return { torn: 'its tensors end too early' };
    const tensors = decoded(() => decodeTensors(header, chunks, sha256));
    return 'torn' in tensors ? tensors : { ...header, tensors };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return { torn: existsSync(folder) ? 'a file of it is missing' : 'it is missing' };
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    const message = `The checkpoint ${folder} may not be read: ${(error as Error).message}`;
    throw new ReadroomError('permissionDenied', message, 'Allow reading the run folder, then resume.');
  }
}

function decoded<T extends object>(decode: () => T): T | Torn {
  try {
    return decode();
  } catch (error) {
    return { torn: error instanceof Error ? error.message : String(error) };
  }
}

function unusable(folder: string, reason: string): ReadroomError {
  return new ReadroomError(
    'badCheckpoint',
    `The checkpoint ${folder} cannot be used: ${reason}.`,
    'Start a new run with the same recipe.',
  );
}

/** A file in pieces, for it may be larger than one buffer can be; null when it ends too early. */
async function readChunks(file: string, lengths: readonly number[]): Promise<Uint8Array[] | null> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size < lengths.reduce((sum, length) => sum + length, 0)) return null;
    const chunks: Uint8Array[] = [];
    let position = 0;
    for (const length of lengths) {
      const chunk = await readExactly(handle, position, length);
      if (chunk === null) return null;
      position += length;
      chunks.push(chunk);
    }
    return chunks;
  } finally {
    await handle.close();
  }
}
