import { computed, type ComputedRef } from 'vue';

import type { Annotation } from '../../../../contract/annotation.ts';
import { useAnnotations } from '../../../stores/annotations.ts';
import { useProject } from '../../../stores/project.ts';
import { annotateSettings } from './annotate-settings.ts';
import { drawing } from './drawing-state.ts';

/** How a class is told on the picture; of no class neither a key nor a colour of its own. */
interface ShownClass {
  readonly name: string;
  readonly color: string;
  readonly key: string | null;
}

const noClass: ShownClass = { name: 'No class', color: '#d5dade', key: null };

interface ShownShape {
  readonly entry: Annotation;
  readonly of: ShownClass;
  readonly selected: boolean;
  readonly unsaved: boolean;
}

/** The class of a shape as it is told. */
export function useShownClass(): (id: string | null) => ShownClass {
  const project = useProject();
  return (id) => (id === null ? noClass : (project.classById.get(id) ?? noClass));
}

/** The shapes on the picture, as they are dragged, without those that are hidden. */
export function useShownShapes(): ComputedRef<ShownShape[]> {
  const annotations = useAnnotations();
  const classOf = useShownClass();
  return computed(() =>
    annotateSettings.shown
      ? annotations.shapes
          .filter(({ id }) => !annotations.hidden.has(id))
          .map((kept) => drawing.moved.get(kept.id) ?? kept)
          .map((entry) => ({
            entry,
            of: classOf(entry.class),
            selected: annotations.selected.has(entry.id),
            unsaved: annotations.unsaved.has(entry.id),
          }))
      : [],
  );
}
