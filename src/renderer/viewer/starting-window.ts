import type { PreparedPicture } from './picture-cache.ts';
import { greatestSample } from './pixels.ts';
import { presetsFor } from './presets.ts';
import type { LockedWindow } from './settings.ts';
import { inSamples, inValues, meaningOf } from './values.ts';
import type { GreyWindow } from './window-level.ts';

/** A window of one picture as it is kept for others. */
export function lockedTo(picture: PreparedPicture, window: GreyWindow): LockedWindow {
  const meaning = meaningOf(picture.display);
  return {
    window: inValues(meaning, window),
    greatest: greatestSample(picture.levels[0]!),
    unit: meaning.unit,
  };
}

/** A window that was kept, for this picture; null for one of another range or unit. */
export function keptWindow(picture: PreparedPicture, kept: LockedWindow | null): GreyWindow | null {
  const meaning = meaningOf(picture.display);
  const fits = kept?.greatest === greatestSample(picture.levels[0]!) && kept.unit === meaning.unit;
  return fits ? inSamples(meaning, kept.window) : null;
}

/**
 * The window that a picture starts with: one that is kept (locked, or of its series), else the preset chosen for its
 * modality, else its own. What is found in samples is found in those of `reference`, so that a series has one.
 */
export function startingWindow(
  picture: PreparedPicture,
  kept: LockedWindow | null,
  preset: string | undefined,
  modality: string | null,
  reference: PreparedPicture | null = null,
): GreyWindow {
  const chosen = presetsFor(picture, modality).find(({ id }) => id === preset);
  const windowIn = (one: PreparedPicture): GreyWindow => chosen?.window(one) ?? one.usualWindow;
  const isOfFile = chosen?.isOfFile ?? (picture.display?.windows.length ?? 0) > 0;
  const ofSeries = reference === null || isOfFile ? null : lockedTo(reference, windowIn(reference));
  return keptWindow(picture, kept) ?? keptWindow(picture, ofSeries) ?? windowIn(picture);
}
