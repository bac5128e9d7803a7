import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { ReadroomError } from '../contract/errors.ts';
import type { Job } from '../contract/job.ts';
import type { DoctorReport } from '../contract/system.ts';
import type { SpawnWorker } from '../rpc/child-process.ts';
import type { StoredJob } from './db/job-repository.ts';
import { sqliteVersion } from './db/open.ts';
import { createEventStream } from './events.ts';
import { createJobs, type Jobs, type StoredJobs } from './jobs.ts';
import { createDecodePool } from './media/decode-pool.ts';
import { createMediaHandler } from './media/handler.ts';
import { ensureThumbnail } from './media/thumbnails.ts';
import type { ProjectSession } from './project/session.ts';
import { createOpenProjects, type OpenProjects } from './projects.ts';
import { createRouter, type EngineRouter } from './router.ts';
import type { EngineOptions, EngineServices } from './services.ts';
import { createDoctor } from './system/doctor.ts';

export interface Engine {
  readonly router: EngineRouter;
  /** Pixels: `Request → Response` under `/media/`. */
  readonly media: (request: Request) => Promise<Response>;
  /** Cancels what runs, waits for its end, closes every project. */
  close(): Promise<void>;
}

/** The engine: the one composition root under every host. Children and databases open when first needed. */
export function createEngine(options: EngineOptions): Engine {
  const events = createEventStream();
  const pool = createDecodePool({ spawn: options.spawn, size: Math.min(availableParallelism(), 8) });
  const { program, lockWaitMs } = options;
  const projects: OpenProjects = createOpenProjects({ program, lockWaitMs }, (id) => jobs.settle(id));
  const jobs: Jobs = createJobs(events, storedJobs(projects));
  const services: EngineServices = {
    options,
    events,
    jobs,
    projects,
    pool,
    doctor: createDoctor({
      probeBackends: () => probeBackends(options.spawn),
      sqliteVersion: sqliteVersion(),
      version: options.version,
    }),
  };
  return {
    router: createRouter(services),
    media: createMediaHandler((project) => {
      const session = projects.get(project);
      const cacheFolder = path.join(session.folder, 'cache');
      return {
        file: (image) => session.dataset.file(image),
        async thumbnail(file) {
          try {
            const thumbnail = await ensureThumbnail(file, { cacheFolder, pool });
            // A thumbnail may stand for a picture that is gone.
            if (file.missingSince !== null && existsSync(file.path)) session.dataset.markFound([file.image]);
            return thumbnail;
          } catch (error) {
            if (error instanceof ReadroomError && error.code === 'fileNotFound')
              session.dataset.markMissing([file.image]);
            throw error;
          }
        },
      };
    }),
    async close() {
      await jobs.settle(null);
      await pool.close();
      for (const session of projects.list()) await projects.close(session.id);
    },
  };
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

async function probeBackends(spawn: SpawnWorker): Promise<DoctorReport['backends']> {
  const worker = spawn('compute');
  try {
    return await worker.client.probe();
  } finally {
    worker.kill();
  }
}
