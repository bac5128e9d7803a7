import { type ComputedRef, inject, type InjectionKey, provide } from 'vue';

import type { PictureDisplay } from '../../contract/decode.ts';
import type { Point, Size } from './camera.ts';
import type { PreparedPicture } from './picture-cache.ts';

/** Millimetres from pixel to pixel: `row` between rows (downwards), `column` between columns (to the right). */
export type Spacing = NonNullable<PictureDisplay['spacing']>;

/**
 * `down`, then `move` and `up` or `cancel` come to the tool that took the `down`; `hover` is a move without a button
 * of the tool, `leave` the pointer that left the picture, `double` a double click (after its second `up`). `cancel`:
 * the gesture is given up, by the system, because a second finger makes it a pinch, or because another picture came
 * into view; nothing of it may stay.
 */
export type PointerKind = 'down' | 'move' | 'up' | 'cancel' | 'hover' | 'leave' | 'double';

/** What the pointer did. */
export interface ViewerPointer {
  readonly kind: PointerKind;
  /**
   * In pixels of the picture: x to the right, y down, the centre of its first pixel at (0.5, 0.5). It may lie outside
   * of the picture.
   */
  readonly at: Point;
  /** For modifiers, pressure and what it hit (`target`, at `down`); its own places are the screen's. */
  readonly event: MouseEvent;
}

/**
 * Hears the pointer. To return true at `down` takes the gesture: what follows of it comes to this handler alone, and
 * neither moves the picture nor changes its brightness. True at `hover` and `double` keeps it from other handlers,
 * at `double` also from zooming. False leaves it to the next.
 */
export type PointerHandler = (pointer: ViewerPointer) => boolean;

/** Where the picture that is shown lies. Anew with each change of the view; places of the screen in CSS pixels from the viewer's corner. */
export interface ViewerGeometry {
  /** Of the picture, in its own pixels. */
  readonly size: Size;
  /** CSS pixels that a pixel of the picture takes: what is to have a width on the screen is divided by it. */
  readonly scale: number;
  /** Null where it is not known; `at: 'detector'` measures on the detector, where the patient is enlarged. */
  readonly spacing: Spacing | null;
  /** Degrees clockwise by which the picture is turned, after it was mirrored. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Left to right, before it is turned. */
  readonly mirrored: boolean;
  toScreen(at: Point): Point;
  toPicture(at: Point): Point;
}

/** What a place of the picture holds. */
export interface Sample {
  /** Column and row, from 0. */
  readonly x: number;
  readonly y: number;
  /** As stored, one a channel. */
  readonly samples: readonly number[];
  /** What they mean (slope × sample + intercept), in `unit`; the samples where nothing is known. */
  readonly values: readonly number[];
  readonly unit: string;
}

/**
 * What a viewer offers to the tools in it: components in its slots get it by `useViewer`.
 *
 * Drawing: the slot `#overlay` lies over the picture, in an SVG group whose coordinates are pixels of the picture
 * (x right, y down, pixel centres at .5), with zoom, turns and mirroring done by its transform; strokes keep their
 * width on the screen (`vector-effect: non-scaling-stroke` holds for all in it). The slot `#marks` lies above, in
 * an SVG group of CSS pixels of the viewer, for what is never turned, mirrored or zoomed: text and handles, placed
 * with `toScreen`. Both get a `ViewerGeometry` as slot properties and are not there while the picture that was asked
 * for is not shown. Elements in them do not take the pointer unless their style says `pointer-events: auto` (or
 * `all`, `stroke`); then `event.target` at `down` is such an element.
 *
 * Pointer: `onPointer`. The gestures bound to "the tool in hand" (the left button, unless the user chose another) are
 * offered to every handler, the one added last first, whichever tool is in hand: a handler compares `tool` with its
 * own, or what was hit. While `tool` is none but `window`, what no handler took does nothing; else it changes
 * brightness and contrast.
 */
export interface ViewerContext {
  /** Null while it is not shown. Its first level is the whole picture; samples: rows top down, channels last. */
  readonly picture: ComputedRef<PreparedPicture | null>;
  /** Address of the picture that is asked for: what belongs to one image is kept by it. */
  readonly src: ComputedRef<string | null>;
  /** Null while there is nothing of `src` to draw over; it is there with the thumbnail already. */
  readonly geometry: ComputedRef<ViewerGeometry | null>;
  /** Id of the tool in hand (`tools.ts`). */
  readonly tool: ComputedRef<string>;
  /** Brings a place of the picture into the middle, as far as the picture's edges allow. */
  lookAt(at: Point): void;
  /** Null outside of the picture and while its samples are not there. */
  sampleAt(at: Point): Sample | null;
  /** Adds a handler; returns what takes it away. Call it in `setup`, and what it returned in `onBeforeUnmount`. */
  onPointer(handler: PointerHandler): () => void;
}

const key: InjectionKey<ViewerContext> = Symbol('viewer');

/** Gives a viewer to the components in it. */
export const provideViewer = (viewer: ViewerContext): void => provide(key, viewer);

/** The viewer that this component lies in. */
export function useViewer(): ViewerContext {
  const viewer = inject(key);
  if (viewer === undefined) throw new Error('There is no viewer around this component');
  return viewer;
}
