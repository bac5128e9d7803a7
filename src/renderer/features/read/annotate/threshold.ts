import { greatestSample } from '../../../viewer/pixels.ts';
import type { PreparedPicture } from '../../../viewer/picture-cache.ts';
import { meaningOf, valueOf } from '../../../viewer/values.ts';
import { annotateSettings, type ThresholdChoice } from './annotate-settings.ts';
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

/**
 * What was chosen for pictures of this kind; before, no threshold, with the brighter half of its values and a twentieth
 * of its window as bounds.
 */
export function thresholdChoice(picture: PreparedPicture): ThresholdChoice {
  const chosen = annotateSettings.thresholds[kindOf(picture)];
  if (chosen !== undefined) return chosen;
  const meaning = meaningOf(picture.display);
  const { centre, width } = picture.usualWindow;
  const { least, greatest, step } = valueRange(picture);
  const middle = valueOf(meaning, Math.round(centre));
  const tolerance = step * Math.max(1, Math.round(width / 20));
  const [low, high] = meaning.slope < 0 ? [least, middle] : [middle, greatest];
  return { kind: 'none', low, high, tolerance };
}

/** Chooses for pictures of this kind; `low` never lies above `high`. */
export function chooseThreshold(picture: PreparedPicture, change: Partial<ThresholdChoice>): void {
  const { kind, low, high, tolerance } = { ...thresholdChoice(picture), ...change };
  const ordered =
    change.low === undefined ? { low: Math.min(low, high), high } : { low, high: Math.max(low, high) };
  annotateSettings.thresholds = {
    ...annotateSettings.thresholds,
    [kindOf(picture)]: { kind, ...ordered, tolerance },
  };
}

/** What a brush acts on in this picture. */
export function thresholdFor(picture: PreparedPicture): Threshold {
  const { kind, low, high, tolerance } = thresholdChoice(picture);
  switch (kind) {
    case 'none':
      return { kind: 'none' };
    case 'between':
      return { kind: 'between', low, high };
    case 'like':
      return { kind: 'like', tolerance };
  }
}
