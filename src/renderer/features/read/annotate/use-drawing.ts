import { v4 as uuid } from 'uuid';
import { onBeforeUnmount } from 'vue';

import {
  type Annotation,
  type MaskShape,
  mostMaskRuns,
  type Shape,
} from '../../../../contract/annotation.ts';
import type { Box, Mask, Vertex } from '../../../../core/masks.ts';
import { useAnnotations } from '../../../stores/annotations.ts';
import { useProject } from '../../../stores/project.ts';
import { useToasts } from '../../../stores/toasts.ts';
import type { Point, Size } from '../../../viewer/camera.ts';
import { meaningOf } from '../../../viewer/values.ts';
import { useViewer, type ViewerGeometry, type ViewerPointer } from '../../../viewer/viewer-context.ts';
import { annotateSettings } from './annotate-settings.ts';
import { isAnnotateTool, selectTool } from './annotate-tools.ts';
import { beginStroke, sampleOf, sampleRange } from './brush.ts';
import { drawing, dropDrawing } from './drawing-state.ts';
import {
  boxBetween,
  handlesOf,
  holds,
  inPicture,
  movedBy,
  simplified,
  withHandleAt,
  withoutVertex,
  withVertexAt,
} from './shape-geometry.ts';
import { thresholdFor } from './threshold.ts';

/** What the pointer does from pressing to letting go. */
interface Gesture {
  move(at: Point): void;
  up(at: Point): void;
}

/** Pixels of the screen: so near a handle or a line is hit, so far a press is a drag. */
const reachOnScreen = 8;
const leastDrag = 3;
/** Points of an outline drawn by hand are so far apart, and then as many are left out as cannot be seen. */
const leastStep = 1.5;
const unseen = 0.6;

export interface Drawing {
  /** A polygon on its way: closes it if it has three vertices. */
  closePolygon(): void;
  dropVertex(): void;
  /** Keeps what was dragged or moved by keys as one change. */
  keepMoved(): void;
  /** Gives up what is on its way. */
  cancel(): void;
  /** Draws a shape of the class that is chosen for the next, and selects it. */
  add(shape: Shape): void;
}

/** Shows a stroke while it is drawn. */
interface StrokeView {
  /** `of`: class id of the mask; `on`: what it holds already. */
  begin(size: Size, on: MaskShape | null, of: string | null): void;
  paint(mask: Mask, box: Box): void;
  end(): void;
}

/** Draws with the pointer in the viewer around, as long as the calling component is there and drawing is allowed. */
export function useDrawing(mayDraw: () => boolean, strokes: StrokeView): Drawing {
  const viewer = useViewer();
  const annotations = useAnnotations();
  const project = useProject();
  const toasts = useToasts();
  let gesture: Gesture | null = null;

  const reach = (now: ViewerGeometry): number => reachOnScreen / now.scale;
  const isFree = ({ id }: Annotation): boolean => !annotations.locked.has(id) && !annotations.hidden.has(id);
  const topmost = (at: Point, now: ViewerGeometry): Annotation | null => {
    if (!annotateSettings.shown) return null;
    const hit = (entry: Annotation): boolean =>
      !annotations.hidden.has(entry.id) && holds(entry.shape, at, reach(now));
    return annotations.selection.find(hit) ?? annotations.shapes.findLast(hit) ?? null;
  };
  const nextClass = (): string | null =>
    annotateSettings.class !== null && project.classById.has(annotateSettings.class)
      ? annotateSettings.class
      : null;

  function add(shape: Shape): void {
    const id = uuid();
    annotations.change({ put: [{ id, class: nextClass(), shape }] });
    annotations.select(id);
    annotateSettings.shown = true;
  }
  function keepMoved(): void {
    const put = [...drawing.moved.values()].filter(
      (entry) => annotations.shapes.find(({ id }) => id === entry.id)?.shape !== entry.shape,
    );
    drawing.moved = new Map();
    annotations.change({ put });
  }
  const dragging = (shapeAt: (at: Point) => Annotation[]): Gesture => ({
    move: (at) => (drawing.moved = new Map(shapeAt(at).map((entry) => [entry.id, entry]))),
    up: keepMoved,
  });

  /** A handle, or the edge of a polygon, of the one shape that is selected. */
  function onHandle({ at, event }: ViewerPointer, now: ViewerGeometry): Gesture | null {
    const [entry, ...others] = annotations.selection;
    if (!entry || others.length > 0 || !isFree(entry) || !annotateSettings.shown) return null;
    const near = handlesOf(entry.shape)
      .map(({ handle, at: place }) => ({ handle, away: Math.hypot(place.x - at.x, place.y - at.y) }))
      .filter(({ away }) => away <= reach(now))
      .sort((a, b) => a.away - b.away)[0];
    const drag = (shape: Shape, handle: Parameters<typeof withHandleAt>[1]): Gesture =>
      dragging((to) => [{ ...entry, shape: withHandleAt(shape, handle, to, now.size) }]);
    if (near !== undefined) {
      if (!event.altKey || typeof near.handle !== 'number') return drag(entry.shape, near.handle);
      const shape = withoutVertex(entry.shape, near.handle);
      if (shape !== null) annotations.change({ put: [{ ...entry, shape }] });
      return { move: () => undefined, up: () => undefined };
    }
    const added =
      entry.shape.kind === 'polygon' && viewer.tool.value === selectTool
        ? withVertexAt(entry.shape, at, reach(now) / 2)
        : null;
    if (added === null) return null;
    drawing.moved = new Map([[entry.id, { ...entry, shape: added.shape }]]);
    return drag(added.shape, added.index);
  }

  function select({ at, event }: ViewerPointer, now: ViewerGeometry): Gesture {
    const hit = topmost(at, now);
    if (hit === null) {
      if (!event.shiftKey) annotations.select();
    } else if (event.shiftKey) annotations.toggleSelected(hit.id);
    else if (!annotations.selected.has(hit.id)) annotations.select(hit.id);
    if (hit?.class) annotateSettings.class = hit.class;
    const free = hit === null ? [] : annotations.selection.filter(isFree);
    return dragging((to) => {
      const by = { x: to.x - at.x, y: to.y - at.y };
      const isDrag = Math.hypot(by.x, by.y) * now.scale >= leastDrag || drawing.moved.size > 0;
      return isDrag ? free.map((entry) => ({ ...entry, shape: movedBy(entry.shape, by, now.size) })) : [];
    });
  }

  function box(start: Point, now: ViewerGeometry): Gesture {
    const shapeTo = (to: Point): ReturnType<typeof boxBetween> => {
      const isDrag = Math.hypot(to.x - start.x, to.y - start.y) * now.scale >= leastDrag;
      return isDrag ? boxBetween(start, to, now.size) : null;
    };
    return {
      move(at) {
        const shape = shapeTo(at);
        drawing.draft = shape && { kind: 'box', box: shape };
      },
      up(at) {
        drawing.draft = null;
        const shape = shapeTo(at);
        if (shape === null) annotations.select();
        else add(shape);
      },
    };
  }

  function freehand(start: Point, now: ViewerGeometry): Gesture {
    const place = (at: Point): Vertex => {
      const { x, y } = inPicture(at, now.size);
      return [x, y];
    };
    let points: Vertex[] = [place(start)];
    return {
      move(at) {
        const [x, y] = place(at);
        const last = points.at(-1)!;
        if (Math.hypot(x - last[0], y - last[1]) * now.scale < leastStep) return;
        points = [...points, [x, y]];
        drawing.draft = { kind: 'line', points };
      },
      up() {
        drawing.draft = null;
        const outline = simplified(points, unseen / now.scale);
        if (outline.length < 3) annotations.select();
        else add({ kind: 'freehand', points: outline.map(([x, y]) => [x, y]) });
      },
    };
  }

  function polygonClick(at: Point, now: ViewerGeometry): Gesture {
    const points = drawing.draft?.kind === 'line' ? drawing.draft.points : [];
    const { x, y } = inPicture(at, now.size);
    const isNear = (vertex: Vertex | undefined): boolean =>
      vertex !== undefined && Math.hypot(vertex[0] - x, vertex[1] - y) <= reach(now);
    if (points.length >= 3 && isNear(points[0])) closePolygon();
    // The second press of a double click adds nothing.
    else if (!isNear(points.at(-1))) drawing.draft = { kind: 'line', points: [...points, [x, y]] };
    return { move: () => undefined, up: () => undefined };
  }
  function closePolygon(): void {
    if (drawing.draft?.kind !== 'line' || drawing.draft.points.length < 3) return;
    const points = drawing.draft.points.map(([x, y]): [number, number] => [x, y]);
    drawing.draft = null;
    add({ kind: 'polygon', points });
  }

  /** The mask that a stroke goes on with; null: it begins one. */
  function maskFor({ at, event }: ViewerPointer, now: ViewerGeometry, erases: boolean): Annotation | null {
    const isMask = (entry: Annotation): boolean => entry.shape.kind === 'mask' && isFree(entry);
    const [entry] = annotations.selection.length === 1 ? annotations.selection.filter(isMask) : [];
    if (!erases) return entry && !event.shiftKey && entry.class === nextClass() ? entry : null;
    return (
      entry ??
      annotations.shapes.findLast((other) => isMask(other) && holds(other.shape, at, reach(now))) ??
      null
    );
  }
  function paint(pointer: ViewerPointer, now: ViewerGeometry, erases: boolean): Gesture | null {
    const prepared = viewer.picture.value;
    const on = maskFor(pointer, now, erases);
    if (prepared === null || (erases && on === null)) return null;
    const picture = prepared.levels[0]!;
    const start = inPicture(pointer.at, now.size);
    const [column, row] = [Math.min(picture.width - 1, start.x), Math.min(picture.height - 1, start.y)];
    const sample = sampleOf(picture, Math.floor(row) * picture.width + Math.floor(column));
    const stroke = beginStroke({
      picture,
      on: on === null ? null : (on.shape as MaskShape),
      start: pointer.at,
      radius: Math.max(annotateSettings.diameter / 2, Math.SQRT1_2),
      range: sampleRange(thresholdFor(prepared), meaningOf(prepared.display), sample),
      paint: erases ? 'outside' : 'inside',
    });
    const goTo = (at: Point): void => {
      const changed = stroke.to(at);
      if (changed !== null) strokes.paint(stroke.mask, changed);
    };
    annotations.select(...(on === null ? [] : [on.id]));
    drawing.painted = on?.id ?? '';
    annotateSettings.shown = true;
    strokes.begin(picture, (on?.shape ?? null) as MaskShape | null, on === null ? nextClass() : on.class);
    goTo(pointer.at);
    return {
      move: goTo,
      up() {
        const shape = stroke.end();
        keepStroke(on, shape);
        drawing.painted = null;
        strokes.end();
      },
    };
  }
  function keepStroke(on: Annotation | null, shape: MaskShape | null): void {
    if (shape !== null && shape.runs.length > mostMaskRuns)
      toasts.show({
        kind: 'error',
        text: 'This mask has more pieces than can be kept.',
        hint: 'Paint less of it at once, or with a wider range of values.',
      });
    else if (on === null) {
      if (shape !== null) add(shape);
    } else if (shape === null) annotations.change({ remove: [on.id] });
    else if (JSON.stringify(shape) !== JSON.stringify(on.shape))
      annotations.change({ put: [{ ...on, shape }] });
  }

  function pressed(pointer: ViewerPointer, now: ViewerGeometry): Gesture | null {
    const { at } = pointer;
    switch (viewer.tool.value) {
      case selectTool:
        return onHandle(pointer, now) ?? select(pointer, now);
      case 'annotate.box':
        return onHandle(pointer, now) ?? box(at, now);
      case 'annotate.freehand':
        return freehand(at, now);
      case 'annotate.polygon':
        return (drawing.draft === null ? onHandle(pointer, now) : null) ?? polygonClick(at, now);
      case 'annotate.point':
        if (holds({ kind: 'box', x: 0, y: 0, ...now.size }, at, 0))
          add({ kind: 'point', ...inPicture(at, now.size) });
        return { move: () => undefined, up: () => undefined };
      case 'annotate.brush':
        return paint(pointer, now, false);
      case 'annotate.eraser':
        return paint(pointer, now, true);
      default:
        return null;
    }
  }

  function cancel(): void {
    gesture = null;
    dropDrawing();
    strokes.end();
  }

  const stop = viewer.onPointer((pointer) => {
    const now = viewer.geometry.value;
    drawing.pointer = pointer.kind === 'leave' ? null : pointer.at;
    if (now === null || !isAnnotateTool(viewer.tool.value)) return false;
    switch (pointer.kind) {
      case 'down':
        gesture = mayDraw() ? pressed(pointer, now) : null;
        return gesture !== null;
      case 'move':
        gesture?.move(pointer.at);
        return true;
      case 'up':
        gesture?.up(pointer.at);
        gesture = null;
        return true;
      case 'cancel':
        // A polygon goes on from click to click.
        if (viewer.tool.value !== 'annotate.polygon') cancel();
        gesture = null;
        drawing.moved = new Map();
        return true;
      case 'hover':
        drawing.hovered = viewer.tool.value === selectTool ? (topmost(pointer.at, now)?.id ?? null) : null;
        return false;
      case 'leave':
        drawing.hovered = null;
        return false;
      case 'double':
        if (viewer.tool.value === 'annotate.polygon') closePolygon();
        return true;
    }
  });
  onBeforeUnmount(stop);

  return {
    closePolygon,
    dropVertex() {
      if (drawing.draft?.kind !== 'line') return;
      const points = drawing.draft.points.slice(0, -1);
      drawing.draft = points.length === 0 ? null : { kind: 'line', points };
    },
    keepMoved,
    cancel,
    add,
  };
}
