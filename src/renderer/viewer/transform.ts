import * as cameras from './camera.ts';
import type { Camera, Point, Size } from './camera.ts';

/** How a picture lies: mirrored left to right first, then turned clockwise by so many quarters. */
export interface Orientation {
  readonly turns: 0 | 1 | 2 | 3;
  readonly mirrored: boolean;
}

/** As the file has it. */
export const upright: Orientation = { turns: 0, mirrored: false };

/** A matrix as SVG, CSS and canvas write it: x' = a·x + c·y + e, y' = b·x + d·y + f. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/**
 * Where a picture is seen: its camera, how it lies, and the viewport's size. Scale and size share one unit. The camera
 * knows square pixels only: its places and sizes are those of the picture times `stretch`.
 */
export interface View {
  readonly camera: Camera;
  readonly stretch: Point;
  readonly orientation: Orientation;
  readonly viewport: Size;
}

/** Something of each edge. */
export interface Edges<T> {
  readonly left: T;
  readonly top: T;
  readonly right: T;
  readonly bottom: T;
}

/** Of square pixels. */
export const square: Point = { x: 1, y: 1 };
/** Headers round. */
const leastStretch = 1.001;
/** More is no picture of anything, but a wrong header. */
const mostStretch = 20;

/** How long a pixel is across and down, in its shorter edges; that of square ones where it is not known. */
export function stretchOf(spacing: { readonly row: number; readonly column: number } | null): Point {
  if (spacing === null) return square;
  const { row, column } = spacing;
  const ratio = Math.max(row, column) / Math.min(row, column);
  if (!(ratio >= leastStretch && ratio <= mostStretch)) return square;
  return row > column ? { x: 1, y: ratio } : { x: ratio, y: 1 };
}

/** The size that a picture has for its camera. */
export const stretched = ({ width, height }: Size, { x, y }: Point): Size => ({
  width: width * x,
  height: height * y,
});

const quarter = (turns: number): Orientation['turns'] => (((turns % 4) + 4) % 4) as Orientation['turns'];

/** Turned on by quarters, clockwise as seen. */
export const turned = ({ turns, mirrored }: Orientation, quarters: number): Orientation => ({
  turns: quarter(turns + quarters),
  mirrored,
});
/** Left and right changed places, as seen. */
export const flippedSideways = ({ turns, mirrored }: Orientation): Orientation => ({
  turns: quarter(-turns),
  mirrored: !mirrored,
});
/** Top and bottom changed places, as seen. */
export const flippedUpsideDown = (orientation: Orientation): Orientation =>
  turned(flippedSideways(orientation), 2);

export const isUpright = ({ turns, mirrored }: Orientation): boolean => turns === 0 && !mirrored;

/** How a picture lies, for people; empty when it is upright. */
export function orientationWords({ turns, mirrored }: Orientation): string {
  if (mirrored && turns === 0) return 'mirrored left to right';
  if (mirrored && turns === 2) return 'mirrored top to bottom';
  const turn = ['', 'turned right 90°', 'turned 180°', 'turned left 90°'][turns]!;
  return mirrored ? `mirrored, ${turn}` : turn;
}

/** The part of the transform that turns and mirrors a way in the picture into one on the screen. */
export function turning({ turns, mirrored }: Orientation): { a: number; b: number; c: number; d: number } {
  const cosine = [1, 0, -1, 0][turns]!;
  const sine = [0, 1, 0, -1][turns]!;
  const side = mirrored ? -1 : 1;
  return { a: cosine * side, b: sine * side, c: -sine, d: cosine };
}

/** What stands at the edges of a picture, at the edges where they are seen. */
export function turnedEdges<T>({ turns, mirrored }: Orientation, edges: Edges<T>): Edges<T> {
  const { left, right } = edges;
  let { top, right: east, bottom, left: west } = mirrored ? { ...edges, left: right, right: left } : edges;
  for (let turn = 0; turn < turns; turn++) [top, east, bottom, west] = [west, top, east, bottom];
  return { top, right: east, bottom, left: west };
}

/** A way on the screen as a way along rows and columns of the picture, of the same length. */
export function unturnedWay(orientation: Orientation, way: Point): Point {
  const { a, b, c, d } = turning(orientation);
  return { x: a * way.x + b * way.y, y: c * way.x + d * way.y };
}

function turnedWay(orientation: Orientation, way: Point): Point {
  const { a, b, c, d } = turning(orientation);
  return { x: a * way.x + c * way.y, y: b * way.x + d * way.y };
}

/** A size with width and height changed over when a picture that lies so stands on its side. */
export const unturnedSize = ({ turns }: Orientation, { width, height }: Size): Size =>
  turns % 2 === 0 ? { width, height } : { width: height, height: width };

/**
 * Where a place of the viewport would be were the picture upright in a viewport of `unturnedSize`: the camera's
 * functions know such places only.
 */
export function unturned(orientation: Orientation, viewport: Size, at: Point): Point {
  const way = unturnedWay(orientation, { x: at.x - viewport.width / 2, y: at.y - viewport.height / 2 });
  const size = unturnedSize(orientation, viewport);
  return { x: way.x + size.width / 2, y: way.y + size.height / 2 };
}

/** Where a place of the picture is seen in the viewport. */
export function toViewport({ camera, stretch, orientation, viewport }: View, at: Point): Point {
  const size = unturnedSize(orientation, viewport);
  const upright = cameras.toViewport(camera, size, { x: at.x * stretch.x, y: at.y * stretch.y });
  const way = turnedWay(orientation, { x: upright.x - size.width / 2, y: upright.y - size.height / 2 });
  return { x: way.x + viewport.width / 2, y: way.y + viewport.height / 2 };
}

/** The place of the picture under a place of the viewport. */
export function toPicture({ camera, stretch, orientation, viewport }: View, at: Point): Point {
  const size = unturnedSize(orientation, viewport);
  const { x, y } = cameras.toPicture(camera, size, unturned(orientation, viewport, at));
  return { x: x / stretch.x, y: y / stretch.y };
}

/** From places of the picture to places of the viewport. */
export function pictureMatrix(view: View): Matrix {
  const { a, b, c, d } = turning(view.orientation);
  const across = view.camera.scale * view.stretch.x;
  const down = view.camera.scale * view.stretch.y;
  const origin = toViewport(view, { x: 0, y: 0 });
  return [a * across, b * across, c * down, d * down, origin.x, origin.y];
}

/** From places of the viewport of an upright picture, of `unturnedSize`, to places of the viewport. */
export function turningMatrix(orientation: Orientation, viewport: Size): Matrix {
  const { a, b, c, d } = turning(orientation);
  const size = unturnedSize(orientation, viewport);
  const middle = turnedWay(orientation, { x: size.width / 2, y: size.height / 2 });
  return [a, b, c, d, viewport.width / 2 - middle.x, viewport.height / 2 - middle.y];
}

/** The same view in CSS pixels, of which each is `ratio` device pixels wide. */
export function inCssPixels({ camera, viewport, ...view }: View, ratio: number): View {
  return {
    ...view,
    camera: { ...camera, scale: camera.scale / ratio },
    viewport: { width: viewport.width / ratio, height: viewport.height / ratio },
  };
}
