import { type Facets, qualityFlags } from '../../contract/image.ts';
import { imageDetail } from '../dataset/image-detail.ts';
import { headersOf, priorsOf, stackOf } from '../dataset/image-series.ts';
import { countByField, findPatients, summariseDataset } from '../dataset/summary.ts';
import {
  imageRows,
  listedPage,
  listedRows,
  nextUnread,
  readFacets,
  viewPosition,
  viewRows,
} from '../dataset/views-rows.ts';
import type { ProjectSession } from '../project/session.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Looking at the images of a project: views, their rows, counts. */
export function viewProcedures({ events, projects, pool }: EngineServices) {
  const { dataset } = base;
  const viewChanged = (session: ProjectSession) => {
    events.publish({ type: 'view.changed', project: session.id });
    return session.savedViews.saved();
  };
  const comparing = new WeakSet<ProjectSession>();
  /** Comparing pictures takes seconds where there are many: whoever counts them is told when it is done. */
  const compareInBackground = (session: ProjectSession, { quality }: Facets): void => {
    if (quality.length === qualityFlags.length || comparing.has(session)) return;
    comparing.add(session);
    session.index
      .compared()
      .then(() => events.publish({ type: 'dataset.compared', project: session.id }))
      // Whoever filters by it meets the failure.
      .catch(() => undefined)
      .finally(() => comparing.delete(session));
  };
  return {
    images: dataset.images.handler(({ input: { project, view, offset, limit, after } }) => {
      const session = projects.get(project);
      return view === undefined
        ? listedPage(session, { offset, limit, after })
        : listedRows(session, { view, offset, limit });
    }),
    openView: dataset.openView.handler(({ input }) => {
      const session = projects.get(input.project);
      const classOrder = session.projects.allClasses().map(({ id }) => id);
      return session.views.open(input.query, classOrder);
    }),
    viewRows: dataset.viewRows.handler(({ input }) => ({
      rows: viewRows(projects.get(input.project), input),
    })),
    rows: dataset.rows.handler(({ input }) => ({
      rows: imageRows(projects.get(input.project), input.images, input),
    })),
    viewPosition: dataset.viewPosition.handler(({ input }) => ({
      position: viewPosition(projects.get(input.project), input.view, input.image),
    })),
    nextUnread: dataset.nextUnread.handler(({ input }) => nextUnread(projects.get(input.project), input)),
    facets: dataset.facets.handler(async ({ input }) => {
      const session = projects.get(input.project);
      const facets = await readFacets(session);
      compareInBackground(session, facets);
      return facets;
    }),
    image: dataset.image.handler(({ input, context }) => {
      const detail = imageDetail(projects.get(input.project), input.image);
      // Where files lie on the machine concerns who works at it.
      return context.identity === undefined ? detail : { ...detail, path: detail.relativePath };
    }),
    stack: dataset.stack.handler(({ input }) => stackOf(projects.get(input.project), input.image)),
    priors: dataset.priors.handler(({ input, signal }) =>
      priorsOf(projects.get(input.project), input.image, pool, signal),
    ),
    headers: dataset.headers.handler(({ input, signal }) =>
      headersOf(projects.get(input.project), input.images, pool, signal),
    ),
    countBy: dataset.countBy.handler(({ input }) => countByField(projects.get(input.project), input.field)),
    summary: dataset.summary.handler(({ input }) => summariseDataset(projects.get(input.project))),
    patients: dataset.patients.handler(({ input }) => findPatients(projects.get(input.project), input.text)),
    savedViews: dataset.savedViews.handler(({ input }) => projects.get(input.project).savedViews.saved()),
    saveView: dataset.saveView.handler(({ input }) => {
      const session = projects.get(input.project);
      session.writing();
      session.savedViews.save(input.name, input.query);
      return viewChanged(session);
    }),
    deleteView: dataset.deleteView.handler(({ input }) => {
      const session = projects.get(input.project);
      session.writing();
      session.savedViews.remove(input.id);
      return viewChanged(session);
    }),
  };
}
