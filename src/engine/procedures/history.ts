import { labelsAsOf, listActions, momentOf } from '../label/label-history.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** What was done in a project, and what its labels were at a moment. */
export function historyProcedures({ projects }: EngineServices) {
  const { history } = base;
  return {
    actions: history.actions.handler(({ input }) => listActions(projects.get(input.project), input)),
    asOf: history.asOf.handler(({ input }) => momentOf(projects.get(input.project), input.at)),
    labelsAsOf: history.labelsAsOf.handler(({ input }) =>
      labelsAsOf(projects.get(input.project), input.at, input.images),
    ),
  };
}
