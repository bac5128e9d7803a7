import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { EvaluationLevel, PoolingRule } from '../../contract/evaluation.ts';
import { type LearningTask, taskOf } from '../../contract/learning-task.ts';
import type { ModelFile } from '../../contract/run-folder.ts';
import type { RunResult } from '../../contract/run.ts';
import type { TableFeatures } from '../../contract/table-features.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { pictureGeometry } from '../../core/tiles.ts';
import { decisionOf, type PooledAs, pooledAs, pooledDecisionOf } from '../export/decision.ts';
import { type DecisionPoints, decisionPoints, readPackageModel } from '../export/read-package.ts';
import type { ProjectSession } from '../project/session.ts';
import {
  type ComputeClient,
  type InputRows,
  predictInputs,
  predictPart,
  readFloats,
  readModelFile,
  type RunTools,
} from '../runs/predictions.ts';
import { evaluationOf } from '../runs/results.ts';
import { readManifest, runFolderOf } from '../runs/run-folder.ts';
import { decidePooled, type PooledDecision } from './pooled-decision.ts';

/** A model ready to predict: how pictures and rows of the clinical table become inputs, and answers a label. */
export interface Predictor extends DecisionPoints {
  /** Of pictures, before tiles are cut from them. */
  geometry: ModelFile['geometry'];
  tiles: InputTiles | null;
  normalization: ModelFile['normalization'];
  task: LearningTask;
  /** How a row of the clinical table becomes features; null: none is read. */
  table: TableFeatures | null;
  generated: boolean;
  /** How is decided on studies or patients; see `decidePooled`. */
  pool(level: Exclude<EvaluationLevel, 'image'>, wanted: PoolingRule | undefined): PooledDecision;
  /** What is said of each row, as its task's answers. */
  predict(rows: InputRows): Promise<Float32Array>;
}

/** A finished run's model. */
export async function runPredictor(
  session: ProjectSession,
  run: RunResult,
  tools: RunTools,
): Promise<Predictor> {
  const folder = runFolderOf(session.folder, run.run);
  const model = readModelFile(folder);
  const { normalization, table = null, tiles = null } = model;
  const geometry = pictureGeometry(model);
  const task = taskOf(model);
  const manifest = readManifest(folder);
  const decides = task.kind !== 'regression' && task.kind !== 'segmentation';
  // The export decides in the same way.
  const positive = session.runs.evaluation(run.run, 'test')?.positive ?? undefined;
  const validation = decides ? await predictPart(session, run, 'val', tools) : null;
  const points =
    validation === null
      ? { operatingPoint: null, thresholds: null }
      : decisionPoints(decisionOf(manifest, validation, positive), model.classes);
  const choose = (as: PooledAs): DecisionPoints | string => {
    try {
      return decisionPoints(pooledDecisionOf(manifest, validation!, as, positive), model.classes);
    } catch (error) {
      if (error instanceof ReadroomError && error.code === 'usage') return error.message;
      throw error;
    }
  };
  const evaluatedAs = pooledAs(evaluationOf(session, run.run));
  return {
    ...{ geometry, tiles, normalization, task, table, ...points },
    generated: manifest.generated,
    pool: (level, wanted) => decidePooled({ task, points, evaluatedAs, choose }, level, wanted),
    predict: (request) => predictInputs({ modelFolder: folder.model, run, request, compute: tools.compute }),
  };
}

/** A package's model. @throws ReadroomError `badPackage` */
export async function packagePredictor(
  folder: string,
  compute: ComputeClient,
  scratch: string,
): Promise<Predictor> {
  const { pooled, ...model } = await readPackageModel(folder);
  const choose = (as: PooledAs): DecisionPoints | string =>
    pooled?.level === as.level && pooled.pooling === as.pooling
      ? pooled
      : `the package has none for them. Evaluate its run on the level of a ${as.level}, pooled alike, and export it again.`;
  return {
    ...model,
    pool: (level, wanted) =>
      decidePooled({ task: model.task, points: model, evaluatedAs: pooled, choose }, level, wanted),
    async predict({ inputs, slots, count, table = null }) {
      const to = path.join(scratch, 'answers.f32');
      await compute.predictPackage({ folder, inputs, slots, count, table, to });
      return readFloats(to);
    },
  };
}
