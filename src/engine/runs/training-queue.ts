import type { EngineEvent } from '../../contract/events.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { movedTo } from '../../core/run-queue.ts';
import type { JobContext } from '../jobs.ts';

/** A run that waits for its turn or has it. */
export interface QueuedTraining {
  readonly project: string;
  readonly run: string;
  /** The job that trains it. */
  readonly job: string;
}

/** The trainings of an engine, of all projects: one at a time has the machine, the others wait in line. */
export interface TrainingQueue {
  /**
   * Does `train` when its turn has come, or when there is nothing to wait for any more: the job was ended, or the
   * run is to be held back, which aborts `hold`.
   */
  takeTurn<T>(
    training: QueuedTraining,
    context: JobContext,
    train: (hold: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** The job of a run that waits or has its turn. */
  jobOf(project: string, run: string): string | null;
  /** From 1; null for a run that does not wait. */
  placeOf(project: string, run: string): number | null;
  /** @throws ReadroomError `usage` for a run that does not wait */
  move(project: string, run: string, place: number): void;
  /** Holds a run back, whether it waits or trains. False: it does neither. */
  hold(project: string, run: string): boolean;
}

interface Entry extends QueuedTraining {
  readonly held: AbortController;
  readonly context: JobContext;
  /** Ends its waiting. */
  go(): void;
}

export function createTrainingQueue(publish: (event: EngineEvent) => void): TrainingQueue {
  let waiting: Entry[] = [];
  let training: Entry | null = null;

  const all = (): Entry[] => (training ? [training, ...waiting] : waiting);
  const find = (entries: readonly Entry[], project: string, run: string): Entry | undefined =>
    entries.find((entry) => entry.project === project && entry.run === run);

  function changed(): void {
    waiting.forEach(({ context }, index) =>
      context.progress(0, null, `Waiting for its turn, place ${index + 1}`),
    );
    publish({ type: 'run.queueChanged' });
  }

  function passTurn(): void {
    training = waiting.shift() ?? null;
    if (!training) return;
    training.go();
    changed();
  }

  /** Waits in line for the turn, or for what makes it needless. */
  async function standInLine(entry: Entry): Promise<void> {
    const leaving = AbortSignal.any([entry.context.signal, entry.held.signal]);
    if (leaving.aborted) return;
    waiting.push(entry);
    changed();
    await new Promise<void>((resolve) => {
      const leave = (): void => {
        waiting = waiting.filter((other) => other !== entry);
        changed();
        resolve();
      };
      entry.go = () => {
        leaving.removeEventListener('abort', leave);
        resolve();
      };
      leaving.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    async takeTurn(added, context, train) {
      const entry: Entry = { ...added, context, held: new AbortController(), go: () => undefined };
      if (training === null) training = entry;
      else await standInLine(entry);
      try {
        return await train(entry.held.signal);
      } finally {
        if (training === entry) passTurn();
      }
    },

    jobOf: (project, run) => find(all(), project, run)?.job ?? null,

    placeOf(project, run) {
      const entry = find(waiting, project, run);
      return entry ? waiting.indexOf(entry) + 1 : null;
    },

    move(project, run, place) {
      const entry = find(waiting, project, run);
      if (!entry) {
        throw new ReadroomError(
          'usage',
          `Run ${run} does not wait in the queue.`,
          'Only a run that waits can be moved.',
        );
      }
      waiting = movedTo(waiting, entry, place);
      changed();
    },

    hold(project, run) {
      const entry = find(all(), project, run);
      entry?.held.abort();
      return entry !== undefined;
    },
  };
}
