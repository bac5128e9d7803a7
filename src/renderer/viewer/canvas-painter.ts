import { type Camera, isSmooth, levelAt, type Point, type Size, toPicture, toViewport } from './camera.ts';
import type { Painter, Shown } from './painter.ts';
import { greatestSample, type Pixels } from './pixels.ts';
import { square, turningMatrix, unturnedSize } from './transform.ts';
import { shades } from './window-level.ts';

interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A frame that took longer makes the ones of a drag coarser, until the drag rests. */
const longFrameMs = 8;
const restMs = 120;

/** A painter without the graphics card: the part in view goes through a table of shades, then is scaled. */
export function createCanvasPainter(): Painter {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { alpha: false })!;
  const part = document.createElement('canvas');
  const partContext = part.getContext('2d', { alpha: false })!;
  let image: ImageData | null = null;
  let last: Shown | null = null;
  let lastFullMs = 0;
  let refining: ReturnType<typeof setTimeout> | undefined;

  function paint(shown: Shown, viewport: Size, coarser: number): void {
    const { picture, camera, stretch, orientation, window, inverted } = shown;
    const { levels } = picture;
    const level = Math.min(levels.length - 1, levelAt(camera.scale, levels.length) + coarser);
    const pixels = levels[level]!;
    const shrunk = 2 ** level;
    const inLevel = { x: camera.x / shrunk, y: camera.y / shrunk, scale: camera.scale * shrunk };
    if (canvas.width !== viewport.width) canvas.width = viewport.width;
    if (canvas.height !== viewport.height) canvas.height = viewport.height;
    context.resetTransform();
    context.fillStyle = 'black';
    context.fillRect(0, 0, viewport.width, viewport.height);
    const area = unturnedSize(orientation, viewport);
    const seen = partInView(inLevel, stretch, pixels, area);
    if (seen.width <= 0 || seen.height <= 0) return;
    if (part.width !== seen.width) part.width = seen.width;
    if (part.height !== seen.height) part.height = seen.height;
    if (image?.width !== seen.width || image.height !== seen.height)
      image = new ImageData(seen.width, seen.height);
    shade(pixels, seen, shades(window, inverted, greatestSample(pixels)), image);
    partContext.putImageData(image, 0, 0);
    const corner = toViewport(inLevel, area, { x: seen.left * stretch.x, y: seen.top * stretch.y });
    const isWhole = camera.scale === 1 && stretch === square;
    // One to one, half a pixel beside the pixels of the screen, the canvas would mix neighbours.
    const from = isWhole ? { x: Math.ceil(corner.x - 0.5), y: Math.ceil(corner.y - 0.5) } : corner;
    context.setTransform(...turningMatrix(orientation, viewport));
    context.imageSmoothingEnabled = isSmooth(camera.scale, stretch !== square);
    const across = inLevel.scale * stretch.x;
    const down = inLevel.scale * stretch.y;
    context.drawImage(part, from.x, from.y, seen.width * across, seen.height * down);
  }
  function paintFully(shown: Shown, viewport: Size): void {
    const start = performance.now();
    paint(shown, viewport, 0);
    lastFullMs = performance.now() - start;
  }

  return {
    canvas,
    draw(shown, viewport) {
      clearTimeout(refining);
      const isDrag = last !== null && last.picture === shown.picture && last.window !== shown.window;
      last = shown;
      if (isDrag && lastFullMs > longFrameMs) {
        paint(shown, viewport, 1);
        refining = setTimeout(() => paintFully(shown, viewport), restMs);
      } else paintFully(shown, viewport);
    },
    free() {
      clearTimeout(refining);
      for (const each of [canvas, part]) each.width = each.height = 0;
      image = null;
      last = null;
    },
  };
}

/** The pixels in view, and one more on each side to smooth the edge with. */
function partInView(camera: Camera, stretch: Point, picture: Size, viewport: Size): Part {
  const under = (at: Point): Point => {
    const { x, y } = toPicture(camera, viewport, at);
    return { x: x / stretch.x, y: y / stretch.y };
  };
  const first = under({ x: 0, y: 0 });
  const last = under({ x: viewport.width, y: viewport.height });
  const left = Math.max(0, Math.floor(first.x) - 1);
  const top = Math.max(0, Math.floor(first.y) - 1);
  return {
    left,
    top,
    width: Math.min(picture.width, Math.ceil(last.x) + 1) - left,
    height: Math.min(picture.height, Math.ceil(last.y) + 1) - top,
  };
}

const opaque = 0xff000000;

function shade(pixels: Pixels, part: Part, table: Uint8ClampedArray, into: ImageData): void {
  const words = new Uint32Array(into.data.buffer);
  if (pixels.channels === 1) shadeGrey(pixels, part, table, words);
  else shadeColour(pixels, part, table, words);
}

function shadeGrey(
  { samples, width }: Pixels,
  part: Part,
  table: Uint8ClampedArray,
  words: Uint32Array,
): void {
  const greys = new Uint32Array(table.length);
  for (let value = 0; value < table.length; value++) greys[value] = opaque | (table[value]! * 0x010101);
  let to = 0;
  for (let y = part.top; y < part.top + part.height; y++) {
    const from = y * width + part.left;
    const end = from + part.width;
    for (let at = from; at < end; at++) words[to++] = greys[samples[at]!]!;
  }
}

function shadeColour(
  { samples, width }: Pixels,
  part: Part,
  table: Uint8ClampedArray,
  words: Uint32Array,
): void {
  let to = 0;
  for (let y = part.top; y < part.top + part.height; y++) {
    let at = (y * width + part.left) * 3;
    for (let x = 0; x < part.width; x++, at += 3) {
      const red = table[samples[at]!]!;
      const green = table[samples[at + 1]!]!;
      const blue = table[samples[at + 2]!]!;
      words[to++] = opaque | (blue << 16) | (green << 8) | red;
    }
  }
}
