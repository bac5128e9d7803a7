import type { EngineEvent } from '../../contract/events.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { RunResult } from '../../contract/run.ts';
import type { TrainerEvent } from '../../contract/workers.ts';
import { halvedSentence } from '../../core/micro-batch.ts';
import type { RunTransition } from '../../core/run-state.ts';
import { findNetwork } from '../../nn/models/index.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { toStoredError } from '../system-errors.ts';
import { askedEnd } from './asked-end.ts';
import { moveRun } from './move-run.ts';
import { onceThereIsRoom } from './once-there-is-room.ts';
import { runFolderOf } from './run-folder.ts';
import {
  halveRunMemory,
  type MachineMemory,
  outOfMemoryError,
  readRunMemory,
  thisMachine,
  warnOfRunMemory,
  watchMemory,
} from './run-memory.ts';
import { died, startTrainer, type Trainer, type TrainerLimits, usualLimits } from './trainer.ts';

export interface TrainingDependencies {
  spawn: SpawnWorker;
  publish(event: EngineEvent): void;
  limits?: TrainerLimits;
  /** Readroom's own, kept with the run. */
  version?: string;
  /** Whose memory is watched. */
  machine?: MachineMemory;
}

/** A run's turn to train. */
export interface TrainingTurn {
  /** Of its job. */
  context: JobContext;
  /** Holds the run back until someone resumes it. */
  hold: AbortSignal;
}

/**
 * Runs the trainer of a prepared run folder to its end and keeps the run's row true to what happens.
 * A cancelled job, and a run that is to be held back, stop the trainer after the step in flight, with a checkpoint.
 * A trainer that the system ended for want of memory is followed by another one, which computes half as many images
 * at once from the last checkpoint on.
 *
 * @param ready a trainer that was started ahead; the first, unless the system has ended it meanwhile
 */
export async function superviseTraining(
  session: ProjectSession,
  run: string,
  turn: TrainingTurn,
  dependencies: TrainingDependencies,
  ready: Trainer | null,
): Promise<RunResult> {
  const { publish } = dependencies;
  const { recipe } = session.runs.get(run);
  const asked = AbortSignal.any([turn.context.signal, turn.hold]);
  const isAsked = (): boolean => asked.aborted;
  let waiting = ready;
  const nextTrainer = (): Trainer => {
    const trainer = waiting?.isGone() === false ? waiting : trainerFor(run, dependencies);
    waiting = null;
    return trainer;
  };
  try {
    while (await ranOutOfMemory(session, run, { turn, asked, nextTrainer }, dependencies)) {
      const before = readRunMemory(runFolderOf(session.folder, run));
      const memory = isAsked() ? null : await halveRunMemory(session, run);
      if (memory === null) throw outOfMemoryError(run, before);
      const note = halvedSentence(recipe, memory, findNetwork(recipe.network.id));
      publish({ type: 'run.noted', project: session.id, run, note });
    }
  } catch (error) {
    const stored = toStoredError(error);
    await onceThereIsRoom(() => {
      session.runs.update(run, { error: stored, endedAt: new Date().toISOString() });
      moveRun(session, run, stored.code === 'workerDied' ? 'died' : 'fail', publish);
    }, turn.context);
    throw error;
  } finally {
    waiting?.end();
    warnOfRunMemory(session, run);
  }
  const result = session.runs.get(run);
  if (result.status === 'failed') {
    const { code, message, hint } = result.error!;
    throw new ReadroomError(code as ReadroomError['code'], message, hint, { run });
  }
  return result;
}

/** Starts the process that will train a run. */
export function trainerFor(run: string, { spawn, limits = usualLimits }: TrainingDependencies): Trainer {
  return startTrainer(spawn, limits, run);
}

/** One trainer's life. True: the system ended it for want of memory; every other end without a word is thrown. */
async function ranOutOfMemory(
  session: ProjectSession,
  run: string,
  { turn, asked, nextTrainer }: { turn: TrainingTurn; asked: AbortSignal; nextTrainer: () => Trainer },
  { publish, machine = thisMachine }: TrainingDependencies,
): Promise<boolean> {
  const { context, hold } = turn;
  const move = (transition: RunTransition): void => moveRun(session, run, transition, publish);
  const end = (): RunTransition => askedEnd({ signal: context.signal, hold });
  const { epochs, input } = session.runs.get(run).recipe;
  const seen = input.tiles > 1 ? 'tiles' : 'images';
  const memory = watchMemory(machine);
  const trainer = nextTrainer();
  let ended = false;
  let recorded = false;
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
      memory.look();
      ended ||= event.type === 'ended';
      record(session, run, event, { move, publish, context, end, epochs, seen });
      recorded = ended;
    }
    if (!recorded) throw died('The trainer left without saying how the training ended.', run);
  } catch (error) {
    // What stands in the row is the end, whatever became of the process after it.
    if (recorded) return false;
    if (memory.ranOut(error)) return true;
    throw error;
  } finally {
    asked.removeEventListener('abort', onAbort);
    trainer.end();
  }
  return false;
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
    /** What the network sees one by one: images or tiles. */
    seen: string;
  },
): void {
  const { move, publish, context, epochs, seen } = target;
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
      const { epoch, step, steps, loss, imagesPerSecond } = event;
      publish({ ...event, type: 'run.stepEnded', ...of });
      const done = epoch - 1 + step / steps;
      const rate = `${Math.round(imagesPerSecond)} ${seen}/s`;
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
    case 'filtered':
      publish({ type: 'run.filtered', ...of, epoch: event.epoch });
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
