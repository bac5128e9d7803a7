import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { Evaluation, EvaluationLevel, PoolingRule } from '../../contract/evaluation.ts';
import { taskOf } from '../../contract/learning-task.ts';
import type { ExportFormat, ExportResult, RunResult, VerifyResult } from '../../contract/run.ts';
import { packageFolderName } from '../../core/package-folder.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import { evaluateRun, positiveOf } from '../evaluate/evaluate.ts';
import { poolingFor, refuseUnpoolable } from '../evaluate/levels.ts';
import { pooledAs } from '../export/decision.ts';
import { exportPackage } from '../export/export-package.ts';
import { verifyPackage } from '../export/verify-package.ts';
import type { JobContext } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { ProjectSession } from '../project/session.ts';
import type { Evaluated } from '../report/facts.ts';
import { writeReport } from '../report/write-report.ts';
import { maskFinder } from './mask-pictures.ts';
import { predictPart } from './predictions.ts';
import { gatherFacts, pictureFinder } from './run-facts.ts';
import { exportsFolder, readManifest, readPredictions, runFolderOf } from './run-folder.ts';
import { notFinished } from './train.ts';
import { refuseCancelled, withCompute, withRun } from './with-compute.ts';

export interface ResultDependencies {
  spawn: SpawnWorker;
  pool: DecodePool;
  version: string;
}

/** What is asked of an evaluation. */
export interface EvaluationWish {
  run: string;
  split: 'val' | 'test';
  positive?: string | undefined;
  level?: EvaluationLevel | undefined;
  pooling?: PoolingRule | undefined;
}

/** Metrics of a finished run on its validation or test part. Every look at the test part is counted. */
export async function evaluateInProject(
  session: ProjectSession,
  request: EvaluationWish,
  dependencies: ResultDependencies,
  context: JobContext,
): Promise<Evaluation> {
  session.writing();
  const run = finishedRun(session, request.run);
  const folder = runFolderOf(session.folder, run.run);
  const manifest = readManifest(folder);
  const { split, positive, level = 'image', pooling } = request;
  const task = taskOf(manifest);
  positiveOf(task, positive);
  poolingFor(task, level, pooling);
  refuseUnpoolable(manifest, level, split, (image) => session.runs.caseFacts(image)?.fileName ?? image);
  return withRun(session, run.run, dependencies, context, async (tools) => {
    const validation = await predictPart(session, run, 'val', tools);
    // Counted before anything of the test part is computed: a look that breaks off is one too.
    const testOpenings = split === 'test' ? session.runs.openTestSet(run.run) : session.runs.testOpenings();
    const predictions = split === 'val' ? validation : await predictPart(session, run, 'test', tools);
    const evaluation = await evaluateRun({
      run: run.run,
      predictions,
      validation,
      manifest,
      positive,
      level,
      pooling,
      testOpenings,
      signal: context.signal,
      onProgress: (share) => context.progress(share, 1, 'Intervals'),
    });
    session.runs.putEvaluation(evaluation);
    return evaluation;
  });
}

/** Writes a run's report from what has been evaluated: the test part if it was opened, else no figures. */
export async function reportRun(
  session: ProjectSession,
  request: { run: string; to?: string | undefined },
  dependencies: ResultDependencies,
  { signal }: JobContext,
): Promise<{ file: string; bytes: number }> {
  const run = finishedRun(session, request.run);
  const own = runFolderOf(session.folder, run.run).report;
  if (request.to === undefined) session.writing();
  const facts = gatherFacts(session, run, dependencies.version);
  const findPicture = pictureFinder(session, dependencies.pool, signal);
  const evaluated = evaluatedTest(session, run);
  const findMasks = maskFinder(runFolderOf(session.folder, run.run), facts.manifest, 'test');
  const written = await writeReport({ facts, evaluated, findPicture, findMasks, to: request.to ?? own });
  return request.to === undefined ? { ...written, file: path.relative(session.folder, own) } : written;
}

/** Writes a run's model package. */
export async function exportRun(
  session: ProjectSession,
  request: { run: string; to?: string | undefined; formats: ExportFormat[] },
  dependencies: ResultDependencies,
  context: JobContext,
): Promise<ExportResult> {
  const run = finishedRun(session, request.run);
  const folder = runFolderOf(session.folder, run.run);
  // From the project's folder, as the media route has it.
  const own = path.join(exportsFolder, packageFolderName(run, new Date()));
  if (request.to === undefined) session.writing();
  const facts = gatherFacts(session, run, dependencies.version);
  return withRun(session, run.run, dependencies, context, async (tools) => {
    const { manifest, file } = await tools.inputs();
    const written = await exportPackage({
      formats: request.formats,
      to: request.to ?? path.join(session.folder, own),
      facts: { ...facts, manifest },
      validation: await predictPart(session, run, 'val', tools),
      test: evaluatedTest(session, run),
      pooledAs: pooledAs(evaluationOf(session, run.run)),
      modelFolder: folder.model,
      inputs: file,
      backend: run.backend ?? 'auto',
      client: tools.compute,
      findPicture: pictureFinder(session, dependencies.pool, context.signal),
    });
    return request.to === undefined ? { ...written, folder: own } : written;
  });
}

/** Checks a model package; see `verifyPackage`. */
export function verifyFolder(
  folder: string,
  spawn: SpawnWorker,
  { signal }: JobContext,
): Promise<VerifyResult> {
  return withCompute(spawn, signal, async (client) => {
    const result = await verifyPackage({ folder, client });
    // A child that was ended on request is no problem of the package.
    refuseCancelled(signal);
    return result;
  });
}

/** The run with this reference. @throws ReadroomError `unknownRun`, `runNotFinished` */
export function finishedRun(session: ProjectSession, reference: string): RunResult {
  const run = session.runs.get(session.runs.find(reference));
  if (run.status !== 'completed') throw notFinished(run);
  return run;
}

/** What a run goes by: its test evaluation, else that of its validation part; null: there is neither. */
export function evaluationOf(session: ProjectSession, run: string): Evaluation | null {
  return session.runs.evaluation(run, 'test') ?? session.runs.evaluation(run, 'val');
}

function evaluatedTest(session: ProjectSession, run: RunResult): Evaluated | null {
  const evaluation = session.runs.evaluation(run.run, 'test');
  if (!evaluation) return null;
  const predictions = readPredictions(runFolderOf(session.folder, run.run), 'test');
  if (!predictions) {
    throw new ReadroomError(
      'badCheckpoint',
      `Run ${run.run} lacks its test predictions.`,
      'Evaluate it again.',
    );
  }
  return { evaluation, predictions };
}
