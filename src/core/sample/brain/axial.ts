import type { Random } from '../../random.ts';
import { bell, between, smoothStep } from '../field.ts';
import { type Ellipse, ellipse, lineDistance, type SliceShape } from './slice.ts';

/** What makes one brain's cross-sections look like no other's; lengths in pixels. */
export interface AxialBuild {
  readonly halfWidth: number;
  readonly halfLength: number;
  /** How much wider the back is than the front. */
  readonly egg: number;
  /** Size of the ventricles, 1 as in a young adult. */
  readonly ventricles: number;
}

/** Draws a brain as it is cut from above. */
export function drawAxialBuild(random: Random): AxialBuild {
  return {
    halfWidth: between(random, 66, 74),
    halfLength: between(random, 82, 91),
    egg: between(random, 0.06, 0.15),
    ventricles: 1 + 0.16 * bell(random),
  };
}

/**
 * The shape of a brain `level` pixels above its basal ganglia: −4, where thalamus, putamen and the front and back
 * horns of the ventricles are cut, to 50, above the ventricles.
 */
export function axialShape(build: AxialBuild, level: number): SliceShape {
  const height = (level - 4) / 80;
  const shrink = Math.sqrt(1 - height * height);
  const [wide, long] = [build.halfWidth * shrink, build.halfLength * shrink];
  const low = 1 - smoothStep(8, 16, level);
  const body = smoothStep(6, 14, level) * (1 - smoothStep(24, 34, level));
  const size = build.ventricles;
  const horns: readonly Ellipse[] = [
    [8.5, -27, 4.6 * size * low, 14 * size * low, 0.3],
    [25, 33, 5.2 * size * low, 15 * size * low, -0.35],
    [11, -3, 5.2 * size * body, 31 * size * body, 0.08],
    [0, 6, 1.7 * size * low, 9 * low, 0],
  ];
  const nuclei: readonly Ellipse[] = [
    [16.5, -24, 4.4 * low, 9 * low, 0.3],
    [29, -5, 7 * low, 16 * low, 0.22],
    [11, 9, 8.5 * low, 12 * low, 0.2],
    [19.5, -6, 2.6 * body, 22 * body, 0.05],
  ];
  const bridge = 34 * (1 - smoothStep(26, 33, level));
  return {
    depth(x, y) {
      const across = (x / wide) * (1 - build.egg * (y / long));
      const along = y / long;
      const root = Math.sqrt(across * across + along * along);
      return root < 1e-3 ? wide : Math.sqrt(x * x + y * y) * (1 / root - 1);
    },
    cleft(off, y) {
      const high = y < 0 ? -y : y;
      const middle = off + 0.8 * Math.max(0, bridge - high);
      if (low === 0) return middle;
      const side = Math.min(
        lineDistance(off, y, [wide, -16, wide - 27, -2]),
        lineDistance(off, y, [wide - 28, -13, wide - 25, 13]),
      );
      return Math.min(middle, side + 12 * (1 - low));
    },
    fluid: (off, y) => {
      const wall = smoothStep(0.6, 1.6, off);
      return horns.reduce((most, horn, i) => Math.max(most, ellipse(off, y, horn) * (i === 3 ? 1 : wall)), 0);
    },
    nuclei: (off, y) =>
      nuclei.reduce((most, nucleus) => Math.max(most, 0.85 * ellipse(off, y, nucleus, 4.5)), 0),
    plain: () => 0,
    isStripped: false,
  };
}
