import { existsSync } from 'node:fs';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { type Checkpoint, decodeHeader, decodeTensors, encodeCheckpoint } from '../../nn/checkpoint.ts';
import { writeFolderWhole } from './durable-files.ts';
import { sha256 } from './hash.ts';

const headerFile = 'checkpoint.json';
const tensorsFile = 'tensors.bin';

/** A run's `checkpoints` folder: `last`, `previous` (weights and slots) and `best/epoch-NNNN` (weights). */
export interface CheckpointFiles {
  /** The newest whole checkpoint, or null before the first. */
  read(): Promise<{ checkpoint: Checkpoint; notes: string[] } | null>;
  /** Makes `last` the `previous` one and writes a new `last`; drops best weights that neither mentions. */
  save(checkpoint: Checkpoint): Promise<void>;
  saveBest(epoch: number, checkpoint: Checkpoint): Promise<void>;
  /** @throws ReadroomError `badCheckpoint` */
  readBest(epoch: number): Promise<Checkpoint>;
  /** Removes everything: a finished run keeps its model only. */
  clear(): Promise<void>;
}

/**
 * @param recipeSha256 of the run's recipe and manifest; checkpoints of another recipe are refused
 */
export function checkpointFiles(folder: string, recipeSha256: string): CheckpointFiles {
  const last = path.join(folder, 'last');
  const previous = path.join(folder, 'previous');
  const bestFolder = path.join(folder, 'best');
  const bestOf = (epoch: number): string => path.join(bestFolder, `epoch-${String(epoch).padStart(4, '0')}`);
  let mentioned: (number | null)[] = [];

  const readOwn = async (from: string): Promise<Checkpoint> => {
    const checkpoint = await readCheckpoint(from);
    if (checkpoint.recipeSha256 === recipeSha256) return checkpoint;
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
      let checkpoint: Checkpoint;
      try {
        checkpoint = await readOwn(last);
      } catch (error) {
        if (!(error instanceof ReadroomError) || !existsSync(previous)) throw error;
        checkpoint = await readOwn(previous);
        notes.push(`${error.message} The one before it is used: step ${checkpoint.progress.step}.`);
        // Else the next save would put it in the place of the good one.
        await rm(last, { recursive: true, force: true });
      }
      mentioned = [checkpoint.progress.best?.epoch ?? null];
      return { checkpoint, notes };
    },
    save: async (checkpoint) => {
      await writeFolderWhole(last, piecesOf(checkpoint), async () => {
        if (!existsSync(last)) return;
        await rm(previous, { recursive: true, force: true });
        await rename(last, previous);
      });
      mentioned = [...mentioned.slice(-1), checkpoint.progress.best?.epoch ?? null];
      await dropUnmentioned(bestFolder, new Set(mentioned.filter((epoch) => epoch !== null).map(bestOf)));
    },
    saveBest: (epoch, checkpoint) => writeFolderWhole(bestOf(epoch), piecesOf(checkpoint)),
    readBest: (epoch) => readOwn(bestOf(epoch)),
    clear: () => rm(folder, { recursive: true, force: true }),
  };
}

function piecesOf(checkpoint: Checkpoint): { name: string; pieces: readonly (string | Uint8Array)[] }[] {
  const { header, tensors } = encodeCheckpoint(checkpoint, sha256);
  return [
    { name: tensorsFile, pieces: tensors },
    { name: headerFile, pieces: [header] },
  ];
}

async function dropUnmentioned(bestFolder: string, kept: ReadonlySet<string>): Promise<void> {
  if (!existsSync(bestFolder)) return;
  for (const name of await readdir(bestFolder)) {
    const folder = path.join(bestFolder, name);
    if (!kept.has(folder)) await rm(folder, { recursive: true, force: true });
  }
}

async function readCheckpoint(folder: string): Promise<Checkpoint> {
  try {
    const header = decodeHeader(await readFile(path.join(folder, headerFile), 'utf8'), sha256);
    const chunks = await readChunks(
      path.join(folder, tensorsFile),
      header.tensors.map(({ length }) => length * 4),
    );
    return { ...header, tensors: decodeTensors(header, chunks, sha256) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReadroomError(
      'badCheckpoint',
      `The checkpoint ${folder} cannot be used: ${reason}.`,
      'Start the training again with: readroom rerun PROJECT RUN',
    );
  }
}

/** A file in pieces, for it may be larger than one buffer can be. */
async function readChunks(file: string, lengths: readonly number[]): Promise<Uint8Array[]> {
  const handle = await open(file, 'r');
  try {
    const chunks: Uint8Array[] = [];
    let position = 0;
    for (const length of lengths) {
      const chunk = new Uint8Array(length);
      const { bytesRead } = await handle.read(chunk, 0, length, position);
      if (bytesRead !== length) throw new Error('its tensors end too early');
      position += length;
      chunks.push(chunk);
    }
    return chunks;
  } finally {
    await handle.close();
  }
}
