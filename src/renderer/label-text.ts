import type { ReaderLabel } from '../contract/image.ts';
import type { LabelSchema } from '../contract/project.ts';

/** `PNEUMONIA`; `EDEMA, EFFUSION`; `none of the classes`; `12.5 months`; null without a label. */
export function labelText(
  { class: name, classes, number }: Pick<ReaderLabel, 'class' | 'classes' | 'number'>,
  unit = '',
): string | null {
  if (number !== null) return unit === '' ? String(number) : `${number} ${unit}`;
  if (classes !== null) return classes.length === 0 ? 'none of the classes' : classes.join(', ');
  return name;
}

/** `PNEUMONIA, unsure`; `skipped`; `no label`. */
export function wordText(word: ReaderLabel | null, unit = ''): string {
  const label = word && labelText(word, unit);
  if (label === null) return word?.skipped ? 'skipped' : word?.unsure ? 'unsure' : 'no label';
  return word?.unsure ? `${label}, unsure` : label;
}

/** What a project's numbers are in; empty without a unit, or where labels are classes. */
export const unitOf = ({ kind, number }: LabelSchema): string =>
  kind === 'number' ? (number?.unit ?? '') : '';

/** `0 to 228 months`; `months, from 0`; empty when all is allowed. */
export function rangeText({ low, high, unit }: NonNullable<LabelSchema['number']>): string {
  if (low !== null && high !== null) return `${low} to ${high} ${unit}`.trim();
  if (low !== null) return `from ${low} ${unit}`.trim();
  return high === null ? unit : `up to ${high} ${unit}`.trim();
}
