import { onBeforeUnmount, watch } from 'vue';

import { createTimeInView } from './time-in-view.ts';

const signs = ['pointermove', 'pointerdown', 'wheel', 'keydown'] as const;

/** How long the image in view has been looked at, in milliseconds without pauses. */
export function useTimeInView(image: () => string | null): () => number {
  const time = createTimeInView();
  const active = (): void => time.active(performance.now());
  const visibility = (): void => time.visible(!document.hidden, performance.now());
  for (const sign of signs) window.addEventListener(sign, active, { passive: true });
  document.addEventListener('visibilitychange', visibility);
  visibility();
  watch(image, (now) => time.show(now, performance.now()), { immediate: true });
  onBeforeUnmount(() => {
    for (const sign of signs) window.removeEventListener(sign, active);
    document.removeEventListener('visibilitychange', visibility);
  });
  return () => time.taken(performance.now());
}
