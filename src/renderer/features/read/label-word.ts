import type { ReaderLabel } from '../../../contract/image.ts';
import type { LabelSchema } from '../../../contract/project.ts';
import { counted } from '../../../core/words.ts';
import { isLabelled } from '../../word-change.ts';

/** Whether its reader is done with the image. */
export function isRead(word: ReaderLabel | null): boolean {
  return isLabelled(word) || word?.skipped === true;
}

/**
 * A number as somebody types it, with a comma or a point. A word about what is wrong where it does not fit the
 * project's range and digits.
 */
export function readNumber(text: string, schema: LabelSchema['number']): number | string {
  const entered = text.trim().replace(',', '.');
  const number = Number(entered);
  if (entered === '' || !Number.isFinite(number)) return `“${text.trim()}” is not a number.`;
  const { low = null, high = null, decimals = 6, unit = '' } = schema ?? {};
  const inUnit = (value: number): string => (unit === '' ? String(value) : `${value} ${unit}`);
  if (low !== null && number < low) return `Not below ${inUnit(low)}.`;
  if (high !== null && number > high) return `Not above ${inUnit(high)}.`;
  if (Number(number.toFixed(decimals)) !== number)
    return decimals === 0
      ? 'Whole numbers only.'
      : `At most ${decimals} ${decimals === 1 ? 'digit' : 'digits'} behind the point.`;
  return number;
}

/** `Label of the study: 3 series, 108 images`; null where a label is the image's own. */
export function levelText(level: LabelSchema['level'], series: readonly { total: number }[]): string | null {
  if (level === 'image') return null;
  const images = series.reduce((sum, { total }) => sum + total, 0);
  const several = level !== 'series' && series.length > 1 ? `${series.length} series, ` : '';
  return `Label of the ${level}: ${several}${counted(images, 'image')}`;
}
