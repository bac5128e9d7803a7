import { realpathSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { ReadroomError } from '../contract/errors.ts';
import { nextStatus } from '../core/run-state.ts';
import { createQueues } from './one-at-a-time.ts';
import {
  createProject,
  type NewProject,
  openProject,
  openProjectForReading,
  type OpenOptions,
  type ProjectSession,
} from './project/session.ts';

/** The projects that an engine has open. */
export interface OpenProjects {
  create(project: NewProject): Promise<ProjectSession>;
  /**
   * The open session of a folder, opened when it is not. Wish to write and the session reads, then a writing one
   * takes its place under the same id; when that is refused, the reading one stays as it was.
   */
  open(folder: string, mode: 'write' | 'read'): Promise<ProjectSession>;
  get(id: string): ProjectSession;
  list(): ProjectSession[];
  /** Ends what runs for a project, then closes it. */
  close(id: string): Promise<void>;
}

/** What the engine does around the opening and closing of projects. */
export interface ProjectHooks {
  /** Ends what runs for a project's id and waits for its end. */
  settle(id: string): Promise<void>;
  /** A session took its place, also one that reads and now writes. */
  opened(session: ProjectSession): void;
  /** Somebody opened what is open. */
  openedAgain(session: ProjectSession): void;
  /** The last moment at which the session can be read. */
  closing(session: ProjectSession): void;
  closed(id: string): void;
}

const backupWaitMs = 150;

export function createOpenProjects(options: OpenOptions, hooks: ProjectHooks): OpenProjects {
  const sessions = new Map<string, ProjectSession>();
  const backups = new Map<string, Promise<void>>();
  // Two openings of one folder at once would each find it not open, and the second would meet the first's lock.
  const oneAtATime = createQueues();

  /**
   * Today's backup. Opening waits for that of a small project, whose failure is then told at once, and not for that of
   * a large one; closing waits for both.
   */
  async function backUp(session: ProjectSession): Promise<void> {
    const waited = new AbortController();
    const done = session.backUp(new Date().toISOString().slice(0, 10)).finally(() => {
      backups.delete(session.id);
      waited.abort();
    });
    backups.set(session.id, done);
    await Promise.race([done, wait(backupWaitMs, null, { signal: waited.signal }).catch(() => null)]);
  }

  async function adopt(session: ProjectSession): Promise<ProjectSession> {
    if (!session.readOnly) {
      try {
        for (const run of session.runs.unfinished()) {
          session.runs.update(run, { status: nextStatus(session.runs.get(run).status, 'died') });
        }
        await backUp(session);
      } catch (error) {
        session.close();
        throw error;
      }
    }
    const reading = sessions.get(session.id);
    sessions.set(session.id, session);
    if (reading) {
      await hooks.settle(session.id);
      reading.close();
    }
    hooks.opened(session);
    return session;
  }

  return {
    create: (project) =>
      oneAtATime(realPathOf(project.path), async () => adopt(await createProject(project, options))),

    open: (folder, mode) =>
      oneAtATime(realPathOf(folder), async () => {
        const opened = [...sessions.values()].find((session) => session.folder === realPathOf(folder));
        if (opened && (mode === 'read' || !opened.readOnly)) {
          hooks.openedAgain(opened);
          return opened;
        }
        return adopt(mode === 'read' ? openProjectForReading(folder) : await openProject(folder, options));
      }),

    get(id) {
      const session = sessions.get(id);
      if (!session)
        throw new ReadroomError('projectNotFound', `No project with id "${id}" is open.`, 'Open it first.');
      return session;
    },

    list: () => [...sessions.values()],

    async close(id) {
      const session = sessions.get(id);
      if (!session) return;
      await oneAtATime(session.folder, async () => {
        // Nothing new starts from here on.
        if (!sessions.delete(id)) return;
        await hooks.settle(id);
        await backups.get(id);
        try {
          hooks.closing(session);
        } finally {
          session.close();
          hooks.closed(id);
        }
      });
    },
  };
}

/** The real path, also of a folder that is yet to be made. */
function realPathOf(folder: string): string {
  const absolute = path.resolve(folder);
  try {
    return realpathSync(absolute);
  } catch {
    const parent = path.dirname(absolute);
    return parent === absolute ? absolute : path.join(realPathOf(parent), path.basename(absolute));
  }
}
