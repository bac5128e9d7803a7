import { availableParallelism } from 'node:os';
import path from 'node:path';

import type { Job } from '../contract/job.ts';
import type { CallContext } from '../contract/profile.ts';
import { type DoctorReport, inputLimitBytes } from '../contract/system.ts';
import type { SpawnWorker } from '../rpc/child-process.ts';
import { createGrounds } from './access/grounds.ts';
import { guardMedia } from './access/media-access.ts';
import { createProfiles, type Profiles } from './access/profiles.ts';
import type { StoredJob } from './db/job-repository.ts';
import { sqliteVersion } from './db/open.ts';
import { createEventStream } from './events.ts';
import { createJobs, type Jobs, type StoredJobs } from './jobs.ts';
import { createDecodePool } from './media/decode-pool.ts';
import { createMediaHandler } from './media/handler.ts';
import { createThumbnailKeeper } from './media/keep-thumbnails.ts';
import { createPictures } from './media/pictures.ts';
import { createShownFiles } from './media/shown-files.ts';
import type { ProjectSession } from './project/session.ts';
import { ownerOf } from './procedures/start-job.ts';
import { createOpenProjects, type OpenProjects } from './projects.ts';
import { createRouter, type EngineRouter } from './router.ts';
import { createTrainings, type Trainings } from './runs/trainings.ts';
import type { EngineOptions, EngineServices } from './services.ts';
import { createAbout, createBackendProbe } from './system/about.ts';
import { createDoctor } from './system/doctor.ts';
import { createKeptWeights } from './weights/kept-weights.ts';
import { createWorkspace, type Workspace } from './workspace/workspace.ts';

export type { EngineOptions };

export interface Engine {
  readonly router: EngineRouter;
  /** Pixels, reports and uploads: `Request → Response` under `/media/`. */
  readonly media: (request: Request, caller?: CallContext) => Promise<Response>;
  /** Who can sign in, for a host that lets people do so. */
  readonly profiles: Pick<Profiles, 'verify' | 'credentialOf'>;
  /** Cancels what runs, waits for its end, closes every project. */
  close(): Promise<void>;
}

/** What a project shows first comes before thumbnails that an earlier session left to be made. */
const lookAfterOpeningMs = 3000;

/** The engine: the one composition root under every host. Children and databases open when first needed. */
export function createEngine(options: EngineOptions): Engine {
  const { spawn, program, lockWaitMs, version } = options;
  const closing = new AbortController();
  const events = createEventStream();
  const pool = createDecodePool({ spawn, size: Math.min(availableParallelism(), 8) });
  const pictures = createPictures(pool);
  const shownFiles = createShownFiles();
  const workspace = createWorkspace(options.settingsFolder);
  const keptWeights = createKeptWeights(path.join(options.settingsFolder, 'weights'));
  const profiles = createProfiles(options.settingsFolder);
  const projects: OpenProjects = createOpenProjects(
    { program, lockWaitMs, inputLimitBytes: async () => inputLimitBytes(await workspace.settings()) },
    {
      settle(id) {
        thumbnails.stop(id);
        return jobs.settle(id);
      },
      opened(session) {
        // Whoever hears of it finds it among the recent ones.
        workspace.noteOpened(session.summary());
        events.publish({ type: 'project.opened', project: session.id });
        lookForThumbnails(session, lookAfterOpeningMs);
        // A command does what it was asked to, and ends.
        if (options.host !== 'command line' && !session.readOnly) trainings.takeUp(session);
      },
      openedAgain: (session) => workspace.noteOpened(session.summary()),
      closing: (session) => workspace.noteClosed(session.summary()),
      closed: (id) => events.publish({ type: 'project.closed', project: id }),
    },
  );
  const jobs: Jobs = createJobs(events, storedJobs(projects));
  const trainings: Trainings = createTrainings({
    ...{ jobs, spawn, pool, version, keptWeights, publish: events.publish },
    sessions: () => projects.list(),
  });
  if (options.host !== 'command line') holdQueueAsLeft(trainings, workspace);
  const thumbnails = createThumbnailKeeper(pool, async (session, work) => {
    const job = jobs.start('thumbnails', ownerOf(session), work);
    await jobs.ended(job);
  });
  // A command has no grid, and ends before they would be made.
  const lookForThumbnails = (session: ProjectSession, delayMs: number): void => {
    if (options.host !== 'command line') thumbnails.look(session, delayMs);
  };
  const backends = createBackendProbe(
    () => probeBackends(spawn, closing.signal),
    () => events.publish({ type: 'system.changed' }),
  );
  const doctor = createDoctor({
    probeBackends: backends.probe,
    sqliteVersion: sqliteVersion(),
    version,
  });
  const grounds = createGrounds({ projects, jobs });
  const services: EngineServices = {
    ...{ options, events, jobs, projects, pool, trainings, workspace, profiles, shownFiles, doctor },
    keptWeights,
    grounds,
    imagesCame: (session) => lookForThumbnails(session, 0),
    about: createAbout(options, backends, events),
  };
  return {
    router: createRouter(services),
    media: guardMedia(
      createMediaHandler({ project: (id) => projects.get(id), pictures, shownFiles }),
      grounds,
    ),
    profiles,
    async close() {
      backends.close();
      closing.abort();
      thumbnails.stop(null);
      await jobs.settle(null);
      await pool.close();
      for (const session of projects.list()) await projects.close(session.id);
      await pictures.close();
      await workspace.settle();
    },
  };
}

/** Nothing has its turn until it is known whether the queue was left paused. */
function holdQueueAsLeft({ queue }: Trainings, workspace: Workspace): void {
  queue.pause(true);
  void workspace.isQueuePaused().then((paused) => queue.pause(paused));
}

/** The job rows of all open projects, for jobs that this engine does not hold: where it writes, none of them runs. */
function storedJobs(projects: OpenProjects): StoredJobs {
  const toJob = (row: StoredJob, { id, readOnly }: ProjectSession): Job => ({
    ...row,
    project: id,
    status: row.status === 'running' && !readOnly ? 'interrupted' : row.status,
  });
  return {
    get(id) {
      for (const session of projects.list()) {
        const row = session.jobs.get(id);
        if (row) return toJob(row, session);
      }
      return null;
    },
    list: (project) =>
      projects
        .list()
        .filter(({ id }) => project === undefined || id === project)
        .flatMap((session) => session.jobs.list().map((row) => toJob(row, session))),
  };
}

async function probeBackends(spawn: SpawnWorker, signal: AbortSignal): Promise<DoctorReport['backends']> {
  const worker = spawn('compute');
  const kill = (): void => worker.kill();
  signal.addEventListener('abort', kill, { once: true });
  try {
    return await worker.client.probe();
  } finally {
    signal.removeEventListener('abort', kill);
    worker.kill();
  }
}
