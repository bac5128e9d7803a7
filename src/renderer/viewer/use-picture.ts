import { computed, type ComputedRef, onBeforeUnmount, shallowRef, type ShallowRef, watch } from 'vue';

import type { PreparedPicture } from './picture-cache.ts';
import { pictures } from './pictures.ts';

/** What can be seen: nothing, a small likeness while the picture is on its way, or the picture. */
export type Seen =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'preview';
      readonly src: string;
      readonly url: string;
      readonly width: number;
      readonly height: number;
    }
  | { readonly kind: 'picture'; readonly src: string; readonly picture: PreparedPicture };

/** So long the picture before may stay until there is something of the new one: less is no flash, more is a lie. */
const blinkMs = 100;

/** Where the pictures come from. */
export interface PictureSource {
  /** Address of the samples; null while none is chosen. */
  src(): string | null;
  thumbnail(): string | null;
  /** What the pictures of a stack have in common; null for a single one. */
  series(): string | null;
}

/**
 * Gets the picture of `src`, and its thumbnail while it is on its way. Within a series the picture before stays instead,
 * so that going through it does not flicker: `isLate` says that another one was asked for.
 */
export function usePicture({ src, thumbnail, series }: PictureSource): {
  seen: ShallowRef<Seen>;
  isLate: ComputedRef<boolean>;
  error: ShallowRef<unknown>;
  retry: () => void;
} {
  const seen = shallowRef<Seen>({ kind: 'nothing' });
  const error = shallowRef<unknown>(null);
  let current = new AbortController();
  let seenSeries: string | null = null;
  const isLate = computed(() => seen.value.kind !== 'nothing' && seen.value.src !== src());

  function see(now: Seen): void {
    seenSeries = series();
    seen.value = now;
  }
  function show(url: string | null): void {
    current.abort();
    current = new AbortController();
    error.value = null;
    const picture = url === null ? null : pictures.ready(url);
    if (url === null) see({ kind: 'nothing' });
    else if (picture !== null) see({ kind: 'picture', src: url, picture });
    else fetchBoth(url, current.signal);
  }

  function fetchBoth(url: string, signal: AbortSignal): void {
    const stays = seenSeries !== null && seenSeries === series() && seen.value.kind === 'picture';
    if (!stays)
      setTimeout(() => {
        if (!signal.aborted && isLate.value) see({ kind: 'nothing' });
      }, blinkMs);
    const small = thumbnail();
    if (small !== null && !stays) void preview(url, small, signal);
    pictures.load(url, signal).then(
      (picture) => {
        if (!signal.aborted) see({ kind: 'picture', src: url, picture });
      },
      (reason: unknown) => {
        if (signal.aborted) return;
        if (isLate.value) see({ kind: 'nothing' });
        error.value = reason;
      },
    );
  }

  async function preview(src: string, url: string, signal: AbortSignal): Promise<void> {
    const image = new Image();
    image.src = url;
    try {
      await image.decode();
    } catch {
      return; // The picture itself says what is wrong with the file.
    }
    const isTooLate = signal.aborted || (seen.value.kind === 'picture' && seen.value.src === src);
    if (!isTooLate)
      see({ kind: 'preview', src, url, width: image.naturalWidth, height: image.naturalHeight });
  }

  watch(src, show, { immediate: true });
  onBeforeUnmount(() => current.abort());
  return { seen, isLate, error, retry: () => show(src()) };
}
