import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { InputGeometry } from '../../contract/decode.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { LearningTask } from '../../contract/learning-task.ts';
import {
  type ModelPackage,
  modelPackageSchema,
  packageTask,
  type PreprocessingStep,
} from '../../contract/package.ts';
import type { TableFeatures } from '../../contract/table-features.ts';
import type { ModelFile } from '../../contract/run-folder.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { wholeEdge } from '../../core/tiles.ts';
import type { PooledAs } from './decision.ts';

/** From what probabilities on a class is given. */
export interface DecisionPoints {
  /** Of two classes; null: the largest decides, or nothing does. */
  operatingPoint: { threshold: number; positiveIndex: number; rule: string } | null;
  /** Of several labels, in the order of the classes. */
  thresholds: number[] | null;
}

/** What prediction needs of a package. */
export interface PackageModel extends DecisionPoints {
  /** Of pictures, before tiles are cut from them. */
  geometry: ModelFile['geometry'];
  tiles: InputTiles | null;
  normalization: ModelFile['normalization'];
  task: LearningTask;
  /** How a row of the clinical table becomes features; null: none is read. */
  table: TableFeatures | null;
  generated: boolean;
  /** How is decided on studies or patients; null: nothing is said of it. */
  pooled: (PooledAs & DecisionPoints) | null;
}

/** Reads how a package's model is fed and how it decides. @throws ReadroomError `badPackage` */
export async function readPackageModel(folder: string): Promise<PackageModel> {
  const content = await readContent(folder);
  const { input, classes, generated, table = null, pooled } = content;
  const tiles = content.tiles ? { edge: content.tiles.edge, grid: content.tiles.grid } : null;
  const resize = stepOf(content, 'resize');
  const normalize = content.preprocessing.find((step) => step.kind === 'normalize');
  return {
    geometry: {
      size: tiles === null ? input.size : wholeEdge(tiles),
      channels: input.channels,
      fit: resize.fit,
      kernel: resize.kernel,
      ...windowOf(content),
    },
    tiles,
    normalization: {
      mean: normalize?.mean ?? Array<number>(input.channels).fill(0),
      deviation: normalize?.deviation ?? Array<number>(input.channels).fill(1),
    },
    task: packageTask(content),
    generated,
    table,
    ...decisionPoints(content, classes),
    pooled: pooled
      ? { level: pooled.level, pooling: pooled.pooling, ...decisionPoints(pooled, classes) }
      : null,
  };
}

/** What is decided with, by the places of the classes. */
export function decisionPoints(
  { operatingPoint, thresholds }: Pick<ModelPackage, 'operatingPoint' | 'thresholds'>,
  classes: readonly string[],
): DecisionPoints {
  return {
    thresholds: thresholds ? classes.map((name) => thresholds[name]?.threshold ?? 0.5) : null,
    operatingPoint: operatingPoint && {
      threshold: operatingPoint.threshold,
      positiveIndex: classes.indexOf(operatingPoint.positive),
      rule: operatingPoint.rule,
    },
  };
}

/** Absent where a picture is seen as its file says. */
function windowOf({ preprocessing }: ModelPackage): Pick<InputGeometry, 'window'> {
  const window = preprocessing.find((step) => step.kind === 'window');
  if (window) return { window: { center: window.center, width: window.width, unit: window.unit } };
  return preprocessing.some(({ kind }) => kind === 'fullRange') ? { window: 'full' } : {};
}

async function readContent(folder: string): Promise<ModelPackage> {
  const text = await readFile(join(folder, 'readroom.json'), 'utf8').catch(() => {
    throw new ReadroomError(
      'badPackage',
      `${folder} holds no model package.`,
      'Give a folder that "readroom export" wrote, or PROJECT:RUN.',
    );
  });
  try {
    return modelPackageSchema.parse(JSON.parse(text));
  } catch {
    throw new ReadroomError(
      'badPackage',
      `The readroom.json of ${folder} does not read.`,
      'Check it with: readroom verify',
    );
  }
}

function stepOf<K extends PreprocessingStep['kind']>(
  { preprocessing }: ModelPackage,
  kind: K,
): Extract<PreprocessingStep, { kind: K }> {
  const step = preprocessing.find((one): one is Extract<PreprocessingStep, { kind: K }> => one.kind === kind);
  if (!step)
    throw new ReadroomError('badPackage', `The package does not say how to ${kind}.`, 'Export it again.');
  return step;
}
