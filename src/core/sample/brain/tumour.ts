import type { Random } from '../../random.ts';
import { bell, between, smoothNoise, smoothStep } from '../field.ts';
import { axialShape, type AxialBuild } from './axial.ts';
import { type Contrast, eachPlace, ellipse, flair, type Pose, type Slice, sliceEdge } from './slice.ts';

type Noise = ReturnType<typeof smoothNoise>;

/** A tumour with the oedema around it; lengths in pixels. */
export interface Tumour {
  readonly x: number;
  readonly y: number;
  readonly level: number;
  readonly radius: number;
  /** Width over height. */
  readonly aspect: number;
  /** How far oedema reaches, as a multiple of the radius. */
  readonly oedema: number;
  /** Share of the radius in which it has decayed. */
  readonly core: number;
  readonly outline: Noise;
  readonly detail: Noise;
  readonly fingers: Noise;
}

/** Draws a tumour that lies well inside one half of the brain. */
export function drawTumour(build: AxialBuild, random: Random): Tumour {
  const radius = between(random, 9, 19);
  const level = between(random, 0, 42);
  const shape = axialShape(build, level);
  for (;;) {
    const x = (random.uniform() < 0.5 ? -1 : 1) * between(random, 0.75 * radius + 5, 52);
    const y = between(random, -62, 62);
    if (shape.depth(x, y) < 0.7 * radius + 5) continue;
    return {
      x,
      y,
      level,
      radius,
      aspect: between(random, 0.8, 1.25),
      oedema: between(random, 1.5, 2.2),
      core: random.uniform() < 0.7 ? between(random, 0.35, 0.65) : 0,
      outline: smoothNoise(random, 13),
      detail: smoothNoise(random, 5),
      fingers: smoothNoise(random, 11),
    };
  }
}

/** What a slice shows of a tumour: 1 inside, 0 outside; the two do not overlap. */
export interface TumourMasks {
  readonly tumour: Uint8Array<ArrayBuffer>;
  readonly oedema: Uint8Array<ArrayBuffer>;
}

/** Paints a tumour into the slice at `level` and says where it is; both masks are empty where it is not cut. */
export function paintTumour(
  slice: Slice,
  tumour: Tumour,
  build: AxialBuild,
  contrast: Contrast,
  pose: Pose,
  level: number,
): TumourMasks {
  const masks = { tumour: new Uint8Array(sliceEdge ** 2), oedema: new Uint8Array(sliceEdge ** 2) };
  const section = sectionOf(tumour.radius, level - tumour.level);
  const around = sectionOf(tumour.radius * tumour.oedema, level - tumour.level);
  if (around === 0) return masks;
  const shape = axialShape(build, level);
  const side = tumour.x < 0 ? -1 : 1;
  const isFlair = contrast === flair;
  eachPlace(pose, (at, x, y) => {
    const dx = (x - tumour.x) / tumour.aspect;
    const dy = (y - tumour.y) * tumour.aspect;
    const straight = Math.sqrt(dx * dx + dy * dy);
    if (straight > 1.5 * around + 4) return;
    const [u, v] = [x + 256 + level, y + 200];
    const wobble = tumour.radius * (0.24 * tumour.outline(u, v) + 0.09 * tumour.detail(u, v));
    const inside = smoothStep(0.5, 3, shape.depth(x, y)) * smoothStep(0.5, 2.5, side * x);
    const share = section === 0 ? 0 : inside * smoothStep(-1, 1, section - straight - wobble);
    const spread = straight + 1.4 * wobble + 0.3 * tumour.radius * tumour.fingers(u, v);
    const wet =
      smoothStep(-2.5, 2.5, around - spread) * inside * (0.9 * slice.white[at]! + 0.1 * slice.tissue[at]!);
    const swollen = wet * (1 - share);
    if (share > 0.5) masks.tumour[at] = 1;
    else if (swollen > 0.45) masks.oedema[at] = 1;
    const texture = 0.09 * tumour.detail(u, v) + 0.06 * tumour.outline(u + 40, v);
    const oedemaSignal = (isFlair ? 0.8 : 0.47) + 0.3 * texture;
    const before = slice.signal[at]!;
    const dampened = before + (oedemaSignal - before) * swollen;
    slice.signal[at] =
      dampened + (tumourSignal(tumour, section, straight + wobble, isFlair) + texture - dampened) * share;
  });
  return masks;
}

/** Radius of a ball's cross-section at a distance from its middle. */
function sectionOf(radius: number, distance: number): number {
  const square = radius * radius - distance * distance;
  return square <= 4 ? 0 : Math.sqrt(square);
}

/** A rim that takes up contrast medium around a decayed core; on FLAIR flesh a little brighter than cortex. */
function tumourSignal(tumour: Tumour, section: number, distance: number, isFlair: boolean): number {
  const core = tumour.core * section;
  const solid = smoothStep(core - 1.5, core + 1.5, distance);
  return isFlair ? 0.34 + 0.3 * solid : 0.27 + (tumour.core === 0 ? 0.55 : 0.66) * solid;
}

/** Harmless bright spots that anybody may have: small lesions of white matter, vessels. */
export function paintSpots(slice: Slice, pose: Pose, contrast: Contrast, random: Random): void {
  const spots = Array.from({ length: random.integer(6) }, () => {
    const size = between(random, 1.2, 2.8);
    return [32 * bell(random), 34 * bell(random), size, size * between(random, 0.7, 1.4), 0] as const;
  });
  if (spots.length === 0) return;
  const bright = contrast === flair ? 0.75 : 0.9;
  eachPlace(pose, (at, x, y) => {
    const share = spots.reduce((most, spot) => Math.max(most, ellipse(x, y, spot)), 0) * slice.white[at]!;
    if (share > 0) slice.signal[at]! += (bright - slice.signal[at]!) * 0.8 * share;
  });
}
