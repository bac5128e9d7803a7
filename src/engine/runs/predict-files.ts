import { mkdtempSync, rmSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path, { basename } from 'node:path';

import type { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import type { ModelFile } from '../../contract/run-folder.ts';
import type { Prediction, predictResultSchema, RunResult } from '../../contract/run.ts';
import { decide } from '../../core/operating-point.ts';
import { counted } from '../../core/words.ts';
import { decisionOf } from '../export/decision.ts';
import { readPackageModel } from '../export/read-package.ts';
import { writeTensors } from '../export/write-tensors.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { ensureInputs } from '../media/input-cache.ts';
import type { ProjectSession } from '../project/session.ts';
import {
  type ComputeClient,
  type InputRows,
  predictInputs,
  predictPart,
  readFloats,
  readModelFile,
  type RunTools,
} from './predictions.ts';
import { finishedRun, type ResultDependencies } from './results.ts';
import { readManifest, runFolderOf } from './run-folder.ts';
import { withCompute, withRun } from './with-compute.ts';

export interface PredictRequest {
  model: { folder: string } | { project: string; run: string };
  images: string[];
  tensorsTo?: string;
}

/** A model ready to predict: how pictures become inputs, how inputs become probabilities, and these a label. */
interface Predictor {
  geometry: ModelFile['geometry'];
  normalization: ModelFile['normalization'];
  classes: string[];
  operatingPoint: { threshold: number; positiveIndex: number } | null;
  generated: boolean;
  /** Row by row, `classes.length` probabilities each. */
  predict(rows: InputRows): Promise<Float32Array>;
}

/** Second opinions on picture files, one entry a file in the order asked for; a bad file has an error instead. */
export function predictFiles(
  session: ProjectSession | null,
  request: PredictRequest,
  dependencies: ResultDependencies,
  context: JobContext,
): Promise<z.output<typeof predictResultSchema>> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'readroom-predict-'));
  const { pool, spawn } = dependencies;
  const predict = async (predictor: Predictor): Promise<z.output<typeof predictResultSchema>> => {
    const prepared = await prepareFiles(request.images, {
      geometry: predictor.geometry,
      pool,
      context,
      scratch,
    });
    const rows = prepared.files.flatMap(({ slot }) => (slot === null ? [] : [slot]));
    const { channels } = predictor.geometry;
    const inputs = { inputs: prepared.inputs, slots: rows, count: rows.length, channels };
    const probabilities = rows.length === 0 ? new Float32Array(0) : await predictor.predict(inputs);
    if (request.tensorsTo !== undefined && rows.length > 0) {
      const { geometry, normalization } = predictor;
      const files = prepared.files.map(({ file, slot }) => ({ file, row: slot }));
      await writeTensors({ to: request.tensorsTo, inputs: prepared.inputs, geometry, normalization, files });
    }
    let row = 0;
    const predictions = prepared.files.map(({ file, error }) =>
      error === null ? described(file, predictor, probabilities, row++) : refused(file, error),
    );
    const { classes, operatingPoint, generated } = predictor;
    const decision = operatingPoint && {
      positive: classes[operatingPoint.positiveIndex]!,
      threshold: operatingPoint.threshold,
    };
    return { predictions, operatingPoint: decision, generated };
  };
  const { model } = request;
  const predicted =
    'folder' in model
      ? withCompute(spawn, context.signal, async (compute) =>
          predict(await packagePredictor(model.folder, compute, scratch)),
        )
      : predictByRun(session!, model.run, dependencies, context, predict);
  return predicted.finally(() => rmSync(scratch, { recursive: true, force: true }));
}

async function predictByRun<T>(
  session: ProjectSession,
  reference: string,
  dependencies: ResultDependencies,
  context: JobContext,
  predict: (predictor: Predictor) => Promise<T>,
): Promise<T> {
  const run = finishedRun(session, reference);
  return withRun(session, run.run, dependencies, context, async (tools) =>
    predict(await runPredictor(session, run, tools)),
  );
}

async function runPredictor(session: ProjectSession, run: RunResult, tools: RunTools): Promise<Predictor> {
  const folder = runFolderOf(session.folder, run.run);
  const { geometry, normalization, classes } = readModelFile(folder);
  const validation = await predictPart(session, run, 'val', tools);
  // The export decides in the same way.
  const positive = session.runs.evaluation(run.run, 'test')?.positive ?? undefined;
  const manifest = readManifest(folder);
  const { operatingPoint } = decisionOf(manifest, validation, positive);
  return {
    geometry,
    normalization,
    classes,
    generated: manifest.generated,
    operatingPoint: operatingPoint && {
      threshold: operatingPoint.threshold,
      positiveIndex: classes.indexOf(operatingPoint.positive),
    },
    predict: (request) => predictInputs({ modelFolder: folder.model, run, request, compute: tools.compute }),
  };
}

async function packagePredictor(folder: string, compute: ComputeClient, scratch: string): Promise<Predictor> {
  const model = await readPackageModel(folder);
  return {
    ...model,
    async predict({ inputs, slots, count }) {
      const to = path.join(scratch, 'probabilities.f32');
      await compute.predictPackage({ folder, inputs, slots, count, to });
      return readFloats(to);
    },
  };
}

interface PreparedFile {
  file: string;
  slot: number | null;
  error: ReadroomError | null;
}

/** Decodes files into a temporary input cache. */
async function prepareFiles(
  files: readonly string[],
  {
    geometry,
    pool,
    context,
    scratch,
  }: { geometry: ModelFile['geometry']; pool: DecodePool; context: JobContext; scratch: string },
): Promise<{ inputs: string; files: PreparedFile[] }> {
  // Every file is gone through twice, and counts once.
  let passes = 0;
  const passed = (done: number, note: string): void =>
    context.progress(Math.floor(done / 2), files.length, note);
  const inspected = await Promise.all(
    files.map(async (file) => {
      const picture = await findPicture(file, pool, context.signal).catch(expected);
      passed(++passes, 'Reading pictures');
      return { file, picture };
    }),
  );
  const readable = inspected.flatMap(({ picture }) => (picture instanceof ReadroomError ? [] : [picture]));
  const cached = await ensureInputs({
    images: readable,
    geometry,
    cacheFolder: scratch,
    pool,
    onProgress: (count) => passed(2 * files.length - readable.length + count, 'Preparing pictures'),
    signal: context.signal,
  });
  const failed = new Map(cached.failed.map(({ index, error }) => [index, error]));
  let index = 0;
  const prepared = inspected.map(({ file, picture }): PreparedFile => {
    if (picture instanceof ReadroomError) return { file, slot: null, error: picture };
    const error = failed.get(index) ?? null;
    const slot = cached.slots[index++]!;
    return error ? { file, slot: null, error } : { file, slot, error: null };
  });
  return { inputs: cached.file, files: prepared };
}

interface FoundPicture {
  path: string;
  frame: number;
  pixelSha256: string;
  byteSha256: string;
}

/** `film.dcm#3` is the fourth picture of `film.dcm`, unless a file is called so. @throws ReadroomError `usage` */
async function findPicture(name: string, pool: DecodePool, signal: AbortSignal): Promise<FoundPicture> {
  const [, before, digits] = /^(.+)#(\d{1,9})$/.exec(name) ?? [];
  const isNumbered = before !== undefined && !(await isThere(name));
  const path = isNumbered ? before : name;
  const frame = isNumbered ? Number(digits) : 0;
  const { file, pictures } = await pool.inspect(path, signal, { from: frame });
  const picture = pictures.find((one) => one.frame === frame);
  if (!picture || (file.frames > 1 && !isNumbered)) {
    const [first, last] = [`${basename(path)}#0`, `${basename(path)}#${file.frames - 1}`];
    const names = file.frames === 1 ? basename(path) : `one of them, from ${first} to ${last}`;
    throw new ReadroomError('usage', `It holds ${counted(file.frames, 'picture')}: name ${names}.`);
  }
  return { path, frame, pixelSha256: picture.pixelSha256, byteSha256: file.byteSha256 };
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

function described(file: string, predictor: Predictor, probabilities: Float32Array, row: number): Prediction {
  const { classes, operatingPoint } = predictor;
  const mine = [...probabilities.subarray(row * classes.length, (row + 1) * classes.length)];
  return {
    file,
    label: classes[decide(mine, operatingPoint)]!,
    probabilities: Object.fromEntries(classes.map((name, index) => [name, mine[index]!])),
  };
}

function refused(file: string, { code, message }: ReadroomError): Prediction {
  return { file, label: null, probabilities: {}, error: { code, message } };
}

function expected(error: unknown): ReadroomError {
  if (error instanceof ReadroomError && error.code !== 'cancelled') return error;
  throw error;
}
