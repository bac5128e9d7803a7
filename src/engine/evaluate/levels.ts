import { ReadroomError } from '../../contract/errors.ts';
import type { EvaluationLevel, PoolingRule } from '../../contract/evaluation.ts';
import { isSameTruth, type LearningTask, type Truth } from '../../contract/learning-task.ts';
import type { Manifest, Predictions } from '../../contract/run-folder.ts';
import { poolAnswers } from '../../core/pooling.ts';
import { counted } from '../../core/words.ts';

/** What an evaluation judges. */
export interface Judged {
  readonly level: EvaluationLevel;
  /** Null where images are judged. */
  readonly pooling: PoolingRule | null;
  /** Place of the positive class of two; null: there is none. */
  readonly positive: number | null;
}

/** What was predicted of an image, or of a study or patient from its images. */
export type JudgedRow = Predictions['rows'][number] & { readonly images: readonly string[] };

/** One image's group and truth, for the question whether it can be pooled. */
interface Member {
  readonly image: string;
  readonly patient: string;
  readonly study?: string | null | undefined;
  readonly truth: Truth;
}

/** The pooling of a request; the mean unless said. @throws ReadroomError `usage` where the task or the level has none */
export function poolingFor(
  { kind, ...task }: LearningTask,
  level: EvaluationLevel,
  wanted: PoolingRule | undefined,
): PoolingRule | null {
  if (level === 'image') {
    if (wanted === undefined) return null;
    throw new ReadroomError(
      'usage',
      `Images are judged one by one, so nothing is pooled by ${wanted}.`,
      'Choose study or patient as the level, or leave the pooling out.',
    );
  }
  if (kind === 'segmentation') {
    throw new ReadroomError(
      'usage',
      `Masks are judged image by image: they cannot be pooled to a ${level}.`,
      'Evaluate on the level of images; the intervals resample patients.',
    );
  }
  const pooling = wanted ?? 'mean';
  if (kind === 'regression' && pooling !== 'mean')
    throw new ReadroomError('usage', `Numbers are pooled by their mean, not by ${pooling}.`, 'Choose mean.');
  if (pooling === 'noisyOr' && kind !== 'multiLabel' && 'classes' in task && task.classes.length !== 2) {
    throw new ReadroomError(
      'usage',
      `Noisy-or pools two classes or several labels, and these are ${task.classes.length} classes.`,
      'Choose mean or max.',
    );
  }
  return pooling;
}

/**
 * Refuses what cannot be pooled: images of no known study, and groups whose images differ in what is true. Asked of a
 * manifest, so that the test part is not opened in vain.
 *
 * @param nameOf an image's file name; its id where it has none
 * @throws ReadroomError `usage`
 */
export function refuseUnpoolable(
  { rows }: Pick<Manifest, 'rows'>,
  level: EvaluationLevel,
  split: 'val' | 'test',
  nameOf: (image: string) => string,
): void {
  if (level === 'image') return;
  // The threshold is chosen on validation pooled alike.
  for (const part of new Set(['val', split] as const))
    refuseMembers(
      rows[part].map(({ label, ...row }) => ({ ...row, truth: label })),
      { level, part, nameOf },
    );
}

function refuseMembers(
  rows: readonly Member[],
  {
    level,
    part,
    nameOf,
  }: { level: 'study' | 'patient'; part: 'val' | 'test'; nameOf: (image: string) => string },
): void {
  const groups = new Map<string, Member>();
  let withoutGroup = 0;
  const differing = new Map<string, readonly [Member, Member]>();
  for (const row of rows) {
    const group = groupOf(row, level);
    if (group === null) {
      withoutGroup++;
      continue;
    }
    const first = groups.get(group);
    if (!first) groups.set(group, row);
    else if (first.patient !== row.patient || !isSameTruth(first.truth, row.truth))
      differing.set(group, differing.get(group) ?? [first, row]);
  }
  const partWord = part === 'val' ? 'validation' : 'test';
  if (withoutGroup > 0) {
    throw new ReadroomError(
      'usage',
      `${withoutGroup} of ${counted(rows.length, `${partWord} image`)} are of no known study, so studies cannot be judged.`,
      'Evaluate on the level of patients or images, or import with studies and train again.',
    );
  }
  const [example] = differing.values();
  if (example) {
    const [a, b] = example.map(({ image }) => nameOf(image));
    throw new ReadroomError(
      'usage',
      `${counted(differing.size, level)} of the ${partWord} part ${differing.size === 1 ? 'has' : 'have'} images that differ in what is true, such as ${a} and ${b}: one answer cannot be right for all of them.`,
      `Evaluate on the level of images, or give all images of a ${level} one label and train again.`,
    );
  }
}

const groupOf = ({ patient, study }: Pick<Member, 'patient' | 'study'>, level: 'study' | 'patient') =>
  level === 'patient' ? patient : (study ?? null);

/** A part's rows as they are judged. @throws ReadroomError `usage` for what cannot be pooled */
export function judgedRows(
  predictions: Pick<Predictions, 'rows' | 'split'>,
  task: LearningTask,
  { level, pooling, positive }: Judged,
): JudgedRow[] {
  const { rows, split } = predictions;
  if (level === 'image' || pooling === null) return rows.map((row) => ({ ...row, images: [row.image] }));
  refuseMembers(rows, { level, part: split, nameOf: (image) => image });
  const members = Map.groupBy(rows, (row) => groupOf(row, level)!);
  return [...members.values()].map((ofGroup) => {
    const { image, patient, study = null, truth } = ofGroup[0]!;
    const images = ofGroup.map((row) => row.image);
    const answers = ofGroup.map(({ probabilities }) => probabilities);
    const probabilities = poolAnswers(task, answers, pooling, positive);
    return { image, images, patient, study: level === 'study' ? study : null, truth, probabilities };
  });
}
