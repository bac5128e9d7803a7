import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { classOf } from '../../contract/learning-task.ts';
import { modelFileSchema, type Predictions, runFormatVersion } from '../../contract/run-folder.ts';
import type { RunResult } from '../../contract/run.ts';
import type { WorkerProcess } from '../../rpc/child-process.ts';
import type { ComputeContract } from '../../contract/workers.ts';
import { readJson } from '../files.ts';
import { writeFileWhole } from '../../files/durable.ts';
import type { ProjectSession } from '../project/session.ts';
import { readPredictions, runFolderOf, type RunFolder } from './run-folder.ts';
import type { RunInputs } from './run-inputs.ts';

export type ComputeClient = WorkerProcess<ComputeContract>['client'];

/** What computing with a run takes. */
export interface RunTools {
  compute: ComputeClient;
  /** The run's prepared pictures, made sure of at the first call. */
  inputs(): Promise<RunInputs>;
}

/**
 * Predictions of a part, computed on the run's own backend when they do not stand yet; a session opened for
 * reading does not keep them.
 */
export async function predictPart(
  session: ProjectSession,
  run: RunResult,
  split: 'val' | 'test',
  { compute, inputs }: RunTools,
): Promise<Predictions> {
  const folder = runFolderOf(session.folder, run.run);
  const stored = readPredictions(folder, split);
  if (stored && stored.weightsSha256 === run.weightsSha256) return stored;
  const prepared = await inputs();
  const { manifest } = prepared;
  const rows = manifest.rows[split];
  const part: PreparedPart = { ...prepared, folder, run, split, compute };
  const said = manifest.masks ? await predictedMasks(part, session.readOnly) : await answersOf(part);
  const predictions: Predictions = {
    formatVersion: runFormatVersion,
    run: run.run,
    split,
    weightsSha256: run.weightsSha256!,
    ...said,
    rows: rows.map(({ image, patient, study = null, label }, index) => ({
      image,
      patient,
      study,
      truth: label,
      ...said.rows[index]!,
    })),
  };
  if (session.readOnly) return predictions;
  mkdirSync(path.dirname(folder.predictions(split)), { recursive: true });
  await writeFileWhole(folder.predictions(split), JSON.stringify(predictions));
  return predictions;
}

interface PreparedPart extends Pick<RunInputs, 'manifest' | 'file'> {
  folder: RunFolder;
  run: RunResult;
  split: 'val' | 'test';
  compute: ComputeClient;
}

/** What is said of the rows of a part, in their order. */
interface Said extends Pick<Predictions, 'unit'> {
  rows: Pick<Predictions['rows'][number], 'probabilities' | 'regions' | 'pixels'>[];
}

async function answersOf({ manifest, file, folder, run, split, compute }: PreparedPart): Promise<Said> {
  const rows = manifest.rows[split];
  if (rows.length === 0) return { rows: [] };
  const slots = rows.map(({ slot }) => slot);
  const { channels } = manifest.inputs.geometry;
  const table = rows[0]!.features === undefined ? null : rows.flatMap(({ features }) => features!);
  const request = { inputs: file, slots, count: slots.length, channels, table };
  const answers = await predictInputs({ modelFolder: folder.model, run, request, compute });
  const width = answers.length / rows.length;
  return {
    rows: rows.map((_, index) => ({
      probabilities: [...answers.subarray(index * width, (index + 1) * width)],
    })),
  };
}

/** @param readOnly of the masks nothing is kept */
async function predictedMasks(
  { manifest, file, folder, run, split, compute }: PreparedPart,
  readOnly: boolean,
): Promise<Said> {
  const scratch = readOnly ? mkdtempSync(path.join(tmpdir(), 'readroom-')) : null;
  try {
    const { rows, unit } = await compute.predictMasks({
      modelFolder: folder.model,
      backend: run.backend ?? 'auto',
      threads: run.threads,
      inputs: file,
      channels: manifest.inputs.geometry.channels,
      masks: path.join(folder.root, manifest.masks!.file),
      rows: manifest.rows[split].map(({ slot, label, spacing }) => ({ slot, mask: classOf(label), spacing })),
      to: scratch === null ? folder.predictedMasks(split) : path.join(scratch, 'masks.u8'),
    });
    return { rows: rows.map((row) => ({ probabilities: [], ...row })), unit };
  } finally {
    if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
  }
}

const modelFileOf = (folder: RunFolder): string => path.join(folder.model, 'model.json');

/** Whether a run has a model. */
export const hasModel = (folder: RunFolder): boolean => existsSync(modelFileOf(folder));

/** The model file of a finished run. */
export function readModelFile(folder: RunFolder): ReturnType<typeof modelFileSchema.parse> {
  return modelFileSchema.parse(readJson(modelFileOf(folder)));
}

/** Rows of a file of uint8 inputs. */
export interface InputRows {
  inputs: string;
  slots: number[] | null;
  count: number;
  channels: 1 | 3;
  /** Features of the clinical table, row after row, for a model that reads it. */
  table?: number[] | null;
}

/** What a model says of uint8 inputs, row by row. */
export async function predictInputs({
  modelFolder,
  run,
  request,
  compute,
}: {
  modelFolder: string;
  run: RunResult;
  request: InputRows;
  compute: ComputeClient;
}): Promise<Float32Array> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'readroom-'));
  try {
    const to = path.join(scratch, 'probabilities.f32');
    await compute.predict({
      modelFolder,
      backend: run.backend ?? 'auto',
      threads: run.threads,
      ...request,
      to,
    });
    return readFloats(to);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A file of little-endian float32. */
export function readFloats(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
