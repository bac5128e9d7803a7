import { findDuplicateImages } from '../dataset/duplicates.ts';
import { importImages, importTarget } from '../dataset/import.ts';
import type { ProjectSession } from '../project/session.ts';
import type { EngineServices } from '../services.ts';
import { compareVersions } from '../split/compare-versions.ts';
import { splitProject } from '../split/split-service.ts';
import { base } from './base.ts';
import { startJob } from './start-job.ts';
import { viewProcedures } from './view.ts';

/** Images, their import, and the split. */
export function datasetProcedures(services: EngineServices) {
  const { events, jobs, projects, pool, shownFiles, imagesCame } = services;
  const { dataset } = base;
  const changed = (session: ProjectSession): void =>
    events.publish({ type: 'dataset.changed', project: session.id });
  return {
    ...viewProcedures(services),
    import: dataset.import.handler(({ input }) => {
      const session = projects.get(input.project);
      const target = importTarget(session, input.dryRun);
      const classesBefore = session.projects.classSchemaVersion();
      return startJob(jobs, 'import', session, async (context) => {
        try {
          return await importImages({ ...target, input, pool, context });
        } finally {
          // One that was cancelled or failed keeps what it had added; images that were there may have got a patient.
          if (!input.dryRun) {
            session.index.invalidate();
            changed(session);
            if (!context.signal.aborted) imagesCame(session);
          }
          if (session.projects.classSchemaVersion() !== classesBefore)
            events.publish({ type: 'class.changed', project: session.id });
        }
      });
    }),
    split: dataset.split.handler(({ input }) => {
      const session = projects.get(input.project);
      return startJob(jobs, 'split', session, async ({ signal }) => {
        const report = await splitProject(session, input, signal);
        if (!input.dryRun) changed(session);
        return report;
      });
    }),
    versions: dataset.versions.handler(({ input }) => projects.get(input.project).dataset.versions()),
    compareVersions: dataset.compareVersions.handler(({ input }) =>
      compareVersions(projects.get(input.project), input),
    ),
    findDuplicates: dataset.findDuplicates.handler(({ input }) => {
      const session = projects.get(input.project);
      return startJob(jobs, 'findDuplicates', session, (context) =>
        findDuplicateImages(session, input.distance, context),
      );
    }),
    showFile: dataset.showFile.handler(async ({ input }) => ({
      file: await shownFiles.show(projects.get(input.project).id, input.path),
    })),
    currentSplit: dataset.currentSplit.handler(
      ({ input }) => projects.get(input.project).dataset.currentVersion()?.report ?? null,
    ),
  };
}
