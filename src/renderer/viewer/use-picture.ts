import { onBeforeUnmount, shallowRef, type ShallowRef, watch } from 'vue';

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

/** Gets the picture of `src`, and its thumbnail while it is on its way. */
export function usePicture(
  src: () => string | null,
  thumbnail: () => string | null,
): { seen: ShallowRef<Seen>; error: ShallowRef<unknown>; retry: () => void } {
  const seen = shallowRef<Seen>({ kind: 'nothing' });
  const error = shallowRef<unknown>(null);
  let current = new AbortController();

  function show(url: string | null): void {
    current.abort();
    current = new AbortController();
    error.value = null;
    const picture = url === null ? null : pictures.ready(url);
    if (url === null) seen.value = { kind: 'nothing' };
    else if (picture !== null) seen.value = { kind: 'picture', src: url, picture };
    else fetchBoth(url, current.signal);
  }

  function fetchBoth(url: string, signal: AbortSignal): void {
    setTimeout(() => {
      if (!signal.aborted && seen.value.kind !== 'nothing' && seen.value.src !== url)
        seen.value = { kind: 'nothing' };
    }, blinkMs);
    const small = thumbnail();
    if (small !== null) void preview(url, small, signal);
    pictures.load(url, signal).then(
      (picture) => {
        if (!signal.aborted) seen.value = { kind: 'picture', src: url, picture };
      },
      (reason: unknown) => {
        if (!signal.aborted) error.value = reason;
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
    const isLate = signal.aborted || (seen.value.kind === 'picture' && seen.value.src === src);
    if (!isLate)
      seen.value = { kind: 'preview', src, url, width: image.naturalWidth, height: image.naturalHeight };
  }

  watch(src, show, { immediate: true });
  onBeforeUnmount(() => current.abort());
  return { seen, error, retry: () => show(src()) };
}
