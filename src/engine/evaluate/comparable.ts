import { ReadroomError } from '../../contract/errors.ts';
import type { Evaluation, EvaluationLevel } from '../../contract/evaluation.ts';
import { isSameTruth, type LearningTask } from '../../contract/learning-task.ts';
import type { Manifest } from '../../contract/run-folder.ts';
import { wordsOfTask } from '../../core/learning-task.ts';
import { counted, listed } from '../../core/words.ts';
import type { JudgedRow } from './levels.ts';

/** An evaluated run with what it is compared by. */
export interface ComparedSide {
  readonly run: string;
  /** In quotation marks, and told apart from others of the same name. */
  readonly called: string;
  readonly task: LearningTask;
  readonly evaluation: Evaluation;
  readonly rows: readonly JudgedRow[];
  readonly manifest: Pick<Manifest, 'datasetVersion' | 'fold'>;
  /** Edge at which masks are judged, in pixels. */
  readonly size: number;
}

/** What one row of an evaluation is of. */
export function caseOf({ image, study, patient }: JudgedRow, level: EvaluationLevel): string {
  return level === 'image' ? image : level === 'patient' ? patient : (study ?? image);
}

/** @throws ReadroomError `usage` where two runs were not judged on the same by the same, in a sentence that says how */
export function refuseIncomparable(first: ComparedSide, second: ComparedSide): void {
  const why = otherTask(first, second) ?? otherJudging(first, second) ?? otherRows(first, second);
  if (why !== null) throw new ReadroomError('usage', why.message, why.hint);
}

interface Reason {
  readonly message: string;
  readonly hint: string;
}

function otherTask(first: ComparedSide, second: ComparedSide): Reason | null {
  const [a, b] = [first.task, second.task];
  const both = `${first.called} and ${second.called}`;
  const hint = 'Compare runs that learned the same.';
  if (familyOf(a) !== familyOf(b))
    return {
      message: `${both} learned different things, ${wordsOfTask(a.kind)} and ${wordsOfTask(b.kind)}, so their figures cannot be compared.`,
      hint,
    };
  if (a.kind === 'regression' && b.kind === 'regression' && a.unit !== b.unit)
    return {
      message: `${both} say numbers in different units, ${a.unit || 'none'} and ${b.unit || 'none'}.`,
      hint,
    };
  const [ofFirst, ofSecond] = [first.evaluation.classes, second.evaluation.classes];
  if (JSON.stringify(ofFirst) === JSON.stringify(ofSecond)) return null;
  return {
    message: `${both} tell different classes apart: ${listed(ofFirst)}, and ${listed(ofSecond)}.`,
    hint: 'Compare runs with the same classes in the same order; train one of them again if classes were changed.',
  };
}

/** One sigmoid or two outputs: two classes all the same. */
const familyOf = ({ kind }: LearningTask): string => (kind === 'binary' ? 'multiClass' : kind);

function otherJudging(first: ComparedSide, second: ComparedSide): Reason | null {
  const [a, b] = [first.evaluation, second.evaluation];
  const words = [a, b].map(({ level, pooling }) =>
    pooling === null ? `${level} by ${level}` : `by ${level}, pooled by ${poolingWords[pooling]}`,
  );
  if (words[0] !== words[1])
    return {
      message: `${first.called} was judged ${words[0]} and ${second.called} ${words[1]}.`,
      hint: 'Evaluate both at the same level, with the same pooling.',
    };
  if (a.positive !== b.positive)
    return {
      message: `${first.called} was judged with ${a.positive} as the positive class and ${second.called} with ${b.positive}.`,
      hint: 'Evaluate both with the same positive class.',
    };
  return null;
}

const poolingWords = { mean: 'the mean', max: 'the highest', noisyOr: 'noisy-or' } as const;

function otherRows(first: ComparedSide, second: ComparedSide): Reason | null {
  const { level } = first.evaluation;
  const noun = `${partOf(first)} ${level}`;
  const byCase = new Map(second.rows.map((row) => [caseOf(row, level), row]));
  const pairs = first.rows.flatMap((row) => {
    const other = byCase.get(caseOf(row, level));
    return other === undefined ? [] : [{ row, other }];
  });
  const again = 'Compare runs of one split, or train them again on the split as it is now.';
  const [fewer, more] = [first.rows.length - pairs.length, second.rows.length - pairs.length];
  if (fewer > 0 || more > 0)
    return {
      message: `${first.called} and ${second.called} were judged on different images: ${counted(fewer, noun)} of the first and ${more} of the second are not in the other.`,
      hint: again,
    };
  const imagesOf = ({ images }: JudgedRow): string => [...images].sort().join();
  const grouped = pairs.filter(
    ({ row, other }) => row.patient !== other.patient || imagesOf(row) !== imagesOf(other),
  );
  if (grouped.length > 0)
    return {
      message: `${first.called} and ${second.called} put ${counted(grouped.length, noun)} to other patients or other images, so they cannot be paired.`,
      hint: again,
    };
  const said = otherTruths(first, second, pairs);
  return said === null
    ? null
    : { message: said, hint: 'Train the older one again on the labels as they are now.' };
}

function otherTruths(
  first: ComparedSide,
  second: ComparedSide,
  pairs: readonly { readonly row: JudgedRow; readonly other: JudgedRow }[],
): string | null {
  const both = `${first.called} and ${second.called}`;
  // Of masks a row says where its mask stands, which tells nothing of what is drawn.
  if (first.task.kind === 'segmentation')
    return first.manifest.datasetVersion === second.manifest.datasetVersion
      ? null
      : `${both} are of different dataset versions, so what is drawn may have changed between them.`;
  const differing = pairs.filter(({ row, other }) => !isSameTruth(row.truth, other.truth)).length;
  if (differing === 0) return null;
  const noun = `${partOf(first)} ${first.evaluation.level}`;
  return `${both} were judged by different labels on ${counted(differing, noun)}: labels were changed between the two trainings.`;
}

const partOf = ({ evaluation: { split } }: ComparedSide): string =>
  split === 'test' ? 'test' : 'validation';
