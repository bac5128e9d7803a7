import { ReadroomError } from '../../contract/errors.ts';
import { isSameTruth, type LearningTask, taskOf } from '../../contract/learning-task.ts';
import type { Manifest, ManifestRow, Predictions } from '../../contract/run-folder.ts';
import { counted } from '../../core/words.ts';

/**
 * Refuses predictions that are not what a run's network says of its part.
 *
 * @throws ReadroomError `emptySplit`, `badCheckpoint`
 */
export function checkPredictions(predictions: Predictions, manifest: Manifest): void {
  const { split, rows, run } = predictions;
  const expected = manifest.rows[split];
  if (expected.length === 0) {
    throw new ReadroomError(
      'emptySplit',
      `Run ${run} has no ${split} images.`,
      `Make a split with a ${split} part, then train again.`,
    );
  }
  const task = taskOf(manifest);
  const same =
    rows.length === expected.length &&
    rows.every((row, i) => {
      const { image, label } = expected[i]!;
      return row.image === image && isSameTruth(row.truth, label) && fits(row, task);
    });
  if (!same) {
    throw new ReadroomError(
      'badCheckpoint',
      `The ${split} predictions of run ${run} do not belong to its manifest.`,
      'Delete the predictions folder of the run and evaluate again.',
    );
  }
}

/** Whether a row holds an answer of the task, every number of it one. */
function fits({ probabilities, regions }: Predictions['rows'][number], task: LearningTask): boolean {
  if (task.kind === 'segmentation') return regions?.length === task.classes.length;
  const width = task.kind === 'regression' ? 1 : task.classes.length;
  return probabilities.length === width && probabilities.every(Number.isFinite);
}

/** How many patients lie in more than one part of a run, whatever its split was meant to be. */
export function patientsInSeveralParts(manifest: Manifest): number {
  const groupsOf = (rows: readonly ManifestRow[]): Set<string> => new Set(rows.map((row) => row.patient));
  const all = [manifest.rows.train, manifest.rows.val, manifest.rows.test].map(groupsOf);
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const patient of all.flatMap((groups) => [...groups]))
    (seen.has(patient) ? shared : seen).add(patient);
  return shared.size;
}

/** @throws ReadroomError `splitLeak` where a patient lies in two parts of a split by patient */
export function checkGroups(manifest: Manifest): void {
  const shared = manifest.splitBy === 'patient' ? patientsInSeveralParts(manifest) : 0;
  if (shared > 0) {
    throw new ReadroomError(
      'splitLeak',
      `${counted(shared, 'patient')} of run ${manifest.run} ${shared === 1 ? 'lies' : 'lie'} in more than one part, though its split is by patient.`,
      'Make the split again and train again; figures of this run cannot be trusted.',
    );
  }
}
