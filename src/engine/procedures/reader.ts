import type { Reader } from '../../contract/label.ts';
import type { ProjectSession } from '../project/session.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Who reads and labels in a project. */
export function readerProcedures({ events, projects }: EngineServices) {
  const { reader } = base;
  const changed = (session: ProjectSession): Reader[] => {
    events.publish({ type: 'reader.changed', project: session.id });
    return session.projects.readers();
  };
  return {
    list: reader.list.handler(({ input }) => projects.get(input.project).projects.readers()),
    add: reader.add.handler(({ input }) => {
      const session = projects.get(input.project);
      session.writing();
      session.projects.readerNamed(input.name, 'person');
      if (input.role !== undefined) session.projects.setRole(input.name, input.role);
      return changed(session);
    }),
    setRole: reader.setRole.handler(({ input }) => {
      const session = projects.get(input.project);
      session.writing();
      session.projects.setRole(input.name, input.role);
      return changed(session);
    }),
  };
}
