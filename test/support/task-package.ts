import { join } from 'node:path';

import { classesOf } from '../../src/contract/learning-task.ts';
import type { ManifestRow, ModelFile } from '../../src/contract/run-folder.ts';
import { exportPackage, type FormatWriter } from '../../src/engine/export/export-package.ts';
import type { PooledAs } from '../../src/engine/export/decision.ts';
import type { ExampleVerifier } from '../../src/engine/export/verify-package.ts';
import { describedNetwork } from '../../src/nn/described-network.ts';
import type { StoredModel } from '../../src/worker/compute/model-folder.ts';
import { predictWith } from '../../src/worker/compute/predict.ts';
import { verifyExamples } from '../../src/worker/package/verify-examples.ts';
import { writeFormats } from '../../src/worker/package/write-formats.ts';
import { normalization, writeInputs } from '../unit/worker/package/package-fixture.ts';
import { randomWeights } from '../unit/nn/writers/reference-network.ts';
import { type MadeUpTask, madeUpTaskRun } from './made-up-tasks.ts';

const patients = 120;

/** The compute child's own functions, called in this process. */
export interface TaskPackage {
  /** The package. */
  readonly folder: string;
  readonly stored: StoredModel;
  readonly client: FormatWriter & ExampleVerifier;
}

/**
 * Exports a small model of a task with weights by chance into `folder`/package; U-Net on 32 × 32 where it says masks,
 * else alexnet-small on 28 × 28. With a table it reads the one column `age (a)`. `pooledAs`: as it was evaluated.
 */
export async function writeTaskPackage(
  folder: string,
  name: MadeUpTask,
  table?: 'both' | 'only',
  pooledAs: PooledAs | null = null,
): Promise<TaskPackage> {
  const filmsPerPatient = pooledAs === null ? 1 : 2;
  const made = madeUpTaskRun(name, { patients, filmsPerPatient });
  const task = made.manifest.task!;
  const isMask = task.kind === 'segmentation';
  const geometry: ModelFile['geometry'] = {
    ...{ size: isMask ? 32 : 28, channels: 1, kernel: 'lanczos3' },
    fit: isMask ? 'pad' : 'stretch',
  };
  const network: ModelFile['network'] = {
    ...{ id: isMask ? 'unet' : 'alexnet-small', scale: 0.1, dropout: 0 },
    ...(table && { table: { use: table, units: 3, features: 1 } }),
  };
  const column = {
    kind: 'number',
    column: 'age',
    unit: 'a',
    mean: 50,
    deviation: 10,
    saysMissing: false,
  } as const;
  const model: ModelFile = {
    ...{ formatVersion: 1, network, geometry, normalization, task, weights: [] },
    ...(table && { table: { columns: [column], features: ['age (a)'] } }),
    classes: [...classesOf(task)],
    weightsSha256: 'b'.repeat(64),
  };
  const built = describedNetwork(network, geometry, task);
  const stored: StoredModel = { model, network: built, weights: randomWeights(built, 4) };
  const withFeatures = (part: ManifestRow[]): ManifestRow[] =>
    table ? part.map((row, at) => ({ ...row, features: [Math.sin(at)] })) : part;
  const { train, val, test } = made.manifest.rows;
  const manifest = {
    ...made.manifest,
    inputs: { ...made.manifest.inputs, geometry },
    rows: { train: withFeatures(train), val: withFeatures(val), test },
  };
  const inputs = join(folder, 'pixels.u8');
  await writeInputs(inputs, patients * filmsPerPatient, geometry.size);
  const client: TaskPackage['client'] = {
    writeFormats: (input) => writeFormats(stored, input, predictWith(stored)),
    verifyExamples: ({ folder: at }) => verifyExamples(at, () => Promise.resolve()),
  };
  const written = await exportPackage({
    ...{
      to: join(folder, 'package'),
      formats: ['onnx', 'tfjs'],
      test: null,
      inputs,
      client,
      backend: 'cpu',
      pooledAs,
    },
    facts: { ...made.facts, manifest, model },
    validation: made.validation,
    modelFolder: join(folder, 'model'),
    findPicture: (image) => Promise.resolve({ fileName: image, thumbnail: null }),
  });
  return { folder: written.folder, stored, client };
}
