import type { Random } from '../../random.ts';
import { bell, between, rotationOf, smoothNoise, smoothStep, unit } from '../field.ts';

/** Edge of an MR slice in pixels; one is about 0.9 mm. */
export const sliceEdge = 256;

/** Brightness of what a slice shows under one sequence, 0 to about 1. */
export interface Contrast {
  readonly white: number;
  readonly grey: number;
  readonly fluid: number;
  readonly fat: number;
  readonly marrow: number;
  readonly bone: number;
  readonly skin: number;
}

/** T1-weighted: white matter is brightest, fluid dark. */
export const t1: Contrast = {
  white: 0.72,
  grey: 0.5,
  fluid: 0.15,
  fat: 0.95,
  marrow: 0.48,
  bone: 0.07,
  skin: 0.4,
};

/** T2-weighted with the fluid's signal suppressed (FLAIR): grey matter is brighter than white, fluid dark. */
export const flair: Contrast = {
  white: 0.4,
  grey: 0.53,
  fluid: 0.1,
  fat: 0.72,
  marrow: 0.38,
  bone: 0.06,
  skin: 0.34,
};

/**
 * The brain's shape in one plane. x runs to the right, y down, both in pixels from the middle of the brain; `off` is
 * the distance from the midline, for both halves are alike but for their bends.
 */
export interface SliceShape {
  /** How far a point lies below the inside of the skull; negative outside. */
  depth(x: number, y: number): number;
  /** Distance from the nearest deep cleft, such as the one between the hemispheres; large where there is none. */
  cleft(off: number, y: number): number;
  /** Ventricles and cisterns, 0 to 1. */
  fluid(off: number, y: number): number;
  /** Grey matter in the depth, 0 to 1. */
  nuclei(off: number, y: number): number;
  /** 1 where there is neither cortex nor furrow, as in the brain stem; 0 elsewhere. */
  plain(off: number, y: number): number;
  /** Without its skull and what is around it, as archives prepare pictures of brains. */
  readonly isStripped: boolean;
}

type Noise = ReturnType<typeof smoothNoise>;

/** What makes one head look like no other's; lengths in pixels. */
export interface Head {
  /** Noise whose zero lines are the furrows, of the left and the right half. */
  readonly folds: readonly [Noise, Noise];
  readonly warps: readonly [Noise, Noise];
  readonly texture: Noise;
  readonly broad: Noise;
  /** Half the width of the furrows. */
  readonly furrow: number;
  /** Fluid between brain and skull. */
  readonly gap: number;
  readonly cortex: number;
  readonly skull: number;
  readonly scalp: number;
}

/** Draws a head; `furrow` is half the width of its furrows, `gap` the fluid around its brain. */
export function drawHead(furrow: number, gap: number, random: Random): Head {
  const noise = (cell: number): Noise => smoothNoise(random, cell);
  return {
    folds: [noise(8.5), noise(8.5)],
    warps: [noise(17), noise(17)],
    texture: noise(4),
    broad: noise(30),
    furrow,
    gap,
    cortex: between(random, 3, 3.7),
    skull: between(random, 6, 8.5),
    scalp: between(random, 4, 7),
  };
}

/** How a head lies in the picture. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly turn: number;
  readonly size: number;
}

/** Draws how a patient lies in the scanner. @param size that of most @param spread how far patients differ */
export function drawPose(size: number, random: Random, spread = 1): Pose {
  return {
    x: sliceEdge / 2 + 3 * spread * bell(random),
    y: sliceEdge / 2 + 3 * spread * bell(random),
    turn: 0.05 * spread * bell(random),
    size: size * (1 + 0.04 * bell(random)),
  };
}

/** Calls `visit` for every pixel of a slice with its place in the brain's own coordinates. */
export function eachPlace(pose: Pose, visit: (at: number, x: number, y: number) => void): void {
  const { sine, cosine } = rotationOf(pose.turn);
  for (let row = 0; row < sliceEdge; row += 1) {
    const dy = (row - pose.y) / pose.size;
    for (let column = 0; column < sliceEdge; column += 1) {
      const dx = (column - pose.x) / pose.size;
      visit(row * sliceEdge + column, dx * cosine + dy * sine, dy * cosine - dx * sine);
    }
  }
}

/** A slice before it is scanned. */
export interface Slice {
  readonly signal: Float32Array<ArrayBuffer>;
  /** Share of brain tissue, 0 to 1: neither fluid nor skull. */
  readonly tissue: Float32Array<ArrayBuffer>;
  /** Share of white matter, 0 to 1. */
  readonly white: Float32Array<ArrayBuffer>;
}

/**
 * Draws one slice.
 *
 * @param level where the slice is cut; its furrows lie a little elsewhere than those of its neighbours
 */
export function drawSlice(
  shape: SliceShape,
  head: Head,
  contrast: Contrast,
  pose: Pose,
  level: number,
): Slice {
  const [signal, tissue, white] = [0, 0, 0].map(() => new Float32Array(sliceEdge * sliceEdge)) as [
    Slice['signal'],
    Slice['tissue'],
    Slice['white'],
  ];
  eachPlace(pose, (at, x, y) => {
    const depth = shape.depth(x, y);
    if (depth <= 0) {
      signal[at] = shape.isStripped ? 0 : outside(head, contrast, x, y, -depth);
      return;
    }
    const [u, v] = [x + 256, y + 200];
    const bendX = head.warps[0](u, v + level);
    const bendY = head.warps[1](u, v - level);
    // Nothing in a brain is straight.
    const [bentX, bentY] = [x + 1.6 * bendX * unit(depth / 12), y + 2.2 * bendY];
    const off = bentX < 0 ? -bentX : bentX;
    const below = depth - head.gap;
    const plain = shape.plain(off, bentY);
    const folded = Math.min(
      shape.cleft(off, bentY) - 0.4 - 0.5 * head.furrow,
      below < 32 ? furrowDistance(head, x, y, below, level, bendX, bendY) : Infinity,
    );
    const surface = Math.min(below + 9 * plain * unit(below), folded + 99 * plain);
    const brain = smoothStep(-0.6, 0.7, surface) * (1 - shape.fluid(off, bentY));
    const ribbon = 1 - smoothStep(head.cortex - 1.2, head.cortex + 1.2, surface);
    const grey = Math.max(ribbon, shape.nuclei(off, bentY));
    const fine = 1 + 0.03 * head.texture(u, v) + 0.03 * bendX;
    tissue[at] = brain;
    white[at] = brain * (1 - grey);
    const solid = contrast.white + (contrast.grey - contrast.white) * grey;
    const fluid = shape.isStripped ? contrast.fluid * smoothStep(-1, 7, below) : contrast.fluid;
    signal[at] = (brain * solid + (1 - brain) * fluid) * fine;
  });
  return { signal, tissue, white };
}

/**
 * Distance from the nearest furrow, which is a zero line of noise that is stretched inward, so that furrows run from
 * the surface to the middle; in the depth they end.
 */
function furrowDistance(
  head: Head,
  x: number,
  y: number,
  depth: number,
  level: number,
  bendX: number,
  bendY: number,
): number {
  const reach = 15 + 7 * bendY;
  const beyond = 0.7 * Math.max(0, depth - reach);
  if (beyond > head.cortex + 2) return beyond;
  const off = x < 0 ? -x : x;
  const high = y < 0 ? -y : y;
  const around = 250 + 130 * (y / (off + high + 1e-3)) + 7 * bendX;
  const inward = 120 + 0.42 * depth + 5.6 * bendX + 1.3 * level;
  const fold = head.folds[x < 0 ? 0 : 1];
  const here = fold(around, inward);
  const slopeAround = fold(around + 0.8, inward) - here;
  const slopeInward = fold(around, inward + 0.8) - here;
  const slope = Math.sqrt(slopeAround * slopeAround + slopeInward * slopeInward) / 0.8 + 0.025;
  const open = head.furrow * (1 - 0.5 * unit(depth / reach)) + 0.9 * (1 - unit(depth / 4));
  return (here < 0 ? -here : here) / slope - open + beyond;
}

/** What is around a brain: fluid, bone with its marrow, fat and skin. */
function outside(head: Head, contrast: Contrast, x: number, y: number, distance: number): number {
  if (distance > 1.3 * (head.skull + head.scalp) + 2) return 0;
  const wave = head.broad(x + 256, y + 200);
  const skull = head.skull * (1 + 0.18 * head.broad(y + 230, x + 256));
  const scalp = head.scalp * (1 + 0.2 * wave);
  const inner = smoothStep(0, 1.6, distance);
  const t = unit(distance / skull);
  const marrow = smoothStep(0.3, 0.45, t) * (1 - smoothStep(0.6, 0.75, t));
  const bone = contrast.bone + 0.8 * (contrast.marrow - contrast.bone) * marrow;
  const layers =
    contrast.fluid * (1 - inner) + inner * bone * (1 - smoothStep(skull - 0.5, skull + 1, distance));
  const end = skull + scalp;
  const soft =
    smoothStep(skull - 0.7, skull + 0.9, distance) * (1 - smoothStep(end - 0.7, end + 0.9, distance));
  const skin = smoothStep(end - 2.2, end - 1.2, distance);
  return layers + soft * (1 + 0.12 * wave) * (contrast.fat - (contrast.fat - contrast.skin) * skin);
}

/** 1 inside an ellipse, 0 outside, with a border about `soft` pixels wide. */
export function ellipse(
  x: number,
  y: number,
  [centreX, centreY, halfWidth, halfHeight, tilt]: Ellipse,
  soft = 1.4,
): number {
  if (halfWidth <= 0.3 || halfHeight <= 0.3) return 0;
  const dx = x - centreX;
  const dy = y - centreY;
  const along = (dx + tilt * dy) / halfWidth;
  const across = (dy - tilt * dx) / halfHeight;
  const square = along * along + across * across;
  if (square > 9) return 0;
  return 1 - smoothStep(-soft / 2, soft / 2, (Math.sqrt(square) - 1) * Math.min(halfWidth, halfHeight));
}

/** Centre, half-widths and slant (the tangent of a small angle), in pixels. */
export type Ellipse = readonly [
  centreX: number,
  centreY: number,
  halfWidth: number,
  halfHeight: number,
  tilt: number,
];

/** Distance of a point from a straight line between two points. */
export function lineDistance(
  x: number,
  y: number,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = unit(((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy));
  const [offX, offY] = [x - x1 - along * dx, y - y1 - along * dy];
  return Math.sqrt(offX * offX + offY * offY);
}
