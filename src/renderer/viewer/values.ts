import type { PictureDisplay } from '../../contract/decode.ts';
import {
  type GreyWindow,
  inSamples,
  inValues,
  isWhole,
  type Meaning,
  plainMeaning,
  valueOf,
} from '../../core/value-windows.ts';
import { count } from '../../core/words.ts';

export { inSamples, inValues, type Meaning, valueOf };

export const meaningOf = (display: PictureDisplay | null): Meaning => display ?? plainMeaning;

/** A value with as many digits as one step of a sample has. */
export function shownValue(value: number, meaning: Meaning): string {
  const { slope } = meaning;
  const digits = isWhole(meaning) ? 0 : Math.min(6, Math.max(1, Math.ceil(-Math.log10(Math.abs(slope)))));
  if (digits === 0) return value < 0 ? `−${count(-value)}` : count(value);
  return value.toFixed(digits).replace('-', '−');
}

/** `W 350 L 40 HU`. */
export function windowWords(meaning: Meaning, window: GreyWindow): string {
  const { width, centre } = inValues(meaning, window);
  const unit = meaning.unit === '' ? '' : ` ${meaning.unit}`;
  return `W ${shownValue(width, meaning)} L ${shownValue(centre, meaning)}${unit}`;
}
