import { imageDetail } from '../dataset/image-detail.ts';
import { findPatients, summariseDataset } from '../dataset/summary.ts';
import {
  imageRows,
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
export function viewProcedures({ events, projects }: EngineServices) {
  const { dataset } = base;
  const viewChanged = (session: ProjectSession) => {
    events.publish({ type: 'view.changed', project: session.id });
    return session.savedViews.saved();
  };
  return {
    images: dataset.images.handler(({ input: { project, view, offset, limit, after } }) => {
      const session = projects.get(project);
      return view === undefined
        ? session.dataset.rows(offset, limit, after)
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
      rows: imageRows(projects.get(input.project), input.images, input.reader),
    })),
    viewPosition: dataset.viewPosition.handler(({ input }) => ({
      position: viewPosition(projects.get(input.project), input.view, input.image),
    })),
    nextUnread: dataset.nextUnread.handler(({ input }) => nextUnread(projects.get(input.project), input)),
    facets: dataset.facets.handler(({ input }) => readFacets(projects.get(input.project))),
    image: dataset.image.handler(({ input }) => imageDetail(projects.get(input.project), input.image)),
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
