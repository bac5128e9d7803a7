import { ReadroomError } from '../../contract/errors.ts';
import type {
  LabelChangeInput,
  LabelResult,
  ReadingPlace,
  Reversal,
  TargetKind,
} from '../../contract/label.ts';
import type { ImageQuery } from '../../contract/image.ts';
import { counted } from '../../core/words.ts';
import type { AppendedEvent } from '../db/journal.ts';
import type { Target } from '../db/journal-keepers.ts';
import { isLabelTarget } from '../db/label-targets.ts';
import type { Reader } from '../db/project-repository.ts';
import type { StoredValue } from '../db/stored-value.ts';
import type { ProjectSession } from '../project/session.ts';
import { requireReading } from '../rounds/rounds.ts';
import { actionWords } from './action-words.ts';
import { mergeWord, resolveChange } from './label-change.ts';
import { labelText } from './label-words.ts';
import { openReading } from '../../contract/round-id.ts';

/** What one action did, and to which images. */
export interface LabelAction<R = LabelResult> {
  result: R;
  /** The reader's name. */
  reader: string;
  /** Images whose word or shapes changed; none when it was so before. */
  changed: string[];
}

/** What an undo or redo did, and of which kinds. */
export interface ReversedLabels extends LabelAction<Reversal> {
  kinds: ReadonlySet<TargetKind>;
}

interface ByReader {
  /** A person's name. */
  reader: string;
  /** '' is open reading, else a round's id. */
  round?: string;
}

interface WordRequest extends ByReader {
  change: LabelChangeInput;
  /** How long the only image was in view. */
  milliseconds?: number | undefined;
  /** Id of the action; a new one when left out. */
  action?: string | undefined;
}

/**
 * Sets or takes away one reader's label of an image, or of its series, study or patient where the project's labels are
 * said of these. The result is on disk when this returns.
 * @throws ReadroomError `unknownImage`, `ambiguousImage`, `unknownClass`, `unknownReader` (a name that is no person's),
 *   `usage` for a label of another kind; `unknownRound`, `notPermitted`
 */
export function setLabel(
  session: ProjectSession,
  request: ByReader & { image: string; class?: string | null; value?: number | null },
): LabelAction {
  session.writing();
  const image = session.dataset.findImage(request.image);
  const change = wantedChange(session, request);
  const { reader, appended, first, changed } = changeWords(session, [image], { ...request, change });
  const { event = '', to = null } = first ?? {};
  const label = labelText(to, session.projects.classNames());
  return {
    result: { image, label, reader: reader.name, event, count: changed.length },
    reader: reader.name,
    changed: appended.length > 0 ? changed : [],
  };
}

/**
 * Changes one reader's word on many images as one action, unless an action of that id was done before.
 * @param images ids, each once
 * @throws ReadroomError as `setLabel`
 */
export function assignLabels(
  session: ProjectSession,
  images: readonly string[],
  request: WordRequest,
): LabelAction<{ count: number }> {
  const { journal } = session.writing();
  if (request.action !== undefined && journal.isDone(request.action))
    return { result: { count: 0 }, reader: request.reader, changed: [] };
  const { reader, changed } = changeWords(session, images, request);
  return { result: { count: changed.length }, reader: reader.name, changed };
}

function changeWords(session: ProjectSession, images: readonly string[], request: WordRequest) {
  const { journal } = session.writing();
  const change = resolveChange(session, request.change);
  const targets = requireTargets(session, images);
  const reader = session.projects.readerNamed(request.reader, 'person');
  const round = request.round ?? openReading;
  requireReading(session, round, reader, images);
  const heirs = session.projects.heirs();
  const merge = (before: StoredValue | null): StoredValue | null => mergeWord(before, change, heirs);
  const { appended, first } = journal.changeWords(
    targets,
    merge,
    { actor: reader.id, round, ...(request.action !== undefined && { batch: request.action }) },
    request.milliseconds,
  );
  const changed = session.targets.imagesOf(appended.map(({ target }) => target));
  return { reader, appended, first, changed };
}

/** What words on images are said of, each once. @throws ReadroomError `usage` for images that belong to no such thing */
function requireTargets(session: ProjectSession, images: readonly string[]): Target[] {
  const { level } = session.projects.labelSchema();
  if (level === 'image') return images.map((id) => ({ kind: level, id }));
  const found = session.targets.targetsOf(images, level);
  const without = found.filter(({ target }) => target === null);
  if (without.length === 0) {
    const ids = new Set(found.map(({ target }) => target!));
    return [...ids].map((id) => ({ kind: level, id }));
  }
  const [first] = without;
  const which =
    found.length === 1
      ? `${session.dataset.file(first!.image).fileName} belongs`
      : `${counted(without.length, 'image')} of ${found.length} ${without.length === 1 ? 'belongs' : 'belong'}`;
  throw new ReadroomError(
    'usage',
    `Labels are of a whole ${level} here, and ${which} to none. Nothing was changed.`,
    `Leave ${without.length === 1 ? 'it' : 'them'} out, import again with the ${level}, or label images instead (in the project's settings).`,
  );
}

/**
 * Takes back, or does again, the reader's newest action of the round, whatever it was.
 * @throws ReadroomError `nothingToUndo`, `changedSince`, `unknownReader`; `notPermitted` in a round that is closed
 */
export function reverseLabel(
  session: ProjectSession,
  direction: 'undo' | 'redo',
  readerName: string,
  round: string = openReading,
): ReversedLabels {
  const { journal } = session.writing();
  const reader = requireReader(session, readerName);
  requireReading(session, round, reader, []);
  const { reversed, events } = journal[direction](reader.id, round);
  const changed = imagesOf(session, events);
  const [first] = events;
  const word = first && isLabelTarget(first.target.kind) ? (first.to as StoredValue | null) : null;
  return {
    result: {
      what: actionWords(session, reversed),
      image: changed[0] ?? null,
      label: labelText(word, session.projects.classNames()),
      reader: reader.name,
      event: first!.event,
      count: changed.length,
    },
    reader: reader.name,
    changed,
    kinds: new Set(events.map(({ target }) => target.kind)),
  };
}

function imagesOf(session: ProjectSession, events: readonly AppendedEvent[]): string[] {
  const byKind = Map.groupBy(
    events.map(({ target }) => target),
    ({ kind }) => kind,
  );
  return [...new Set([...byKind.values()].flatMap((targets) => session.targets.imagesOf(targets)))];
}

/** @throws ReadroomError `unknownReader` for one who never labelled here */
export function requireReader(session: ProjectSession, name: string): Reader {
  const found = session.projects.findReader(name, 'person');
  if (found) return found;
  throw new ReadroomError(
    'unknownReader',
    `No reader "${name}" has labelled in this project.`,
    'Give the name under which the label was set.',
  );
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

/** What a plain label asks for in a project of this kind of labels: a class by name, several joined by commas, a number. */
function wantedChange(
  { projects }: ProjectSession,
  request: { class?: string | null; value?: number | null },
): LabelChangeInput {
  const { class: name, value } = request;
  if (value !== undefined) return { number: value };
  if (name === undefined) {
    throw new ReadroomError('usage', 'No label was given.', 'Give a class or a number.');
  }
  const { kind } = projects.labelSchema();
  if (kind === 'number' && name === null) return { number: null };
  if (kind !== 'multi') return { class: name };
  if (name === null) return { classes: null };
  const isOne = projects.classes().some((entry) => entry.name.toLowerCase() === name.trim().toLowerCase());
  const names = isOne ? [name] : name.split(',').map((part) => part.trim());
  return { classes: { set: names.filter((part) => part !== '') } };
}
