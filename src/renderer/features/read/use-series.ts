import { computed, onBeforeUnmount, type Ref, ref, shallowRef, watch } from 'vue';

import type { ViewRow } from '../../../contract/image.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import type { PictureStack } from '../../viewer/stack.ts';
import { referenceUrl } from './reference-url.ts';
import type { Reading } from './use-reading.ts';

/** As `dataset.stack` answers: the images of a series, and the series of its study. */
export interface Stack {
  readonly images: readonly string[];
  /** Of each image its order within the series; null: not known. */
  readonly positions: readonly (number | null)[];
  /** Else they are films of a patient, each with a camera and window of its own. */
  readonly isSeries: boolean;
  readonly series: readonly { readonly image: string; readonly total: number }[];
}

export interface ShownSeries {
  /** The image to look at: the current one of the list, or another one of what its label is about. */
  readonly shown: Readonly<Ref<string | null>>;
  /** Where it stands in its series; null where it is the only one. */
  readonly stack: Readonly<Ref<PictureStack | null>>;
  /** The series of its study, or of its patient where labels are the patient's. */
  readonly series: Readonly<Ref<Stack['series']>>;
  /** Which of them is looked at. */
  readonly seriesIndex: Readonly<Ref<number>>;
  /** Images of the series, in their order; empty until they are known. */
  readonly images: Readonly<Ref<readonly string[]>>;
  readonly positions: Readonly<Ref<Stack['positions']>>;
  /** 1 onwards, -1 back, 0 before any step. */
  readonly direction: Readonly<Ref<number>>;
  /** What is looked at is not what a label would go to. */
  readonly strayed: Readonly<Ref<boolean>>;
  scroll(by: number): void;
  chooseSeries(index: number): void;
  /** Looks at an image of the series or study of the current one. */
  look(image: string): void;
  /** Back to the image that the label goes to. */
  back(): void;
}

/** After so long without a step the list is asked for an image that is not at hand. */
const restMs = 120;

/** Reads stacks once: the images of a series answer for each other. */
export function createStacks(read: (image: string) => Promise<Stack>) {
  const byImage = new Map<string, Promise<Stack>>();
  return {
    of(image: string): Promise<Stack> {
      const known = byImage.get(image);
      if (known) return known;
      const reading = read(image);
      byImage.set(image, reading);
      reading.then(
        ({ images }) => images.forEach((other) => byImage.set(other, reading)),
        () => byImage.delete(image),
      );
      return reading;
    },
    clear: () => byImage.clear(),
  };
}

/** The series around the current image of the reading list, and which of its pictures is looked at. */
export function useSeries(projectId: string, reading: Reading): ShownSeries {
  const project = useProject();
  const toasts = useToasts();
  const { current, list } = reading;
  const stacks = createStacks(async (image) => (await engine()).dataset.stack({ project: projectId, image }));
  /** What is looked at in place of the current image. */
  const looked = shallowRef<{ of: string; image: string } | null>(null);
  const known = shallowRef<Stack | null>(null);
  const direction = ref(0);
  let timer: ReturnType<typeof setTimeout> | undefined;

  const shown = computed(() => {
    const image = current.value?.image ?? null;
    return looked.value !== null && looked.value.of === image ? looked.value.image : image;
  });
  const mayHaveSeries = (row: ViewRow): boolean =>
    project.labels.level !== 'image' || (row.series !== null && row.series.total > 1);

  watch(
    [shown, () => project.datasetRevision],
    async ([image, revision], [, before]) => {
      if (revision !== before) stacks.clear();
      const row = current.value;
      if (image === null || row === null || !mayHaveSeries(row)) {
        known.value = null;
        return;
      }
      if (known.value?.images.includes(image) !== true) known.value = null;
      try {
        const stack = await stacks.of(image);
        if (shown.value === image) known.value = stack;
      } catch (error) {
        toasts.showError(error);
      }
    },
    { immediate: true },
  );
  watch([reading.wanted, reading.position, current], ([wanted, position, row]) => {
    if (wanted !== null && row !== null && wanted.position === position) {
      looked.value = { of: row.image, image: wanted.image };
      reading.wanted.value = null;
    }
  });
  onBeforeUnmount(() => clearTimeout(timer));

  const images = computed(() => known.value?.images ?? []);
  const series = computed(() => known.value?.series ?? []);
  const index = computed(() => (shown.value === null ? -1 : images.value.indexOf(shown.value)));
  const stack = computed<PictureStack | null>(() => {
    if (known.value === null || images.value.length < 2 || index.value < 0) return null;
    const alike = known.value.isSeries ? images.value : [images.value[index.value]!];
    return {
      ...{ series: alike[0]!, index: index.value, total: images.value.length },
      reference: referenceUrl(projectId, alike),
    };
  });

  function look(image: string): void {
    const row = current.value;
    if (row === null) return;
    looked.value = { of: row.image, image };
    // A label of a series, study or patient is the same wherever one looks; one of an image is the list's.
    if (project.labels.level !== 'image') return;
    clearTimeout(timer);
    if (list.rowOf(image) !== null) follow(image);
    else timer = setTimeout(() => follow(image), restMs);
  }
  function follow(image: string): void {
    list.positionOf(image).then(
      (position) => {
        if (position !== null && shown.value === image) reading.goTo(position);
      },
      (error: unknown) => toasts.showError(error),
    );
  }

  return {
    shown,
    stack,
    series,
    seriesIndex: computed(() => series.value.findIndex(({ image }) => images.value.includes(image))),
    images,
    positions: computed(() => known.value?.positions ?? []),
    direction,
    strayed: computed(
      () => project.labels.level === 'image' && shown.value !== (current.value?.image ?? null),
    ),
    scroll(by) {
      const image = images.value[index.value + by];
      if (index.value < 0 || image === undefined) return;
      direction.value = Math.sign(by);
      look(image);
    },
    chooseSeries(to) {
      const chosen = series.value[to];
      if (chosen !== undefined) look(chosen.image);
    },
    look,
    back: () => (looked.value = null),
  };
}
