import type { InputGeometry } from '../contract/decode.ts';
import { fittedPlace, fittedSize, nearestSamples, type PictureSize } from './input-geometry.ts';
import { maskToPolygons } from './mask-outlines.ts';
import { highest } from './metric-values.ts';

/** The class of every pixel of a network's input, the most probable one. @param answers pixels × outputs, 0 the background */
export function likeliestClasses(answers: Float32Array, outputs: number): Uint8Array {
  return Uint8Array.from({ length: answers.length / outputs }, (_, at) =>
    highest(answers, at * outputs, outputs),
  );
}

/**
 * The classes of a picture's own pixels, by the nearest pixel of the input that it was fitted into.
 *
 * @param fitted size × size, rows top down
 * @returns width × height
 */
export function atOwnSize(
  fitted: Uint8Array,
  picture: PictureSize,
  geometry: InputGeometry,
): Uint8Array<ArrayBuffer> {
  const inner = fittedSize(picture, geometry);
  const { left, top } = fittedPlace(inner, geometry.size);
  const columns = nearestSamples(inner.width, picture.width);
  const rows = nearestSamples(inner.height, picture.height);
  const own = new Uint8Array(picture.width * picture.height);
  for (let y = 0; y < picture.height; y += 1) {
    const start = (top + rows[y]!) * geometry.size + left;
    for (let x = 0; x < picture.width; x += 1) own[y * picture.width + x] = fitted[start + columns[x]!]!;
  }
  return own;
}

/** Outer outlines of a class of the input's pixels, in shares of the picture's width and height. @param label from 1 */
export function outlinesOnPicture(
  fitted: Uint8Array,
  label: number,
  picture: PictureSize,
  geometry: InputGeometry,
): [x: number, y: number][][] {
  const inner = fittedSize(picture, geometry);
  const { left, top } = fittedPlace(inner, geometry.size);
  const data = new Uint8Array(inner.width * inner.height);
  for (let y = 0; y < inner.height; y += 1) {
    for (let x = 0; x < inner.width; x += 1)
      data[y * inner.width + x] = Number(fitted[(top + y) * geometry.size + left + x] === label);
  }
  return maskToPolygons({ x: 0, y: 0, ...inner, data }).map((outline) =>
    outline.map(([x, y]) => [x / inner.width, y / inner.height]),
  );
}
