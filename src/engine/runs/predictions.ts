import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  type Manifest,
  modelFileSchema,
  type Predictions,
  runFormatVersion,
} from '../../contract/run-folder.ts';
import type { RunResult } from '../../contract/run.ts';
import type { WorkerProcess } from '../../rpc/child-process.ts';
import type { ComputeContract } from '../../contract/workers.ts';
import { readJson } from '../files.ts';
import { writeFileWhole } from '../report/write-file.ts';
import type { ProjectSession } from '../project/session.ts';
import { readManifest, readPredictions, runFolderOf, type RunFolder } from './run-folder.ts';

export type ComputeClient = WorkerProcess<ComputeContract>['client'];

/** Predictions of a part, computed on the run's own backend when they do not stand yet. */
export async function predictPart(
  session: ProjectSession,
  run: RunResult,
  split: 'val' | 'test',
  compute: ComputeClient,
): Promise<Predictions> {
  const folder = runFolderOf(session.folder, run.run);
  const stored = readPredictions(folder, split);
  if (stored && stored.weightsSha256 === run.weightsSha256) return stored;
  const manifest = readManifest(folder);
  const rows = manifest.rows[split];
  const probabilities = await predictSlots(
    folder,
    manifest,
    run,
    rows.map(({ slot }) => slot),
    compute,
  );
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
  mkdirSync(path.dirname(folder.predictions(split)), { recursive: true });
  await writeFileWhole(folder.predictions(split), JSON.stringify(predictions));
  return predictions;
}

/** The model file of a finished run. */
export function readModelFile(folder: RunFolder): ReturnType<typeof modelFileSchema.parse> {
  return modelFileSchema.parse(readJson(path.join(folder.model, 'model.json')));
}

async function predictSlots(
  folder: RunFolder,
  manifest: Manifest,
  run: RunResult,
  slots: number[],
  compute: ComputeClient,
): Promise<Float32Array> {
  if (slots.length === 0) return new Float32Array(0);
  const request = { inputs: path.resolve(folder.root, manifest.inputs.file), slots, count: slots.length };
  return predictInputs({ modelFolder: folder.model, run, request, compute });
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
  request: { inputs: string; slots: number[] | null; count: number };
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
