import type { ImageQuery, LabelStatus, ViewRow } from '../../../contract/image.ts';
import type { LabelClass, LabelLevel } from '../../../contract/project.ts';
import { changeWord, isLabelled, type WordChange } from '../../word-change.ts';

export const statusWords: Record<LabelStatus, string> = {
  unlabelled: 'No label',
  labelled: 'Labelled',
  unsure: 'Unsure',
  skipped: 'Skipped',
  commented: 'With a comment',
  bookmarked: 'Bookmarked',
  disagreement: 'Readers disagree',
  annotated: 'Drawn on',
  untouched: 'Neither label nor drawing',
};

export const sortWords: Record<ImageQuery['sort']['by'], string> = {
  added: 'Order of import',
  name: 'File name',
  patient: 'Patient',
  series: 'Study and series',
  class: 'Class',
  number: 'Number',
  age: 'Age',
  labelledAt: 'Last labelled',
  size: 'Picture size',
  given: 'Order of the list',
};

export const perWords: Record<LabelLevel, string> = {
  image: 'Every image',
  series: 'One of each series',
  study: 'One of each study',
  patient: 'One of each patient',
};

/** What cells of the grid can stand for in a project; `now` always. */
export const perChoices = (
  { hasSeries, hasPatients }: { hasSeries: boolean; hasPatients: boolean },
  now: LabelLevel,
): { value: LabelLevel; label: string }[] =>
  (Object.entries(perWords) as [LabelLevel, string][])
    .filter(
      ([level]) => level === 'image' || level === now || hasSeries || (level === 'patient' && hasPatients),
    )
    .map(([value, label]) => ({ value, label }));

/** Ids of the classes of a row's label of record; null without one that is made of classes. */
export const classesOfRow = ({ class: id, classes }: Pick<ViewRow, 'class' | 'classes'>): string[] | null =>
  classes ?? (id === null ? null : [id]);

/** What is said where there is no room for chips: `EDEMA, EFFUSION`; `12.5 months`; `skipped`; `drawn on`. */
export function rowText(row: ViewRow, classes: ReadonlyMap<string, LabelClass>, unit: string): string {
  if (row.number !== null) return unit === '' ? String(row.number) : `${row.number} ${unit}`;
  const ids = classesOfRow(row);
  if (ids === null) return row.mine?.skipped ? 'skipped' : row.annotated ? 'drawn on' : 'unlabelled';
  return ids.length === 0 ? 'none of them' : ids.map((id) => classes.get(id)?.name ?? '?').join(', ');
}

/**
 * What a reader's change makes of a row, as far as it can be told before the engine has answered. A row names the
 * classes of record by id and the reader's own by name.
 */
export function changedRow(row: ViewRow, change: WordChange, idOf: (name: string) => string): ViewRow {
  const mine = changeWord(row.mine, change);
  const setsLabel =
    [change.class, change.classes, change.number].some((label) => label !== undefined) ||
    change.skipped === true;
  return {
    ...row,
    mine,
    ...(setsLabel && {
      class: mine?.class == null ? null : idOf(mine.class),
      classes: mine?.classes?.map(idOf) ?? null,
      number: mine?.number ?? null,
    }),
    unsure: setsLabel || change.unsure !== undefined ? mine?.unsure === true && isLabelled(mine) : row.unsure,
  };
}
