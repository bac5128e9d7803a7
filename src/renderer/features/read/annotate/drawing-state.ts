import { shallowReactive } from 'vue';

import type { Annotation } from '../../../../contract/annotation.ts';
import type { Box, Vertex } from '../../../../core/masks.ts';
import type { Point } from '../../../viewer/camera.ts';
import type { PreparedPicture } from '../../../viewer/picture-cache.ts';

/** A shape that is drawn just now: a box, or an outline that is not closed yet. */
type Draft =
  { readonly kind: 'box'; readonly box: Box } | { readonly kind: 'line'; readonly points: readonly Vertex[] };

/** What is drawn, dragged or painted just now and is no change yet. One viewer of a screen is drawn in. */
export const drawing = shallowReactive<{
  draft: Draft | null;
  /** Shapes as they are dragged, by id. */
  moved: ReadonlyMap<string, Annotation>;
  /** Id of the mask that a stroke changes, which is then drawn from the stroke. */
  painted: string | null;
  /** Where the pointer is over the picture. */
  pointer: Point | null;
  /** Id of the shape under the pointer. */
  hovered: string | null;
  /** The picture that is drawn on; null while its samples are not there. */
  picture: PreparedPicture | null;
  /** A place that the viewer is asked to show. */
  lookAt: Point | null;
}>({
  draft: null,
  moved: new Map(),
  painted: null,
  pointer: null,
  hovered: null,
  picture: null,
  lookAt: null,
});

/** Gives up what is drawn, dragged or painted. */
export function dropDrawing(): void {
  Object.assign(drawing, { draft: null, moved: new Map(), painted: null });
}
