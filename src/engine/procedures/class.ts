import type { LabelClass } from '../../contract/project.ts';
import { addClass, changeClass, reorderClasses, retireClass } from '../project/classes.ts';
import type { ProjectSession } from '../project/session.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Classes of a project. */
export function classProcedures({ events, projects }: EngineServices) {
  const procedures = base.class;
  const changing = (project: string, change: (session: ProjectSession) => LabelClass[]): LabelClass[] => {
    const session = projects.get(project);
    const classes = change(session);
    // Views may be in the order of classes.
    session.index.invalidate();
    events.publish({ type: 'class.changed', project: session.id });
    return classes;
  };
  return {
    add: procedures.add.handler(({ input: { project, name, ...look } }) =>
      changing(project, (session) => addClass(session, name, look)),
    ),
    change: procedures.change.handler(({ input: { project, class: id, ...change } }) =>
      changing(project, (session) => changeClass(session, id, change)),
    ),
    reorder: procedures.reorder.handler(({ input }) =>
      changing(input.project, (session) => reorderClasses(session, input.classes)),
    ),
    retire: procedures.retire.handler(({ input }) =>
      changing(input.project, (session) => retireClass(session, input.class)),
    ),
  };
}
