import { ReadroomError } from '../../contract/errors.ts';
import type { EvaluationLevel, PoolingRule } from '../../contract/evaluation.ts';
import type { LearningTask } from '../../contract/learning-task.ts';
import type { PooledAs } from '../export/decision.ts';
import type { DecisionPoints } from '../export/read-package.ts';
import { poolingFor } from '../evaluate/levels.ts';

/** How images are pooled, and from what of that on a class is given. */
export interface PooledDecision extends DecisionPoints, PooledAs {
  /** What the points were chosen on; null: nothing is decided by any. */
  readonly chosenOn: 'pooled' | 'images' | null;
  readonly warnings: readonly string[];
}

/** What is known of a model's decisions. */
export interface PooledKnowledge {
  readonly task: LearningTask;
  /** On single images. */
  readonly points: DecisionPoints;
  /** How the model was evaluated on groups; null: it was not. */
  readonly evaluatedAs: PooledAs | null;
  /** The points for groups, or a sentence why there are none. */
  choose(as: PooledAs): DecisionPoints | string;
}

const levelNouns = { study: 'studies', patient: 'patients' } as const;

/**
 * How is decided on studies or patients: by thresholds of validation pooled alike, and where there are none by those of
 * single images, which it then says.
 *
 * @param wanted without, as the model was evaluated; else the mean
 * @throws ReadroomError `usage` for masks, and for a rule that the task does not have
 */
export function decidePooled(
  { task, points, evaluatedAs, choose }: PooledKnowledge,
  level: Exclude<EvaluationLevel, 'image'>,
  wanted: PoolingRule | undefined,
): PooledDecision {
  if (task.kind === 'segmentation') {
    throw new ReadroomError(
      'usage',
      `Masks are of single images: they cannot be pooled to a ${level}.`,
      'Ask on the level of images.',
    );
  }
  const evaluated = evaluatedAs?.level === level ? evaluatedAs.pooling : undefined;
  const as = { level, pooling: poolingFor(task, level, wanted ?? evaluated) ?? 'mean' };
  if (points.operatingPoint === null && points.thresholds === null)
    return { ...as, ...points, chosenOn: null, warnings: [] };
  const chosen = choose(as);
  if (typeof chosen !== 'string') return { ...as, ...chosen, chosenOn: 'pooled', warnings: [] };
  const what = points.thresholds === null ? 'The threshold was' : 'The thresholds were';
  const warning = `${what} chosen on single images, not on ${levelNouns[level]}, and may not fit them: ${chosen}`;
  return { ...as, ...points, chosenOn: 'images', warnings: [warning] };
}
