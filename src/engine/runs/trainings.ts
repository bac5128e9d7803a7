import type { EngineEvent } from '../../contract/events.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { TrainingQueueState } from '../../contract/queue.ts';
import { inOrder, type QueueRank } from '../../core/run-queue.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import type { JobContext, Jobs } from '../jobs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import type { KeptWeights } from '../weights/kept-weights.ts';
import { ownerOf, planJob } from '../procedures/start-job.ts';
import type { ProjectSession } from '../project/session.ts';
import { toStoredError, translateSystemError } from '../system-errors.ts';
import { inTurn } from './hold.ts';
import { moveRun } from './move-run.ts';
import { rerunAndCompare } from './rerun.ts';
import { type PlannedRun, planRerun, planTraining, planWaiting, type TrainRequest } from './train.ts';
import { createTrainingQueue, type TrainingQueue } from './training-queue.ts';

export interface TrainingsTools {
  jobs: Jobs;
  spawn: SpawnWorker;
  pool: DecodePool;
  keptWeights: KeptWeights;
  /** Readroom's own. */
  version: string;
  publish(event: EngineEvent): void;
  /** Of the open projects. */
  sessions(): readonly ProjectSession[];
}

interface Started {
  job: string;
  run: string;
}

/** Starts trainings as jobs that wait for their turn, and takes up again those that waited when a project closed. */
export interface Trainings {
  readonly queue: TrainingQueue;
  train(session: ProjectSession, request: TrainRequest): Promise<Started>;
  rerun(session: ProjectSession, first: string): Promise<Started>;
  /** Runs that lost their trainer go to the front of the queue, oldest first; how many. */
  resumeInterrupted(session: ProjectSession): Promise<number>;
  /** Puts a project's waiting runs back in line. One whose data are not what they were fails, and says why. */
  takeUp(session: ProjectSession): void;
  state(): TrainingQueueState;
}

export function createTrainings({
  jobs,
  spawn,
  pool,
  keptWeights,
  version,
  publish,
  sessions,
}: TrainingsTools): Trainings {
  const queue = createTrainingQueue({
    publish,
    keepRanks: (project, ranks) =>
      sessions()
        .find(({ id }) => id === project)
        ?.runs.putRanks(ranks),
    now: () => Date.now(),
  });
  const tools = {
    spawn,
    publish,
    pool,
    keptWeights,
    version,
    isUnderWay: (id: string, run: string) => queue.jobOf(id, run) !== null,
  };

  /** The job's work: a training in its turn, and with a run that is trained again the comparison. */
  const workOf =
    (session: ProjectSession, first: string | null, waitedBefore: boolean) =>
    (planned: PlannedRun, context: JobContext, job: string): Promise<unknown> => {
      const { run } = planned;
      const training = { project: session.id, run, job, waitedBefore, ...session.runs.rankOf(run) };
      const turn = inTurn(queue, training, planned);
      return first === null ? turn.train(context) : rerunAndCompare(session, first, turn, context);
    };

  async function start(
    session: ProjectSession,
    plan: () => PlannedRun | Promise<PlannedRun>,
    { first = null, order }: { first?: string | null; order?: () => number } = {},
  ): Promise<Started> {
    const planned = async (): Promise<PlannedRun> => {
      const made = await plan();
      const { priority } = session.runs.rankOf(made.run);
      const rank: QueueRank = { priority, order: order?.() ?? queue.lastOrder() };
      session.runs.putRanks(new Map([[made.run, rank]]));
      return made;
    };
    const kind = first === null ? 'train' : 'rerun';
    const started = await planJob(jobs, kind, session, planned, workOf(session, first, false));
    return { job: started.job, run: started.planned.run };
  }

  function resume(
    session: ProjectSession,
    request: TrainRequest & { resume: string },
    order?: number,
  ): Promise<Started> {
    const { status } = session.runs.get(session.runs.find(request.resume));
    return start(session, () => planTraining(session, request, tools), {
      // It had its turn already.
      ...((status === 'interrupted' || status === 'paused') && { order: () => order ?? queue.frontOrder(1) }),
    });
  }

  function takeUpOne(session: ProjectSession, run: string, first: string | null): void {
    const planned = planWaiting(session, run, tools);
    const prepared = jobs.prepare(first === null ? 'train' : 'rerun', ownerOf(session));
    const work = workOf(session, first, true);
    prepared.begin((context) => work(planned, context, prepared.job));
  }

  return {
    queue,

    train(session, request) {
      const { resume: run } = request;
      if (run !== undefined) return resume(session, { ...request, resume: run });
      return start(session, () => planTraining(session, request, tools));
    },

    rerun: (session, first) => start(session, () => planRerun(session, first, tools), { first }),

    async resumeInterrupted(session) {
      const rows = session.runs.list().filter(({ status }) => status === 'interrupted');
      const oldestFirst = rows.map(({ run }) => run).sort();
      const front = queue.frontOrder(oldestFirst.length);
      for (const [index, run] of oldestFirst.entries())
        await resume(session, { resume: run, set: {} }, front + index);
      return oldestFirst.length;
    },

    takeUp(session) {
      for (const { run, rerunOf } of inOrder(session.runs.waiting())) {
        if (queue.jobOf(session.id, run) !== null) continue;
        try {
          takeUpOne(session, run, rerunOf);
        } catch (error) {
          const known = translateSystemError(error);
          if (!(known instanceof ReadroomError)) throw error;
          failWaiting(session, run, known, publish);
        }
      }
    },

    state: () => stateOf(queue, sessions()),
  };
}

/** A full disk leaves the run waiting: it can be taken up by hand. */
function failWaiting(
  session: ProjectSession,
  run: string,
  error: ReadroomError,
  publish: (event: EngineEvent) => void,
): void {
  if (error.code === 'diskFull' || error.code === 'permissionDenied') return;
  session.runs.update(run, { error: toStoredError(error), endedAt: new Date().toISOString() });
  moveRun(session, run, 'fail', publish);
}

function stateOf(queue: TrainingQueue, sessions: readonly ProjectSession[]): TrainingQueueState {
  const { training, waiting } = queue.list();
  const entries = training === null ? waiting : [training, ...waiting];
  return {
    paused: queue.isPaused(),
    runs: entries.flatMap(({ project, run: id, job, waitedBefore }) => {
      const session = sessions.find((one) => one.id === project);
      if (!session) return [];
      const { name, status, epochs, recipe } = session.runs.get(id);
      return {
        project,
        projectName: session.projects.get()?.name ?? '',
        run: id,
        name,
        job,
        status,
        // Moved since it was queued, or not.
        priority: session.runs.rankOf(id).priority,
        place: queue.placeOf(project, id),
        epochs: { done: epochs, planned: recipe.epochs },
        waitedBefore,
      };
    }),
  };
}
