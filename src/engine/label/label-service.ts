import { ReadroomError } from '../../contract/errors.ts';
import type {
  JournalEvent,
  LabelChangeInput,
  LabelResult,
  LabelValue,
  ReadingPlace,
} from '../../contract/label.ts';
import type { ImageQuery } from '../../contract/dataset.ts';
import type { AppendedEvent } from '../db/journal.ts';
import type { StoredValue } from '../db/stored-value.ts';
import type { ProjectSession } from '../project/session.ts';
import { mergeWord, resolveChange } from './label-change.ts';
import { openRound } from './open-round.ts';

/** What one action did, and to which images. */
export interface LabelAction<R = LabelResult> {
  result: R;
  /** The reader's name. */
  reader: string;
  /** Images whose word changed; none when it was so before. */
  changed: string[];
}

/**
 * Sets or takes away one reader's label of one image. The result is on disk when this returns.
 * @throws ReadroomError `unknownImage`, `ambiguousImage`, `unknownClass`, `unknownReader` (a name that is no person's)
 */
export function setLabel(
  session: ProjectSession,
  request: { image: string; class?: string | null; value?: number; reader: string },
): LabelAction {
  const { journal } = session.writing();
  const image = session.dataset.findImage(request.image);
  const change = resolveChange(session, { class: wantedClass(request) });
  const reader = session.projects.readerNamed(request.reader, 'person');
  const merge = (before: StoredValue | null): StoredValue | null => mergeWord(before, change);
  const { appended, first } = journal.change([image], merge, reader.id, openRound);
  const done = first ?? { event: '', image, to: null };
  return {
    result: describe(session, done, reader.name, appended.length),
    reader: reader.name,
    changed: appended.map((event) => event.image),
  };
}

/**
 * Changes one reader's word on many images as one action.
 * @param images ids, each once
 * @throws ReadroomError `unknownClass`, `unknownReader`, `usage`
 */
export function assignLabels(
  session: ProjectSession,
  images: readonly string[],
  request: { change: LabelChangeInput; reader: string },
): LabelAction<{ count: number }> {
  const { journal } = session.writing();
  const change = resolveChange(session, request.change);
  const reader = session.projects.readerNamed(request.reader, 'person');
  const merge = (before: StoredValue | null): StoredValue | null => mergeWord(before, change);
  const { appended } = journal.change(images, merge, reader.id, openRound);
  const changed = appended.map((event) => event.image);
  return { result: { count: changed.length }, reader: reader.name, changed };
}

/** Takes back, or does again, the reader's newest action. @throws ReadroomError `nothingToUndo`, `unknownReader` */
export function reverseLabel(
  session: ProjectSession,
  direction: 'undo' | 'redo',
  readerName: string,
): LabelAction {
  const { journal } = session.writing();
  const reader = session.projects.findReader(readerName, 'person');
  if (!reader) {
    throw new ReadroomError(
      'unknownReader',
      `No reader "${readerName}" has labelled in this project.`,
      'Give the name under which the label was set.',
    );
  }
  const events = journal[direction](reader.id, openRound);
  return {
    result: describe(session, events[0]!, reader.name, events.length),
    reader: reader.name,
    changed: events.map((event) => event.image),
  };
}

/** Who labelled an image what and when, oldest first. */
export function labelHistory(session: ProjectSession, reference: string): JournalEvent[] {
  const image = session.dataset.findImage(reference);
  const names = session.projects.classNames();
  const named = (value: StoredValue | null): LabelValue | null =>
    value?.class === undefined ? value : { ...value, class: names.get(value.class) ?? value.class };
  return session.history(image).map((event) => ({ ...event, from: named(event.from), to: named(event.to) }));
}

/** Where a reader left off; null for one who never read here. */
export function readingPlace(session: ProjectSession, readerName: string): ReadingPlace | null {
  const reader = session.projects.findReader(readerName, 'person');
  return reader && session.savedViews.place(reader.id);
}

/** Remembers where a reader is. Nothing happens in a project opened for reading: one can read there all the same. */
export function leavePlace(
  session: ProjectSession,
  { reader, image, query }: { reader: string; image: string; query: ImageQuery },
): void {
  if (session.readOnly) return;
  const found = session.dataset.findImage(image);
  session.savedViews.leave(session.projects.readerNamed(reader, 'person').id, found, query);
}

function wantedClass(request: { class?: string | null; value?: number }): string | null {
  if (request.value !== undefined) {
    throw new ReadroomError(
      'usage',
      `A number (${request.value}) is no label of a classification project.`,
      'Give a class.',
    );
  }
  if (request.class === undefined) throw new ReadroomError('usage', 'No label was given.', 'Give a class.');
  return request.class;
}

function describe(
  session: ProjectSession,
  { image, event, to }: AppendedEvent,
  reader: string,
  count: number,
): LabelResult {
  const name = to?.class === undefined ? null : (session.projects.classNames().get(to.class) ?? to.class);
  return { image, label: name ?? to?.number ?? null, reader, event, count };
}
