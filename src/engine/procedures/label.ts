import { ReadroomError } from '../../contract/errors.ts';
import { mostImagesInEvent } from '../../contract/events.ts';
import {
  assignLabels,
  type LabelAction,
  labelHistory,
  leavePlace,
  readingPlace,
  reverseLabel,
  setLabel,
} from '../label/label-service.ts';
import { reversibleActions } from '../label/reversible.ts';
import type { ProjectSession } from '../project/session.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Labels, their journal, and where readers left off. */
export function labelProcedures({ events, projects }: EngineServices) {
  const { label } = base;
  function told<R>(session: ProjectSession, { result, reader, changed }: LabelAction<R>): R {
    const count = changed.length;
    const images = count > mostImagesInEvent ? [] : changed;
    if (count > 0) events.publish({ type: 'label.changed', project: session.id, images, count, reader });
    return result;
  }
  return {
    set: label.set.handler(({ input }) => {
      const session = projects.get(input.project);
      return told(session, setLabel(session, input));
    }),
    assign: label.assign.handler(({ input }) => {
      const session = projects.get(input.project);
      const { images } = input;
      const ids =
        'view' in images
          ? session.views.images(images.view, images.ranges)
          : knownImages(session, images.ids);
      return told(session, assignLabels(session, ids, input));
    }),
    undo: label.undo.handler(({ input }) => {
      const session = projects.get(input.project);
      return told(session, reverseLabel(session, 'undo', input.reader));
    }),
    redo: label.redo.handler(({ input }) => {
      const session = projects.get(input.project);
      return told(session, reverseLabel(session, 'redo', input.reader));
    }),
    history: label.history.handler(({ input }) => labelHistory(projects.get(input.project), input.image)),
    reversible: label.reversible.handler(({ input }) =>
      reversibleActions(projects.get(input.project), input.reader),
    ),
    place: label.place.handler(({ input }) => readingPlace(projects.get(input.project), input.reader)),
    leavePlace: label.leavePlace.handler(({ input }) => leavePlace(projects.get(input.project), input)),
  };
}

/** Each id once. @throws ReadroomError `unknownImage` */
function knownImages(session: ProjectSession, ids: readonly string[]): string[] {
  if (session.rowsOf(ids).length === ids.length) return [...new Set(ids)];
  const unknown = ids.find((image) => session.rowsOf([image]).length === 0);
  throw new ReadroomError('unknownImage', `There is no image "${unknown}".`, 'Nothing was changed.');
}
