import type { PreparedPicture } from './picture-cache.ts';
import { inSamples, meaningOf, windowWords } from './values.ts';
import { fullWindow, type GreyWindow, percentileWindow, windowOf } from './window-level.ts';

/** A window to choose by name. */
export interface Preset {
  /** Never changes: it is kept for pictures to come. */
  readonly id: string;
  readonly title: string;
  /** Width and level, where they do not depend on the samples. */
  readonly hint: string;
  window(picture: PreparedPicture): GreyWindow;
}

/** In Hounsfield units. */
const ofTissue: readonly { id: string; title: string; width: number; level: number }[] = [
  { id: 'ct:abdomen', title: 'Abdomen', width: 400, level: 40 },
  { id: 'ct:lung', title: 'Lung', width: 1500, level: -600 },
  { id: 'ct:mediastinum', title: 'Mediastinum', width: 350, level: 50 },
  { id: 'ct:bone', title: 'Bone', width: 1800, level: 400 },
  { id: 'ct:brain', title: 'Brain', width: 80, level: 40 },
  { id: 'ct:stroke', title: 'Stroke', width: 40, level: 40 },
  { id: 'ct:angio', title: 'Angiography', width: 600, level: 300 },
  { id: 'ct:liver', title: 'Liver', width: 150, level: 60 },
];
const general: readonly Preset[] = [
  { id: 'auto', title: 'What most samples lie within', hint: '', window: wholeOf(percentileWindow) },
  { id: 'full', title: 'Full range', hint: '', window: wholeOf(fullWindow) },
];

function wholeOf(find: (pixels: PreparedPicture['levels'][number]) => GreyWindow): Preset['window'] {
  return ({ levels }) => find(levels[0]!);
}

/** The presets that fit a picture: its file's own, those of tissues where it holds Hounsfield units, and what fits all. */
export function presetsFor({ display }: PreparedPicture, modality: string | null): Preset[] {
  const meaning = meaningOf(display);
  const ofFile = (display?.windows ?? []).map((window, index): Preset => ({
    id: `file:${index}`,
    title: window.name || (index === 0 ? 'As the file says' : `As the file says, ${index + 1}`),
    hint: windowWords(meaning, windowOf(window)),
    window: () => windowOf(window),
  }));
  const tissues = meaning.unit === 'HU' && (modality === null || modality === 'CT') ? ofTissue : [];
  return [
    ...ofFile,
    ...tissues.map(({ id, title, width, level }): Preset => ({
      id,
      title,
      hint: windowWords(meaning, inSamples(meaning, { width, centre: level })),
      window: () => inSamples(meaning, { width, centre: level }),
    })),
    ...general,
  ];
}

/** How many presets have a key of their own: one command each. */
export const presetsWithKeys = 8;
/** The command that chooses a preset by its place in the list, from 0. */
export const presetCommand = (index: number): string | null =>
  index < presetsWithKeys ? `read.preset${index + 1}` : null;
