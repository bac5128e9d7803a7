import { ReadroomError } from '../../contract/errors.ts';
import type {
  HistoryAction,
  HistoryKind,
  JournalEvent,
  LabelActionSummary,
  Moment,
} from '../../contract/label.ts';
import type { RecordValue } from '../../core/label-record.ts';
import { counted } from '../../core/words.ts';
import type { StoredAction } from '../db/journal-actions.ts';
import { isLabelTarget } from '../db/label-targets.ts';
import type { DoneMerge, HistoryPlace, ListedAction, StoredEvent } from '../db/journal-reading.ts';
import type { StoredMoment } from '../db/moment-repository.ts';
import { parseValue, sameLabel, type StoredAnnotation, type StoredValue } from '../db/stored-value.ts';
import type { ProjectSession } from '../project/session.ts';
import { inTurns } from '../turns.ts';
import { actionWords, shapeWords } from './action-words.ts';
import { labelText, namedWord, shownLabel, wordChange } from './label-words.ts';
import { requireReader } from './label-service.ts';
import { openReading } from '../../contract/round-id.ts';

/** What undo and redo would do for a reader now; nothing for one who never labelled. */
export function reversibleActions(
  session: ProjectSession,
  readerName: string,
  round: string = openReading,
): { undo: LabelActionSummary | null; redo: LabelActionSummary | null } {
  const reader = session.projects.findReader(readerName, 'person');
  if (!reader) return { undo: null, redo: null };
  const { undo, redo } = session.journal.reversible(reader.id, round);
  const summary = (action: StoredAction): LabelActionSummary => ({
    what: actionWords(session, action),
    count: action.count,
    at: action.at,
  });
  return { undo: undo && summary(undo), redo: redo && summary(redo) };
}

/** Who labelled an image what and drew what on it, and when; oldest first. @throws ReadroomError `unknownImage` */
export function labelHistory(session: ProjectSession, reference: string): JournalEvent[] {
  const image = session.dataset.findImage(reference);
  const names = session.projects.classNames();
  const named = (value: StoredValue | null) => value && namedWord(value, names);
  return session.journal.history(image).map((event): JournalEvent => {
    if (!isLabelTarget(event.target.kind))
      return { ...event, from: null, to: null, what: drawnWords(event, names) };
    const [from, to] = [parseValue(event.from), parseValue(event.to)];
    const shown = (word: StoredValue | null): string =>
      shownLabel(word, names, session.projects.labelSchema());
    const what = sameLabel(from, to) ? wordChange(from, to, shown) : `${shown(from)} → ${shown(to)}`;
    return { ...event, from: named(from), to: named(to), what };
  });
}

function drawnWords({ from, to }: StoredEvent, names: ReadonlyMap<string, string>): string {
  const what = shapeWords(JSON.parse((to ?? from)!) as StoredAnnotation, names);
  if (to === null) return `${what} removed`;
  return `${what} ${from === null ? 'drawn' : 'changed'}`;
}

/**
 * What was done in a project, newest first, and when it took over what was done in another copy.
 * @throws ReadroomError `unknownReader`, `usage` for a `before` of elsewhere
 */
export function listActions(
  session: ProjectSession,
  {
    before,
    actor,
    about = null,
    limit,
  }: { before: string | null; actor: string | null; about?: HistoryKind | null; limit: number },
): { actions: HistoryAction[]; next: string | null } {
  const place = before === null ? afterAll : placeOf(before);
  const id = actor === null ? null : actorNamed(session, actor);
  const asked = { actor: id, about };
  const found = [
    ...session.journal.actions(place, asked, limit).map((action) => describe(session, action)),
    ...session.journal.merges(place, asked, limit).map(describeMerge),
  ]
    .sort((a, b) => (a.at === b.at ? compareText(b.batch, a.batch) : compareText(b.at, a.at)))
    .slice(0, limit);
  const last = found.at(-1);
  return { actions: found, next: last && found.length === limit ? `${last.at} ${last.batch}` : null };
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Behind every moment. */
const afterAll: HistoryPlace = { at: '~', id: '' };

function placeOf(before: string): HistoryPlace {
  const [, at, id] = /^(\d{4}-\S+) (.+)$/.exec(before) ?? [];
  if (at !== undefined && id !== undefined) return { at, id };
  throw new ReadroomError('usage', `"${before}" is no place in the history.`, 'Begin with the newest.');
}

function actorNamed(session: ProjectSession, name: string): string {
  const wanted = name.toLowerCase();
  const found = session.projects.readers().find((one) => one.name.toLowerCase() === wanted);
  return found?.reader ?? requireReader(session, name).id;
}

function describe(session: ProjectSession, action: ListedAction): HistoryAction {
  const { batch, at, actorName, kind, target, count, undone } = action;
  const what = actionWords(session, action);
  const [image = null] = session.targets.present(session.targets.imagesOf([target]).slice(0, 1));
  return { batch, at, actor: actorName, kind, target: target.kind, what, count, image, undone };
}

function describeMerge({ job, at, actorName, events, images, conflicts }: DoneMerge): HistoryAction {
  const parts = [
    `${counted(events, 'change')} of another copy`,
    images > 0 && counted(images, 'new image'),
    conflicts > 0 && counted(conflicts, 'conflict'),
  ].filter((part) => typeof part === 'string');
  return {
    ...{ batch: job, at, actor: actorName, kind: 'merge', target: null },
    ...{ what: parts.join(', '), count: events, image: null, undone: false },
  };
}

const momentAt = (session: ProjectSession, at: string): StoredMoment =>
  session.moments.moment(new Date(at).toISOString());

/** The project's labels of record as they were at a moment, counted. @param at ISO 8601 */
export async function momentOf(session: ProjectSession, at: string): Promise<Moment> {
  const moment = momentAt(session, at);
  const counts = new Map<string, number>();
  let [images, labelled] = [0, 0];
  const take = (record: RecordValue | null): void => {
    images += 1;
    if (!record) return;
    labelled += 1;
    for (const id of classesOf(record)) counts.set(id, (counts.get(id) ?? 0) + 1);
  };
  await inTurns(session.moments.allRecords(moment, take));
  const classes = [...moment.classes.values()]
    .filter(({ id, retiredAt }) => retiredAt === null || counts.has(id))
    .map(({ id, name }) => ({ class: id, name, n: counts.get(id) ?? 0 }));
  return { at: moment.at, images, labelled, classes };
}

const classesOf = (record: RecordValue): readonly string[] =>
  'classes' in record ? record.classes : 'class' in record ? [record.class] : [];

/** Labels of record of some images at a moment, with the names that classes had then; null for none. @param at ISO 8601 */
export function labelsAsOf(
  session: ProjectSession,
  at: string,
  images: readonly string[],
): { image: string; label: string | number | null }[] {
  const moment = momentAt(session, at);
  const records = session.moments.records(images, moment);
  const names = new Map([...moment.classes].map(([id, { name }]) => [id, name]));
  return images.map((image) => ({ image, label: labelText(records.get(image) ?? null, names) }));
}
