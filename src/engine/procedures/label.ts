import { ReadroomError } from '../../contract/errors.ts';
import { mostImagesInEvent } from '../../contract/events.ts';
import { labelHistory, reversibleActions } from '../label/label-history.ts';
import {
  assignLabels,
  type LabelAction,
  leavePlace,
  readingPlace,
  type ReversedLabels,
  reverseLabel,
  setLabel,
} from '../label/label-service.ts';
import type { ProjectSession } from '../project/session.ts';
import type { EngineServices } from '../services.ts';
import { base } from './base.ts';

/** Labels, what is undone of everything, and where readers left off. */
export function labelProcedures({ events, projects }: EngineServices) {
  const { label } = base;
  function told<R>(session: ProjectSession, { result, reader, changed }: LabelAction<R>): R {
    const count = changed.length;
    const images = count > mostImagesInEvent ? [] : changed;
    if (count > 0) events.publish({ type: 'label.changed', project: session.id, images, count, reader });
    return result;
  }
  function toldReversed(session: ProjectSession, reversed: ReversedLabels): ReversedLabels['result'] {
    const { kinds, reader } = reversed;
    const project = session.id;
    const isShared = ['class', 'import', 'setting'].some((kind) => kinds.has(kind as 'class'));
    if (isShared) session.index.invalidate();
    if (kinds.has('class')) events.publish({ type: 'class.changed', project });
    if (kinds.has('import') || kinds.has('setting')) events.publish({ type: 'dataset.changed', project });
    if (!kinds.has('class') && !kinds.has('setting')) return told(session, reversed);
    // Labels may count as something else without any word on them.
    const count = Math.max(1, session.summary().images);
    events.publish({ type: 'label.changed', project, images: [], count, reader });
    return reversed.result;
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
    undo: label.undo.handler(({ input: { project, reader, round } }) => {
      const session = projects.get(project);
      return toldReversed(session, reverseLabel(session, 'undo', reader, round));
    }),
    redo: label.redo.handler(({ input: { project, reader, round } }) => {
      const session = projects.get(project);
      return toldReversed(session, reverseLabel(session, 'redo', reader, round));
    }),
    history: label.history.handler(({ input }) => labelHistory(projects.get(input.project), input.image)),
    reversible: label.reversible.handler(({ input: { project, reader, round } }) =>
      reversibleActions(projects.get(project), reader, round),
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
