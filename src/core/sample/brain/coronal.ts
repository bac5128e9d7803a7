import type { Random } from '../../random.ts';
import { bell, between, smoothStep } from '../field.ts';
import { type Ellipse, ellipse, lineDistance, type SliceShape } from './slice.ts';

/** What makes one brain's frontal sections look like no other's; lengths in pixels. */
export interface CoronalBuild {
  readonly halfWidth: number;
  /** From the middle up to the vault and down to the floor under the temporal lobes. */
  readonly up: number;
  readonly down: number;
  /** Sizes, 1 as in a healthy young adult. */
  readonly ventricles: number;
  readonly hippocampus: number;
  /** Fluid that the hippocampus leaves around it, 1 none to speak of. */
  readonly horns: number;
  /** Half the width of the cleft at the side. */
  readonly sideCleft: number;
}

/** Draws a brain as it is cut from ear to ear, without anything lost. */
export function drawCoronalBuild(random: Random): CoronalBuild {
  return {
    halfWidth: between(random, 67, 74),
    up: between(random, 65, 73),
    down: between(random, 50, 56),
    ventricles: 1 + 0.13 * bell(random),
    hippocampus: 1 + 0.05 * bell(random),
    horns: 1 + 0.06 * bell(random),
    sideCleft: between(random, 0, 0.8),
  };
}

/** The shape of a brain cut through the hippocampus; `level` −1 … 1 is further in front or behind. */
export function coronalShape(build: CoronalBuild, level: number): SliceShape {
  const { halfWidth, up, down, ventricles, hippocampus, horns } = build;
  const width = halfWidth * (1 - 0.015 * level * level);
  const body = hippocampus * (1 - 0.08 * level);
  const wings = ventricles * (1 + 0.07 * level);
  const fluids: readonly Ellipse[] = [
    [4.5 + 5.5 * wings, -19 - 0.8 * wings, 7.2 * wings, 4.1 * wings, -0.55],
    [0, 3, 1.2 * wings * wings, 8.5, 0],
    [28, 25, 9.6 * horns, 6.2 * horns, -0.12],
    [35, 22.5, 3 * horns * horns, 4.4 * horns, 0.2],
  ];
  const nuclei: readonly Ellipse[] = [
    [10, 1, 8.2, 7.5, 0.25],
    [26.5, -1, 6, 9.5, -0.35],
    [16.5 + 4 * (wings - 1), -15.5, 2.7, 5, -0.5],
  ];
  const hippocampi: Ellipse = [27, 25.5, 9 * body, 5.4 * body, -0.12];
  // Midbrain, pons and medulla.
  const stem: readonly Ellipse[] = [
    [0, 17, 11.5, 14, 0],
    [0, 36, 14, 17, 0],
    [0, 55, 9.5, 19, 0],
  ];
  const inStem = (off: number, y: number): number =>
    stem.reduce((most, part) => Math.max(most, ellipse(off, y, part)), 0);
  const lobe = { x: 39, y: 17, radius: down - 16 };
  return {
    depth(x, y) {
      const off = x < 0 ? -x : x;
      const across = x / width;
      const along = y < 0 ? y / up : y / down;
      const square = along * along;
      const root = Math.sqrt(across * across + (y < 0 ? square : 0.5 * square + 0.5 * square * square));
      const whole = root < 1e-3 ? down : Math.min(down, Math.sqrt(x * x + y * y) * (1 / root - 1));
      if (y < lobe.y || off > lobe.x) return whole;
      const [dx, dy] = [off - lobe.x, y - lobe.y];
      const inLobe = Math.min(whole, lobe.radius - Math.sqrt(dx * dx + dy * dy));
      return stem.reduce((most, [, centreY, halfWidth, halfHeight]) => {
        const [sx, sy] = [off / halfWidth, (y - centreY) / halfHeight];
        return Math.max(most, halfWidth * (1 - Math.sqrt(sx * sx + sy * sy)));
      }, inLobe);
    },
    cleft(off, y) {
      const middle = off + 0.9 * Math.max(0, y + 31);
      const side = Math.min(
        lineDistance(off, y, [width, 11, width - 15, 7]) - 0.5,
        lineDistance(off, y, [width - 15, 7, width - 27, 1]),
        lineDistance(off, y, [width - 27, 1, width - 25, -10]) + 0.3,
        lineDistance(off, y, [width - 27, 1, width - 33, 13]) + 0.3,
      );
      return Math.min(middle, side - build.sideCleft);
    },
    fluid(off, y) {
      const wall = smoothStep(0.5, 1.5, off);
      const filled = fluids.reduce(
        (most, each, i) => Math.max(most, ellipse(off, y, each) * (i === 0 ? wall : 1)),
        0,
      );
      // Cisterns between the temporal lobes and the brain stem.
      const cistern = smoothStep(14, 19, y) * (1 - smoothStep(16.5, 18.5, off));
      return Math.max(filled * (1 - ellipse(off, y, hippocampi)), cistern * (1 - inStem(off, y)));
    },
    nuclei(off, y) {
      const deep = nuclei.reduce((most, nucleus) => Math.max(most, 0.85 * ellipse(off, y, nucleus, 5)), 0);
      return Math.max(deep, ellipse(off, y, hippocampi), 0.4 * inStem(off, y) * smoothStep(14, 22, y));
    },
    isStripped: true,
    plain: (off, y) => inStem(off, y) * smoothStep(10, 16, y),
  };
}
