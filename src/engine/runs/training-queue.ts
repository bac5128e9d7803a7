import type { EngineEvent } from '../../contract/events.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { RunPriority } from '../../contract/queue.ts';
import { inOrder, movedTo, type QueueRank, ranksAsListed } from '../../core/run-queue.ts';
import type { JobContext } from '../jobs.ts';

/** A run that waits for its turn or has it. */
export interface QueuedTraining extends QueueRank {
  readonly project: string;
  readonly run: string;
  /** The job that trains it. */
  readonly job: string;
  /** It waited already when its project was last closed. */
  readonly waitedBefore: boolean;
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
  /** The run that has its turn, and those that wait, in order. */
  list(): { training: QueuedTraining | null; waiting: readonly QueuedTraining[] };
  /** The job of a run that waits or has its turn. */
  jobOf(project: string, run: string): string | null;
  /** From 1; null for a run that does not wait. */
  placeOf(project: string, run: string): number | null;
  /** Ranks the last of all that came so far. */
  lastOrder(): number;
  /** The first of that many orders before all that wait. */
  frontOrder(count: number): number;
  /** @throws ReadroomError `usage` for a run that does not wait */
  move(project: string, run: string, place: number): void;
  /** @throws ReadroomError `usage` for a run that does not wait */
  setPriority(project: string, run: string, priority: RunPriority): void;
  /** Holds a run back, whether it waits or trains. False: it does neither. */
  hold(project: string, run: string): boolean;
  isPaused(): boolean;
  /** While paused nothing new has its turn. */
  pause(paused: boolean): void;
}

export interface QueueTools {
  publish(event: EngineEvent): void;
  /** Keeps when runs of a project have their turn. */
  keepRanks(project: string, ranks: ReadonlyMap<string, QueueRank>): void;
  /** Milliseconds since 1970. */
  now(): number;
}

interface Entry extends Omit<QueuedTraining, keyof QueueRank>, Mutable<QueueRank> {
  readonly held: AbortController;
  readonly context: JobContext;
  /** Ends its waiting. */
  go(): void;
}
type Mutable<T> = { -readonly [key in keyof T]: T[key] };

export function createTrainingQueue({ publish, keepRanks, now }: QueueTools): TrainingQueue {
  let waiting: Entry[] = [];
  let training: Entry | null = null;
  let isPaused = false;
  let largestOrder = 0;

  const all = (): Entry[] => (training ? [training, ...waiting] : waiting);
  const find = (entries: readonly Entry[], project: string, run: string): Entry | undefined =>
    entries.find((entry) => entry.project === project && entry.run === run);

  function changed(): void {
    const what = isPaused ? 'Waiting, the queue is paused' : 'Waiting for its turn';
    waiting.forEach(({ context }, index) => context.progress(0, null, `${what}, place ${index + 1}`));
    publish({ type: 'run.queueChanged' });
  }

  /** Keeps and takes over what ranks entries have from now on. */
  function rank(ranks: ReadonlyMap<Entry, QueueRank>): void {
    const byProject = Map.groupBy(ranks, ([{ project }]) => project);
    for (const [project, mine] of byProject)
      keepRanks(project, new Map(mine.map(([{ run }, { priority, order }]) => [run, { priority, order }])));
    for (const [entry, { priority, order }] of ranks) Object.assign(entry, { priority, order });
    waiting = inOrder(waiting);
    changed();
  }

  function passTurn(): void {
    training = isPaused ? null : (waiting.shift() ?? null);
    training?.go();
    changed();
  }

  /** Waits in line for the turn, or for what makes it needless. */
  async function standInLine(entry: Entry): Promise<void> {
    const leaving = AbortSignal.any([entry.context.signal, entry.held.signal]);
    if (leaving.aborted) return;
    waiting = inOrder([...waiting, entry]);
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

  function waitingEntry(project: string, run: string): Entry {
    const entry = find(waiting, project, run);
    if (entry) return entry;
    throw new ReadroomError(
      'usage',
      `Run ${run} does not wait in the queue.`,
      'Only a run that waits can be moved.',
    );
  }

  return {
    async takeTurn(added, context, train) {
      const entry: Entry = { ...added, context, held: new AbortController(), go: () => undefined };
      largestOrder = Math.max(largestOrder, entry.order);
      if (training === null && !isPaused) {
        training = entry;
        changed();
      } else await standInLine(entry);
      try {
        return await train(entry.held.signal);
      } finally {
        if (training === entry) passTurn();
      }
    },

    list: () => ({ training, waiting }),

    jobOf: (project, run) => find(all(), project, run)?.job ?? null,

    placeOf(project, run) {
      const entry = find(waiting, project, run);
      return entry ? waiting.indexOf(entry) + 1 : null;
    },

    lastOrder: () => (largestOrder = Math.max(now(), largestOrder + 1)),

    frontOrder: (count) => Math.min(now(), ...waiting.map(({ order }) => order)) - count,

    move(project, run, place) {
      const entry = waitingEntry(project, run);
      const listed = movedTo(waiting, entry, place);
      const ranks = ranksAsListed(listed, entry);
      rank(new Map(listed.map((other, index) => [other, ranks[index]!])));
    },

    setPriority(project, run, priority) {
      const entry = waitingEntry(project, run);
      rank(new Map([[entry, { priority, order: entry.order }]]));
    },

    hold(project, run) {
      const entry = find(all(), project, run);
      entry?.held.abort();
      return entry !== undefined;
    },

    isPaused: () => isPaused,

    pause(paused) {
      if (isPaused === paused) return;
      isPaused = paused;
      if (training === null) passTurn();
      else changed();
    },
  };
}
