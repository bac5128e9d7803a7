import type { Camera, Size } from './camera.ts';
import type { PreparedPicture } from './picture-cache.ts';
import type { Orientation } from './transform.ts';
import type { GreyWindow } from './window-level.ts';

/** Everything that a picture's appearance depends on. */
export interface Shown {
  readonly picture: PreparedPicture;
  readonly camera: Camera;
  readonly orientation: Orientation;
  readonly window: GreyWindow;
  readonly inverted: boolean;
}

/** Draws into a canvas of its own. */
export interface Painter {
  readonly canvas: HTMLCanvasElement;
  /** `viewport` in device pixels. */
  draw(shown: Shown, viewport: Size): void;
  free(): void;
}
