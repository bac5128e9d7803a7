import type { Random } from '../random.ts';
import { type Build, domeAt, lungSpan, midlineAt, type Side } from './chest.ts';
import {
  bell,
  between,
  type createBrush,
  curve,
  createField,
  type Field,
  filmSize,
  rotationOf,
  smoothNoise,
  smoothStep,
  unit,
} from './field.ts';
import { stroke } from './skeleton.ts';

/** An opacity of one patient; lengths in shares of the film's edge. */
export interface Opacity {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
  readonly tilt: number;
  /** Share of the air that fluid takes at its densest, 0 to 1; for a veil the density that is added. */
  readonly strength: number;
}

/** What lies in, or in front of, one patient's lungs on all of the patient's films. */
export interface Findings {
  /** Pneumonia: patchy fluid with soft borders and air-filled bronchi. Empty in healthy patients. */
  readonly consolidations: readonly Opacity[];
  /** Harmless haze that anybody may have: folds of soft tissue, fat, a turned shoulder. Even, without texture. */
  readonly veils: readonly Opacity[];
}

/** How hard the task is; changing any of it means a new generator version. */
export const difficulty = {
  /** Share of pneumonia patients with a second consolidation. */
  second: 0.4,
  /** Share of consolidations that lie behind the heart. */
  behindHeart: 0.06,
  strength: { low: 0.68, high: 0.95 },
  /** Haze in healthy and in ill patients: how many, and how dense. */
  veils: { NORMAL: 1.3, PNEUMONIA: 0.3 },
  veilStrength: { low: 0.04, high: 0.1 },
} as const;

export type PneumoniaClass = 'NORMAL' | 'PNEUMONIA';

/** Draws a patient's findings. */
export function drawFindings(build: Build, className: PneumoniaClass, random: Random): Findings {
  const consolidations: Opacity[] = [];
  if (className === 'PNEUMONIA') {
    consolidations.push(drawConsolidation(build, random));
    if (random.uniform() < difficulty.second) consolidations.push(drawConsolidation(build, random));
  }
  const mean = difficulty.veils[className];
  const count = Math.floor(mean + random.uniform());
  const veils = Array.from({ length: count }, () => drawVeil(build, random));
  return { consolidations, veils };
}

function drawConsolidation(build: Build, random: Random): Opacity {
  const behindHeart = random.uniform() < difficulty.behindHeart;
  const size = between(random, 0.95, 1.35);
  const { low, high } = difficulty.strength;
  return {
    ...placeInLung(build, random, behindHeart),
    halfWidth: size * between(random, 0.09, 0.135),
    halfHeight: size * between(random, 0.085, 0.145),
    tilt: 0.25 * bell(random),
    strength: between(random, low, high) * (behindHeart ? 1.25 : 1),
  };
}

function drawVeil(build: Build, random: Random): Opacity {
  const size = between(random, 0.8, 1.3);
  return {
    ...placeInLung(build, random, false),
    halfWidth: size * between(random, 0.15, 0.24),
    halfHeight: size * between(random, 0.16, 0.28),
    tilt: 0.25 * bell(random),
    strength: between(random, difficulty.veilStrength.low, difficulty.veilStrength.high),
  };
}

function placeInLung(build: Build, random: Random, behindHeart: boolean): { x: number; y: number } {
  const side: Side = behindHeart || random.uniform() < 0.5 ? 1 : -1;
  if (behindHeart) {
    const y = build.base - between(random, 0.02, 0.08);
    return { x: midlineAt(build, y) + between(random, 0.08, 0.13), y };
  }
  const depth = between(random, 0.14, 0.92);
  const y = build.apex + depth * (build.base - build.apex);
  const span = lungSpan(build, y);
  const distance = span.inner + between(random, 0.25, 0.8) * (span.outer - span.inner);
  return { x: midlineAt(build, y) + side * distance, y: Math.min(y, domeAt(build, side, distance) - 0.03) };
}

type Noise = ReturnType<typeof smoothNoise>;
type Noises = [Noise, Noise, Noise, Noise];

/** Share of air that fluid has replaced, 0 to 1, over the whole chest; null where there is none. */
export function drawFluid(
  findings: Findings,
  build: Build,
  random: Random,
  brush: ReturnType<typeof createBrush>,
): Field | null {
  if (findings.consolidations.length === 0) return null;
  const fluid = createField();
  const [shape, detail, mottle, fleck] = [48, 24, 22, 12].map((cell) => smoothNoise(random, cell)) as Noises;
  for (const opacity of findings.consolidations) {
    eachPixel(opacity, 1.5, (at, square, column, row) => {
      const reach = 1 - Math.sqrt(square) + 0.45 * shape(column, row) + 0.25 * detail(column, row);
      const soft = smoothStep(-0.1, 0.75, reach);
      if (soft === 0) return;
      const cloud = 0.75 * mottle(column, row) + 0.4 * fleck(column, row) + 0.3 * (soft - 0.5);
      const patch = smoothStep(-0.5, 0.5, cloud);
      fluid[at] = Math.max(fluid[at]!, opacity.strength * soft * (0.28 + 0.92 * patch));
    });
    addBronchi(fluid, opacity, build, random, brush);
  }
  for (let at = 0; at < fluid.length; at += 1) fluid[at] = unit(fluid[at]!);
  return fluid;
}

/** Bronchi that still hold air run through the fluid as dark branches. */
function addBronchi(
  fluid: Field,
  opacity: Opacity,
  build: Build,
  random: Random,
  brush: ReturnType<typeof createBrush>,
): void {
  const side = opacity.x < midlineAt(build, opacity.y) ? -1 : 1;
  const hilumY = build.apex + 0.45 * (build.base - build.apex);
  const start = [midlineAt(build, hilumY) + side * 0.09, hilumY] as const;
  for (let i = 0; i < 3; i += 1) {
    const end = [
      opacity.x + opacity.halfWidth * between(random, -0.8, 0.8),
      opacity.y + opacity.halfHeight * between(random, -0.8, 0.8),
    ] as const;
    const bend = [
      (start[0] + end[0]) / 2 + 0.02 * bell(random),
      (start[1] + end[1]) / 2 + 0.02 * bell(random),
    ] as const;
    const depth = -0.35 * opacity.strength;
    brush(fluid, stroke(curve(start, bend, end, 10), 0.008, 0.005, depth, depth), (q) => 1 - q * q);
  }
}

/** Adds a patient's harmless haze. */
export function addVeils(field: Field, findings: Findings): void {
  for (const veil of findings.veils)
    eachPixel(veil, 1, (at, square) => {
      field[at]! += veil.strength * (1 - square) * (1 - square);
    });
}

/** Visits the pixels of an ellipse blown up by `grow`, with the square of their distance from its centre. */
function eachPixel(
  opacity: Opacity,
  grow: number,
  visit: (at: number, square: number, column: number, row: number) => void,
): void {
  const { sine, cosine } = rotationOf(opacity.tilt);
  const reach = grow * Math.max(opacity.halfWidth, opacity.halfHeight);
  const clamp = (value: number): number => Math.min(filmSize - 1, Math.max(0, Math.round(value * filmSize)));
  for (let row = clamp(opacity.y - reach); row <= clamp(opacity.y + reach); row += 1) {
    const dy = row / filmSize - opacity.y;
    for (let column = clamp(opacity.x - reach); column <= clamp(opacity.x + reach); column += 1) {
      const dx = column / filmSize - opacity.x;
      const along = (dx * cosine + dy * sine) / opacity.halfWidth;
      const across = (dy * cosine - dx * sine) / opacity.halfHeight;
      const square = along * along + across * across;
      if (square < grow * grow) visit(row * filmSize + column, square, column, row);
    }
  }
}
