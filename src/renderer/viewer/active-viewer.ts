import { computed, onBeforeUnmount, shallowReactive } from 'vue';

import { useCommands } from '../commands/registry.ts';

interface OpenViewer {
  readonly answers: Readonly<Record<string, () => void>>;
  /** Whether its screen gives it the commands; null: the one pointed at or focused last has them. */
  readonly active: () => boolean | null;
}

/** Viewers on the screen, the one pointed at or focused last at the end. */
const open = shallowReactive<OpenViewer[]>([]);

/** How many there are. */
export const viewerCount = computed(() => open.length);

const current = (): OpenViewer | undefined =>
  open.findLast(({ active }) => active() === true) ?? open.findLast(({ active }) => active() !== false);

/**
 * Answers the viewer's commands while the calling component is there: of several viewers the active one does. Returns
 * what makes this one it.
 */
export function useViewerCommands(
  active: () => boolean | null,
  answers: Readonly<Record<string, () => void>>,
): () => void {
  const own: OpenViewer = { answers, active };
  // The first viewer of a screen is the main one until another is pointed at.
  open.unshift(own);
  const take = (): void => {
    if (open.at(-1) === own) return;
    open.splice(open.indexOf(own), 1);
    open.push(own);
  };
  useCommands(
    Object.fromEntries(Object.keys(answers).map((id) => [id, () => (current() ?? own).answers[id]?.()])),
  );
  onBeforeUnmount(() => void open.splice(open.indexOf(own), 1));
  return take;
}
