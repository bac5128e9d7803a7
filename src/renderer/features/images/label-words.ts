import type { ImageQuery, LabelStatus, QualityFlag, SplitPart, ViewRow } from '../../../contract/dataset.ts';
import type { LabelChangeInput } from '../../../contract/label.ts';

export const statusWords: Record<LabelStatus, string> = {
  unlabelled: 'No label',
  labelled: 'Labelled',
  unsure: 'Unsure',
  skipped: 'Skipped',
  commented: 'With a comment',
  disagreement: 'Readers disagree',
};

export const qualityWords: Record<QualityFlag, string> = {
  missing: 'File missing',
  duplicate: 'Same pixels twice',
  dark: 'Very dark',
  bright: 'Very bright',
  lowContrast: 'Low contrast',
  blurred: 'Blurred',
  generated: 'Generated',
};

export const partWords: Record<SplitPart, string> = {
  train: 'Training',
  val: 'Validation',
  test: 'Test',
};

export const sortWords: Record<ImageQuery['sort']['by'], string> = {
  added: 'Order of import',
  name: 'File name',
  patient: 'Patient',
  class: 'Class',
  labelledAt: 'Last labelled',
  size: 'Picture size',
  given: 'Order of the list',
};

/**
 * What a reader's change makes of a row, as far as it can be told before the engine has answered. A row names the
 * class of record by id and the reader's own by name, so both are needed; null: no class.
 */
export function changedRow(
  row: ViewRow,
  { class: to, unsure, skipped, comment }: LabelChangeInput,
  className: string | null,
): ViewRow {
  const mine = row.mine ?? { class: null, number: null, unsure: false, skipped: false, comment: null };
  const setsClass = to !== undefined || skipped === true;
  const named = to === undefined ? mine.class : className;
  // Nobody is unsure of a label that was taken away.
  const loses = to === null || skipped === true;
  const changed = {
    class: skipped === true ? null : named,
    number: setsClass ? null : mine.number,
    skipped: skipped ?? (to != null ? false : mine.skipped),
    unsure: unsure ?? (!loses && mine.unsure),
    comment: comment === undefined ? mine.comment : comment || null,
  };
  return {
    ...row,
    mine: changed,
    class: setsClass ? (skipped === true ? null : (to ?? null)) : row.class,
    unsure: setsClass || unsure !== undefined ? changed.unsure && changed.class !== null : row.unsure,
  };
}
