import type { EvaluationLevel } from '../../contract/evaluation.ts';
import { classOf, type LearningTask } from '../../contract/learning-task.ts';
import type { Manifest } from '../../contract/run-folder.ts';
import { counted } from '../../core/words.ts';
import type { JudgedRow } from './levels.ts';

const fewPatients = 30;
const fewRows = 10;

export interface WarningFacts {
  readonly rows: readonly JudgedRow[];
  readonly split: 'val' | 'test';
  readonly level: EvaluationLevel;
  readonly task: LearningTask;
  readonly manifest: Manifest;
  readonly patients: number;
  readonly testOpenings: number;
  /** Whether validation gave the points at which is decided. */
  readonly pointChosen: boolean;
}

/** What a reader of an evaluation must know before its figures, a sentence each. */
export function warningsOf(facts: WarningFacts): string[] {
  const { split, task, manifest, patients, testOpenings, pointChosen } = facts;
  const warnings: string[] = [];
  if (manifest.splitBy === 'image') warnings.push('Split by image: figures may be inflated.');
  if (manifest.generated) {
    warnings.push('Generated pictures: these figures show how the program works and claim nothing clinical.');
  }
  if (split === 'val') {
    const point = task.kind === 'multiLabel' ? 'thresholds' : 'operating point';
    const chosen = pointChosen ? `the epoch and the ${point} were` : 'the epoch was';
    warnings.push(`Validation figures: ${chosen} chosen on these very images, so they flatter.`);
  } else if (testOpenings > 1) {
    warnings.push(
      `The test set has been opened ${testOpenings} times: each look makes its figures a little less independent.`,
    );
  }
  if (patients === 1) {
    warnings.push('All images come from one patient: intervals over patients cannot be given.');
  } else if (patients < fewPatients) {
    warnings.push(`Only ${patients} patients: intervals are wide and may still be too narrow.`);
  }
  return [...warnings, ...rangeWarnings(facts), ...classWarnings(facts)];
}

/** Of a regression: true numbers beyond those that were learned. */
function rangeWarnings({ rows, split, level, task, manifest }: WarningFacts): string[] {
  if (task.kind !== 'regression') return [];
  const learned = manifest.rows.train.map(({ label }) => classOf(label));
  const lowest = learned.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = learned.reduce((a, b) => Math.max(a, b), -Infinity);
  const beyond = rows.filter(({ truth }) => classOf(truth) < lowest || classOf(truth) > highest).length;
  if (beyond === 0) return [];
  const range = [`${lowest} to ${highest}`, task.unit].filter(Boolean).join(' ');
  const noun = level === 'image' ? `${split} image` : `${split} ${level}`;
  return [
    `${counted(beyond, noun)} ${beyond === 1 ? 'has' : 'have'} a number beyond those of the training part (${range}).`,
  ];
}

function classWarnings({ rows, split, level, task }: WarningFacts): string[] {
  if (task.kind === 'regression') return [];
  const { kind } = task;
  return task.classes.flatMap((name, label) => {
    const ofClass = rows.filter((row) => isOfClass(row, label, kind));
    const noun = level === 'image' ? `${split} image` : `${split} ${level}`;
    if (ofClass.length === 0)
      return [`No ${noun} ${kind === 'multiLabel' ? 'shows' : 'is of'} class "${name}".`];
    if (ofClass.length < fewRows) return [`Class "${name}" has only ${counted(ofClass.length, noun)}.`];
    const groups = new Set(ofClass.map(({ patient }) => patient)).size;
    return groups === 1 ? [`All ${split} images of class "${name}" come from one patient.`] : [];
  });
}

function isOfClass({ truth, regions }: JudgedRow, label: number, kind: LearningTask['kind']): boolean {
  if (kind === 'segmentation') {
    const region = regions?.[label];
    return region !== undefined && region.truePositives + region.falseNegatives > 0;
  }
  return typeof truth === 'number' ? truth === label : truth.includes(label);
}
