import type { RunResult } from '../../contract/run.ts';
import type { TrainingAhead } from '../../contract/workers.ts';
import type { RunTransition } from '../../core/run-state.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { toStoredError } from '../system-errors.ts';
import { askedEnd } from './asked-end.ts';
import { certificateOf } from './certificate.ts';
import { moveRun } from './move-run.ts';
import { onceThereIsRoom } from './once-there-is-room.ts';
import { noteEnvironment } from './run-environment.ts';
import { superviseTraining, trainerFor, type TrainingDependencies, type TrainingTurn } from './supervise.ts';
import type { Trainer } from './trainer.ts';

/**
 * Prepares a queued run's folder and trains it. A run that was asked to end on the way, or before it began, is
 * returned as it then stands: paused, cancelled, interrupted or still queued; a failure is thrown, and stands in its row.
 *
 * @param prepare says what is known of the training before its pictures are prepared, and the trainer starts beside that
 */
export async function performTraining(
  session: ProjectSession,
  run: string,
  turn: TrainingTurn,
  dependencies: TrainingDependencies,
  prepare: (context: JobContext, ahead: (known: TrainingAhead) => void) => Promise<void>,
): Promise<RunResult> {
  const { context, hold } = turn;
  const move = (transition: RunTransition): void => moveRun(session, run, transition, dependencies.publish);
  const asked = AbortSignal.any([context.signal, hold]);
  const wasAsked = (): boolean => asked.aborted;
  const end = (): 'stopped' | 'pause' | 'died' => askedEnd({ signal: context.signal, hold });
  const ended = (): RunResult => {
    session.runs.update(run, { endedAt: new Date().toISOString() });
    return session.runs.get(run);
  };
  if (wasAsked()) {
    const reason = end();
    // It keeps its turn when its project closes.
    if (reason === 'died') return session.runs.get(run);
    move(reason === 'stopped' ? 'cancel' : reason);
    return ended();
  }
  await onceThereIsRoom(() => move('start'), context);
  const ready: { trainer: Trainer | null } = { trainer: null };
  const ahead = (known: TrainingAhead): void => {
    ready.trainer = trainerFor(run, dependencies);
    ready.trainer.prepare(known);
  };
  try {
    await prepare({ ...context, signal: asked }, ahead);
    await noteEnvironment(session, run, dependencies.version ?? null);
  } catch (error) {
    ready.trainer?.end();
    if (wasAsked()) {
      move('stop');
      move(end());
      return ended();
    }
    await onceThereIsRoom(() => {
      session.runs.update(run, { error: toStoredError(error), endedAt: new Date().toISOString() });
      move('fail');
    }, context);
    throw error;
  }
  context.progress(0, null, 'Starting the training');
  const result = await superviseTraining(session, run, turn, dependencies, ready.trainer);
  await certificateOf(session, run, (note) =>
    dependencies.publish({ type: 'run.noted', project: session.id, run, note }),
  );
  return result;
}
