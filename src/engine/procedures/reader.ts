import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Who reads and labels in a project. */
export function readerProcedures({ projects }: EngineServices) {
  const { reader } = base;
  return {
    list: reader.list.handler(({ input }) => projects.get(input.project).projects.readers()),
    add: reader.add.handler(({ input }) => {
      const session = projects.get(input.project);
      session.writing();
      session.projects.readerNamed(input.name, 'person');
      if (input.role !== undefined) session.projects.setRole(input.name, input.role);
      return session.projects.readers();
    }),
    setRole: reader.setRole.handler(({ input }) => {
      const session = projects.get(input.project);
      session.writing();
      session.projects.setRole(input.name, input.role);
      return session.projects.readers();
    }),
  };
}
