import type { LabelClass } from '../../contract/project.ts';
import { mergeClasses, splitClass } from '../project/class-merging.ts';
import { classVersions } from '../project/class-versions.ts';
import {
  addClass,
  changeClass,
  reorderClasses,
  retireClass,
  retiredClasses,
  setClassKeys,
} from '../project/classes.ts';
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
  /** As `changing`, where labels say something else than before though nobody labelled. */
  const relabelling = (
    input: { project: string; reader: string },
    change: (session: ProjectSession) => LabelClass[],
  ): LabelClass[] => {
    const classes = changing(input.project, change);
    const session = projects.get(input.project);
    const count = session.summary().images;
    events.publish({ type: 'label.changed', project: session.id, images: [], count, reader: input.reader });
    return classes;
  };
  return {
    add: procedures.add.handler(({ input: { project, ...look } }) =>
      changing(project, (session) => addClass(session, look)),
    ),
    change: procedures.change.handler(({ input: { project, class: id, ...change } }) =>
      changing(project, (session) => changeClass(session, id, change)),
    ),
    reorder: procedures.reorder.handler(({ input }) =>
      changing(input.project, (session) => reorderClasses(session, input.classes, input.reader)),
    ),
    setKeys: procedures.setKeys.handler(({ input }) =>
      changing(input.project, (session) => setClassKeys(session, input.keys, input.reader)),
    ),
    retire: procedures.retire.handler(({ input }) =>
      changing(input.project, (session) => retireClass(session, input.class, input.reader)),
    ),
    retired: procedures.retired.handler(({ input }) => retiredClasses(projects.get(input.project))),
    merge: procedures.merge.handler(({ input }) =>
      relabelling(input, (session) => mergeClasses(session, input)),
    ),
    split: procedures.split.handler(({ input }) =>
      relabelling(input, (session) => splitClass(session, input)),
    ),
    versions: procedures.versions.handler(({ input }) => classVersions(projects.get(input.project))),
  };
}
