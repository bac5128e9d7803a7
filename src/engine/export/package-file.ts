import { type ModelPackage, packageFormatVersion } from '../../contract/package.ts';
import type { ExportFormat } from '../../contract/run.ts';
import { inputVersion } from '../../contract/decode.ts';
import type { ModelFile } from '../../contract/run-folder.ts';
import { findNetwork } from '../../nn/models/index.ts';
import { classHead, type Network } from '../../nn/network.ts';
import { tfjsForm } from '../../nn/writers/tfjs-form.ts';
import { evaluationSeed } from '../evaluate/evaluate.ts';
import { type Evaluated, type RunFacts, researchUse } from '../report/facts.ts';
import { inputRange, preprocessingSteps } from './preprocessing.ts';

export interface Decision {
  /** null with more than two classes: the largest probability decides. */
  readonly operatingPoint: ModelPackage['operatingPoint'];
  readonly calibration: ModelPackage['calibration'];
}

export interface PackageFileRequest {
  readonly facts: RunFacts;
  readonly formats: readonly ExportFormat[];
  readonly examples: number;
  readonly decision: Decision;
  /** Of the test part; null when it was never opened for this run. */
  readonly test: Evaluated | null;
}

/** The content of `readroom.json`. */
export function packageFile({ facts, formats, examples, decision, test }: PackageFileRequest): ModelPackage {
  const { project, run, manifest, model, split, versions, createdAt } = facts;
  const { geometry } = model;
  return {
    formatVersion: packageFormatVersion,
    kind: 'model',
    name: project.name,
    createdAt,
    use: researchUse,
    generated: manifest.generated,
    run: run.run,
    task: 'classification',
    network: { id: model.network.id, scale: model.network.scale, parameters: run.parameters },
    weightsSha256: model.weightsSha256,
    formats: [...formats],
    ...(formats.includes('tfjs') ? { tfjsForm: tfjsForm(networkOf(model)) } : {}),
    input: {
      name: 'image',
      size: geometry.size,
      channels: geometry.channels,
      layout: 'NHWC',
      type: 'float32',
      range: inputRange(model),
    },
    preprocessing: preprocessingSteps(model),
    inputVersion,
    output: { name: 'probabilities', activation: 'softmax' },
    classes: [...model.classes],
    ...decision,
    outOfScope: {
      gate: null,
      note: 'This version has no gate: the model names a class for any picture, also for one of another kind.',
    },
    examples: { folder: 'examples', count: examples },
    datasetVersion: run.datasetVersion,
    splitBy: manifest.splitBy,
    recipe: run.recipe,
    seeds: { training: run.recipe.seed, split: split.seed, evaluation: evaluationSeed },
    versions: { ...versions },
    testMetrics: test && {
      n: test.evaluation.n,
      patients: test.evaluation.patients,
      testOpenings: test.evaluation.testOpenings,
      metrics: test.evaluation.metrics,
      warnings: test.evaluation.warnings,
    },
  };
}

function networkOf({ network: { id, scale, dropout }, geometry, classes }: ModelFile): Network {
  const { size, channels } = geometry;
  return findNetwork(id).build({ size, channels, head: classHead(classes.length), scale, dropout });
}
