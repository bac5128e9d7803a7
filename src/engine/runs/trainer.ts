import { ReadroomError } from '../../contract/errors.ts';
import type { TrainerEvent, TrainingAhead } from '../../contract/workers.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import { type SilenceWatch, watchSilence } from './silence.ts';

/** When a trainer that does not answer is ended. */
export interface TrainerLimits {
  /** Without any event; heartbeats come every two seconds. */
  silenceMs: number;
  /** The same for plain JavaScript, which computes a step in one go: heartbeats wait for its end. */
  plainSilenceMs: number;
  /** Without an answer to a stop. */
  stopMs: number;
}

export const usualLimits: TrainerLimits = { silenceMs: 60_000, plainSilenceMs: 1_200_000, stopMs: 30_000 };

/** The process that trains a run. */
export interface Trainer {
  /** Has it do what needs no pictures, while these are prepared. */
  prepare(ahead: TrainingAhead): void;
  /** Whether its process is gone. */
  isGone(): boolean;
  /** @throws the reason of `giveUp`, ReadroomError `workerDied` */
  events(runFolder: string): AsyncGenerator<TrainerEvent, void>;
  /** Asks for an end after the step in flight. */
  stop(): void;
  /** Ends the process; the events end with this reason. */
  giveUp(reason: unknown): void;
  end(): void;
}

/** Starts a process that will train a run, and ends it when it does not answer. */
export function startTrainer(spawn: SpawnWorker, limits: TrainerLimits, run: string): Trainer {
  const worker = spawn('compute');
  let gone = false;
  void worker.exited.then(() => (gone = true));
  let reason: { error: unknown } | null = null;
  let stopTimer: NodeJS.Timeout | undefined;
  let stopAsked = false;
  let asked = (): void => undefined;
  let { silenceMs } = limits;
  const giveUp = (error: unknown): void => {
    reason ??= { error };
    worker.kill();
  };
  let watched: SilenceWatch | null = null;
  const watchFromNowOn = (): SilenceWatch =>
    (watched = watchSilence(limits.silenceMs, () =>
      giveUp(died(`The trainer gave no sign of life for ${seconds(silenceMs)} and was ended.`, run)),
    ));
  const askToStop = (): void => {
    worker.client.stop().then(
      () => clearTimeout(stopTimer),
      (error: unknown) => giveUp(error),
    );
  };
  return {
    prepare(ahead) {
      // One that is lost meanwhile is replaced when it is to train.
      worker.client.prepareTraining(ahead).catch(() => undefined);
    },
    isGone: () => gone,
    async *events(runFolder) {
      const watch = watchFromNowOn();
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
      watched?.end();
      worker.kill();
    },
  };
}

export function died(message: string, run: string): ReadroomError {
  const hint = `Its last checkpoint stands. Go on with: readroom train PROJECT --resume ${run}`;
  return new ReadroomError('workerDied', message, hint, { run });
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
