import { stringify } from 'csv-stringify/sync';

import type { LabelValue } from '../../contract/label.ts';
import { textCell } from '../../core/table-cells.ts';
import type { LabelledImage, ReaderWord } from '../db/interchange-repository.ts';
import { namedLabel, type Outgoing } from './outgoing.ts';

/** Columns of a table of labels. `classes` is a JSON list of names: a name may hold any character. */
export const csvColumns = [
  'file',
  'frame',
  'image',
  'patient',
  'study',
  'series',
  'of',
  'reader',
  'round',
  'label',
  'classes',
  'number',
  'unsure',
  'skipped',
  'bookmarked',
  'comment',
  'at',
] as const;
type CsvRow = Record<(typeof csvColumns)[number], string>;

const levels = ['image', 'series', 'study', 'patient'] as const;
const yes = (mark: true | undefined): string => (mark ? 'yes' : '');

/**
 * A table with a line for each image and its label of record (`of` is `record`), and for each image and reader (`of`
 * is `reader`). Where a reader spoke of an image and of its series, study or patient, the word on the image is told.
 */
export async function* csvLines(out: Outgoing): AsyncGenerator<string> {
  yield stringify([[...csvColumns]]);
  const { which } = out;
  for await (const page of out.pages('Writing the table')) {
    const words = which.of === 'record' ? new Map<string, ReaderWord[]>() : wordsOn(out, page);
    const rows: CsvRow[] = [];
    for (const image of page) {
      out.written.images += 1;
      if (which.of !== 'reader') {
        rows.push(rowOf(out, image, { of: 'record', ...(image.record ?? { value: {}, at: '' }) }));
      }
      for (const word of words.get(image.image) ?? [])
        rows.push(rowOf(out, image, { of: 'reader', ...word }));
    }
    out.written.labels += rows.length;
    yield stringify(rows, { columns: [...csvColumns] });
  }
}

/** The words on each image, one of each reader and round: the most specific. */
export function wordsOn(
  { session, which }: Outgoing,
  page: readonly LabelledImage[],
): Map<string, ReaderWord[]> {
  const found = session.interchange.words(page.map(({ image }) => image));
  const told = new Map<string, Map<string, ReaderWord>>();
  for (const word of found.sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level))) {
    if (which.of === 'reader' && word.reader !== which.reader) continue;
    const ofImage = told.get(word.image) ?? new Map<string, ReaderWord>();
    told.set(word.image, ofImage);
    const whose = `${word.reader}\n${word.round}`;
    if (!ofImage.has(whose)) ofImage.set(whose, word);
  }
  return new Map([...told].map(([image, words]) => [image, [...words.values()]]));
}

function rowOf(
  { nameOf }: Outgoing,
  image: LabelledImage,
  said: { of: 'record' | 'reader'; reader?: string; round?: string; value: LabelValue; at: string },
): CsvRow {
  const { value } = said;
  const { label, classes, number } = namedLabel(value, nameOf);
  return {
    file: textCell(image.relativePath),
    frame: image.severalFrames ? String(image.frame) : '',
    image: image.image,
    patient: textCell(image.patient ?? ''),
    study: textCell(image.study ?? ''),
    series: textCell(image.series ?? ''),
    of: said.of,
    reader: textCell(said.reader ?? ''),
    round: textCell(said.round ?? ''),
    label: textCell(label ?? ''),
    classes: classes === null ? '' : JSON.stringify(classes),
    number: number === null ? '' : String(number),
    unsure: yes(value.unsure),
    skipped: yes(value.skipped),
    bookmarked: yes(value.bookmarked),
    comment: textCell(value.comment ?? ''),
    at: said.at,
  };
}
