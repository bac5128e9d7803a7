import type { Evaluation, RunResult } from '../../contract/run.ts';
import { taskOf } from '../../contract/learning-task.ts';
import type { Manifest, ModelFile, Predictions } from '../../contract/run-folder.ts';
import { type ModelWording, wordingOf } from '../../core/templates/wording.ts';

export { namedMetrics } from '../../core/metric-names.ts';
export { stopSentence } from '../../core/stop-sentence.ts';

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

/** What the project's template says of a model of it. */
export const wordingFor = ({ project, manifest }: Pick<RunFacts, 'project' | 'manifest'>): ModelWording =>
  wordingOf(project.template, taskOf(manifest));

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
  return run.device !== null && /^cpu\b/i.test(run.device);
}
