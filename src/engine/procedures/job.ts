import { projectsOf } from '../access/callers.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Long work as rows. */
export function jobProcedures({ jobs, projects }: EngineServices) {
  const { job } = base;
  return {
    get: job.get.handler(({ input }) => jobs.get(input.job)),
    list: job.list.handler(({ input, context: { identity } }) => {
      const rows = jobs.list(input.project);
      if (identity === undefined) return rows;
      const owned = new Set(projectsOf(projects.list(), identity, 'owner').map(({ id }) => id));
      return rows.filter(({ project }) => project !== null && owned.has(project));
    }),
    cancel: job.cancel.handler(({ input }) => jobs.cancel(input.job)),
  };
}
