import { allAnnotations, changeAnnotations, listAnnotations } from '../label/annotations.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** What is drawn on pictures. */
export function annotationProcedures({ events, projects }: EngineServices) {
  const { annotation } = base;
  return {
    list: annotation.list.handler(({ input }) => listAnnotations(projects.get(input.project), input)),
    change: annotation.change.handler(({ input }) => {
      const session = projects.get(input.project);
      const result = changeAnnotations(session, input);
      const { image, reader } = input;
      if (result.event !== null)
        events.publish({ type: 'label.changed', project: session.id, images: [image], count: 1, reader });
      return result;
    }),
    all: annotation.all.handler(({ input }) => allAnnotations(projects.get(input.project), input.image)),
  };
}
