import { tissueWindows } from '../../core/value-windows.ts';
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
  /** The picture's file names it: another one may name another. */
  readonly isOfFile: boolean;
}

const general: readonly Preset[] = [
  {
    id: 'auto',
    title: 'What most samples lie within',
    hint: '',
    window: wholeOf(percentileWindow),
    isOfFile: false,
  },
  { id: 'full', title: 'Full range', hint: '', window: wholeOf(fullWindow), isOfFile: false },
];

/** Goes through all samples, so once for each picture. */
function wholeOf(find: (pixels: PreparedPicture['levels'][number]) => GreyWindow): Preset['window'] {
  const found = new WeakMap<PreparedPicture, GreyWindow>();
  return (picture) => {
    const window = found.get(picture) ?? find(picture.levels[0]!);
    found.set(picture, window);
    return window;
  };
}

/** The presets that fit a picture: its file's own, those of tissues where it holds Hounsfield units, and what fits all. */
export function presetsFor({ display }: PreparedPicture, modality: string | null): Preset[] {
  const meaning = meaningOf(display);
  const ofFile = (display?.windows ?? []).map((window, index): Preset => ({
    id: `file:${index}`,
    title: window.name || (index === 0 ? 'As the file says' : `As the file says, ${index + 1}`),
    hint: windowWords(meaning, windowOf(window)),
    window: () => windowOf(window),
    isOfFile: true,
  }));
  const hasTissues = meaning.unit === 'HU' && (modality === null || modality === 'CT');
  const tissues = hasTissues ? Object.entries(tissueWindows) : [];
  return [
    ...ofFile,
    ...tissues.map(([id, { title, width, level }]): Preset => ({
      id: `ct:${id}`,
      title,
      hint: windowWords(meaning, inSamples(meaning, { width, centre: level })),
      window: (picture) => inSamples(meaningOf(picture.display), { width, centre: level }),
      isOfFile: false,
    })),
    ...general,
  ];
}

/** How many presets have a key of their own: one command each. */
export const presetsWithKeys = 8;
/** The command that chooses a preset by its place in the list, from 0. */
export const presetCommand = (index: number): string | null =>
  index < presetsWithKeys ? `read.preset${index + 1}` : null;
