import { computed, type Ref, ref, shallowRef, watch } from 'vue';

import type { SeriesHeader } from '../../../contract/dataset.ts';
import { engine } from '../../api/engine.ts';
import { useLoaded } from '../../api/use-loaded.ts';
import { followed, liesAlike, type LinkedSlice, sameLevel, type SeriesPlaces } from './series-places.ts';
import { useHeaders } from './use-headers.ts';

/** One other study of the patient, as `dataset.priors` answers. */
export type Prior = Awaited<ReturnType<Awaited<ReturnType<typeof engine>>['dataset']['priors']>>[number];

/** Where the picture that is read stands. */
export interface CurrentSlice {
  /** The first image of its series, which its slices have in common. */
  readonly first: string;
  /** In the series, from 0. */
  readonly index: number;
  readonly positions: SeriesPlaces['positions'];
}

/** The series of the other study that is looked at. */
interface Opened extends SeriesPlaces {
  readonly first: string;
  readonly images: readonly string[];
}

/** Studies are told apart by this: one without an id is one image. */
export const priorKey = ({ study, images }: Prior): string => study ?? images[0]!;

/** Of the series of a study the one that is most like the current one: by its name, else by how its slices lie. */
export function likeSeries(
  own: SeriesHeader | undefined,
  images: readonly string[],
  headers: ReadonlyMap<string, SeriesHeader>,
): string | null {
  const nameOf = (header: SeriesHeader | undefined): string =>
    header?.seriesDescription?.trim().toLowerCase() ?? '';
  const named = images.find((image) => nameOf(own) !== '' && nameOf(headers.get(image)) === nameOf(own));
  const alike = images.find((image) => liesAlike(own?.normal ?? null, headers.get(image)?.normal ?? null));
  return named ?? alike ?? images[0] ?? null;
}

/**
 * The patient's other studies, and which picture of which of them is beside the current one. What was chosen stays
 * while the pictures of the current study are gone through.
 */
export function usePriors(project: string, current: Readonly<Ref<CurrentSlice | null>>) {
  const ofSeries = computed(() => current.value?.first ?? null);
  const loaded = useLoaded(
    async () => {
      const asked = ofSeries.value;
      if (asked === null) return null;
      return { of: asked, priors: await (await engine()).dataset.priors({ project, image: asked }) };
    },
    () => ofSeries.value,
  );
  const priors = computed(() =>
    loaded.value.value?.of === ofSeries.value ? loaded.value.value.priors : null,
  );
  /** Of a study, and of the first image of a series; null: none was chosen by hand. */
  const chosen = ref<string | null>(null);
  const chosenSeries = ref<string | null>(null);
  const linked = ref(false);
  const opened = shallowRef<Opened | null>(null);
  const at = shallowRef<LinkedSlice>({ slice: 0, beside: 0 });

  const prior = computed<Prior | null>(
    () => priors.value?.find((entry) => priorKey(entry) === chosen.value) ?? priors.value?.[0] ?? null,
  );
  const { headers, error: headersError } = useHeaders(project, () => [
    ...(ofSeries.value === null ? [] : [ofSeries.value]),
    ...(prior.value?.images ?? []),
  ]);
  const series = computed(() => {
    const study = prior.value;
    const own = ofSeries.value;
    if (study === null || own === null) return null;
    if (chosenSeries.value !== null && study.images.includes(chosenSeries.value)) return chosenSeries.value;
    const known = headers.value;
    return known.has(own) && known.has(study.images[0]!)
      ? likeSeries(known.get(own), study.images, known)
      : null;
  });
  const placesOf = ({ first, positions }: CurrentSlice): SeriesPlaces => ({
    positions,
    normal: headers.value.get(first)?.normal ?? null,
  });

  watch(
    series,
    async (asked) => {
      // Nothing is known for a moment when the current series changes: what is looked at stays.
      if (asked === null || asked === opened.value?.first) return;
      const stack = await (await engine()).dataset.stack({ project, image: asked }).catch(() => null);
      if (series.value !== asked) return;
      const { images, positions } = stack ?? { images: [asked], positions: [null] };
      const next: Opened = {
        first: asked,
        images,
        positions,
        normal: headers.value.get(asked)?.normal ?? null,
      };
      const slice =
        current.value === null ? 0 : sameLevel(placesOf(current.value), current.value.index, next);
      at.value = { slice, beside: 0 };
      opened.value = next;
    },
    { immediate: true },
  );
  watch(current, (now, before) => {
    const other = opened.value;
    if (!linked.value || other === null || now === null || before?.first !== now.first) return;
    at.value = followed(placesOf(now), [before.index, now.index], other, at.value);
  });
  watch([linked, ofSeries], () => (at.value = { ...at.value, beside: 0 }));

  const shown = computed(() => {
    const other = opened.value;
    return other === null || !prior.value?.images.includes(other.first) ? null : other;
  });
  return {
    priors,
    error: computed(() => loaded.error.value ?? headersError.value),
    prior,
    headers,
    linked,
    /** The first image of the series that is looked at. */
    series: computed(() => shown.value?.first ?? null),
    images: computed(() => shown.value?.images ?? []),
    slice: computed(() => at.value.slice),
    choose(study: string): void {
      chosen.value = study;
      chosenSeries.value = null;
    },
    chooseSeries(first: string): void {
      chosenSeries.value = first;
    },
    scroll(by: number): void {
      const last = (opened.value?.images.length ?? 1) - 1;
      at.value = { slice: Math.min(last, Math.max(0, at.value.slice + by)), beside: 0 };
    },
  };
}
