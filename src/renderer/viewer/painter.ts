import type { Size } from './camera.ts';
import type { PreparedPicture } from './picture-cache.ts';
import type { View } from './transform.ts';
import type { GreyWindow } from './window-level.ts';

/** Everything that a picture's appearance depends on. */
export interface Shown extends Omit<View, 'viewport'> {
  readonly picture: PreparedPicture;
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
