import type { MaskShape } from '../../../../contract/annotation.ts';
import { type Box, type Mask, maskInBox } from '../../../../core/masks.ts';
import type { Size } from '../../../viewer/camera.ts';
import type { ViewerGeometry } from '../../../viewer/viewer-context.ts';

/** A mask and the colour that it is drawn in, `#rrggbb`. */
export interface ColouredMask {
  readonly shape: MaskShape;
  readonly color: string;
}

type Drawn = { readonly canvas: HTMLCanvasElement; readonly box: Box };

const canvasOf = ({ width, height }: Size): HTMLCanvasElement =>
  Object.assign(document.createElement('canvas'), { width, height });

/** The four bytes of an opaque pixel of a colour, as the machine stores them in one number. */
function pixelOf(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return new Uint32Array(Uint8ClampedArray.of(red!, green!, blue!, 255).buffer)[0]!;
}

function putMask(canvas: HTMLCanvasElement, mask: Mask, color: string): void {
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(mask.width, mask.height);
  const pixels = new Uint32Array(image.data.buffer);
  const pixel = pixelOf(color);
  for (let at = 0; at < pixels.length; at += 1) if (mask.data[at] === 1) pixels[at] = pixel;
  context.putImageData(image, mask.x, mask.y);
}

/** A shape's canvas is as large as its box. */
function canvasOfShape({ width, height, runs }: MaskShape, color: string): HTMLCanvasElement {
  const canvas = canvasOf({ width, height });
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const pixel = pixelOf(color);
  let at = 0;
  for (const [index, run] of runs.entries()) {
    if (index % 2 === 1) pixels.fill(pixel, at, at + run);
    at += run;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The smallest box around two. */
export function joined(a: Box | null, b: Box): Box {
  if (a === null) return b;
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return {
    ...{ x, y },
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

/**
 * Draws masks onto a canvas that lies over the picture and is as large as its viewer: a change of the view draws a few
 * pictures, and a stroke only what it changed.
 */
export function createMaskCanvas(surface: HTMLCanvasElement): {
  /** In pixels of the screen, of which `ratio` make up one of CSS. */
  resize(size: Size, ratio: number): void;
  /** A stroke of this colour begins on what a mask holds already. */
  beginStroke(size: Size, on: MaskShape | null, color: string): void;
  /** Takes over what a stroke changed. */
  paint(mask: Mask, box: Box): void;
  endStroke(): void;
  /** `within`, pixels of the picture: only there something changed. */
  draw(
    masks: readonly ColouredMask[],
    view: ViewerGeometry | null,
    options: { opacity: number; within: Box | null },
  ): void;
} {
  /** A mask's shape is never changed in place. */
  const ready = new WeakMap<MaskShape, Drawn & { color: string }>();
  let whole: HTMLCanvasElement | null = null;
  let stroke: { box: Box | null; color: string } | null = null;
  let ratio = 1;

  function drawnOf({ shape, color }: ColouredMask): Drawn {
    const found = ready.get(shape);
    if (found?.color === color) return found;
    const { x, y, width, height } = shape;
    const drawn = { canvas: canvasOfShape(shape, color), box: { x, y, width, height }, color };
    ready.set(shape, drawn);
    return drawn;
  }
  function clipTo(context: CanvasRenderingContext2D, view: ViewerGeometry, box: Box): void {
    const corners = [view.toScreen(box), view.toScreen({ x: box.x + box.width, y: box.y + box.height })];
    const [xs, ys] = [corners.map(({ x }) => x * ratio), corners.map(({ y }) => y * ratio)];
    // One pixel more: smoothing reaches over the edge.
    const [left, top] = [Math.floor(Math.min(...xs)) - 1, Math.floor(Math.min(...ys)) - 1];
    context.beginPath();
    context.rect(left, top, Math.ceil(Math.max(...xs)) + 1 - left, Math.ceil(Math.max(...ys)) + 1 - top);
    context.clip();
  }

  return {
    resize(size, now) {
      ratio = now;
      if (surface.width !== size.width) surface.width = size.width;
      if (surface.height !== size.height) surface.height = size.height;
    },
    beginStroke(size, on, color) {
      if (whole?.width !== size.width || whole.height !== size.height) whole = canvasOf(size);
      else whole.getContext('2d')!.clearRect(0, 0, size.width, size.height);
      stroke = { box: null, color };
      if (on === null) return;
      const { canvas, box } = drawnOf({ shape: on, color });
      whole.getContext('2d')!.drawImage(canvas, box.x, box.y);
      stroke.box = box;
    },
    paint(mask, box) {
      if (stroke === null || whole === null) return;
      putMask(whole, maskInBox(mask, box), stroke.color);
      stroke.box = joined(stroke.box, box);
    },
    endStroke() {
      stroke = null;
    },
    draw(masks, view, { opacity, within }) {
      const context = surface.getContext('2d')!;
      context.resetTransform();
      context.save();
      if (view !== null && within !== null) clipTo(context, view, within);
      context.clearRect(0, 0, surface.width, surface.height);
      if (view !== null) {
        const [origin, right, down] = [
          { x: 0, y: 0 },
          { x: 1, y: 0 },
          { x: 0, y: 1 },
        ].map((at) => view.toScreen(at));
        context.setTransform(
          (right!.x - origin!.x) * ratio,
          (right!.y - origin!.y) * ratio,
          (down!.x - origin!.x) * ratio,
          (down!.y - origin!.y) * ratio,
          origin!.x * ratio,
          origin!.y * ratio,
        );
        context.globalAlpha = opacity;
        context.imageSmoothingEnabled = view.scale * ratio < 1;
        for (const mask of masks) {
          const { canvas, box } = drawnOf(mask);
          context.drawImage(canvas, box.x, box.y);
        }
        if (stroke?.box && whole) {
          const { x, y, width, height } = stroke.box;
          context.drawImage(whole, x, y, width, height, x, y, width, height);
        }
      }
      context.restore();
    },
  };
}
