import type { Evaluation, RunResult } from '../../contract/run.ts';
import type { Manifest, ModelFile, Predictions } from '../../contract/run-folder.ts';

/** What a report and a package say of a run. Gathered by the caller; nothing here is looked up again. */
export interface RunFacts {
  readonly project: { readonly name: string; readonly template: string };
  readonly run: RunResult;
  readonly manifest: Manifest;
  readonly model: ModelFile;
  /** Of the project when the split was made, or now. */
  readonly data: {
    readonly images: number;
    readonly patients: number;
    /** Whether patients are known; else each image is its own group. */
    readonly patientsKnown: boolean;
    readonly unlabelled: number;
    readonly missing: number;
    /** Files that imports refused, by error code; null when that was not kept. */
    readonly refused: Readonly<Record<string, number>> | null;
  };
  readonly labels: {
    /** How the label of record is made, e.g. `single reader`. */
    readonly rule: string;
    readonly readers: number;
  };
  readonly split: {
    readonly seed: number;
    /** Parts that came with the imported folders rather than from the seed. */
    readonly imported: boolean;
  };
  /** Programs and libraries with their versions, `readroom` among them. */
  readonly versions: Readonly<Record<string, string>>;
  /** When the report or package is made, ISO 8601 in UTC. */
  readonly createdAt: string;
}

/** Figures of one part with the predictions they came from. */
export interface Evaluated {
  readonly evaluation: Evaluation;
  readonly predictions: Predictions;
}

/** The reason a figure may not be taken further, as every output prints it. */
export const researchUse =
  'Research use only. Not a medical device; not for diagnosis or treatment. A prediction is a second opinion for a qualified reader, never a finding.';

export interface Badge {
  readonly text: string;
  readonly warn: boolean;
}

/** Words that stand beside the title, not in a footnote. */
export function badgesOf(facts: RunFacts, evaluation: Evaluation | null): Badge[] {
  const { manifest, run } = facts;
  return [
    manifest.generated && { text: 'GENERATED', warn: true },
    manifest.splitBy === 'image' && { text: 'SPLIT BY IMAGE', warn: true },
    evaluation === null && { text: 'NOT EVALUATED', warn: true },
    evaluation?.split === 'val' && { text: 'VALIDATION FIGURES', warn: true },
    onProcessor(run) && { text: 'CPU', warn: false },
    { text: 'RESEARCH USE ONLY', warn: false },
  ].filter((badge) => badge !== false);
}

function onProcessor(run: RunResult): boolean {
  return run.device !== null && !/gpu|cuda|nvidia|webgpu/i.test(`${run.backend ?? ''} ${run.device}`);
}

/** Names of metrics in the order in which they are shown. */
const metricNames: readonly (readonly [key: string, name: string])[] = [
  ['auc', 'AUC'],
  ['accuracy', 'Accuracy'],
  ['balancedAccuracy', 'Balanced accuracy'],
  ['sensitivity', 'Sensitivity (recall)'],
  ['specificity', 'Specificity'],
  ['precision', 'Precision (PPV)'],
  ['npv', 'NPV'],
  ['f1', 'F1'],
  ['kappa', "Cohen's kappa"],
  ['top5', 'Top-5 accuracy'],
  ['brier', 'Brier score'],
  ['ece', 'ECE (equal width)'],
  ['eceEqualMass', 'ECE (equal mass)'],
];

/** The metrics that are there, known ones first and by their names. */
export function namedMetrics(metrics: Evaluation['metrics']): { key: string; name: string }[] {
  const known = metricNames.filter(([key]) => key in metrics).map(([key, name]) => ({ key, name }));
  const others = Object.keys(metrics)
    .filter((key) => !known.some((one) => one.key === key))
    .sort()
    .map((key) => ({ key, name: key }));
  return [...known, ...others];
}

/** One sentence on why training ended. */
export function stopSentence(run: RunResult): string {
  const { stoppedBecause, bestEpoch, epochs, recipe } = run;
  const kept =
    bestEpoch === null ? 'the last weights were kept' : `the weights of epoch ${bestEpoch} were kept`;
  const monitor = recipe.earlyStopping.monitor === 'valLoss' ? 'validation loss' : 'validation accuracy';
  switch (stoppedBecause) {
    case 'completed':
      return `All ${epochs} epochs were trained; ${kept}.`;
    case 'earlyStopping':
      return `Stopped after epoch ${epochs}: ${monitor} had not improved for ${recipe.earlyStopping.patience} epochs; ${kept}.`;
    case 'nonFiniteLoss':
      return `Stopped in epoch ${epochs}: the loss was not finite; the last good checkpoint was kept.`;
    case 'cancelled':
      return `Stopped by a person after ${epochs} epochs; ${kept}.`;
    default:
      return `Ended after ${epochs} epochs without a recorded reason; ${kept}.`;
  }
}
