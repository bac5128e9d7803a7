import type { EngineEvent } from '../../contract/events.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { RunResult } from '../../contract/run.ts';
import type { TrainerEvent } from '../../contract/workers.ts';
import type { RunTransition } from '../../core/run-state.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { toStoredError } from '../system-errors.ts';
import { askedEnd } from './asked-end.ts';
import { moveRun } from './move-run.ts';
import { runFolderOf } from './run-folder.ts';
import { watchSilence } from './silence.ts';

export interface TrainingDependencies {
  spawn: SpawnWorker;
  publish(event: EngineEvent): void;
  limits?: TrainerLimits;
}

/** A run's turn to train. */
export interface TrainingTurn {
  /** Of its job. */
  context: JobContext;
  /** Holds the run back until someone resumes it. */
  hold: AbortSignal;
}

/** When a trainer that does not answer is ended. */
export interface TrainerLimits {
  /** Without any event; heartbeats come every two seconds. */
  silenceMs: number;
  /** The same for plain JavaScript, which computes a step in one go: heartbeats wait for its end. */
  plainSilenceMs: number;
  /** Without an answer to a stop. */
  stopMs: number;
}

const usualLimits: TrainerLimits = { silenceMs: 60_000, plainSilenceMs: 1_200_000, stopMs: 30_000 };

/**
 * Runs the trainer of a prepared run folder to its end and keeps the run's row true to what happens.
 * A cancelled job, and a run that is to be held back, stop the trainer after the step in flight, with a checkpoint.
 */
export async function superviseTraining(
  session: ProjectSession,
  run: string,
  { context, hold }: TrainingTurn,
  { spawn, publish, limits = usualLimits }: TrainingDependencies,
): Promise<RunResult> {
  const move = (transition: RunTransition): void => moveRun(session, run, transition, publish);
  const { recipe } = session.runs.get(run);
  const asked = AbortSignal.any([context.signal, hold]);
  const end = (): RunTransition => askedEnd({ signal: context.signal, hold });
  let recorded = false;
  try {
    const trainer = startTrainer(spawn, limits, run);
    let ended = false;
    const stop = (): void => {
      if (ended) return;
      trainer.stop();
      move('stop');
    };
    const onAbort = (): void => {
      try {
        stop();
      } catch (error) {
        trainer.giveUp(error);
      }
    };
    try {
      if (asked.aborted) stop();
      else asked.addEventListener('abort', onAbort, { once: true });
      for await (const event of trainer.events(runFolderOf(session.folder, run).root)) {
        ended ||= event.type === 'ended';
        record(session, run, event, { move, publish, context, end, epochs: recipe.epochs });
        recorded = ended;
      }
      if (!recorded) throw died('The trainer left without saying how the training ended.', run);
    } finally {
      asked.removeEventListener('abort', onAbort);
      trainer.end();
    }
  } catch (error) {
    // What stands in the row is the end, whatever became of the process after it.
    if (!recorded) {
      const stored = toStoredError(error);
      session.runs.update(run, { error: stored, endedAt: new Date().toISOString() });
      move(stored.code === 'workerDied' ? 'died' : 'fail');
      throw error;
    }
  }
  const result = session.runs.get(run);
  if (result.status === 'failed') {
    const { code, message, hint } = result.error!;
    throw new ReadroomError(code as ReadroomError['code'], message, hint, { run });
  }
  return result;
}

interface Trainer {
  /** @throws the reason of `giveUp`, ReadroomError `workerDied` */
  events(runFolder: string): AsyncGenerator<TrainerEvent, void>;
  /** Asks for an end after the step in flight. */
  stop(): void;
  /** Ends the process; the events end with this reason. */
  giveUp(reason: unknown): void;
  end(): void;
}

function startTrainer(spawn: SpawnWorker, limits: TrainerLimits, run: string): Trainer {
  const worker = spawn('compute');
  let reason: { error: unknown } | null = null;
  let stopTimer: NodeJS.Timeout | undefined;
  let stopAsked = false;
  let asked = (): void => undefined;
  let { silenceMs } = limits;
  const giveUp = (error: unknown): void => {
    reason ??= { error };
    worker.kill();
  };
  const watch = watchSilence(limits.silenceMs, () =>
    giveUp(died(`The trainer gave no sign of life for ${seconds(silenceMs)} and was ended.`, run)),
  );
  const askToStop = (): void => {
    worker.client.stop().then(
      () => clearTimeout(stopTimer),
      (error: unknown) => giveUp(error),
    );
  };
  return {
    async *events(runFolder) {
      try {
        const stream = await worker.client.train({ runFolder });
        // A trainer knows of a stop only once it has a training.
        asked = askToStop;
        if (stopAsked) askToStop();
        for await (const event of stream) {
          watch.heard();
          if (event.type === 'started' && event.backend === 'cpu') {
            silenceMs = limits.plainSilenceMs;
            watch.allow(silenceMs);
          }
          yield event;
        }
      } catch (error) {
        throw reason ? reason.error : error;
      }
    },
    stop() {
      stopAsked = true;
      stopTimer ??= setTimeout(
        () => giveUp(died(`The trainer did not stop within ${seconds(limits.stopMs)} and was ended.`, run)),
        limits.stopMs,
      );
      asked();
    },
    giveUp,
    end() {
      clearTimeout(stopTimer);
      watch.end();
      worker.kill();
    },
  };
}

function died(message: string, run: string): ReadroomError {
  const hint = `Its last checkpoint stands. Go on with: readroom train PROJECT --resume ${run}`;
  return new ReadroomError('workerDied', message, hint, { run });
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function record(
  session: ProjectSession,
  run: string,
  event: TrainerEvent,
  target: {
    move(transition: RunTransition): void;
    publish(event: EngineEvent): void;
    context: JobContext;
    /** What a training that was asked to end has come to. */
    end(): RunTransition;
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
      session.runs.update(run, { imagesPerSecond: event.record.imagesPerSecond });
      publish({ type: 'run.epochEnded', ...of, record: event.record });
      return;
    case 'sampled':
      session.runs.putSamples(run, event.samples);
      publish({ type: 'run.sampled', ...of, samples: event.samples });
      return;
    case 'noted':
      publish({ type: 'run.noted', ...of, note: event.note });
      return;
    case 'ended':
      recordEnd(session, run, event, target);
      return;
    case 'checkpointed':
    case 'heartbeat':
      return;
  }
}

function recordEnd(
  session: ProjectSession,
  run: string,
  event: Extract<TrainerEvent, { type: 'ended' }>,
  { move, end }: { move(transition: RunTransition): void; end(): RunTransition },
): void {
  const asked = event.stoppedBecause === 'cancelled' ? end() : null;
  session.runs.update(run, {
    // A run that is held back, or whose project closes, has not been stopped by anyone.
    stoppedBecause: asked === null || asked === 'stopped' ? event.stoppedBecause : null,
    weightsSha256: event.weightsSha256,
    // A sitting that failed before it knew of those before it says nothing of them.
    ...((event.error === null || event.seconds > 0) && {
      bestEpoch: event.bestEpoch,
      seconds: event.seconds,
      imagesPerSecond: event.imagesPerSecond,
    }),
    error: event.error,
    endedAt: new Date().toISOString(),
  });
  move(asked ?? (event.error ? 'fail' : 'complete'));
}
