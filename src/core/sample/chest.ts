import type { Random } from '../random.ts';
import {
  bell,
  between,
  blur,
  createField,
  type Field,
  filmSize,
  rotationOf,
  smoothNoise,
  smoothStep,
  unit,
} from './field.ts';

/** −1: the left half of the picture, which is the patient's right side; 1: the other. */
export type Side = -1 | 1;
export const sides: readonly Side[] = [-1, 1];

/** What makes one person's chest look like no other's; lengths in shares of the film's edge. */
export interface Build {
  readonly sex: 'F' | 'M';
  readonly ageYears: number;
  /** 0 slender … 1 heavy. */
  readonly habitus: number;
  readonly torso: number;
  readonly lungWidth: number;
  readonly apex: number;
  /** Where the right dome tops; the left one lies `domeStep` lower. */
  readonly base: number;
  readonly domeStep: number;
  readonly domeHeight: number;
  readonly mediastinum: number;
  readonly midline: number;
  /** Sideways bow of the spine. */
  readonly bow: number;
  readonly heart: {
    readonly width: number;
    readonly height: number;
    readonly y: number;
    readonly tilt: number;
  };
  readonly knob: number;
  readonly ribGap: number;
  readonly ribSlope: number;
  readonly ribStart: number;
  readonly ribHalfWidth: number;
  readonly boneDensity: number;
  readonly clavicle: number;
  readonly vesselDensity: number;
  /** Strength of the patient's own fine lung markings. */
  readonly markings: number;
  readonly breast: number;
}

/** Draws a person's build. */
export function drawBuild(random: Random): Build {
  const sex = random.uniform() < 0.5 ? 'F' : 'M';
  const habitus = unit(0.45 + 0.24 * bell(random));
  const ageYears = Math.round(between(random, 19, 88));
  const lungWidth = between(random, 0.315, 0.365) - (sex === 'F' ? 0.012 : 0);
  return {
    sex,
    ageYears,
    habitus,
    torso: lungWidth + 0.05 + 0.075 * habitus + between(random, 0, 0.015),
    lungWidth,
    apex: between(random, 0.1, 0.15),
    base: between(random, 0.69, 0.81) - 0.035 * habitus,
    domeStep: between(random, 0.005, 0.04),
    domeHeight: between(random, 0.045, 0.095),
    mediastinum: between(random, 0.048, 0.075),
    midline: 0.5 + 0.012 * bell(random),
    bow: 0.012 * bell(random),
    heart: {
      width: between(random, 0.135, 0.195) + 0.02 * habitus,
      height: between(random, 0.095, 0.125),
      y: between(random, 0.045, 0.075),
      tilt: between(random, 0.35, 0.75),
    },
    knob: between(random, 0.03, 0.05) + 0.0002 * (ageYears - 50),
    ribGap: between(random, 0.062, 0.079),
    ribSlope: between(random, 0.1, 0.2),
    ribStart: between(random, 0.115, 0.16),
    ribHalfWidth: between(random, 0.0125, 0.0175),
    boneDensity: between(random, 0.75, 1.25) - 0.003 * (ageYears - 50),
    clavicle: between(random, -0.045, 0.02),
    vesselDensity: between(random, 0.7, 1.35),
    markings: between(random, 0.6, 1.5),
    breast: sex === 'F' ? between(random, 0.05, 0.16) : between(random, 0, 0.05),
  };
}

/** Where the body's midline runs at a height. */
export function midlineAt(build: Build, y: number): number {
  const t = (y - 0.45) * 2;
  return build.midline + build.bow * (1 - t * t);
}

/** Height of the diaphragm at a distance from the midline. */
export function domeAt(build: Build, side: Side, distance: number): number {
  const t = (distance - 0.45 * build.lungWidth) / (0.62 * build.lungWidth);
  const top = build.base + (side === 1 ? build.domeStep : 0);
  return top + build.domeHeight * t * t * (t > 0 ? 1.25 : 0.8);
}

/** Distances from the midline between which a lung lies at a height. */
export function lungSpan(build: Build, y: number): { inner: number; outer: number } {
  const v = (y - build.apex) / (build.base + build.domeHeight - build.apex);
  const u = 1 - unit(v / 0.62);
  const w = 1 - unit(v / 0.22);
  const start = 0.36 * build.lungWidth;
  const bulge = v > 0.62 ? 1 + 0.03 * (v - 0.62) : 1;
  return {
    inner: build.mediastinum * (1 - 0.12 * v) + (start - build.mediastinum) * w * w,
    outer: (start + (build.lungWidth - start) * Math.sqrt(Math.max(0, 1 - u * u))) * bulge,
  };
}

/** Lung depth, 0 outside to 1, as rays cross it from front to back, without heart and vessels. */
export function lungDepth(build: Build): Field {
  const field = createField();
  for (let row = 0; row < filmSize; row += 1) {
    const y = row / filmSize;
    if (y <= build.apex || y > build.base + 0.2) continue;
    const span = lungSpan(build, y);
    const middle = midlineAt(build, y);
    for (let column = 0; column < filmSize; column += 1) {
      const x = column / filmSize - middle;
      const side: Side = x < 0 ? -1 : 1;
      const distance = x * side;
      const fromInner = distance - span.inner;
      const fromOuter = span.outer - distance;
      const fromDome = domeAt(build, side, distance) - y;
      if (fromInner <= 0 || fromOuter <= 0 || fromDome <= 0) continue;
      field[row * filmSize + column] =
        rise(fromInner, 0.05, 0.6) * rise(fromOuter, 0.075, 0.38) * rise(fromDome, 0.035, 0.62);
    }
  }
  return blur(field, 1);
}

/** A wall's profile: a step of `step`, then a rounded rise to 1 over `width`. */
function rise(distance: number, width: number, step: number): number {
  const t = unit(distance / width);
  return step + (1 - step) * t * (2 - t);
}

/** Depth of heart and great vessels, 0 to 1. */
export function heartDepth(build: Build): Field {
  const field = createField();
  const centreY = build.base - build.heart.y;
  const centreX = midlineAt(build, centreY);
  const { sine, cosine } = rotationOf(build.heart.tilt);
  const { width, height } = build.heart;
  const knobY = build.apex + 0.27 * (build.base - build.apex);
  for (let row = Math.floor(0.05 * filmSize); row < filmSize; row += 1) {
    const y = row / filmSize;
    const fromMiddle = midlineAt(build, y);
    const pedicle = build.mediastinum * (1.02 + 0.5 * smoothStep(knobY, centreY, y));
    for (let column = 0; column < filmSize; column += 1) {
      const x = column / filmSize;
      const dx = x - centreX - 0.36 * width;
      const dy = y - centreY;
      const along = (dx * cosine + dy * sine) / width;
      const across = (-dx * sine + dy * cosine) / height;
      const ventricle = rounded(along * along + across * across);
      const ax = (x - centreX + 0.035) / (0.36 * width + 0.035);
      const ay = (dy + 0.01) / (0.95 * height);
      const atrium = rounded(ax * ax + ay * ay);
      const kx = (x - fromMiddle - 0.6 * build.mediastinum) / (build.knob + 0.012);
      const ky = (y - knobY) / build.knob;
      const knob = 0.75 * rounded(kx * kx + ky * ky);
      const px = (x - fromMiddle) / pedicle;
      const vessels = 0.55 * rounded(px * px) * smoothStep(0.06, 0.25, y);
      const ox = (x - fromMiddle - 0.75 * build.mediastinum) / (build.knob + 0.016);
      const oy = (y - 0.45 * knobY - 0.55 * centreY) / (0.42 * (centreY - knobY));
      const outflow = 0.7 * rounded(ox * ox + oy * oy);
      const side: Side = x < fromMiddle ? -1 : 1;
      const dome = domeAt(build, side, side * (x - fromMiddle));
      const above = 1 - smoothStep(dome - 0.005, dome + 0.05, y);
      field[row * filmSize + column] = Math.max(ventricle * above, atrium * above, knob, vessels, outflow);
    }
  }
  return blur(field, 2);
}

/** Depth of a ball over the square of the distance from its centre, its border steepened. */
function rounded(square: number): number {
  return square >= 1 ? 0 : Math.sqrt(Math.sqrt(1 - square));
}

/** Soft tissue of trunk, neck, shoulders and belly, and air around the body as 0. */
export function softTissue(build: Build, random: Random): Field {
  const field = createField();
  const unrest = smoothNoise(random, 90);
  const neck = 0.085 + 0.035 * build.habitus;
  const shoulder = 0.02 + 0.04 * random.uniform() - 0.03 * build.habitus;
  const breastY = build.base - 0.1;
  for (let row = 0; row < filmSize; row += 1) {
    const y = row / filmSize;
    const middle = midlineAt(build, y);
    const slope = smoothStep(shoulder - 0.06, shoulder + 0.12, y);
    const armpit = smoothStep(0.2, 0.44, y);
    const half = neck + (0.6 - neck) * slope - (0.6 - build.torso) * armpit + 0.012 * smoothStep(0.6, 1, y);
    const belly = smoothStep(build.base - 0.02, build.base + 0.14, y);
    for (let column = 0; column < filmSize; column += 1) {
      const at = row * filmSize + column;
      const x = column / filmSize - middle;
      const wave = unrest(column, row);
      const distance = (x < 0 ? -x : x) + 0.012 * wave;
      if (distance >= half) continue;
      const u = distance / half;
      const trunk = Math.sqrt(1 - u * u);
      const edge = unit((half - distance) / 0.012);
      const bx = (distance - 0.55 * build.torso) / (0.42 * build.torso);
      const by = (y - breastY) / 0.15;
      const breast = build.breast * rounded(bx * bx + by * by) * smoothStep(-1, 0.4, by);
      const wall = (0.36 + 0.2 * build.habitus) * trunk + 0.16 * edge;
      field[at] = wall + breast + 0.2 * belly * trunk + 0.03 * wave;
    }
  }
  return blur(field, 1);
}
