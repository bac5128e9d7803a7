import type { ImageQuery, LabelStatus, QualityFlag, SplitPart, ViewRow } from '../../../contract/dataset.ts';
import type { LabelChangeInput } from '../../../contract/label.ts';
import { changeWord } from '../../word-change.ts';

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
export function changedRow(row: ViewRow, change: LabelChangeInput, className: string | null): ViewRow {
  const mine = changeWord(row.mine, {
    ...change,
    class: change.class === undefined ? undefined : className,
  });
  const setsClass = change.class !== undefined || change.skipped === true;
  return {
    ...row,
    mine,
    class: setsClass ? (change.skipped === true ? null : (change.class ?? null)) : row.class,
    unsure:
      setsClass || change.unsure !== undefined ? mine?.unsure === true && mine.class !== null : row.unsure,
  };
}
