import { greatestSample } from '../../../viewer/pixels.ts';
import type { PreparedPicture } from '../../../viewer/picture-cache.ts';
import { meaningOf, valueOf } from '../../../viewer/values.ts';
import { annotateSettings, type ThresholdBounds } from './annotate-settings.ts';
import type { Threshold } from './brush.ts';

/** What the sliders of thresholds reach over, in values of a picture. */
interface ValueRange {
  readonly least: number;
  readonly greatest: number;
  /** Of one sample to the next. */
  readonly step: number;
}

/** Pictures whose values can be compared. */
const kindOf = ({ levels, display }: PreparedPicture): string =>
  `${meaningOf(display).unit}/${greatestSample(levels[0]!)}`;

/** The values of the window that a picture starts with, and of as much above and below it as there can be. */
export function valueRange({ levels, display, usualWindow }: PreparedPicture): ValueRange {
  const meaning = meaningOf(display);
  const { centre, width } = usualWindow;
  const ends = [
    Math.max(0, Math.floor(centre - 1.5 * width)),
    Math.min(greatestSample(levels[0]!), Math.ceil(centre + 1.5 * width)),
  ].map((sample) => valueOf(meaning, sample));
  return { least: Math.min(...ends), greatest: Math.max(...ends), step: Math.abs(meaning.slope) };
}

/** The bounds chosen for pictures of this kind; before, the brighter half of its values and a twentieth of its window. */
export function boundsFor(picture: PreparedPicture): ThresholdBounds {
  const chosen = annotateSettings.bounds[kindOf(picture)];
  if (chosen !== undefined) return chosen;
  const meaning = meaningOf(picture.display);
  const { centre, width } = picture.usualWindow;
  const { least, greatest, step } = valueRange(picture);
  const middle = valueOf(meaning, Math.round(centre));
  const tolerance = step * Math.max(1, Math.round(width / 20));
  return meaning.slope < 0
    ? { low: least, high: middle, tolerance }
    : { low: middle, high: greatest, tolerance };
}

/** Chooses bounds; `low` never lies above `high`. */
export function setBounds(picture: PreparedPicture, change: Partial<ThresholdBounds>): void {
  const { low, high, tolerance } = { ...boundsFor(picture), ...change };
  const ordered =
    change.low === undefined ? { low: Math.min(low, high), high } : { low, high: Math.max(low, high) };
  annotateSettings.bounds = { ...annotateSettings.bounds, [kindOf(picture)]: { ...ordered, tolerance } };
}

/** What a brush acts on in this picture. */
export function thresholdFor(picture: PreparedPicture): Threshold {
  const { low, high, tolerance } = boundsFor(picture);
  switch (annotateSettings.threshold) {
    case 'none':
      return { kind: 'none' };
    case 'between':
      return { kind: 'between', low, high };
    case 'like':
      return { kind: 'like', tolerance };
  }
}
