import { v7 as uuid } from 'uuid';

import { type ChosenImages, imageQuerySchema, type ImageQuery, type View } from '../../contract/image.ts';
import { ReadroomError } from '../../contract/errors.ts';
import type { CallContext } from '../../contract/profile.ts';
import { adjudicatedRound, closingOf, openReading } from '../../contract/round-id.ts';
import type { ReadingRound, RoundOutlook } from '../../contract/round.ts';
import { quantileOfSorted } from '../../core/statistics.ts';
import { counted } from '../../core/words.ts';
import { dealImages, type Assignment } from '../../core/worklist.ts';
import type { RoundRow, StoredRound } from '../db/round-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import { decidedImages, roundOutcome } from './round-outcome.ts';

export interface NewRound {
  reader: string;
  name: string;
  images: ChosenImages | { query: ImageQuery };
  readers: string[];
  assignment: Assignment;
  seed: number;
  washoutDays: number;
  /** Numbers that lie no further apart agree; 0 in a project whose labels are none. */
  tolerance: number;
}

const dayMs = 86_400_000;

/** The round of this id. @throws ReadroomError `unknownRound` */
export function requireRound(session: ProjectSession, round: string): RoundRow {
  const found = session.rounds.get(round);
  if (found) return found;
  throw new ReadroomError('unknownRound', `There is no round "${round}".`, 'Read the list of rounds again.');
}

/** @throws ReadroomError `notPermitted` */
export function requireClosed(session: ProjectSession, round: string): RoundRow {
  const found = requireRound(session, round);
  if (found.status === 'closed') return found;
  throw new ReadroomError(
    'notPermitted',
    `The round "${found.name}" is still open: its readings are blinded.`,
    'Close the round first; then everybody sees all of it.',
  );
}

/** Keeps from a person who reads in an open round what could show them the answer. @throws ReadroomError `notPermitted` */
export function requireNoOpenRound(
  session: ProjectSession,
  identity: CallContext['identity'],
  what: string,
): void {
  const round = identity === undefined ? null : session.rounds.openOf(identity.name);
  if (round === null) return;
  throw new ReadroomError(
    'notPermitted',
    `You read in the round "${round}", which is blinded: ${what} is shown after it.`,
    'Wait until an owner has closed the round.',
  );
}

/** Opens a blinded round: deals its images out, once and for all. @throws ReadroomError `usage`, `projectReadOnly` */
export async function openRound(session: ProjectSession, wanted: NewRound): Promise<ReadingRound> {
  const { journal } = session.writing();
  const images = await imagesOf(session, wanted.images);
  const { kind, level } = session.projects.labelSchema();
  if (wanted.tolerance > 0 && kind !== 'number') {
    throw new ReadroomError(
      'usage',
      'A tolerance is for labels that are numbers; those of this project are classes.',
      'Open the round without one.',
    );
  }
  const targets = session.rounds.targetsOf(images, level);
  if (targets.length === 0) {
    throw new ReadroomError(
      'usage',
      images.length === 0
        ? 'No image was chosen for the round.'
        : `None of the ${counted(images.length, 'image')} belongs to a ${level}, which labels of this project are said of.`,
      'Choose other images, or change the level of labels on the Data screen.',
    );
  }
  const names = [...new Set(wanted.readers)];
  if (wanted.assignment.kind === 'overlap' && wanted.assignment.k > names.length) {
    throw new ReadroomError(
      'usage',
      `Each image cannot have ${wanted.assignment.k} of ${counted(names.length, 'reader')}.`,
      'Name more readers, or let fewer read each image.',
    );
  }
  const actor = session.projects.readerNamed(wanted.reader, 'person').id;
  const readers = names.map((name) => session.projects.readerNamed(name, 'person').id);
  const dealt = dealImages(groupsOf(session, targets), readers, wanted.assignment, wanted.seed);
  const id = uuid();
  const definition: StoredRound = {
    name: wanted.name,
    assignment: wanted.assignment,
    seed: wanted.seed,
    washoutDays: wanted.washoutDays,
    tolerance: wanted.tolerance,
    kind,
    level,
    openedAt: new Date().toISOString(),
    worklists: [...dealt].map(([reader, list]) => ({ reader, images: list })),
  };
  journal.set([{ target: { kind: 'round', id }, to: definition }], { actor, round: openReading });
  return describeRound(session, requireRound(session, id));
}

/** What a round of these images and readers would begin with. @throws ReadroomError `unknownImage` */
export async function roundOutlook(
  session: ProjectSession,
  wanted: Pick<NewRound, 'images' | 'readers'>,
): Promise<RoundOutlook> {
  const { level } = session.projects.labelSchema();
  const targets = session.rounds.targetsOf(await imagesOf(session, wanted.images), level);
  const readers = wanted.readers.flatMap((name) => session.projects.findReader(name, 'person')?.id ?? []);
  return { images: targets.length, labelled: session.rounds.labelledBy(targets, readers) };
}

async function imagesOf(session: ProjectSession, wanted: NewRound['images']): Promise<string[]> {
  if ('ids' in wanted) {
    const ids = [...new Set(wanted.ids)];
    const missing = ids.length - session.rowsOf(ids).length;
    if (missing === 0) return ids;
    throw new ReadroomError(
      'unknownImage',
      `${counted(missing, 'image')} of ${counted(ids.length, 'image')} ${missing === 1 ? 'is' : 'are'} not in the project.`,
      'Choose the images again.',
    );
  }
  if ('view' in wanted) return session.views.images(wanted.view, wanted.ranges);
  const order = session.projects.classes().map(({ id }) => id);
  const { view, total } = await session.views.open(wanted.query, order);
  return session.views.images(view, [[0, total]]);
}

/** A patient's images go to the same readers, so that nobody's patients are compared half. */
function groupsOf(session: ProjectSession, targets: readonly string[]): string[][] {
  const groupOf = session.dataset.groupKeys();
  const groups = new Map<string, string[]>();
  for (const image of targets) {
    const key = groupOf.get(image) ?? `image ${image}`;
    const group = groups.get(key);
    if (group) group.push(image);
    else groups.set(key, [image]);
  }
  return [...groups.values()];
}

/** Rounds of the project, newest first. */
export function listRounds(session: ProjectSession): ReadingRound[] {
  return session.rounds.list().map((row) => describeRound(session, row));
}

/** Ends a round: what was said in it is seen and counts from now on. @throws ReadroomError `usage` when it is closed */
export function closeRound(session: ProjectSession, round: string, reader: string): ReadingRound {
  const { journal } = session.writing();
  const row = requireRound(session, round);
  if (row.status === 'closed') {
    throw new ReadroomError('usage', `The round "${row.name}" is closed already.`, 'Nothing is left to do.');
  }
  const actor = session.projects.readerNamed(reader, 'person').id;
  const target = { kind: 'round', id: closingOf(round) } as const;
  journal.set([{ target, to: { closedAt: new Date().toISOString() } }], { actor, round: openReading });
  session.index.invalidate();
  return describeRound(session, requireRound(session, round));
}

/** A reader's worklist as a view. @throws ReadroomError `unknownRound`, `notPermitted` */
export async function openWorklist(session: ProjectSession, round: string, reader: string): Promise<View> {
  const row = requireRound(session, round);
  const found = session.projects.findReader(reader, 'person');
  const images = found ? session.rounds.worklist(round, found.id) : [];
  if (!found || images.length === 0) {
    throw new ReadroomError(
      'notPermitted',
      `"${reader}" does not read in the round "${row.name}".`,
      'Choose a reader of the round at the bottom of the window.',
    );
  }
  if (row.status === 'open') requireWashedOut(session, row, found);
  return session.views.open(imageQuerySchema.parse({ images, sort: { by: 'given' } }), []);
}

/**
 * Refuses words that do not belong into a round: closed ones, images of others, before the wash-out is over. In open
 * reading ('') everything is allowed.
 * @throws ReadroomError `unknownRound`, `notPermitted`
 */
export function requireReading(
  session: ProjectSession,
  round: string,
  reader: { id: string; name: string },
  images: readonly string[],
): void {
  if (round === openReading) return;
  const adjudicated = adjudicatedRound(round);
  if (adjudicated !== null) {
    const row = requireClosed(session, adjudicated);
    for (const image of images) requireListed(session, row, image);
    return;
  }
  const row = requireRound(session, round);
  if (row.status === 'closed') {
    throw new ReadroomError(
      'notPermitted',
      `The round "${row.name}" is closed: nothing is added to it.`,
      'Label outside of the round, or open another one.',
    );
  }
  const foreign = images.find((image) => {
    const listed = session.rounds.listedImage(row, image);
    return listed === null || !session.rounds.isAssigned(round, reader.id, listed);
  });
  if (foreign !== undefined) {
    throw new ReadroomError(
      'notPermitted',
      `${session.dataset.file(foreign).fileName} is not on the worklist of ${reader.name} in "${row.name}".`,
      'Read the images of the worklist.',
    );
  }
  requireWashedOut(session, row, reader);
}

/**
 * The image that stands for another one in a round's worklists.
 * @throws ReadroomError `notPermitted` for one that was not read in it
 */
export function requireListed(session: ProjectSession, row: RoundRow, image: string): string {
  const listed = session.rounds.listedImage(row, image);
  if (listed !== null) return listed;
  throw new ReadroomError(
    'notPermitted',
    `${session.dataset.file(image).fileName} was not read in the round "${row.name}".`,
    'Decide on images of the round; others are labelled outside of it.',
  );
}

function requireWashedOut(
  session: ProjectSession,
  row: RoundRow,
  reader: { id: string; name: string },
): void {
  const from = availableFrom(session, row, reader.id);
  if (from === null) return;
  throw new ReadroomError(
    'notPermitted',
    `The wash-out of ${reader.name} in "${row.name}" lasts until ${from.slice(0, 10)}.`,
    `${counted(row.washoutDays, 'day')} lie between two readings of the same image.`,
    { availableFrom: from },
  );
}

/** When a reader's wash-out is over; null: it is. */
function availableFrom(session: ProjectSession, row: RoundRow, reader: string): string | null {
  if (row.washoutDays === 0 || row.status === 'closed') return null;
  const last = session.rounds.lastWordBefore(row, reader);
  if (last === null) return null;
  const over = new Date(Date.parse(last) + row.washoutDays * dayMs);
  return over.getTime() <= Date.now() ? null : over.toISOString();
}

/** A round with how far its readers are, and what is left to decide. */
export function describeRound(session: ProjectSession, row: RoundRow): ReadingRound {
  const { read, disputed } = roundOutcome(session, row);
  const { round, name, status, assignment, seed, washoutDays, tolerance, openedAt, closedAt } = row;
  const isClosed = status === 'closed';
  return {
    ...{ round, name, status, assignment, seed, washoutDays, tolerance, openedAt, closedAt },
    images: session.rounds.images(round),
    readers: session.rounds.assigned(round).map(({ reader, name: readerName, assigned }) => {
      const times = session.rounds.times(round, reader);
      return {
        reader,
        name: readerName,
        assigned,
        read: read.get(reader) ?? 0,
        availableFrom: availableFrom(session, row, reader),
        medianSeconds: times.length === 0 ? null : quantileOfSorted(times, 0.5) / 1000,
      };
    }),
    disagreements: isClosed ? disputed.length : null,
    adjudicated: isClosed ? decidedAmong(session, row, disputed) : null,
  };
}

function decidedAmong(session: ProjectSession, row: RoundRow, disputed: readonly string[]): number {
  if (disputed.length === 0) return 0;
  const done = decidedImages(session, row);
  return disputed.filter((image) => done.has(image)).length;
}
