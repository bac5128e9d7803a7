import { computed, type Ref, ref, shallowRef, watch } from 'vue';

import { engine } from '../../api/engine.ts';
import { useLoaded } from '../../api/use-loaded.ts';
import type { PictureStack } from '../../viewer/stack.ts';

/** One other study of the patient, as `dataset.priors` answers. */
export type Prior = Awaited<ReturnType<Awaited<ReturnType<typeof engine>>['dataset']['priors']>>[number];

/** `12 Mar 2024 · CT · Chest without contrast`. */
export function priorWords({ date, modality, description }: Omit<Prior, 'study' | 'images'>): string {
  const day = date === null ? 'date not known' : dayFormat.format(new Date(`${date}T00:00:00`));
  return [day, modality, description].filter((part) => part !== null && part !== '').join(' · ');
}
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** The patient's other studies, and which picture of which of them is beside the current one. */
export function usePriors(project: string, image: Readonly<Ref<string | null>>) {
  const loaded = useLoaded(
    async () => {
      const asked = image.value;
      if (asked === null) return null;
      return { of: asked, priors: await (await engine()).dataset.priors({ project, image: asked }) };
    },
    () => image.value,
  );
  const priors = computed(() => (loaded.value.value?.of === image.value ? loaded.value.value.priors : null));
  const chosen = ref(0);
  const series = ref(0);
  const slice = ref(0);
  const images = shallowRef<readonly string[]>([]);

  const prior = computed<Prior | null>(() => priors.value?.[chosen.value] ?? null);
  const first = computed(() => prior.value?.images[series.value] ?? null);

  watch(priors, (now) => {
    if (now !== null && chosen.value >= now.length) chosen.value = 0;
  });
  watch(prior, () => (series.value = 0));
  watch(
    first,
    async (asked) => {
      slice.value = 0;
      images.value = asked === null ? [] : [asked];
      if (asked === null) return;
      const stack = await (await engine()).dataset.stack({ project, image: asked }).catch(() => null);
      if (stack !== null && first.value === asked) images.value = stack.images;
    },
    { immediate: true },
  );

  return {
    priors,
    error: loaded.error,
    prior,
    chosen,
    series,
    shown: computed(() => images.value[slice.value] ?? null),
    stack: computed<PictureStack | null>(() =>
      images.value.length < 2
        ? null
        : { series: images.value[0]!, index: slice.value, total: images.value.length },
    ),
    scroll(by: number): void {
      slice.value = Math.min(images.value.length - 1, Math.max(0, slice.value + by));
    },
  };
}
