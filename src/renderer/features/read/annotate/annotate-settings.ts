import { reactive, watch } from 'vue';

/** What brush and eraser act on, in values of a picture. */
export interface ThresholdChoice {
  readonly kind: 'none' | 'between' | 'like';
  readonly low: number;
  readonly high: number;
  readonly tolerance: number;
}

/** How shapes are drawn and shown, on this machine and for all images. */
interface AnnotateSettings {
  /** Of brush and eraser, in pixels of the picture. */
  diameter: number;
  /** What was chosen for pictures of a kind, in their values. */
  thresholds: Record<string, ThresholdChoice>;
  /** Of masks, from 0 to 1. */
  opacity: number;
  /** Masks with a line around them. */
  outlined: boolean;
  shown: boolean;
  /** Id of the class of what is drawn next. */
  class: string | null;
}

const key = 'readroom.annotate';
const usual: AnnotateSettings = {
  diameter: 40,
  thresholds: {},
  opacity: 0.4,
  outlined: true,
  shown: true,
  class: null,
};

function stored(): Partial<AnnotateSettings> {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<AnnotateSettings>;
  } catch {
    return {};
  }
}

export const annotateSettings = reactive<AnnotateSettings>({ ...usual, ...stored() });
watch(annotateSettings, (settings) => localStorage.setItem(key, JSON.stringify(settings)));

export const leastDiameter = 1;
export const greatestDiameter = 500;
const sizeStep = 1.25;

/** Makes the brush larger or smaller by a quarter, by at least a pixel. */
export function resizeBrush(direction: 1 | -1): void {
  const { diameter } = annotateSettings;
  const next = direction > 0 ? diameter * sizeStep : diameter / sizeStep;
  const step = direction > 0 ? Math.max(diameter + 1, next) : Math.min(diameter - 1, next);
  annotateSettings.diameter = Math.round(Math.min(greatestDiameter, Math.max(leastDiameter, step)));
}
