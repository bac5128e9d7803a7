import type { Recipe } from '../../contract/recipe.ts';

/** How one picture moves. Lengths in pixels. */
export interface Movement {
  readonly rotationRadians: number;
  readonly shiftX: number;
  readonly shiftY: number;
  /** Tangent of the angle. */
  readonly shear: number;
  /** Above 1 enlarges. */
  readonly zoomX: number;
  readonly zoomY: number;
  readonly flip: boolean;
  readonly verticalFlip: boolean;
  /** Share of width and height that the window has. */
  readonly cropWindow: number;
  /** From the picture's centre to the window's. */
  readonly cropX: number;
  readonly cropY: number;
}

/** Whether any setting moves pixels; the others need no interpolation. */
export function movesPixels(options: Recipe['augmentation']): boolean {
  const { rotationDegrees, widthShift, heightShift, shearDegrees, zoom, crop } = options;
  return (
    rotationDegrees + widthShift + heightShift + shearDegrees + zoom + crop > 0 ||
    options.horizontalFlip ||
    options.verticalFlip
  );
}

/**
 * Rotation · shear · zoom · flips about the picture's centre, then shift, then a window of the result, as the
 * eight numbers (a0 a1 a2 b0 b1 b2 0 0) that TensorFlow's ImageProjectiveTransformV3 takes: output (x, y) reads
 * input (a0 x + a1 y + a2, b0 x + b1 y + b2). One interpolation for all.
 */
export function projectiveTransform(draw: Movement, size: number): number[] {
  const cos = Math.cos(draw.rotationRadians);
  const sin = Math.sin(draw.rotationRadians);
  const across = (draw.flip ? -1 : 1) / draw.zoomX;
  const down = (draw.verticalFlip ? -1 : 1) / draw.zoomY;
  const a0 = cos * across;
  const a1 = (cos * draw.shear - sin) * down;
  const b0 = sin * across;
  const b1 = (sin * draw.shear + cos) * down;
  const centre = (size - 1) / 2;
  const window = draw.cropWindow;
  // The output's point that reads the picture's centre, in steps of the moved picture.
  const x = centre * window + draw.shiftX - draw.cropX;
  const y = centre * window + draw.shiftY - draw.cropY;
  return [
    a0 * window,
    a1 * window,
    centre - a0 * x - a1 * y,
    b0 * window,
    b1 * window,
    centre - b0 * x - b1 * y,
    0,
    0,
  ];
}
