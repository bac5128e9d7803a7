import { ReadroomError } from '../../contract/errors.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import type { PlannedRun } from './train.ts';

export interface RerunResult {
  run: string;
  rerun: string;
  same: boolean;
  weightsSha256: [string, string];
}

/** Trains again and says whether the weights are the same, bit for bit. @throws ReadroomError `cancelled`, `runNotFinished` */
export async function rerunAndCompare(
  session: ProjectSession,
  run: string,
  plan: PlannedRun,
  context: JobContext,
): Promise<RerunResult> {
  const first = session.runs.get(run);
  const second = await plan.train(context);
  if (second.status === 'paused') {
    throw new ReadroomError(
      'runNotFinished',
      `The second training was paused before its end, so there is nothing to compare yet; it is run ${second.run}.`,
      'Resume it, then compare the checksums of both runs.',
      { run: second.run },
    );
  }
  if (second.status !== 'completed') {
    throw new ReadroomError(
      'cancelled',
      `The second training was stopped before its end, so there is nothing to compare; it is run ${second.run}.`,
      `Go on with: readroom train PROJECT --resume ${second.run}`,
      { run: second.run },
    );
  }
  const weightsSha256: [string, string] = [first.weightsSha256 ?? '', second.weightsSha256 ?? ''];
  return { run: first.run, rerun: second.run, same: weightsSha256[0] === weightsSha256[1], weightsSha256 };
}
