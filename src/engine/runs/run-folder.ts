import { existsSync } from 'node:fs';
import path from 'node:path';

import {
  filterFileName,
  type Manifest,
  manifestSchema,
  type Predictions,
  predictionsSchema,
} from '../../contract/run-folder.ts';
import { readJson } from '../files.ts';

/** Paths inside a run's folder; contract/run-folder.ts says what they hold. */
export interface RunFolder {
  root: string;
  recipe: string;
  manifest: string;
  model: string;
  memory: string;
  steps: string;
  environment: string;
  certificate: string;
  filters(epoch: number): string;
  /** The page that is made where no other place is named. */
  report: string;
  predictions(split: 'val' | 'test'): string;
  /** Of a segmentation: the class of every pixel. */
  predictedMasks(split: 'val' | 'test'): string;
}

/** Of a project: packages for which no other place was named. */
export const exportsFolder = 'exports';

export function runFolderOf(projectFolder: string, run: string): RunFolder {
  const root = path.join(projectFolder, 'runs', run);
  return {
    root,
    recipe: path.join(root, 'recipe.json'),
    manifest: path.join(root, 'manifest.json'),
    model: path.join(root, 'model'),
    memory: path.join(root, 'memory.json'),
    steps: path.join(root, 'steps.json'),
    environment: path.join(root, 'environment.json'),
    certificate: path.join(root, 'certificate.json'),
    report: path.join(root, 'report.html'),
    filters: (epoch) => path.join(root, 'filters', filterFileName(epoch)),
    predictions: (split) => path.join(root, 'predictions', `${split}.json`),
    predictedMasks: (split) => path.join(root, 'predictions', `${split}.u8`),
  };
}

export function readManifest(folder: RunFolder): Manifest {
  return manifestSchema.parse(readJson(folder.manifest));
}

/** Stored predictions of a part, or null when there are none yet. */
export function readPredictions(folder: RunFolder, split: 'val' | 'test'): Predictions | null {
  const file = folder.predictions(split);
  return existsSync(file) ? predictionsSchema.parse(readJson(file)) : null;
}
