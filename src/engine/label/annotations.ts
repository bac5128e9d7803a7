import type { Annotation } from '../../contract/annotation.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { heirOf, type Heirs } from '../../core/label-record.ts';
import { shapeProblem } from '../../core/shapes.ts';
import type { AnnotationRow } from '../db/annotation-repository.ts';
import type { JournalChange } from '../db/journal.ts';
import type { StoredAnnotation } from '../db/stored-value.ts';
import { requireReading } from '../rounds/rounds.ts';
import type { ProjectSession } from '../project/session.ts';

/** Whose shapes, on which image. */
export interface ReaderOnImage {
  image: string;
  /** Name. */
  reader: string;
  round: string;
}

/** A reader's shapes on an image, oldest first. @throws ReadroomError `unknownImage` */
export function listAnnotations(
  session: ProjectSession,
  { image, reader, round }: ReaderOnImage,
): Annotation[] {
  requirePicture(session, image);
  const found = session.projects.findReader(reader, 'person');
  const heirs = session.projects.heirs();
  return found ? session.annotations.ofReader(image, found.id, round).map((row) => shown(row, heirs)) : [];
}

/** Everybody's shapes on an image, except those of rounds that are still blinded. @throws ReadroomError `unknownImage` */
export function allAnnotations(
  session: ProjectSession,
  image: string,
): (Annotation & { reader: string; at: string })[] {
  requirePicture(session, image);
  const heirs = session.projects.heirs();
  return session.annotations
    .ofImage(image)
    .map((row) => ({ ...shown(row, heirs), reader: row.readerName, at: row.at }));
}

/**
 * Adds, changes and removes a reader's shapes on an image as one action, unless an action of that id was done before;
 * what is already so gets no event. A shape to be removed that is there no more is no error: another window may have
 * been faster.
 * @returns the reader's shapes afterwards, and the last event; null when nothing changed
 * @throws ReadroomError `usage` for a shape outside of the picture, of a mask whose runs do not fill its box, one named
 *   twice, or another's; `unknownClass`, `unknownImage`, `unknownReader`, `projectReadOnly`, `unknownRound`, `notPermitted`
 */
export function changeAnnotations(
  session: ProjectSession,
  request: ReaderOnImage & {
    put: readonly Annotation[];
    remove: readonly string[];
    /** Id of the action; a new one when left out. */
    action?: string | undefined;
  },
): { annotations: Annotation[]; event: string | null } {
  const { journal } = session.writing();
  const { image, round, put, remove, action: batch } = request;
  if (batch !== undefined && journal.isDone(batch))
    return { annotations: listAnnotations(session, request), event: null };
  const picture = requirePicture(session, image);
  const reader = session.projects.readerNamed(request.reader, 'person');
  requireReading(session, round, reader, [image]);
  const ids = [...put.map(({ id }) => id), ...remove];
  if (new Set(ids).size < ids.length) {
    throw new ReadroomError('usage', 'A shape is named twice.', 'Put or remove each shape once.');
  }
  const before = new Map(session.annotations.byIds(ids).map((row) => [row.id, row]));
  for (const row of before.values()) {
    if (row.image === image && row.reader === reader.id && row.round === round) continue;
    throw new ReadroomError(
      'usage',
      `The shape "${row.id}" is ${row.reader === reader.id ? 'of another image or round' : `${row.readerName}'s`}.`,
      'Only your own shapes on this image can be changed. Give a new one an id of its own.',
    );
  }
  const classes = new Set(session.projects.classes().map(({ id }) => id));
  const changes: JournalChange[] = [];
  for (const annotation of put) {
    refuseUnfit(annotation, picture, classes);
    const to = storedAnnotation(image, annotation);
    const now = before.get(annotation.id);
    if (now && JSON.stringify(now.value) === JSON.stringify(to)) continue;
    changes.push({ target: { kind: 'annotation', id: annotation.id }, to });
  }
  for (const id of remove) {
    if (before.has(id)) changes.push({ target: { kind: 'annotation', id }, to: null });
  }
  const events =
    changes.length === 0
      ? []
      : journal.set(changes, { actor: reader.id, round, ...(batch !== undefined && { batch }) });
  const heirs = session.projects.heirs();
  return {
    annotations: session.annotations.ofReader(image, reader.id, round).map((row) => shown(row, heirs)),
    event: events.at(-1)?.event ?? null,
  };
}

/** A shape as events hold it; with its keys in this order, as equal shapes are equal texts. */
export function storedAnnotation(
  image: string,
  { class: classId, shape, unsure, comment }: Omit<Annotation, 'id'>,
): StoredAnnotation {
  const note = comment?.trim();
  return {
    ...{ image, class: classId, shape },
    ...(unsure && { unsure }),
    ...(note && { comment: note }),
  };
}

/** A stored shape as the contract tells it, of the class that it counts as now. */
function shown({ id, value }: AnnotationRow, heirs: Heirs): Annotation {
  const { image: _image, class: classId, ...rest } = value;
  return { id, class: classId === null ? null : heirOf(classId, heirs), ...rest };
}

function requirePicture(session: ProjectSession, image: string): { width: number; height: number } {
  const picture = session.annotations.pictureOf(image);
  if (picture) return picture;
  throw new ReadroomError('unknownImage', `There is no image "${image}".`, 'Give its id.');
}

function refuseUnfit(
  { shape, class: classId }: Annotation,
  picture: { width: number; height: number },
  classes: ReadonlySet<string>,
): void {
  const problem = shapeProblem(shape, picture);
  if (problem !== null) {
    throw new ReadroomError('usage', `A ${shape.kind} ${problem}.`, 'Nothing was changed.');
  }
  if (classId !== null && !classes.has(classId)) {
    throw new ReadroomError(
      'unknownClass',
      `There is no class "${classId}".`,
      'It may have been taken out of use: read the classes again.',
    );
  }
}
