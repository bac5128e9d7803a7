import { onBeforeUnmount, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';

import type { ImageQuery } from '../../../contract/image.ts';
import { engine } from '../../api/engine.ts';
import { encodeQuery } from '../../api/query-string.ts';
import { useWorkspace } from '../../stores/workspace.ts';

/** The address follows in steps: browsers refuse hundreds of changes in a few seconds. */
const addressMs = 200;
const leavePlaceMs = 1000;

export interface ReadingAddress {
  /** The last image that was on screen. */
  image(): string | null;
  /** Whether an address was written here: it asks for nothing new. */
  isOwn(query: string, image: unknown): boolean;
  /** Tells the engine now where the reader is. */
  leave(): void;
}

/** Keeps the address and the remembered place up to the image on screen. */
export function useAddress(
  project: string,
  shown: () => string | undefined,
  query: () => ImageQuery | null,
  /** '' is open reading. */
  round: () => string,
): ReadingAddress {
  const route = useRoute();
  const router = useRouter();
  const workspace = useWorkspace();
  let addressTimer: ReturnType<typeof setTimeout> | undefined;
  let placeTimer: ReturnType<typeof setTimeout> | undefined;
  let written = '';
  let left = '';
  let image: string | null = null;
  let reader = '';

  function writeAddress(): void {
    const now = query();
    if (image === null || now === null || route.name !== 'read') return;
    const inAddress = { ...encodeQuery(now), ...(round() !== '' && { round: round() }) };
    written = `${JSON.stringify(inAddress)} ${image}`;
    void router.replace({ name: 'read', params: { project, image }, query: inAddress });
  }
  function leave(): void {
    clearTimeout(placeTimer);
    const now = query();
    if (image === null || now === null || round() !== '' || `${reader} ${image}` === left) return;
    const place = { project, reader, image, query: now };
    left = `${reader} ${image}`;
    // A place that could not be kept costs one search; it is no news for the reader.
    void engine().then((client) => client.label.leavePlace(place).catch(() => undefined));
  }

  watch(shown, (now) => {
    if (now === undefined) return;
    image = now;
    reader = workspace.reader;
    clearTimeout(addressTimer);
    clearTimeout(placeTimer);
    addressTimer = setTimeout(writeAddress, addressMs);
    placeTimer = setTimeout(leave, leavePlaceMs);
  });
  window.addEventListener('pagehide', leave);
  onBeforeUnmount(() => {
    window.removeEventListener('pagehide', leave);
    clearTimeout(addressTimer);
    leave();
  });
  return {
    image: () => image,
    isOwn: (asked, of) => `${asked} ${String(of)}` === written,
    leave,
  };
}
