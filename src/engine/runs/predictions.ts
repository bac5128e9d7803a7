import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

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
  const { manifest, file } = await inputs();
  const rows = manifest.rows[split];
  const slots = rows.map(({ slot }) => slot);
  const { channels } = manifest.inputs.geometry;
  const request = { inputs: file, slots, count: slots.length, channels };
  const probabilities =
    slots.length === 0
      ? new Float32Array(0)
      : await predictInputs({ modelFolder: folder.model, run, request, compute });
  const classes = manifest.classes.length;
  const predictions: Predictions = {
    formatVersion: runFormatVersion,
    run: run.run,
    split,
    weightsSha256: run.weightsSha256!,
    rows: rows.map(({ image, patient, label }, index) => ({
      image,
      patient,
      truth: label,
      probabilities: [...probabilities.subarray(index * classes, (index + 1) * classes)],
    })),
  };
  if (session.readOnly) return predictions;
  mkdirSync(path.dirname(folder.predictions(split)), { recursive: true });
  await writeFileWhole(folder.predictions(split), JSON.stringify(predictions));
  return predictions;
}

/** The model file of a finished run. */
export function readModelFile(folder: RunFolder): ReturnType<typeof modelFileSchema.parse> {
  return modelFileSchema.parse(readJson(path.join(folder.model, 'model.json')));
}

/** Rows of a file of uint8 inputs. */
export interface InputRows {
  inputs: string;
  slots: number[] | null;
  count: number;
  channels: 1 | 3;
}

/** Probabilities of uint8 inputs, row by row. */
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
