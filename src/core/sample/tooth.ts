import type { Random } from '../random.ts';
import { between, smoothStep, unit } from './field.ts';

/** A tooth of the lower jaw, its crown above; lengths in shares of the film's edge, x from its middle. */
export interface Tooth {
  readonly x: number;
  /** Sideways step of its middle a step down. */
  readonly lean: number;
  readonly molar: boolean;
  readonly halfWidth: number;
  readonly top: number;
  readonly neck: number;
  readonly cusp: number;
  readonly enamel: number;
  readonly pulp: number;
  readonly roots: readonly Root[];
}

interface Root {
  /** From the tooth's middle: at the neck, and at its tip. */
  readonly from: number;
  readonly to: number;
  readonly curl: number;
  readonly apex: number;
  readonly halfWidth: number;
}

/** How a person's teeth are built. */
export interface Denture {
  readonly top: number;
  readonly crown: number;
  readonly root: number;
  readonly enamel: number;
  readonly pulp: number;
  readonly cusp: number;
}

/** Draws a tooth with its middle at `x`. */
export function drawTooth(x: number, molar: boolean, denture: Denture, random: Random): Tooth {
  const halfWidth = molar ? between(random, 0.126, 0.144) : between(random, 0.085, 0.098);
  const top = denture.top + between(random, -0.012, 0.012) + 0.05 * (x - 0.5) * (x - 0.5);
  const neck = top + denture.crown * between(random, 0.94, 1.06);
  const root = (from: number, to: number, wide: number): Root => ({
    from,
    to,
    curl: between(random, -0.012, 0.022),
    apex: neck + denture.root * between(random, 0.9, 1.08),
    halfWidth: wide,
  });
  const spread = between(random, 0.44, 0.58) * halfWidth;
  return {
    x,
    lean: between(random, -0.06, 0.06),
    molar,
    halfWidth,
    top,
    neck,
    cusp: denture.cusp * (molar ? 1 : 1.3),
    enamel: denture.enamel,
    pulp: denture.pulp,
    roots: molar
      ? [root(-0.42 * halfWidth, -spread, 0.46 * halfWidth), root(0.42 * halfWidth, spread, 0.46 * halfWidth)]
      : [root(0, between(random, -0.012, 0.012), 0.78 * halfWidth)],
  };
}

/** Where the middle of a root runs at a height. */
export function rootAt(tooth: Tooth, root: Root, y: number): number {
  const s = unit((y - tooth.neck) / (root.apex - tooth.neck));
  return root.from + (root.to - root.from) * s * (1.6 - 0.6 * s) + root.curl * s * s * s;
}

/** x from the middle of a tooth, which leans. */
export const fromMiddle = (tooth: Tooth, x: number, y: number): number =>
  x - tooth.x - tooth.lean * (y - tooth.neck);

const soft = 0.0032;

/** Depth of a point below the crown's surface; negative outside, and below the neck. */
export function crownDepth(tooth: Tooth, u: number, y: number): number {
  const v = (y - tooth.top) / (tooth.neck - tooth.top);
  if (v > 1.15) return -1;
  const belly =
    v < 0.42 ? 0.87 + 0.13 * (1 - (1 - v / 0.42) * (1 - v / 0.42)) : 1 - 0.24 * smoothStep(0.42, 1.1, v);
  const t = (u < 0 ? -u : u) / tooth.halfWidth;
  const edge = t > 0.72 ? (t - 0.72) * (t - 0.72) * 0.55 : 0;
  const roof = tooth.top + tooth.cusp * (4 * (t - 0.5) * (t - 0.5)) * (t < 0.5 ? 1 : 0.6) + edge;
  const side = tooth.halfWidth * (belly - t);
  const above = 0.9 * (y - roof);
  return side < above ? side : above;
}

/** Share of a root, 0 outside to 1, blown up by `grow`. */
export function rootShare(tooth: Tooth, u: number, y: number, grow: number): number {
  let most = 0;
  for (const root of tooth.roots) {
    const apex = root.apex + grow;
    if (y > apex) continue;
    const s = unit((y - tooth.neck) / (apex - tooth.neck));
    const tip = s > 0.8 ? Math.sqrt(Math.max(0, 1 - ((s - 0.8) / 0.2) * ((s - 0.8) / 0.2))) : 1;
    const half = root.halfWidth * (1 - 0.58 * s) * tip + grow * tip;
    const off = u - rootAt(tooth, root, y);
    const share = smoothStep(-soft, soft, half - (off < 0 ? -off : off));
    if (share > most) most = share;
  }
  // The trunk of a molar, from the neck down to where its roots part.
  if (tooth.molar && y < tooth.neck + 0.055) {
    const half = tooth.halfWidth * 0.84 + grow - 0.1 * Math.max(0, y - tooth.neck);
    const fork = tooth.neck + 0.035 - grow + 2.2 * u * u;
    const share =
      smoothStep(-soft, soft, half - (u < 0 ? -u : u)) * (1 - smoothStep(-0.006, 0.006, y - fork));
    if (share > most) most = share;
  }
  return y < tooth.neck - 0.02 ? 0 : most;
}

/** Share of pulp, 0 to 1: the chamber with its horns, and a canal a root. */
export function pulpShare(tooth: Tooth, u: number, y: number): number {
  const wide = (tooth.molar ? 0.44 : 0.3) * tooth.halfWidth * tooth.pulp;
  const high = 0.048 * tooth.pulp;
  const horn = tooth.molar ? 0.022 * smoothStep(0.3, 0.9, (u < 0 ? -u : u) / wide) : 0;
  const p = u / wide;
  const q = (y - tooth.neck + 0.006 + horn) / high;
  let most = 1 - smoothStep(0.6, 1.15, p * p * p * p + q * q);
  for (const root of tooth.roots) {
    const s = (y - tooth.neck) / (root.apex - tooth.neck);
    if (s < 0 || s > 1) continue;
    const half = (0.0085 - 0.0052 * s) * (0.55 + 0.45 * tooth.pulp);
    const off = u - rootAt(tooth, root, y);
    const canal = 0.85 * (1 - smoothStep(0.5 * half, 1.5 * half, off < 0 ? -off : off));
    if (canal > most) most = canal;
  }
  return most;
}
