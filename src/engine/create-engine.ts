import { availableParallelism } from 'node:os';
import path from 'node:path';

import type { DoctorReport } from '../contract/system.ts';
import type { SpawnWorker } from '../rpc/child-process.ts';
import { sqliteVersion } from './db/open.ts';
import { createEventStream } from './events.ts';
import { createJobs } from './jobs.ts';
import { createDecodePool } from './media/decode-pool.ts';
import { createMediaHandler } from './media/handler.ts';
import { ensureThumbnail } from './media/thumbnails.ts';
import { createOpenProjects } from './projects.ts';
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
  const services: EngineServices = {
    options,
    events,
    jobs: createJobs(events),
    projects: createOpenProjects({ program: options.program, lockWaitMs: options.lockWaitMs }),
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
      const session = services.projects.get(project);
      const cacheFolder = path.join(session.folder, 'cache');
      return {
        file: (image) => session.dataset.file(image),
        thumbnail: ({ path: file, pixelSha256 }) =>
          ensureThumbnail({ path: file, pixelSha256 }, { cacheFolder, pool }),
      };
    }),
    async close() {
      await services.jobs.settle(null);
      await pool.close();
      for (const session of services.projects.list()) services.projects.close(session.id);
    },
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
