import type { Random } from '../random.ts';
import { type Build, midlineAt, lungSpan, type Side, sides } from './chest.ts';
import {
  bell,
  between,
  bone,
  cord,
  type createBrush,
  curve,
  type Field,
  filmSize,
  type Point,
  rotationOf,
  smoothStep,
  type StrokePoint,
} from './field.ts';

type Brush = ReturnType<typeof createBrush>;

/** Adds ribs, clavicles, shoulder blades and spine. */
export function addSkeleton(field: Field, build: Build, random: Random, brush: Brush): void {
  addSpine(field, build, random);
  for (const side of sides) {
    const wander = 0.004 * bell(random);
    for (let rib = 0; rib < 10; rib += 1) addRib(field, build, random, brush, side, rib, wander);
    addClavicle(field, build, random, brush, side);
    addShoulderBlade(field, build, random, brush, side);
  }
}

function addRib(
  field: Field,
  build: Build,
  random: Random,
  brush: Brush,
  side: Side,
  rib: number,
  wander: number,
): void {
  const y = build.ribStart + rib * build.ribGap + wander + 0.003 * bell(random);
  const wall = lungSpan(build, Math.min(build.base, y + build.ribSlope * 0.7)).outer + 0.012;
  const reach = Math.max(0.12, wall);
  const drop = build.ribSlope * (0.45 + 0.075 * rib) * (reach / build.lungWidth);
  const place = ([distance, height]: Point): Point => [midlineAt(build, height) + side * distance, height];
  const halfWidth = build.ribHalfWidth * (0.8 + 0.03 * rib);
  const density = 0.078 * build.boneDensity * (rib > 7 ? 0.55 : 1);
  const back = curve([0.03, y - 0.004], [reach * 0.98, y - 0.02], [reach, y + drop], 14).map(place);
  const points = stroke(back, halfWidth * 0.75, halfWidth, density * 1.05, density * 0.9);
  const end = reach * (0.5 - 0.03 * rib);
  const front = curve(
    [reach, y + drop],
    [reach * 0.95, y + drop + 0.08 + 0.012 * rib],
    [end, y + drop + 0.11 + 0.01 * rib],
    12,
  ).map(place);
  const whole = [
    ...points,
    ...stroke(front, halfWidth, halfWidth * 1.25, density * 0.85, density * 0.2).slice(1),
  ];
  brush(field, rib > 6 ? points : whole, bone);
}

function addClavicle(field: Field, build: Build, random: Random, brush: Brush, side: Side): void {
  const y = build.apex + 0.055 + build.clavicle + 0.008 * bell(random);
  const place = ([distance, height]: Point): Point => [midlineAt(build, height) + side * distance, height];
  const tip = Math.max(0.075, y - between(random, 0.02, 0.06));
  const inner = curve([0.04, y + 0.03], [0.12, y + 0.035], [0.22, y - 0.012], 8);
  const outer = curve([0.22, y - 0.012], [0.31, tip - 0.02], [0.41, tip + 0.005], 8).slice(1);
  const points = [...inner, ...outer].map(place);
  const density = 0.13 * build.boneDensity;
  brush(field, stroke(points, 0.021, 0.015, density, density * 0.8), bone);
}

function addShoulderBlade(field: Field, build: Build, random: Random, brush: Brush, side: Side): void {
  const inner = build.lungWidth - between(random, -0.02, 0.05);
  const place = ([distance, height]: Point): Point => [build.midline + side * distance, height];
  const rim = curve([inner + 0.05, 0.16], [inner - 0.02, 0.3], [inner + 0.06, 0.45], 10).map(place);
  brush(field, stroke(rim, 0.006, 0.009, 0.03 * build.boneDensity, 0.05 * build.boneDensity), cord);
  const outer = curve([inner + 0.14, 0.2], [inner + 0.12, 0.33], [inner + 0.06, 0.45], 8).map(place);
  brush(field, stroke(outer, 0.013, 0.009, 0.07 * build.boneDensity, 0.05 * build.boneDensity), cord);
}

/** The column with its vertebrae and disc spaces, and the windpipe as a dark band above it. */
function addSpine(field: Field, build: Build, random: Random): void {
  const gap = build.ribGap * between(random, 0.86, 0.98);
  const phase = random.uniform();
  const half = 0.036 + 0.006 * random.uniform();
  const density = 0.085 * build.boneDensity;
  const carina = build.apex + 0.32 * (build.base - build.apex);
  for (let row = 0; row < filmSize; row += 1) {
    const y = row / filmSize;
    const middle = midlineAt(build, y);
    const cycle = y / gap + phase;
    const within = cycle - Math.floor(cycle);
    const body = smoothStep(0.02, 0.12, within) * (1 - smoothStep(0.88, 0.98, within));
    const waist = half * (1 - 0.1 * body);
    const windpipe = 0.13 * (1 - smoothStep(carina - 0.03, carina + 0.02, y));
    const from = Math.max(0, Math.floor((middle - 0.08) * filmSize));
    const to = Math.min(filmSize - 1, Math.ceil((middle + 0.08) * filmSize));
    for (let column = from; column <= to; column += 1) {
      const x = column / filmSize - middle;
      const off = x < 0 ? -x : x;
      const inside = 1 - smoothStep(waist - 0.006, waist + 0.006, off);
      const edge = smoothStep(waist - 0.016, waist - 0.004, off);
      const process = 1 - smoothStep(0.006, 0.011, off);
      const tube = (x - 0.004) / 0.021;
      const air = tube * tube < 1 ? windpipe * (1 - tube * tube) : 0;
      field[row * filmSize + column]! +=
        density * inside * (0.6 + 0.25 * body + 0.3 * edge + 0.2 * process * body) - air;
    }
  }
}

/** Branching vessels from each hilum, thinner and fainter outward. */
export function addVessels(field: Field, build: Build, random: Random, brush: Brush): void {
  for (const side of sides) {
    const rootY = build.apex + (side === 1 ? 0.41 : 0.45) * (build.base - build.apex);
    const rootX = midlineAt(build, rootY) + side * (build.mediastinum + 0.022);
    const hilum: StrokePoint[] = [
      { x: rootX - side * 0.012, y: rootY - 0.05, halfWidth: 0.03, strength: 0.08 },
      { x: rootX + side * 0.004, y: rootY + 0.005, halfWidth: 0.045, strength: 0.11 },
      { x: rootX + side * 0.004, y: rootY + 0.075, halfWidth: 0.03, strength: 0.08 },
    ];
    brush(field, hilum, (q) => (1 - q * q) * (1 - q * q));
    for (let i = 0; i < 15; i += 1) {
      const turn = -1.25 + (2.65 * (i + random.uniform())) / 15;
      const start: Point = [rootX + side * 0.012 * bell(random), rootY + 0.05 * turn];
      const halfWidth = between(random, 0.0045, 0.0085);
      addBranch(field, build, random, brush, start, side, turn, halfWidth, between(random, 0.14, 0.3), 2);
    }
  }
}

function addBranch(
  field: Field,
  build: Build,
  random: Random,
  brush: Brush,
  start: Point,
  side: Side,
  turn: number,
  halfWidth: number,
  length: number,
  forks: number,
): void {
  const bend = turn + 0.12 + 0.35 * bell(random);
  const middle = ahead(start, side, turn, length * 0.5);
  const end = ahead(middle, side, bend, length * 0.5);
  const strength = 0.06 * build.vesselDensity * Math.min(1, halfWidth / 0.006);
  brush(
    field,
    stroke(curve(start, middle, end, 7), halfWidth, halfWidth * 0.45, strength, strength * 0.4),
    cord,
  );
  if (forks === 0) return;
  for (let fork = 0; fork < 2; fork += 1) {
    const next = bend + (fork === 0 ? 1 : -1) * between(random, 0.25, 0.6);
    const from: Point = fork === 0 ? end : [(middle[0] + end[0]) / 2, (middle[1] + end[1]) / 2];
    addBranch(field, build, random, brush, from, side, next, halfWidth * 0.6, length * 0.6, forks - 1);
  }
}

/** The point `length` away; `turn` 0 is straight outward, 1.57 straight down. */
function ahead(from: Point, side: Side, turn: number, length: number): Point {
  const half = rotationOf(turn / 2);
  const cosine = half.cosine * half.cosine - half.sine * half.sine;
  const sine = 2 * half.sine * half.cosine;
  return [from[0] + side * length * cosine, from[1] + length * sine];
}

/** Gives a polyline widths and strengths that change evenly from start to end. */
export function stroke(
  points: readonly Point[],
  halfWidthFrom: number,
  halfWidthTo: number,
  strengthFrom: number,
  strengthTo: number,
): StrokePoint[] {
  const last = points.length - 1;
  return points.map(([x, y], i) => ({
    x,
    y,
    halfWidth: halfWidthFrom + ((halfWidthTo - halfWidthFrom) * i) / last,
    strength: strengthFrom + ((strengthTo - strengthFrom) * i) / last,
  }));
}
