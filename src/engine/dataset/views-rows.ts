import {
  type Facets,
  type ImageField,
  imageFields,
  type ImageRow,
  labelStatusSchema,
  type QualityFlag,
  qualityFlags,
  type ViewRow,
} from '../../contract/image.ts';
import { type SplitPart, splitParts } from '../../contract/split.ts';
import { type QualityFacts, qualityOf } from '../../core/quality.ts';
import { recordWord, type ShownImage } from '../db/image-repository.ts';
import { labelText } from '../label/label-words.ts';
import { openReading } from '../../contract/round-id.ts';
import type { ProjectSession } from '../project/session.ts';
import { countImages } from './image-counts.ts';
import { comparedFlags } from './image-index.ts';
import { type ImageColumns, ordinalOf, qualityBit, wordBits } from './image-index-columns.ts';
import { toReaderLabel } from './reader-label.ts';

/** Whose words `mine` holds, in which round. */
interface Mine {
  /** A name. */
  reader?: string;
  round: string;
}

/** Rows of a part of a view, with the words of a reader. */
export function viewRows(
  session: ProjectSession,
  { view, offset, limit, ...mine }: Mine & { view: string; offset: number; limit: number },
): ViewRow[] {
  return shownRows(session, session.views.rows(view).subarray(offset, offset + limit), mine);
}

/** Rows of images by id; those that do not exist are left out. */
export function imageRows(session: ProjectSession, images: readonly string[], mine: Mine): ViewRow[] {
  return shownRows(session, session.rowsOf(images), mine);
}

/** As `dataset.images` lists them: of a part of a view. */
export function listedRows(
  session: ProjectSession,
  { view, offset, limit }: { view: string; offset: number; limit: number },
): { total: number; rows: ImageRow[] } {
  const rows = session.views.rows(view);
  return { total: rows.length, rows: toListed(session, rows.subarray(offset, offset + limit)) };
}

/**
 * One page of images in the order in which they came: those behind `after`, if it is given, less the first `offset`.
 * Paging by `after` costs the same for every page.
 */
export function listedPage(
  session: ProjectSession,
  { offset, limit, after }: { offset: number; limit: number; after?: string | undefined },
): { total: number; rows: ImageRow[] } {
  const { total, rows } = session.dataset.page(offset, limit, after);
  return { total, rows: toListed(session, rows) };
}

function toListed(session: ProjectSession, rows: Iterable<number>): ImageRow[] {
  const names = session.projects.classNames();
  return session.images.listed(rows).map(({ class: id, classes, number, ...row }) => {
    const text = labelText(recordWord({ class: id, classes, number }), names);
    return { ...row, label: text === null ? null : String(text) };
  });
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
  { view, from, reader, round }: { view: string; from: number; reader: string; round: string },
): Promise<{ position: number | null; read: number }> {
  const rows = session.views.rows(view);
  if (rows.length === 0) return { position: null, read: 0 };
  const id = session.projects.findReader(reader, 'person')?.id;
  const isRead = id === undefined ? null : await readTest(session, id, round);
  if (!isRead) return { position: from % rows.length, read: 0 };
  let position: number | null = null;
  let read = 0;
  for (let step = 0; step < rows.length; step++) {
    const here = (from + step) % rows.length;
    if (isRead(rows[here]!)) read += 1;
    else position ??= here;
  }
  return { position, read };
}

/** Whether a reader has labelled or skipped an image, by its row number; null: none at all. */
async function readTest(
  session: ProjectSession,
  reader: string,
  round: string,
): Promise<((row: number) => boolean) | null> {
  // The index takes closed rounds for a reader's words too; what is read outside of rounds is not said there yet.
  const isApart = round !== openReading || session.rounds.list().some(({ status }) => status === 'closed');
  if (isApart) {
    const read = session.images.rowsRead(reader, round, session.projects.labelSchema().level);
    return (row) => read.has(row);
  }
  const { columns } = await session.index.ready();
  const words = columns.readers.get(reader)?.words;
  return (
    (words && ((row) => (words[ordinalOf(columns, row)]! & (wordBits.labelled | wordBits.skipped)) !== 0)) ??
    null
  );
}

/** How many images of the project have each value that can be filtered by. */
export async function readFacets(session: ProjectSession): Promise<Facets> {
  const { columns, compared } = await session.index.ready();
  const counts = countImages(columns);
  const classes = session.projects.allClasses().map(({ id, retiredAt }) => {
    const n = counts.classes.of(id);
    return { class: id, n, shown: retiredAt === null || n > 0 };
  });
  const parts: (SplitPart | null)[] = [...splitParts, null];
  return {
    classes: [
      ...classes.filter(({ shown }) => shown).map(({ class: id, n }) => ({ class: id, n })),
      { class: null, n: counts.classes.none },
    ],
    readers: session.projects
      .readers()
      .map(({ reader, name }) => ({ reader, name, n: counts.readers.get(reader) ?? 0 })),
    status: labelStatusSchema.options.map((status) => ({ status, n: counts.status(status) })),
    parts: parts.map((part) => ({
      part,
      n: counts.parts[part === null ? 0 : splitParts.indexOf(part) + 1]!,
    })),
    quality: qualityFlags
      .filter((flag) => compared || !comparedFlags.includes(flag))
      .map((flag) => ({ flag, n: counts.flags(flag) })),
    fields: imageFields
      .filter((field) => columns.fields[field].values.length > 1)
      .map((field) => ({ field, values: countField(columns, field) })),
    age: rangeOf(columns, columns.ages),
    number: rangeOf(columns, columns.numbers),
  };
}

/** Values that images have of a field, most frequent first; unknown comes last. */
function countField(columns: ImageColumns, field: ImageField): { value: string | null; n: number }[] {
  const { values, codes } = columns.fields[field];
  const counts = new Int32Array(values.length);
  for (let ordinal = 0; ordinal < columns.count; ordinal++) counts[codes[ordinal]!]! += 1;
  return values
    .map((value, code) => ({ value, n: counts[code]! }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => Number(a.value === null) - Number(b.value === null) || b.n - a.n);
}

function rangeOf({ count }: ImageColumns, values: Float64Array): Facets['age'] {
  let low = Infinity;
  let high = -Infinity;
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const value = values[ordinal]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? null : { low, high };
}

function shownRows(
  session: ProjectSession,
  rows: Iterable<number>,
  { reader: name, round }: Mine,
): ViewRow[] {
  const names = session.projects.shownClassNames();
  const reader = name === undefined ? null : session.projects.findReader(name, 'person');
  const { level } = session.projects.labelSchema();
  const asked = [...rows];
  const found = session.images.shown(asked, { readerId: reader?.id ?? null, round, level });
  const flagsOf = createFlagger(session);
  const isAnnotated = annotatedIn(session);
  const placeOf = createSeriesPlaces(session);
  return found.map(({ seriesId, word, ...row }, at) => {
    const {
      image,
      fileName,
      patient,
      width,
      height,
      class: id,
      classes,
      number,
      unsure,
      part,
      modality,
    } = row;
    return {
      ...{ image, fileName, patient, width, height, class: id, classes, number, unsure, part, modality },
      annotated: isAnnotated(asked[at]!),
      series: seriesId === null ? null : placeOf(seriesId, image),
      flags: flagsOf(asked[at]!, row),
      mine: word && toReaderLabel(word, names),
    };
  });
}

/** Tells of images, by row number, whether something is drawn on them; of none while the index does not know it. */
function annotatedIn(session: ProjectSession): (row: number) => boolean {
  const columns = session.index.current()?.columns;
  return (row) => columns !== undefined && columns.annotated[ordinalOf(columns, row)] === 1;
}

/** Tells where images stand in their series; each series is read once. */
function createSeriesPlaces(session: ProjectSession): (series: string, image: string) => ViewRow['series'] {
  const places = new Map<string, Map<string, number>>();
  return (id, image) => {
    let ofSeries = places.get(id);
    if (!ofSeries) {
      ofSeries = new Map(session.images.ofSeries(id).map((member, index) => [member, index]));
      places.set(id, ofSeries);
    }
    const index = ofSeries.get(image);
    return index === undefined ? null : { id, index, total: ofSeries.size };
  };
}

/** Flags that follow from the other images of the project; only the index knows them. */
const relativeFlags: readonly QualityFlag[] = ['oddSize', ...comparedFlags];

/**
 * Tells what is remarkable about images, in the order of the contract. What shows only beside the other images is left
 * out while the index does not know it.
 */
export function createFlagger(
  session: ProjectSession,
): (row: number, image: QualityFacts & Pick<ShownImage, 'missing' | 'duplicate'>) => ViewRow['flags'] {
  const columns = session.index.current()?.columns;
  return (row, image) => {
    const found = new Set(qualityOf(image));
    if (image.missing) found.add('missing');
    if (image.duplicate) found.add('duplicate');
    const ordinal = columns ? ordinalOf(columns, row) : -1;
    if (columns && ordinal >= 0) {
      for (const flag of relativeFlags) if (columns.flags[ordinal]! & qualityBit(flag)) found.add(flag);
    }
    return qualityFlags.filter((flag) => found.has(flag));
  };
}
