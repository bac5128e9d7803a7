import type { PictureDisplay } from '../../contract/decode.ts';
import { count } from '../../core/words.ts';
import type { GreyWindow } from './window-level.ts';

/** What samples mean: value = slope × sample + intercept, in `unit`. */
export type Meaning = Pick<PictureDisplay, 'slope' | 'intercept' | 'unit'>;

/** Of samples of which nothing is known: they stand for themselves. */
const plain: Meaning = { slope: 1, intercept: 0, unit: '' };

export const meaningOf = (display: PictureDisplay | null): Meaning => display ?? plain;

export const valueOf = ({ slope, intercept }: Meaning, sample: number): number => slope * sample + intercept;

/**
 * By how much DICOM's width and centre are above the distance and the middle of the values that are black and white
 * (PS3.3 C.11.2.1.2.1, whole values, linear): 1 and a half. Of fractions by nothing.
 */
const beyond = (meaning: Meaning, { curve }: GreyWindow): number =>
  curve === undefined && isWhole(meaning) ? 1 : 0;

/** A window of samples in values, as it is told and as it is kept for other pictures. */
export function inValues(meaning: Meaning, window: GreyWindow): GreyWindow {
  const more = beyond(meaning, window);
  return {
    ...window,
    centre: valueOf(meaning, window.centre) + more / 2,
    width: window.width * Math.abs(meaning.slope) + more,
  };
}

/** A window of values in samples. */
export function inSamples(meaning: Meaning, window: GreyWindow): GreyWindow {
  const more = beyond(meaning, window);
  return {
    ...window,
    centre: (window.centre - more / 2 - meaning.intercept) / meaning.slope,
    width: Math.max(window.width - more, 1e-6) / Math.abs(meaning.slope),
  };
}

const isWhole = ({ slope, intercept }: Meaning): boolean =>
  Number.isInteger(slope) && Number.isInteger(intercept);

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
