import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import type { MergeReport } from '../../contract/merge.ts';
import { mapLimited } from '../dataset/map-limited.ts';
import {
  entityTables,
  type JournalPlace,
  type KnownSequences,
  type MergeImage,
  type Row,
} from '../db/merge-source.ts';
import type { MergeSides } from '../db/merge-repository.ts';
import type { JobContext } from '../jobs.ts';
import { openProjectForReading, type ProjectSession } from '../project/session.ts';
import { takeOriginals } from './take-originals.ts';

/** About 100 ms of writing. */
const rowsPerChunk = 1000;
const imagesPerChunk = 250;
const eventsPerChunk = 150;

/**
 * Takes over what another copy of the project did: what it has of readers, patients and images, then the events that
 * are not known here, in the journal's order, some in a transaction. What an earlier merge that was ended left is
 * taken over by the next one. Runs, evaluations, splits and saved views stay where they were made.
 * @throws ReadroomError `usage` for another project, this copy itself, or copies of which one was restored from a backup
 */
export async function mergeCopy(
  session: ProjectSession,
  other: string,
  context: JobContext,
): Promise<MergeReport> {
  const { merges } = session.writing();
  const source = openProjectForReading(other);
  try {
    refuseForeign(session, source);
    const sides = { source: source.merging, here: merges.sequences(), there: source.merging.sequences() };
    refuseForked(session, sides);
    try {
      const readers = await takeRows(session, source, context);
      const images = await takeImages(session, source, context);
      const { events, conflicts } = await takeEvents(session, sides, context);
      const missing = session.dataset
        .files(images)
        .filter(({ missingSince }) => missingSince !== null).length;
      merges.settle(source.projects.classSchemaVersion());
      const { labelled } = session.summary();
      return { events, images: images.length, missing, readers, conflicts, labelled };
    } catch (error) {
      // What was taken over so far stays, and is whole.
      merges.settle(source.projects.classSchemaVersion());
      throw error;
    } finally {
      session.index.invalidate();
    }
  } finally {
    source.close();
  }
}

function refuseForeign(session: ProjectSession, source: ProjectSession): void {
  const [mine, theirs] = [session.projects.get()!, source.projects.get()!];
  if (source.folder === session.folder) {
    throw new ReadroomError(
      'usage',
      `${source.folder} is the project itself.`,
      'Choose the folder of another copy of it.',
    );
  }
  if (mine.id === theirs.id) return;
  throw new ReadroomError(
    'usage',
    `${source.folder} is another project, "${theirs.name}", and no copy of "${mine.name}".`,
    'Only copies of one project can be merged; labels of another one come in with: readroom labels import.',
  );
}

/** A copy that was restored from a backup and worked on gave out numbers twice: then nobody knows which event is which. */
function refuseForked(session: ProjectSession, { source, here, there }: MergeSides): void {
  const { merges } = session.writing();
  for (const [replica, sequence] of there) {
    const both = Math.min(sequence, here.get(replica) ?? 0);
    if (both === 0 || merges.eventAt(replica, both)?.id === source.eventAt(replica, both)?.id) continue;
    throw new ReadroomError(
      'usage',
      'One of the two copies was put back from a backup and worked on since, so their journals contradict each other.',
      'Export the labels of one copy and import them into the other.',
    );
  }
}

/** @returns how many readers are new */
async function takeRows(
  session: ProjectSession,
  source: ProjectSession,
  context: JobContext,
): Promise<number> {
  const { merges } = session.writing();
  let readers = 0;
  for (const table of entityTables) {
    for (let after = 0; ;) {
      context.signal.throwIfAborted();
      const rows = source.merging.rows(table, after, rowsPerChunk);
      if (rows.length === 0) break;
      const added = merges.takeRows(
        table,
        rows.map(({ values }) => values),
      );
      if (table === 'reader') readers += added;
      after = rows.at(-1)!.row;
      await nextTurn();
    }
  }
  return readers;
}

/** @returns ids of new images */
async function takeImages(
  session: ProjectSession,
  source: ProjectSession,
  { signal, progress }: JobContext,
): Promise<string[]> {
  const { merges } = session.writing();
  const roots = new Map(
    source.merging.rows('root', 0, Number.MAX_SAFE_INTEGER).map(({ values }) => [values['id']!, values]),
  );
  const total = source.merging.countImages();
  const added: string[] = [];
  let done = 0;
  for (let after = 0; ;) {
    signal.throwIfAborted();
    const images = source.merging.images(after, imagesPerChunk);
    if (images.length === 0) return added;
    await takeOriginals(session, source, copiesAmong(images, roots), signal);
    const come = merges.takeImages(images, roots);
    await noteMissing(session, come);
    added.push(...come);
    done += images.length;
    progress(done, total, 'images');
    after = images.at(-1)!.row;
    await nextTurn();
  }
}

/** Files that the other copy of the project holds itself. */
const copiesAmong = (images: readonly MergeImage[], roots: ReadonlyMap<Row[string], Row>): Row[] =>
  images.map(({ file }) => file).filter((file) => roots.get(file['root_id']!)!['kind'] === 'originals');

/** Notes which files of new images are not where they are referenced: their folder may lie on another machine. */
async function noteMissing(session: ProjectSession, images: readonly string[]): Promise<void> {
  const files = session.dataset.files(images);
  const gone = await mapLimited(files, 16, async (file) => {
    if (file.missingSince !== null) return false;
    const found = await stat(path.resolve(file.path)).catch(() => null);
    return found === null;
  });
  session.dataset.markMissing(images.filter((_, index) => gone[index]));
}

async function takeEvents(
  session: ProjectSession,
  sides: MergeSides,
  { signal, progress }: JobContext,
): Promise<{ events: number; conflicts: number }> {
  const { merges } = session.writing();
  const total = [...sides.there].reduce(
    (sum, [replica, sequence]) => sum + Math.max(0, sequence - (sides.here.get(replica) ?? 0)),
    0,
  );
  let [events, conflicts] = [0, 0];
  let place = firstUnknown(sides);
  while (events < total) {
    signal.throwIfAborted();
    const read = sides.source.eventsBehind(place, eventsPerChunk);
    if (read.length === 0) break;
    place = read.at(-1)!;
    const coming = read.filter(({ replica, sequence }) =>
      isBetween(sequence, replica, sides.here, sides.there),
    );
    if (coming.length > 0) conflicts += merges.takeEvents(coming, sides);
    events += coming.length;
    progress(events, total, 'changes');
    await nextTurn();
  }
  return { events, conflicts };
}

/** Whether an event is unknown here, and was there when the merge began: whoever works on the other copy goes on. */
const isBetween = (sequence: number, replica: string, here: KnownSequences, there: KnownSequences): boolean =>
  sequence > (here.get(replica) ?? 0) && sequence <= (there.get(replica) ?? 0);

/** Just before the first event that is not known here. */
function firstUnknown({ source, here, there }: MergeSides): JournalPlace {
  const clocks = [...there].flatMap(([replica, sequence]) => {
    const known = here.get(replica) ?? 0;
    return sequence > known ? [source.eventAt(replica, known + 1)!.clock] : [];
  });
  return { clock: Math.min(...clocks), replica: '' };
}
