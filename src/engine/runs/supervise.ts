import type { EngineEvent } from '../../contract/events.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { RunResult } from '../../contract/run.ts';
import type { TrainerEvent } from '../../contract/workers.ts';
import type { RunTransition } from '../../core/run-state.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { toStoredError } from '../system-errors.ts';
import { moveRun } from './move-run.ts';
import { runFolderOf } from './run-folder.ts';

export interface TrainingDependencies {
  spawn: SpawnWorker;
  publish(event: EngineEvent): void;
}

/**
 * Runs the trainer of a prepared run folder to its end and keeps the run's row true to what happens.
 * A cancelled job stops the trainer after the step in flight, with a checkpoint.
 */
export async function superviseTraining(
  session: ProjectSession,
  run: string,
  context: JobContext,
  { spawn, publish }: TrainingDependencies,
): Promise<RunResult> {
  const move = (transition: RunTransition): void => moveRun(session, run, transition, publish);
  const { recipe } = session.runs.get(run);
  const worker = spawn('compute');
  const stop = (): void => {
    move('stop');
    worker.client.stop().catch(() => worker.kill());
  };
  try {
    const stream = await worker.client.train({ runFolder: runFolderOf(session.folder, run).root });
    if (context.signal.aborted) stop();
    else context.signal.addEventListener('abort', stop, { once: true });
    for await (const event of stream)
      record(session, run, event, { move, publish, context, epochs: recipe.epochs });
  } catch (error) {
    const stored = toStoredError(error);
    session.runs.update(run, { error: stored, endedAt: new Date().toISOString() });
    move(stored.code === 'workerDied' ? 'died' : 'fail');
    throw error;
  } finally {
    context.signal.removeEventListener('abort', stop);
    worker.kill();
  }
  const result = session.runs.get(run);
  if (result.status === 'failed') {
    const { code, message, hint } = result.error!;
    throw new ReadroomError(code as ReadroomError['code'], message, hint, { run });
  }
  return result;
}

function record(
  session: ProjectSession,
  run: string,
  event: TrainerEvent,
  target: {
    move(transition: RunTransition): void;
    publish(event: EngineEvent): void;
    context: JobContext;
    epochs: number;
  },
): void {
  const { move, publish, context, epochs } = target;
  const of = { project: session.id, run };
  switch (event.type) {
    case 'started':
      session.runs.update(run, {
        backend: event.backend,
        device: event.device,
        backendVersion: event.version,
        threads: event.threads,
        error: null,
      });
      move('begin');
      return;
    case 'stepEnded': {
      const { epoch, step, steps, loss, imagesPerSecond, secondsLeft } = event;
      publish({ type: 'run.stepEnded', ...of, epoch, step, steps, loss, imagesPerSecond, secondsLeft });
      const done = epoch - 1 + step / steps;
      const rate = `${Math.round(imagesPerSecond)} images/s`;
      context.progress(done, epochs, `epoch ${epoch} of ${epochs}, loss ${loss.toFixed(4)}, ${rate}`);
      return;
    }
    case 'epochEnded':
      session.runs.putEpoch(run, event.record);
      publish({ type: 'run.epochEnded', ...of, record: event.record });
      return;
    case 'noted':
      publish({ type: 'run.noted', ...of, note: event.note });
      return;
    case 'ended':
      session.runs.update(run, {
        stoppedBecause: event.stoppedBecause,
        bestEpoch: event.bestEpoch,
        weightsSha256: event.weightsSha256,
        seconds: event.seconds,
        imagesPerSecond: event.imagesPerSecond,
        error: event.error,
        endedAt: new Date().toISOString(),
      });
      move(event.stoppedBecause === 'cancelled' ? 'stopped' : event.error ? 'fail' : 'complete');
      return;
    case 'checkpointed':
    case 'heartbeat':
      return;
  }
}
