import { shallowRef } from 'vue';

import { type Camera, fitScale, keepInView, type Size } from './camera.ts';

/** A camera as shares of its picture, so that it fits one of another size. */
interface SharedCamera {
  readonly x: number;
  readonly y: number;
  /** Times what fits. */
  readonly zoom: number;
  /** Whose it is. */
  readonly by: symbol;
}

/** What the last viewer that was moved shows, while viewers are linked. */
export const sharedCamera = shallowRef<SharedCamera | null>(null);

export function share(by: symbol, { x, y, scale }: Camera, picture: Size, viewport: Size): void {
  const zoom = scale / fitScale(picture, viewport);
  sharedCamera.value = { x: x / picture.width, y: y / picture.height, zoom, by };
}

/** The camera that shows of another picture what the shared one shows of its own. */
export function ofShared({ x, y, zoom }: SharedCamera, picture: Size, viewport: Size): Camera {
  const scale = zoom * fitScale(picture, viewport);
  return keepInView({ x: x * picture.width, y: y * picture.height, scale }, picture, viewport);
}
