/**
 * Width and height, or a place; of the viewport in device pixels, of a picture in its own pixels. Everything here takes
 * the picture for upright; `transform.ts` turns viewport and places for one that is not.
 */
export interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Which place of a picture lies in the middle of the viewport, and how many device pixels one of its pixels takes. */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

const greatestScale = 64;
/** A picture can be made so much smaller than what fits. */
const leastOfFit = 0.5;
/** One step of the zoom keys and buttons. */
export const zoomStep = 1.25;

/** The scale at which a whole picture is seen as large as possible. */
export function fitScale(picture: Size, viewport: Size): number {
  return Math.min(viewport.width / picture.width, viewport.height / picture.height);
}

export function fit(picture: Size, viewport: Size): Camera {
  return { x: picture.width / 2, y: picture.height / 2, scale: fitScale(picture, viewport) };
}

/** Whether a camera shows what `fit` shows: such a one follows a viewport that changes its size. */
export function isFit(camera: Camera, picture: Size, viewport: Size): boolean {
  const fitted = fit(picture, viewport);
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6 * Math.max(1, Math.abs(b));
  return near(camera.scale, fitted.scale) && near(camera.x, fitted.x) && near(camera.y, fitted.y);
}

/** The place of a picture under a place of the viewport. */
export function toPicture(camera: Camera, viewport: Size, at: Point): Point {
  return {
    x: camera.x + (at.x - viewport.width / 2) / camera.scale,
    y: camera.y + (at.y - viewport.height / 2) / camera.scale,
  };
}

/** Where a place of a picture is seen in the viewport. */
export function toViewport(camera: Camera, viewport: Size, at: Point): Point {
  return {
    x: viewport.width / 2 + (at.x - camera.x) * camera.scale,
    y: viewport.height / 2 + (at.y - camera.y) * camera.scale,
  };
}

/** Changes the scale so that what lies under `at` stays there, as far as the picture stays in view. */
export function zoomTo(camera: Camera, picture: Size, viewport: Size, scale: number, at: Point): Camera {
  const least = Math.min(1, fitScale(picture, viewport) * leastOfFit);
  const bounded = Math.min(greatestScale, Math.max(least, scale));
  const under = toPicture(camera, viewport, at);
  return keepInView(
    {
      x: under.x - (at.x - viewport.width / 2) / bounded,
      y: under.y - (at.y - viewport.height / 2) / bounded,
      scale: bounded,
    },
    picture,
    viewport,
  );
}

export function zoomBy(camera: Camera, picture: Size, viewport: Size, factor: number, at: Point): Camera {
  return zoomTo(camera, picture, viewport, camera.scale * factor, at);
}

/** Moves the picture by so many device pixels. */
export function panBy(camera: Camera, picture: Size, viewport: Size, by: Point): Camera {
  const { scale } = camera;
  return keepInView({ x: camera.x - by.x / scale, y: camera.y - by.y / scale, scale }, picture, viewport);
}

/** No edge comes inside the viewport while the picture is larger than it; one that is smaller stays in the middle. */
export function keepInView(camera: Camera, picture: Size, viewport: Size): Camera {
  const bound = (centre: number, size: number, seen: number): number => {
    const half = seen / camera.scale / 2;
    return size <= 2 * half ? size / 2 : Math.min(size - half, Math.max(half, centre));
  };
  return {
    x: bound(camera.x, picture.width, viewport.width),
    y: bound(camera.y, picture.height, viewport.height),
    scale: camera.scale,
  };
}

/** Between whole and one to one; what is neither becomes whole. */
export function toggleActual(camera: Camera, picture: Size, viewport: Size, at: Point): Camera {
  return isFit(camera, picture, viewport) ? zoomTo(camera, picture, viewport, 1, at) : fit(picture, viewport);
}

/** The camera that shows the same after the viewport changed its size. */
export function resized(camera: Camera, picture: Size, before: Size, now: Size): Camera {
  return isFit(camera, picture, before) ? fit(picture, now) : keepInView(camera, picture, now);
}

/** How often the picture is to be halved before it is drawn: each of what is left takes 0.5 to 1 device pixels. */
export function levelAt(scale: number, levels: number): number {
  return Math.max(0, Math.min(levels - 1, Math.floor(Math.log2(1 / scale) + 1e-9)));
}

/**
 * Pixels that are to be told apart keep their edges: no smoothing at one to one and from twice the size on.
 * @param isStretched whether they are not square: then nothing is one to one
 */
export function isSmooth(scale: number, isStretched: boolean): boolean {
  return scale < 2 && (isStretched || scale !== 1);
}
