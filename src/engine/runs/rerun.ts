import type { ReproductionCertificate } from '../../contract/certificate.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { certificateOf } from './certificate.ts';
import type { PlannedRun } from './train.ts';

export interface RerunResult {
  run: string;
  rerun: string;
  same: boolean;
  weightsSha256: [string, string];
  certificate: ReproductionCertificate;
}

/** Trains again and says whether the weights are the same, bit for bit. @throws ReadroomError `cancelled`, `runNotFinished` */
export async function rerunAndCompare(
  session: ProjectSession,
  run: string,
  plan: PlannedRun,
  context: JobContext,
): Promise<RerunResult> {
  const second = await plan.train(context);
  if (second.status === 'paused') {
    throw new ReadroomError(
      'runNotFinished',
      `The second training was paused before its end, so there is nothing to compare yet; it is run ${second.run}.`,
      'Resume it: both are compared when it has ended.',
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
  const certificate = await certificateOf(session, second.run);
  if (certificate === null) {
    throw new ReadroomError(
      'unknownRun',
      `Run ${run} was removed while it was trained again, so there is nothing to compare; the second training is run ${second.run}.`,
      'Train that one again to see whether its weights are the same.',
      { run: second.run },
    );
  }
  const { first, same } = certificate;
  const weightsSha256: [string, string] = [first.weightsSha256 ?? '', second.weightsSha256 ?? ''];
  return { run: first.run, rerun: second.run, same, weightsSha256, certificate };
}
