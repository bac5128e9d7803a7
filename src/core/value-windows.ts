import type { InputWindow, PictureDisplay } from '../contract/decode.ts';
import type { Recipe, TissueWindowId } from '../contract/recipe.ts';

/**
 * Which samples become shades: `centre - width / 2` is black, `centre + width / 2` is white, unless it is `sigmoid`
 * (DICOM PS3.3 C.11.2.1.3.1), which only comes near them. In sample values.
 */
export interface GreyWindow {
  readonly centre: number;
  readonly width: number;
  /** Absent: linear. */
  readonly curve?: 'sigmoid';
}

/** What samples mean: value = slope × sample + intercept, in `unit`. */
export type Meaning = Pick<PictureDisplay, 'slope' | 'intercept' | 'unit'>;

/** Of samples of which nothing is known: they stand for themselves. */
export const plainMeaning: Meaning = { slope: 1, intercept: 0, unit: '' };

/** Whether a display says no more of the samples than a plain picture does. */
export const isPlainDisplay = (display: PictureDisplay | null): boolean =>
  display === null ||
  (display.slope === 1 &&
    display.intercept === 0 &&
    display.unit === '' &&
    display.windows.length === 0 &&
    display.spacing === null);

export const valueOf = ({ slope, intercept }: Meaning, sample: number): number => slope * sample + intercept;

/** Whether samples stand for whole values. */
export const isWhole = ({ slope, intercept }: Meaning): boolean =>
  Number.isInteger(slope) && Number.isInteger(intercept);

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

/** Of computed tomography, in Hounsfield units. */
export const tissueWindows: Readonly<
  Record<TissueWindowId, { readonly title: string; readonly width: number; readonly level: number }>
> = {
  abdomen: { title: 'Abdomen', width: 400, level: 40 },
  lung: { title: 'Lung', width: 1500, level: -600 },
  mediastinum: { title: 'Mediastinum', width: 350, level: 50 },
  bone: { title: 'Bone', width: 1800, level: 400 },
  brain: { title: 'Brain', width: 80, level: 40 },
  stroke: { title: 'Stroke', width: 40, level: 40 },
  angio: { title: 'Angiography', width: 600, level: 300 },
  liver: { title: 'Liver', width: 150, level: 60 },
};

/** What a recipe's window is to the decoder; undefined: it is left to the file. */
export function inputWindow({ window }: Pick<Recipe['input'], 'window'>): InputWindow | undefined {
  if (window === undefined || window === 'file') return undefined;
  if (window === 'full') return window;
  if (typeof window === 'object') return { center: window.center, width: window.width, unit: null };
  const { level, width } = tissueWindows[window];
  return { center: level, width, unit: 'HU' };
}
