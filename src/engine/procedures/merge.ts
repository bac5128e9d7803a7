import type { MergeReport } from '../../contract/merge.ts';
import { listConflicts, resolveConflict } from '../merge/conflicts.ts';
import { mergeCopy } from '../merge/merge.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';
import { startJob } from './start-job.ts';

/** Copies of a project that worked apart. */
export function mergeProcedures({ events, jobs, projects }: EngineServices) {
  const { merge } = base;
  /** Anything may be another than before. */
  const changed = (project: string, reader: string): void => {
    const count = projects.get(project).summary().images;
    events.publish({ type: 'dataset.changed', project });
    events.publish({ type: 'class.changed', project });
    events.publish({ type: 'round.changed', project });
    events.publish({ type: 'label.changed', project, images: [], count, reader });
  };
  return {
    merge: merge.merge.handler(({ input }) => {
      const session = projects.get(input.project);
      session.writing();
      return startJob(jobs, 'merge', session, async (context) => {
        try {
          return {
            ...(await mergeCopy(session, input.other, context)),
            reader: input.reader,
          } satisfies MergeReport;
        } finally {
          changed(session.id, input.reader);
        }
      });
    }),
    conflicts: merge.conflicts.handler(({ input }) => listConflicts(projects.get(input.project), input.open)),
    resolve: merge.resolve.handler(({ input }) => {
      const session = projects.get(input.project);
      const left = resolveConflict(session, input);
      session.index.invalidate();
      changed(session.id, input.reader);
      return left;
    }),
  };
}
