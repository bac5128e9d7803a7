import type { DoctorReport } from '../contract/system.ts';
import type { SpawnWorker } from '../rpc/child-process.ts';
import type { EventStream } from './events.ts';
import type { Jobs } from './jobs.ts';
import type { DecodePool } from './media/decode-pool.ts';
import type { OpenProjects } from './projects.ts';

export interface EngineOptions {
  /** Starts child processes; the host knows how. */
  spawn: SpawnWorker;
  /** What this process is, for a second one that finds a project locked: "readroom import". */
  program: string;
  /** How long to wait for a project that another process writes. */
  lockWaitMs: number;
  /** Readroom's own version. */
  version: string;
}

/** What the router's procedures work with. */
export interface EngineServices {
  readonly options: EngineOptions;
  readonly events: EventStream;
  readonly jobs: Jobs;
  readonly projects: OpenProjects;
  readonly pool: DecodePool;
  readonly doctor: () => Promise<DoctorReport>;
}
