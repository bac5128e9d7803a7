import { exportLabels } from '../interchange/export-labels.ts';
import { importLabels } from '../interchange/import-labels.ts';
import type { EngineServices } from '../services.ts';
import { outlook } from '../interchange/outlook.ts';
import { base } from './base.ts';
import { startJob } from './start-job.ts';

/** Labels and shapes as files. */
export function interchangeProcedures({ events, jobs, projects, pool, options }: EngineServices) {
  const { interchange } = base;
  return {
    outlook: interchange.outlook.handler(({ input, signal }) =>
      outlook(projects.get(input.project), input, signal ?? new AbortController().signal),
    ),
    export: interchange.export.handler(({ input }) => {
      const session = projects.get(input.project);
      return startJob(jobs, 'exportLabels', session, (context) =>
        exportLabels(session, input, context, { pool, version: options.version }),
      );
    }),
    import: interchange.import.handler(({ input }) => {
      const session = projects.get(input.project);
      if (!input.dryRun) session.writing();
      return startJob(jobs, 'importLabels', session, async (context) => {
        const project = session.id;
        const schemaBefore = session.projects.classSchemaVersion();
        try {
          return await importLabels(session, input, context, { pool });
        } finally {
          // One that was cancelled or failed keeps what it had brought.
          if (!input.dryRun) {
            session.index.invalidate();
            const count = session.summary().images;
            events.publish({ type: 'label.changed', project, images: [], count, reader: 'import' });
          }
          if (session.projects.classSchemaVersion() !== schemaBefore)
            events.publish({ type: 'class.changed', project });
        }
      });
    }),
  };
}
