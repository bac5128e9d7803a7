import type { Jobs } from '../jobs.ts';
import type { OpenProjects } from '../projects.ts';
import type { Grounds } from './guard.ts';

/** What is asked of a running engine to judge a call. */
export function createGrounds({ projects, jobs }: { projects: OpenProjects; jobs: Jobs }): Grounds {
  return {
    project(id) {
      const session = projects.list().find((one) => one.id === id);
      return session ? { folder: session.folder, role: session.projects.roleOf } : null;
    },
    projectOfJob: (job) => jobs.get(job).project,
  };
}
