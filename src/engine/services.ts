import type { About, DoctorReport } from '../contract/system.ts';
import type { SpawnWorker } from '../rpc/child-process.ts';
import type { Grounds } from './access/guard.ts';
import type { Profiles } from './access/profiles.ts';
import type { EventStream } from './events.ts';
import type { Jobs } from './jobs.ts';
import type { DecodePool } from './media/decode-pool.ts';
import type { ShownFiles } from './media/shown-files.ts';
import type { ProjectSession } from './project/session.ts';
import type { OpenProjects } from './projects.ts';
import type { Trainings } from './runs/trainings.ts';
import type { KeptWeights } from './weights/kept-weights.ts';
import type { Workspace } from './workspace/workspace.ts';

export interface EngineOptions {
  /** Starts child processes; the host knows how. */
  spawn: SpawnWorker;
  /** What this process is, for a second one that finds a project locked: "readroom import". */
  program: string;
  /** How long to wait for a project that another process writes. */
  lockWaitMs: number;
  /** Readroom's own version. */
  version: string;
  /** Where the user's settings and recent projects are kept; made when first written. */
  settingsFolder: string;
  /** What the engine runs in. */
  host: About['host'];
  /** Of the user at this machine. */
  userName: string;
}

/** What the router's procedures work with. */
export interface EngineServices {
  readonly options: EngineOptions;
  readonly events: EventStream;
  readonly jobs: Jobs;
  readonly projects: OpenProjects;
  readonly pool: DecodePool;
  readonly trainings: Trainings;
  readonly workspace: Workspace;
  readonly keptWeights: KeptWeights;
  readonly profiles: Profiles;
  /** By which calls are judged. */
  readonly grounds: Grounds;
  readonly shownFiles: ShownFiles;
  /** Images came: their thumbnails are made in the background. */
  readonly imagesCame: (session: ProjectSession) => void;
  readonly doctor: () => Promise<DoctorReport>;
  readonly about: () => Omit<About, 'profile'>;
}
