import type { Annotation } from '../contract/annotation.ts';

/** Shapes that are added or changed, and ids of those that are removed: one action, which one undo takes back. */
export interface ShapeChange {
  readonly put?: readonly Annotation[];
  readonly remove?: readonly string[];
}

/**
 * What a change makes of a reader's shapes, as the engine will say it a moment later: changed ones keep their place, new
 * ones come last.
 */
export function changeShapes(
  shapes: readonly Annotation[],
  { put = [], remove = [] }: ShapeChange,
): readonly Annotation[] {
  const byId = new Map(shapes.map((shape) => [shape.id, shape]));
  for (const id of remove) byId.delete(id);
  for (const shape of put) byId.set(shape.id, shape);
  return [...byId.values()];
}
