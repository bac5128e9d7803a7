import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Long work as rows. */
export function jobProcedures({ jobs }: EngineServices) {
  const { job } = base;
  return {
    get: job.get.handler(({ input }) => jobs.get(input.job)),
    list: job.list.handler(({ input }) => jobs.list(input.project)),
    cancel: job.cancel.handler(({ input }) => jobs.cancel(input.job)),
  };
}
