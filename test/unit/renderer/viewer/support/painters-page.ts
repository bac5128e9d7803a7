import type { Pixels } from '../../../../../src/renderer/api/media.ts';
import { fit } from '../../../../../src/renderer/viewer/camera.ts';
import { createCanvasPainter } from '../../../../../src/renderer/viewer/canvas-painter.ts';
import type { Painter, Shown } from '../../../../../src/renderer/viewer/painter.ts';
import {
  createPictureCache,
  type PreparedPicture,
} from '../../../../../src/renderer/viewer/picture-cache.ts';
import {
  type Orientation,
  square,
  stretched,
  unturnedSize,
  upright,
} from '../../../../../src/renderer/viewer/transform.ts';
import { createWebglPainter } from '../../../../../src/renderer/viewer/webgl-painter.ts';
import type { GreyWindow } from '../../../../../src/renderer/viewer/window-level.ts';

/** What a page that has both painters can be asked for: their pictures side by side, and how long they take. */
export interface PaintersPage {
  compare(): Promise<Comparison[]>;
  timeWindowing(steps: number): Promise<{ canvas: number[]; webgl: number[] }>;
}
export interface Comparison {
  name: string;
  /** Whether neighbouring pixels are mixed, which the painters do in another order. */
  smooth: boolean;
  /** Of all pixels and colours, in shades of 255. */
  greatest: number;
  mean: number;
  /** Mean shade of what the canvas drew; opacity counts as black. */
  light: number;
}

async function prepared(pixels: Omit<Pixels, 'display'>): Promise<PreparedPicture> {
  const cache = createPictureCache({
    read: () => Promise.resolve({ ...pixels, display: null }),
    pause: () => Promise.resolve(),
    limitBytes: 1e9,
    concurrency: 1,
  });
  return cache.load('picture');
}
/** Slopes in both directions that differ, so that no turn looks like another one. */
function filled(
  width: number,
  height: number,
  channels: 1 | 3,
  samples: Pixels['samples'],
  top: number,
): Omit<Pixels, 'display'> {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++) {
        const share = 0.6 * (x / width) + 0.3 * (y / height) + 0.1 * (channel / channels);
        samples[(y * width + x) * channels + channel] = top * share;
      }
    }
  }
  return { width, height, channels, samples };
}

function drawn(
  painter: Painter,
  shown: Shown,
  viewport: { width: number; height: number },
): Uint8ClampedArray {
  painter.draw(shown, viewport);
  const copy = new OffscreenCanvas(viewport.width, viewport.height).getContext('2d')!;
  copy.drawImage(painter.canvas, 0, 0);
  return copy.getImageData(0, 0, viewport.width, viewport.height).data;
}

async function compare(): Promise<Comparison[]> {
  const canvas = createCanvasPainter();
  const webgl = createWebglPainter({ allowImitated: true });
  if (webgl === null) throw new Error('This browser has no WebGL 2, not even an imitated one.');
  const pictures = {
    'grey 16 bit': {
      picture: await prepared(filled(301, 200, 1, new Uint16Array(301 * 200), 4095)),
      top: 4095,
    },
    'colour 8 bit': {
      picture: await prepared(filled(300, 203, 3, new Uint8Array(300 * 203 * 3), 255)),
      top: 255,
    },
    // Large enough to be halved.
    'large 16 bit': {
      picture: await prepared(filled(1203, 900, 1, new Uint16Array(1203 * 900), 4095)),
      top: 4095,
    },
  };
  const viewport = { width: 160, height: 121 };
  const results: Comparison[] = [];
  const shapes = Object.entries(pictures).flatMap(([what, of]) => [
    { ...of, what, stretch: square },
    { ...of, what: `${what}, tall pixels`, stretch: { x: 1, y: 2.5 } },
  ]);
  for (const { what, picture, top, stretch } of shapes) {
    const whole = stretched(picture.levels[0]!, stretch);
    const windows: Record<string, GreyWindow> = {
      linear: { centre: 0.45 * top, width: 0.5 * top },
      sigmoid: { centre: 0.45 * top, width: 0.5 * top, curve: 'sigmoid' },
    };
    for (const [curve, window] of Object.entries(windows)) {
      for (const scale of [null, 1, 0.7, 3.25]) {
        for (const orientation of allOrientations) {
          const camera =
            scale === null
              ? fit(whole, unturnedSize(orientation, viewport))
              : { x: Math.floor(0.5 * whole.width) + 0.5, y: Math.floor(0.5 * whole.height) + 0.25, scale };
          const shown: Shown = {
            ...{ picture, camera, stretch, orientation, window },
            inverted: orientation.mirrored,
          };
          const one = drawn(canvas, shown, viewport);
          const other = drawn(webgl, shown, viewport);
          let [greatest, sum, light] = [0, 0, 0];
          for (let at = 0; at < one.length; at++) {
            const difference = Math.abs(one[at]! - other[at]!);
            greatest = Math.max(greatest, difference);
            sum += difference;
            if (at % 4 !== 3) light += one[at]!;
          }
          const name = `${what}, ${curve}, ${scale ?? 'fit'}, ${orientation.turns}${orientation.mirrored ? ' mirrored' : ''}`;
          const smooth = (scale !== 1 || stretch !== square) && scale !== 3.25;
          results.push({ name, smooth, greatest, mean: sum / one.length, light: light / one.length });
        }
      }
    }
  }
  canvas.free();
  webgl.free();
  return results;
}
const allOrientations: Orientation[] = ([0, 1, 2, 3] as const).flatMap((turns) =>
  [false, true].map((mirrored) => ({ turns, mirrored })),
);

/** Milliseconds of script of each step of a window that is dragged over a 16-bit film, fitted into 1920 × 1080. */
async function timeWindowing(steps: number): Promise<{ canvas: number[]; webgl: number[] }> {
  const viewport = { width: 1920, height: 1080 };
  const picture = await prepared(filled(3000, 2500, 1, new Uint16Array(3000 * 2500), 4095));
  const camera = fit(picture.levels[0]!, viewport);
  const measure = async (painter: Painter): Promise<number[]> => {
    const times: number[] = [];
    // Before the first step the film is there already.
    for (let step = -1; step < steps; step++) {
      const window = { centre: 2000 + step, width: 3000 - 4 * step };
      const start = performance.now();
      painter.draw(
        { picture, camera, stretch: square, orientation: upright, window, inverted: false },
        viewport,
      );
      if (step >= 0) times.push(performance.now() - start);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    painter.free();
    return times;
  };
  return {
    canvas: await measure(createCanvasPainter()),
    webgl: await measure(createWebglPainter({ allowImitated: true })!),
  };
}

Object.assign(globalThis, { painters: { compare, timeWindowing } satisfies PaintersPage });
