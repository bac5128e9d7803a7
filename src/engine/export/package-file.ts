import { type ModelPackage, packageFormatVersion } from '../../contract/package.ts';
import type { ExportFormat } from '../../contract/run.ts';
import { inputVersion } from '../../contract/decode.ts';
import { classesOf, taskOf } from '../../contract/learning-task.ts';
import type { ModelFile } from '../../contract/run-folder.ts';
import { describedNetwork } from '../../nn/described-network.ts';
import { headLayer, outputShapes } from '../../nn/network.ts';
import { tfjsForm } from '../../nn/writers/tfjs-form.ts';
import { evaluationSeed } from '../evaluate/evaluate.ts';
import { type Evaluated, namedMetrics, type RunFacts, researchUse, wordingFor } from '../report/facts.ts';
import { overlapOf, strideOf, wholeEdge } from '../../core/tiles.ts';
import { outputMeaning, tilesMeaning } from './output-words.ts';
import { inputRange, preprocessingSteps } from './preprocessing.ts';

export interface Decision {
  /** null with more than two classes: the largest probability decides. */
  readonly operatingPoint: ModelPackage['operatingPoint'];
  readonly calibration: ModelPackage['calibration'];
  readonly thresholds?: ModelPackage['thresholds'];
  /** On studies or patients, where the run was evaluated on them. */
  readonly pooled?: ModelPackage['pooled'];
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
  const task = taskOf(model);
  const { intendedUse, caveats, metrics } = wordingFor(facts);
  const network = describedNetwork(model.network, geometry, task);
  return {
    // One that sees whole pictures is read by earlier versions too.
    formatVersion: model.tiles ? packageFormatVersion : 2,
    kind: 'model',
    name: project.name,
    createdAt,
    use: researchUse,
    intendedUse,
    caveats: [...caveats],
    generated: manifest.generated,
    run: run.run,
    task,
    network: { id: model.network.id, scale: model.network.scale, parameters: run.parameters },
    weightsSha256: model.weightsSha256,
    formats: [...formats],
    ...(formats.includes('tfjs') ? { tfjsForm: tfjsForm(network) } : {}),
    input: {
      name: 'image',
      size: geometry.size,
      channels: geometry.channels,
      layout: 'NHWC',
      type: 'float32',
      range: inputRange(model),
    },
    ...tableInput(model),
    preprocessing: preprocessingSteps(model),
    ...tiledInput(model),
    inputVersion,
    output: {
      name: 'probabilities',
      activation: network.head.activation,
      shape: [...outputShapes(network).get(headLayer(network).name)!],
      meaning: outputMeaning(task, decision.operatingPoint, model.tiles ?? null),
    },
    classes: [...classesOf(task)],
    ...decision,
    outOfScope: {
      gate: null,
      note: 'This version has no gate: the model answers for any picture, also for one of another kind.',
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
      level: test.evaluation.level,
      pooling: test.evaluation.pooling,
      unit: test.evaluation.unit,
      metrics: inOrder(test.evaluation.metrics, metrics),
      warnings: test.evaluation.warnings,
    },
  };
}

/** What pictures are cut into. */
function tiledInput({ tiles }: ModelFile): Pick<ModelPackage, 'tiles'> {
  if (!tiles) return {};
  const { edge, grid } = tiles;
  const [whole, stride, overlap] = [wholeEdge(tiles), strideOf(tiles), overlapOf(tiles)];
  return { tiles: { edge, grid, whole, stride, overlap, meaning: tilesMeaning(tiles) } };
}

/** The main ones first, as everything prints them. */
function inOrder(metrics: Evaluated['evaluation']['metrics'], main: readonly string[]): typeof metrics {
  return Object.fromEntries(namedMetrics(metrics, main).map(({ key }) => [key, metrics[key]!]));
}

/** The second input of a model that reads the clinical table. */
function tableInput({ network, table }: ModelFile): Pick<ModelPackage, 'table'> {
  if (!network.table || !table) return {};
  return { table: { name: 'table', type: 'float32', use: network.table.use, ...table } };
}
