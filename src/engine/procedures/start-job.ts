import type { JobContext, JobOwner, Jobs } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';

/** Whom a project's jobs belong to. */
export const ownerOf = (session: ProjectSession): JobOwner => ({ project: session.id, store: session.jobs });

/** Starts a job whose row the project keeps when it can be written. */
export function startJob(
  jobs: Jobs,
  kind: string,
  session: ProjectSession,
  work: (context: JobContext) => Promise<unknown>,
): { job: string } {
  return { job: jobs.start(kind, ownerOf(session), work) };
}

/** As `startJob`, for work whose planning writes: the job's row comes first, so no plan is left that nobody starts. */
export async function planJob<P>(
  jobs: Jobs,
  kind: string,
  session: ProjectSession,
  plan: () => P | Promise<P>,
  work: (plan: P, context: JobContext, job: string) => Promise<unknown>,
): Promise<{ planned: P; job: string }> {
  const prepared = jobs.prepare(kind, ownerOf(session));
  let planned: P;
  try {
    planned = await plan();
  } catch (error) {
    prepared.discard();
    throw error;
  }
  return { planned, job: prepared.begin((context) => work(planned, context, prepared.job)) };
}
