import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { z } from 'zod';

import { ReadroomError } from '../../contract/errors.ts';
import type { EvaluationLevel, PoolingRule } from '../../contract/evaluation.ts';
import { classesOf, type LearningTask } from '../../contract/learning-task.ts';
import type { GroupRule, Prediction, PredictionGroup, predictResultSchema } from '../../contract/run.ts';
import { poolAnswers } from '../../core/pooling.ts';
import { diskError } from '../../files/disk-error.ts';
import { makeEmptyFolder } from '../export/named-outputs.ts';
import { poolingFor } from '../evaluate/levels.ts';
import type { DecisionPoints } from '../export/read-package.ts';
import { writeTensors } from '../export/write-tensors.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { finishedRun, type ResultDependencies } from '../runs/results.ts';
import { withCompute, withRun } from '../runs/with-compute.ts';
import { describe, type Said } from './describe.ts';
import { groupPictures, type PictureGroups } from './groups.ts';
import { describeMask } from './masks.ts';
import { type PreparedFile, prepareFiles } from './pictures.ts';
import type { PooledDecision } from './pooled-decision.ts';
import { packagePredictor, type Predictor, runPredictor } from './predictor.ts';
import { rowsOfFile, rowsOfProject, type TableRows, tableWanted } from './table-rows.ts';

export interface PredictRequest {
  model: { folder: string } | { project: string; run: string };
  images: string[];
  tensorsTo?: string | undefined;
  masksTo?: string | undefined;
  table?: string | undefined;
  outlines?: boolean | undefined;
  level?: EvaluationLevel | undefined;
  pooling?: PoolingRule | undefined;
  groupBy?: GroupRule | undefined;
}

type PredictResult = z.output<typeof predictResultSchema>;

/** Of answers that are held at once: masks have many of each picture. */
const mostBytesAtOnce = 256 * 2 ** 20;

/**
 * Second opinions on picture files, one entry a file in the order asked for; a bad file has an error instead.
 *
 * @throws ReadroomError `usage` for a table or masks that the model does not have, `folderNotEmpty`, `badTable`, `badPackage`
 */
export function predictFiles(
  session: ProjectSession | null,
  request: PredictRequest,
  dependencies: ResultDependencies,
  context: JobContext,
): Promise<PredictResult> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'readroom-predict-'));
  const { pool, spawn } = dependencies;
  const predict = (predictor: Predictor): Promise<PredictResult> =>
    predictAll(predictor, { session, request, pool, context, scratch });
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

interface Work {
  readonly session: ProjectSession | null;
  readonly request: PredictRequest;
  readonly pool: ResultDependencies['pool'];
  readonly context: JobContext;
  readonly scratch: string;
}

type ReadFile = Extract<PreparedFile, { error: null }>;

async function predictAll(predictor: Predictor, work: Work): Promise<PredictResult> {
  const { request, pool, context, scratch } = work;
  const { geometry, tiles, normalization, task, generated } = predictor;
  refuseUnasked(predictor, work);
  const { level = 'image', pooling, groupBy = { from: 'auto' } } = request;
  if (level === 'image') poolingFor(task, level, pooling);
  const pooled = level === 'image' ? null : predictor.pool(level, pooling);
  const masksTo = request.masksTo === undefined ? null : path.resolve(request.masksTo);
  if (masksTo !== null) await makeEmptyFolder(masksTo).catch(refuse(masksTo));
  const prepared = await prepareFiles(request.images, { geometry, pool, context, scratch });
  const { inputs } = prepared;
  const read = prepared.files.filter((one): one is ReadFile => one.error === null);
  const table = await tableRows(predictor, read, work);
  const found = pooled && (await groupPictures(read, pooled.level, groupBy, work.session));
  if (request.tensorsTo !== undefined && read.length > 0) {
    const files = prepared.files.map(({ file, slot }) => ({ file, row: slot }));
    await writeTensors({ to: request.tensorsTo, inputs, geometry, tiles, normalization, files });
  }
  const places = new Map(prepared.files.map((one, place) => [one, place]));
  const said: Said[] = [];
  const numbers: number[][] = [];
  for await (const { one, answers } of answersOf(predictor, read, inputs, table)) {
    if (task.kind !== 'segmentation') {
      numbers.push([...answers]);
      said.push(describe(predictor, [...answers]));
    } else {
      const { file, picture } = one;
      const place = places.get(one)!;
      const { outlines = false } = request;
      const mask = { file, place, picture, answers, classes: task.classes, geometry, outlines, to: masksTo };
      said.push(await describeMask(mask, pool, context.signal).catch(refuse(masksTo ?? '')));
    }
  }
  let row = 0;
  const predictions = prepared.files.map(({ file, error }): Prediction => {
    if (error !== null) return refused(file, error);
    const notes = table?.notes[row] ?? [];
    return { file, ...said[row++]!, ...(notes.length > 0 && { notes: [...notes] }) };
  });
  return {
    predictions,
    ...(pooled && found && pooledResult({ predictor, pooled, found, read, numbers })),
    task,
    ...shownPoints(task, predictor),
    generated,
  };
}

interface Pooling {
  readonly predictor: Predictor;
  readonly pooled: PooledDecision;
  readonly found: PictureGroups;
  readonly read: readonly ReadFile[];
  /** Answers of each read file. */
  readonly numbers: readonly number[][];
}

function pooledResult({
  predictor: { task },
  pooled,
  found,
  read,
  numbers,
}: Pooling): Required<Pick<PredictResult, 'groups' | 'pooled'>> {
  const { level, pooling, chosenOn, operatingPoint } = pooled;
  const groups = found.groups.map(({ name, rows }): PredictionGroup => {
    const answers = rows.map((row) => numbers[row]!);
    const joined = poolAnswers(task, answers, pooling, operatingPoint?.positiveIndex ?? null);
    return {
      group: name,
      files: rows.map((row) => read[row]!.file),
      ...describe({ task, ...pooled }, joined),
    };
  });
  const warnings = [...found.warnings, ...pooled.warnings];
  return { groups, pooled: { level, pooling, chosenOn, warnings, ...shownPoints(task, pooled) } };
}

/** Decision points by the names of the classes. */
function shownPoints(
  task: LearningTask,
  { operatingPoint, thresholds }: DecisionPoints,
): Pick<PredictResult, 'operatingPoint' | 'thresholds'> {
  const classes = classesOf(task);
  return {
    operatingPoint: operatingPoint && {
      positive: classes[operatingPoint.positiveIndex]!,
      threshold: operatingPoint.threshold,
      rule: operatingPoint.rule,
    },
    ...(thresholds && {
      thresholds: Object.fromEntries(classes.map((name, index) => [name, thresholds[index]!])),
    }),
  };
}

/** What was asked of a model that has it not. */
function refuseUnasked({ task, table }: Predictor, { request, session }: Work): void {
  if (request.masksTo !== undefined && task.kind !== 'segmentation') {
    throw new ReadroomError(
      'usage',
      'Masks were asked for, but this model says none: it answers for the whole picture.',
      'Leave --masks-to out, or take a model that was trained on drawings.',
    );
  }
  if (request.table !== undefined && table === null) {
    throw new ReadroomError(
      'usage',
      `${request.table} was given, but this model reads no clinical table.`,
      'Leave --table out.',
    );
  }
  if (request.table === undefined && table !== null && session === null) throw tableWanted(table);
}

async function tableRows(
  { table }: Predictor,
  read: readonly ReadFile[],
  { request, session }: Work,
): Promise<TableRows | null> {
  if (table === null || read.length === 0) return null;
  return request.table === undefined
    ? rowsOfProject(session!, table, read)
    : rowsOfFile(request.table, table, read, session);
}

/** What the model says of each file, some at a time. */
async function* answersOf(
  { geometry, task, table: features, predict }: Predictor,
  read: readonly ReadFile[],
  inputs: string,
  table: TableRows | null,
): AsyncGenerator<{ one: ReadFile; answers: Float32Array }> {
  const { size, channels } = geometry;
  const values = task.kind === 'segmentation' ? size * size * (task.classes.length + 1) : 1;
  const atOnce = Math.max(1, Math.floor(mostBytesAtOnce / (4 * values)));
  const width = features?.features.length ?? 0;
  for (let start = 0; start < read.length; start += atOnce) {
    const some = read.slice(start, start + atOnce);
    const slots = some.map(({ slot }) => slot);
    const beside = table && table.values.slice(start * width, (start + some.length) * width);
    const answers = await predict({ inputs, slots, count: slots.length, channels, table: beside });
    const of = answers.length / some.length;
    for (const [row, one] of some.entries())
      yield { one, answers: answers.subarray(row * of, (row + 1) * of) };
  }
}

function refused(file: string, { code, message }: ReadroomError): Prediction {
  return { file, label: null, probabilities: {}, error: { code, message } };
}

const refuse =
  (folder: string) =>
  (error: unknown): never => {
    throw diskError(error, folder);
  };
