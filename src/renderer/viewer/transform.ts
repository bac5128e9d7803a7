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

/** Where a picture is seen: its camera, how it lies, and the viewport's size. Scale and size share one unit. */
export interface View {
  readonly camera: Camera;
  readonly orientation: Orientation;
  readonly viewport: Size;
}

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
export function toViewport({ camera, orientation, viewport }: View, at: Point): Point {
  const size = unturnedSize(orientation, viewport);
  const upright = cameras.toViewport(camera, size, at);
  const way = turnedWay(orientation, { x: upright.x - size.width / 2, y: upright.y - size.height / 2 });
  return { x: way.x + viewport.width / 2, y: way.y + viewport.height / 2 };
}

/** The place of the picture under a place of the viewport. */
export function toPicture({ camera, orientation, viewport }: View, at: Point): Point {
  return cameras.toPicture(camera, unturnedSize(orientation, viewport), unturned(orientation, viewport, at));
}

/** From places of the picture to places of the viewport. */
export function pictureMatrix(view: View): Matrix {
  const { a, b, c, d } = turning(view.orientation);
  const { scale } = view.camera;
  const origin = toViewport(view, { x: 0, y: 0 });
  return [a * scale, b * scale, c * scale, d * scale, origin.x, origin.y];
}

/** From places of the viewport of an upright picture, of `unturnedSize`, to places of the viewport. */
export function turningMatrix(orientation: Orientation, viewport: Size): Matrix {
  const { a, b, c, d } = turning(orientation);
  const size = unturnedSize(orientation, viewport);
  const middle = turnedWay(orientation, { x: size.width / 2, y: size.height / 2 });
  return [a, b, c, d, viewport.width / 2 - middle.x, viewport.height / 2 - middle.y];
}

/** The same view in CSS pixels, of which each is `ratio` device pixels wide. */
export function inCssPixels({ camera, orientation, viewport }: View, ratio: number): View {
  return {
    camera: { ...camera, scale: camera.scale / ratio },
    orientation,
    viewport: { width: viewport.width / ratio, height: viewport.height / ratio },
  };
}
