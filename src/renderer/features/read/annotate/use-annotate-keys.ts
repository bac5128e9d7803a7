import { onBeforeUnmount } from 'vue';

import type { Shape, ShapeKind } from '../../../../contract/annotation.ts';
import { onPlainKey } from '../../../commands/keyboard.ts';
import { useCommandsWhile } from '../../../commands/registry.ts';
import { useAnnotations } from '../../../stores/annotations.ts';
import { useProject } from '../../../stores/project.ts';
import type { Point } from '../../../viewer/camera.ts';
import { viewerSettings } from '../../../viewer/settings.ts';
import { takeTool, windowTool } from '../../../viewer/tools.ts';
import { useViewer, type ViewerGeometry } from '../../../viewer/viewer-context.ts';
import { annotateSettings, resizeBrush } from './annotate-settings.ts';
import { isAnnotateTool, isBrush, isDrawingTool, toolsFor } from './annotate-tools.ts';
import { drawing } from './drawing-state.ts';
import { boxBetween, grownBy, inPicture, middleOf, movedBy } from './shape-geometry.ts';
import type { Drawing } from './use-drawing.ts';

const ways: Record<string, Point> = {
  Left: { x: -1, y: 0 },
  Right: { x: 1, y: 0 },
  Up: { x: 0, y: -1 },
  Down: { x: 0, y: 1 },
};
const farStep = 10;
/** Of what is seen, the part that a box takes which is placed by key. */
const boxShare = 1 / 4;

/** The way in the picture that a way on the screen is, of the same length. */
function wayInPicture(view: ViewerGeometry, way: Point): Point {
  const [from, to] = [view.toPicture({ x: 0, y: 0 }), view.toPicture(way)];
  return { x: Math.round((to.x - from.x) * view.scale), y: Math.round((to.y - from.y) * view.scale) };
}

/**
 * Keys of drawing, while the calling component is there: tools, what they do to the selection, and the class of what is
 * drawn next.
 *
 * @param seen the viewer's size in CSS pixels
 */
export function useAnnotateKeys(drawn: Drawing, kinds: () => readonly ShapeKind[], seen: () => Point): void {
  const viewer = useViewer();
  const annotations = useAnnotations();
  const project = useProject();
  const tool = (): string => viewerSettings.tool;
  const inHand = (): boolean => isAnnotateTool(tool());
  const hasSelection = (): boolean => annotations.selection.length > 0;
  const mayChange = (): boolean =>
    project.canWrite && annotations.selection.some(({ id }) => !annotations.locked.has(id));

  for (const { id } of toolsFor(['box', 'polygon', 'freehand', 'mask', 'point'])) {
    const isOffered = (): boolean => project.canWrite && toolsFor(kinds()).some((other) => other.id === id);
    useCommandsWhile(isOffered, {
      [id]: () => {
        drawn.cancel();
        takeTool(id);
      },
    });
  }
  useCommandsWhile(() => kinds().length > 0 || annotations.shapes.length > 0, {
    'annotate.show': () => (annotateSettings.shown = !annotateSettings.shown),
  });

  /** A quarter of the view, or a point in its middle. */
  function place(): void {
    const view = viewer.geometry.value;
    if (view === null) return;
    const { x, y } = seen();
    const at = (share: number): Point =>
      inPicture(view.toPicture({ x: x * (0.5 + share / 2), y: y * (0.5 + share / 2) }), view.size);
    const shape: Shape | null =
      tool() === 'annotate.box'
        ? boxBetween(at(-boxShare), at(boxShare), view.size)
        : { kind: 'point', ...at(0) };
    if (shape !== null) drawn.add(shape);
  }
  // A box that was placed is made fit before the next one; of points there may be many.
  const isPlacing = (): boolean =>
    project.canWrite && (tool() === 'annotate.point' || (tool() === 'annotate.box' && !hasSelection()));
  useCommandsWhile(() => isPlacing() || drawing.draft !== null, {
    'annotate.finish': () => (drawing.draft === null ? place() : drawn.closePolygon()),
  });

  useCommandsWhile(() => mayChange() || drawing.draft?.kind === 'line', {
    'annotate.remove': () => {
      if (drawing.draft?.kind === 'line') drawn.dropVertex();
      else annotations.change({ remove: free().map(({ id }) => id) });
    },
  });
  useCommandsWhile(() => inHand() || hasSelection(), {
    'annotate.cancel': () => {
      const isDrawing = drawing.draft !== null || drawing.painted !== null || drawing.moved.size > 0;
      if (isDrawing) drawn.cancel();
      else if (hasSelection()) annotations.select();
      else viewerSettings.tool = windowTool;
    },
  });

  /** The shape so many places on; null before the first and behind the last. */
  function neighbour(by: 1 | -1): string | null {
    const shown = annotations.shapes.filter(({ id }) => !annotations.hidden.has(id));
    const selected = shown.findIndex(({ id }) => annotations.selected.has(id));
    const from = selected < 0 && by < 0 ? shown.length : selected;
    return shown[from + by]?.id ?? null;
  }
  function goTo(by: 1 | -1): void {
    const id = neighbour(by);
    const entry = annotations.shapes.find((other) => other.id === id);
    if (!entry) return;
    annotations.select(entry.id);
    drawing.lookAt = middleOf(entry.shape);
  }
  // Beyond the last shape Tab goes on to the controls.
  useCommandsWhile(() => inHand() && neighbour(1) !== null, { 'annotate.next': () => goTo(1) });
  useCommandsWhile(() => inHand() && neighbour(-1) !== null, { 'annotate.back': () => goTo(-1) });

  useCommandsWhile(() => isBrush(tool()), {
    'annotate.larger': () => resizeBrush(1),
    'annotate.smaller': () => resizeBrush(-1),
  });

  const free = () => annotations.selection.filter(({ id }) => !annotations.locked.has(id));
  /** Changes shapes on the screen; one change of it when the key is let go. */
  function nudge(by: Point, change: typeof movedBy): void {
    const view = viewer.geometry.value;
    if (view === null) return;
    const way = wayInPicture(view, by);
    const now = free().map((entry) => drawing.moved.get(entry.id) ?? entry);
    drawing.moved = new Map(
      now.map((entry) => [entry.id, { ...entry, shape: change(entry.shape, way, view.size) }]),
    );
    window.addEventListener('keyup', drawn.keepMoved, { once: true });
    window.addEventListener('blur', drawn.keepMoved, { once: true });
  }
  for (const [to, way] of Object.entries(ways)) {
    useCommandsWhile(mayChange, {
      [`annotate.move${to}`]: () => nudge(way, movedBy),
      [`annotate.moveFar${to}`]: () => nudge({ x: way.x * farStep, y: way.y * farStep }, movedBy),
      [`annotate.grow${to}`]: () => nudge(way, grownBy),
    });
  }

  const stopKeys = onPlainKey((key, event) => {
    const entry = project.classes.find((candidate) => candidate.key === key);
    if (entry === undefined || !project.canWrite || !inHand()) return false;
    if (!event.repeat) giveClass(entry.id);
    return true;
  });
  onBeforeUnmount(stopKeys);
  /** To what is selected; with a drawing tool to what is drawn next, and to what has no class yet. */
  function giveClass(id: string): void {
    annotateSettings.class = id;
    const isDrawing = isDrawingTool(tool());
    const put = free()
      .filter((entry) => entry.class !== id && (!isDrawing || entry.class === null))
      .map((entry) => ({ ...entry, class: id }));
    annotations.change({ put });
  }
}
