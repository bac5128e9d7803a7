import {
  type Facets,
  type ImageRow,
  labelStatusSchema,
  qualityFlags,
  type SplitPart,
  splitParts,
  type ViewRow,
} from '../../contract/dataset.ts';
import { qualityOf } from '../../core/quality.ts';
import type { ShownImage } from '../db/image-repository.ts';
import { openRound } from '../label/open-round.ts';
import type { ProjectSession } from '../project/session.ts';
import { ordinalOf, wordBits } from './image-index-columns.ts';
import { toReaderLabel } from './reader-label.ts';
import { countImages } from './views-select.ts';

/** Rows of a part of a view, with the words of a reader. */
export function viewRows(
  session: ProjectSession,
  { view, offset, limit, reader }: { view: string; offset: number; limit: number; reader?: string },
): ViewRow[] {
  return shownRows(session, session.views.rows(view).subarray(offset, offset + limit), reader);
}

/** Rows of images by id; those that do not exist are left out. */
export function imageRows(session: ProjectSession, images: readonly string[], reader?: string): ViewRow[] {
  return shownRows(session, session.rowsOf(images), reader);
}

/** As `dataset.images` lists them, of a part of a view. */
export function listedRows(
  session: ProjectSession,
  { view, offset, limit }: { view: string; offset: number; limit: number },
): { total: number; rows: ImageRow[] } {
  const rows = session.views.rows(view);
  return { total: rows.length, rows: session.images.listed(rows.subarray(offset, offset + limit)) };
}

/** Where an image stands in a view. @throws ReadroomError `unknownView` */
export function viewPosition(session: ProjectSession, view: string, image: string): number | null {
  const rows = session.views.rows(view);
  const [row] = session.rowsOf([image]);
  const position = row === undefined ? -1 : rows.indexOf(row);
  return position < 0 ? null : position;
}

/**
 * The first position at or after `from`, wrapping around, that a reader has neither labelled nor skipped, and how
 * many of the view the reader has.
 */
export async function nextUnread(
  session: ProjectSession,
  { view, from, reader }: { view: string; from: number; reader: string },
): Promise<{ position: number | null; read: number }> {
  const rows = session.views.rows(view);
  if (rows.length === 0) return { position: null, read: 0 };
  const { columns } = await session.index.ready();
  const id = session.projects.findReader(reader, 'person')?.id;
  const words = id === undefined ? undefined : columns.readers.get(id)?.words;
  if (!words) return { position: from % rows.length, read: 0 };
  let position: number | null = null;
  let read = 0;
  for (let step = 0; step < rows.length; step++) {
    const here = (from + step) % rows.length;
    const word = words[ordinalOf(columns, rows[here]!)]!;
    if ((word & (wordBits.labelled | wordBits.skipped)) !== 0) read += 1;
    else position ??= here;
  }
  return { position, read };
}

/** How many images of the project have each value that can be filtered by. */
export async function readFacets(session: ProjectSession): Promise<Facets> {
  const { columns } = await session.index.ready();
  const counts = countImages(columns);
  const ofClass = (id: string): number => counts.classes[columns.classIds.indexOf(id) + 1]!;
  const classes = session.projects.allClasses().map(({ id, retiredAt }) => {
    const n = columns.classIds.includes(id) ? ofClass(id) : 0;
    return { class: id, n, shown: retiredAt === null || n > 0 };
  });
  const parts: (SplitPart | null)[] = [...splitParts, null];
  return {
    classes: [
      ...classes.filter(({ shown }) => shown).map(({ class: id, n }) => ({ class: id, n })),
      { class: null, n: counts.classes[0]! },
    ],
    readers: session.projects
      .readers()
      .map(({ reader, name }) => ({ reader, name, n: counts.readers.get(reader) ?? 0 })),
    status: labelStatusSchema.options.map((status) => ({ status, n: counts.status(status) })),
    parts: parts.map((part) => ({
      part,
      n: counts.parts[part === null ? 0 : splitParts.indexOf(part) + 1]!,
    })),
    quality: qualityFlags.map((flag) => ({ flag, n: counts.flags(flag) })),
  };
}

function shownRows(
  session: ProjectSession,
  rows: Iterable<number>,
  readerName: string | undefined,
): ViewRow[] {
  const names = session.projects.classNames();
  const reader = readerName === undefined ? null : session.projects.findReader(readerName, 'person');
  return session.images.shown(rows, reader?.id ?? null, openRound).map((found) => {
    const { image, fileName, patient, width, height, unsure, part, word } = found;
    return {
      ...{ image, fileName, patient, width, height, class: found.class, unsure, part },
      flags: flagsOf(found),
      mine: word && toReaderLabel(word, names),
    };
  });
}

/** What is remarkable about an image, in the order of the contract. */
export function flagsOf(image: ShownImage): ViewRow['flags'] {
  const found = new Set(qualityOf(image));
  if (image.missing) found.add('missing');
  if (image.duplicate) found.add('duplicate');
  return qualityFlags.filter((flag) => found.has(flag));
}
