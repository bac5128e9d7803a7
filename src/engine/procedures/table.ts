import type { CallContext } from '../../contract/profile.ts';
import {
  clinicalTable,
  importTable,
  patientValues,
  previewTable,
  removeTable,
  tableRows,
} from '../clinical/clinical-table.ts';
import type { ProjectSession } from '../project/session.ts';
import { requireNoOpenRound } from '../rounds/rounds.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** The clinical table of a project. */
export function tableProcedures({ events, projects }: EngineServices) {
  const { table } = base;
  const changed = (session: ProjectSession): void =>
    events.publish({ type: 'dataset.changed', project: session.id });
  // An owner brought the table in.
  const refuseInRound = (session: ProjectSession, identity: CallContext['identity']): void => {
    const isOwner = identity !== undefined && session.projects.roleOf(identity.name) === 'owner';
    if (!isOwner) requireNoOpenRound(session, identity, 'the clinical table');
  };
  return {
    preview: table.preview.handler(({ input }) => previewTable(projects.get(input.project), input)),
    import: table.import.handler(async ({ input }) => {
      const session = projects.get(input.project);
      const report = await importTable(session, input);
      if (!report.alreadyPresent) changed(session);
      return report;
    }),
    get: table.get.handler(({ input, context: { identity } }) => {
      const session = projects.get(input.project);
      refuseInRound(session, identity);
      return clinicalTable(session);
    }),
    rows: table.rows.handler(({ input, context: { identity } }) => {
      const session = projects.get(input.project);
      refuseInRound(session, identity);
      return tableRows(session, input);
    }),
    values: table.values.handler(({ input, context: { identity } }) => {
      const session = projects.get(input.project);
      requireNoOpenRound(session, identity, 'what the clinical table says of patients');
      return patientValues(session, input.of);
    }),
    remove: table.remove.handler(({ input }) => {
      const session = projects.get(input.project);
      const removed = removeTable(session, input.reader);
      if (removed) changed(session);
      return { removed };
    }),
  };
}
