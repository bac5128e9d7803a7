import { realpathSync } from 'node:fs';
import path from 'node:path';

import { ReadroomError } from '../contract/errors.ts';
import { nextStatus } from '../core/run-state.ts';
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
  open(folder: string, mode: 'write' | 'read'): Promise<ProjectSession>;
  get(id: string): ProjectSession;
  list(): ProjectSession[];
  close(id: string): void;
}

export function createOpenProjects(options: OpenOptions): OpenProjects {
  const sessions = new Map<string, ProjectSession>();

  async function adopt(session: ProjectSession): Promise<ProjectSession> {
    sessions.set(session.id, session);
    if (!session.readOnly) {
      for (const run of session.runs.unfinished()) {
        session.runs.update(run, { status: nextStatus(session.runs.get(run).status, 'died') });
      }
      await session.backUp(new Date().toISOString().slice(0, 10));
    }
    return session;
  }

  return {
    create: async (project) => adopt(await createProject(project, options)),

    async open(folder, mode) {
      const opened = [...sessions.values()].find((session) => session.folder === realPathOf(folder));
      if (opened && (mode === 'read' || !opened.readOnly)) return opened;
      if (opened) opened.close();
      return adopt(mode === 'read' ? openProjectForReading(folder) : await openProject(folder, options));
    },

    get(id) {
      const session = sessions.get(id);
      if (!session)
        throw new ReadroomError('projectNotFound', `No project with id "${id}" is open.`, 'Open it first.');
      return session;
    },

    list: () => [...sessions.values()],

    close(id) {
      sessions.get(id)?.close();
      sessions.delete(id);
    },
  };
}

function realPathOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return path.resolve(folder);
  }
}
