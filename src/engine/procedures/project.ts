import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { ProjectSummary } from '../../contract/project.ts';
import { findSampleTemplate } from '../../core/sample/index.ts';
import { projectsOf, shownSummary } from '../access/callers.ts';
import { runsAtRestIn } from '../db/runs-at-rest.ts';
import { removeStaleIncoming } from '../media/incoming.ts';
import { clearInputs, sizeOfInputs } from '../media/input-room.ts';
import { changeLabels } from '../project/labels.ts';
import { findTemplate, templates } from '../project/templates.ts';
import type { ProjectSession } from '../project/session.ts';
import { inputBoundOf } from '../runs/run-inputs.ts';
import type { EngineServices } from '../services.ts';
import { createSampleProject } from '../workspace/create-sample.ts';
import { projectsFolder, suggestFolder } from '../workspace/project-folder.ts';
import type { ProjectNow } from '../workspace/workspace.ts';
import { base } from './base.ts';

/** Projects: made, opened, listed, closed; those of before, and where new ones go. */
export function projectProcedures(services: EngineServices) {
  const { events, projects, workspace, jobs } = services;
  const { project } = base;

  const opened = async (session: ProjectSession): Promise<ProjectSummary> => {
    if (!session.readOnly) await removeStaleIncoming(session.folder, Date.now());
    return session.summary();
  };
  const suggest = async (name: string): Promise<string> =>
    suggestFolder(projectsFolder(await workspace.settings()), name);
  const now = async (folder: string): Promise<ProjectNow> => {
    const session = projects.list().find((one) => one.folder === folder);
    return {
      summary: session?.summary() ?? null,
      runs: session?.runs.atRest() ?? (await runsAtRestIn(folder)),
    };
  };

  return {
    create: project.create.handler(async ({ input }) => opened(await projects.create(input))),
    open: project.open.handler(async ({ input }) => opened(await projects.open(input.path, input.mode))),
    get: project.get.handler(async ({ input, context }) => {
      const session = projects.get(input.project);
      // Asked after every label: the index follows in less time than the database counts.
      if (session.index.isBuilt()) await session.index.ready();
      return shownSummary(session.summary(), context.identity);
    }),
    list: project.list.handler(({ context: { identity } }) =>
      projectsOf(projects.list(), identity).map((session) => shownSummary(session.summary(), identity)),
    ),
    changeLabels: project.changeLabels.handler(({ input, context }) => {
      const session = projects.get(input.project);
      if (changeLabels(session, input.labels, input.reader)) {
        session.index.invalidate();
        events.publish({ type: 'dataset.changed', project: session.id });
        const count = Math.max(1, session.summary().images);
        const { reader } = input;
        events.publish({ type: 'label.changed', project: session.id, images: [], count, reader });
      }
      return shownSummary(session.summary(), context.identity);
    }),
    close: project.close.handler(({ input }) => projects.close(input.project)),
    prepared: project.prepared.handler(async ({ input }) => {
      const session = projects.get(input.project);
      return {
        bytes: await sizeOfInputs(cacheFolderOf(session)),
        limitBytes: await session.inputLimitBytes(),
      };
    }),
    clearPrepared: project.clearPrepared.handler(({ input }) => {
      const session = projects.get(input.project);
      session.writing();
      return clearInputs(cacheFolderOf(session), inputBoundOf(session));
    }),
    templates: project.templates.handler(() => [...templates]),
    recent: project.recent.handler(() => workspace.recent(now)),
    forgetRecent: project.forgetRecent.handler(({ input }) => workspace.forget(input.path)),
    suggestFolder: project.suggestFolder.handler(async ({ input }) => ({
      path: await suggest(input.name),
    })),
    createSample: project.createSample.handler(async ({ input }) => {
      const { template, images, seed } = input;
      findSampleTemplate(template);
      const name = input.name ?? `${findTemplate(template).name} (sample)`;
      if (input.path !== undefined) requireWhole(input.path);
      const folder = input.path ?? (await suggest(name));
      const sample = { folder, name, template, images, seed };
      return {
        job: jobs.start('sample project', null, (context) => createSampleProject(sample, services, context)),
      };
    }),
  };
}

const cacheFolderOf = ({ folder }: ProjectSession): string => path.join(folder, 'cache');

function requireWhole(folder: string): void {
  if (path.isAbsolute(folder)) return;
  throw new ReadroomError('usage', `"${folder}" is not a whole path.`, 'Give it from the root.');
}
