import { ReadroomError } from '../../contract/errors.ts';
import type { EngineEvent } from '../../contract/events.ts';
import { runStatusWord } from '../../core/words.ts';
import type { Jobs } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { moveRun } from './move-run.ts';
import type { PlannedRun } from './train.ts';
import type { QueuedTraining, TrainingQueue } from './training-queue.ts';

/** A planned run whose training waits for its turn first. */
export function inTurn(queue: TrainingQueue, training: QueuedTraining, planned: PlannedRun): PlannedRun {
  return {
    run: planned.run,
    train: (context) => queue.takeTurn(training, context, (hold) => planned.train(context, hold)),
  };
}

interface QueueTools {
  queue: TrainingQueue;
  publish(event: EngineEvent): void;
}

/** Holds a run back that waits or trains; its job ends with the run as its result. @throws ReadroomError `usage` */
export function pauseRun(session: ProjectSession, reference: string, { queue, publish }: QueueTools): void {
  const { run, status } = session.runs.get(session.runs.find(reference));
  if (queue.hold(session.id, run) || status === 'paused') return;
  // One that waits to be taken up again: no engine had its queue since.
  if (status === 'queued') {
    moveRun(session, run, 'pause', publish);
    return;
  }
  throw new ReadroomError(
    'usage',
    `Run ${run} is ${runStatusWord(status)}.`,
    'Only a run that waits or trains can be paused.',
  );
}

/** Ends a run that waits, trains or is paused; one that has ended already stays as it is. */
export function stopRun(
  session: ProjectSession,
  reference: string,
  { queue, jobs, publish }: QueueTools & { jobs: Jobs },
): void {
  const { run, status } = session.runs.get(session.runs.find(reference));
  const job = queue.jobOf(session.id, run);
  if (job !== null) jobs.cancel(job);
  else if (status === 'paused' || status === 'queued') moveRun(session, run, 'cancel', publish);
}
