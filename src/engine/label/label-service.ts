import { ReadroomError } from '../../contract/errors.ts';
import type { JournalEvent, LabelValue } from '../../contract/label.ts';
import type { AppendedEvent, StoredValue } from '../db/journal.ts';
import type { ProjectSession } from '../project/session.ts';

export interface LabelResult {
  image: string;
  /** The class name, the number, or null for no label. */
  label: string | number | null;
  reader: string;
  event: string;
}

/** What one action did: a result for each image, the one that names the action first. */
export interface LabelAction {
  results: [LabelResult, ...LabelResult[]];
}

/** Unblinded single reading; blinded rounds count from 1. */
const openRound = 0;

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
  const to = wantedValue(session, request);
  const reader = session.projects.readerNamed(request.reader, 'person');
  return describe(session, journal.set([{ image, to }], reader.id, openRound), reader.name);
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
  return describe(session, journal[direction](reader.id, openRound), reader.name);
}

/** Who labelled an image what and when, oldest first. */
export function labelHistory(session: ProjectSession, reference: string): JournalEvent[] {
  const image = session.dataset.findImage(reference);
  const named = (value: StoredValue | null): LabelValue | null =>
    value && 'class' in value ? { class: className(session, value.class) } : value;
  const events = session.history(image);
  return events.map((event) => ({ ...event, from: named(event.from), to: named(event.to) }));
}

function wantedValue(
  session: ProjectSession,
  request: { class?: string | null; value?: number },
): StoredValue | null {
  if (request.value !== undefined) {
    throw new ReadroomError(
      'usage',
      `A number (${request.value}) is no label of a classification project.`,
      'Give a class.',
    );
  }
  if (request.class === undefined) throw new ReadroomError('usage', 'No label was given.', 'Give a class.');
  return request.class === null ? null : { class: session.projects.classNamed(request.class).id };
}

function describe(session: ProjectSession, events: AppendedEvent[], reader: string): LabelAction {
  const names = new Map(session.projects.classes().map(({ id, name }) => [id, name]));
  const [first, ...others] = events.map(({ image, event, to }): LabelResult => {
    const label = to && ('class' in to ? (names.get(to.class) ?? to.class) : to.number);
    return { image, label, reader, event };
  });
  return { results: [first!, ...others] };
}

function className(session: ProjectSession, id: string): string {
  return session.projects.classes().find((entry) => entry.id === id)?.name ?? id;
}
