import type { Random } from '../../random.ts';
import {
  blur,
  type createBrush,
  createField,
  type Field,
  filmSize,
  type Point,
  rotationOf,
  smoothNoise,
  smoothStep,
  type StrokePoint,
  unit,
} from '../field.ts';
import type { Carpal, HandBones, LongBone } from './skeleton.ts';

/** How a hand lies on the film. */
export interface HandPlace {
  /** Where its middle, the capitate, lies. */
  readonly x: number;
  readonly y: number;
  readonly size: number;
  /** By how much it is turned clockwise. */
  readonly turn: { readonly sine: number; readonly cosine: number };
  /** 1: a left hand, its palm on the film; −1: a right one. */
  readonly side: 1 | -1;
}

/** Places of the hand's own measures on the film, and back. */
interface Mapping {
  toFilm(point: Point): Point;
  toHand(column: number, row: number): Point;
  readonly size: number;
}

function mappingOf({ x, y, size, turn, side }: HandPlace): Mapping {
  const { sine, cosine } = turn;
  return {
    size,
    toFilm: ([across, up]) => [
      x + size * (cosine * side * across + sine * up),
      y + size * (sine * side * across - cosine * up),
    ],
    toHand(column, row) {
      const dx = (column / filmSize - x) / size;
      const dy = (row / filmSize - y) / size;
      return [side * (cosine * dx + sine * dy), sine * dx - cosine * dy];
    },
  };
}

/** Draws what rays meet in a hand: 0 air to about 0.8 for the densest bone. */
export function handDensity(
  bones: HandBones,
  place: HandPlace,
  plumpness: number,
  brush: ReturnType<typeof createBrush>,
  random: Random,
): Field {
  const map = mappingOf(place);
  const solid = createField();
  const hard = createField();
  for (const bone of [bones.forearm, ...bones.fingers].flat()) addLongBone(hard, bone, map);
  const [outline, coarse, fine] = [26, 9, 3.5].map((cell) => smoothNoise(random, cell)) as [
    Noise,
    Noise,
    Noise,
  ];
  for (const carpal of bones.carpals) addCarpal(hard, carpal, map, outline);
  brush(
    solid,
    fleshOf(bones, map, plumpness),
    (q) => 0.35 * (1 - q * q * q * q) + 0.65 * Math.sqrt(1 - q * q),
  );
  const flesh = blur(solid, 2);
  const bone = blur(hard, 1);
  for (let at = 0; at < flesh.length; at += 1) {
    const here = bone[at]!;
    if (here === 0 && flesh[at] === 0) continue;
    const column = at % filmSize;
    const row = (at - column) / filmSize;
    const spongy = 1 + 0.1 * coarse(column, row) + 0.14 * fine(column, row);
    flesh[at] = flesh[at]! * (1 + 0.05 * outline(column, row)) + here * spongy;
  }
  return flesh;
}

type Noise = ReturnType<typeof smoothNoise>;

/** Visits the pixels around two points with their place in the hand's own measures along and across the line. */
function eachPixel(
  from: Point,
  to: Point,
  reach: number,
  map: Mapping,
  visit: (at: number, along: number, across: number) => void,
): void {
  const clamp = (value: number): number => Math.min(filmSize - 1, Math.max(0, Math.round(value * filmSize)));
  const [unitX, unitY] = directionOf(from, to);
  const [a, b] = [map.toFilm(from), map.toFilm(to)];
  const margin = map.size * reach;
  const left = clamp(Math.min(a[0], b[0]) - margin);
  const right = clamp(Math.max(a[0], b[0]) + margin);
  const top = clamp(Math.min(a[1], b[1]) - margin);
  const bottom = clamp(Math.max(a[1], b[1]) + margin);
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      const [across, up] = map.toHand(column, row);
      const [x, y] = [across - from[0], up - from[1]];
      visit(row * filmSize + column, x * unitX + y * unitY, y * unitX - x * unitY);
    }
  }
}

function lengthOf(from: Point, to: Point): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  return Math.sqrt(dx * dx + dy * dy);
}

function directionOf(from: Point, to: Point): Point {
  const length = lengthOf(from, to);
  return [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
}

function addLongBone(field: Field, bone: LongBone, map: Mapping): void {
  const { plate, plateAt } = bone;
  // Always seen from the end that grows, so that the plate is at its start.
  const [start, end] = plateAt === 'base' ? [bone.from, bone.to] : [bone.to, bone.from];
  const [base, waist, head] =
    plateAt === 'base' ? bone.halfWidths : ([...bone.halfWidths].reverse() as [number, number, number]);
  const length = lengthOf(start, end);
  const isForearm = length > 0.3;
  // The radius' epiphysis is flatter than a finger's.
  const flat = isForearm ? 0.55 : 1;
  const cap = 0.98 * base * flat;
  const thickness = plate.thickness * base * flat;
  const flare = isForearm ? 0.11 / length : 0.4;
  eachPixel(start, end, 1.2 * Math.max(base, head), map, (at, along, across) => {
    const off = across < 0 ? -across : across;
    let density = 0;
    const t = (along - cap) / (length - cap);
    if (t >= 0 && t <= 1) {
      const halfWidth =
        (waist +
          (base - waist) * (1 - smoothStep(0, flare, t)) +
          (head - waist) * smoothStep(1 - flare, 1, t)) *
        roundedEnd(along - cap, 0.22 * base) *
        roundedEnd(length - along, bone.tuft ? 0.8 * head : 0.75 * head);
      const middle = smoothStep(0, 0.3, t) * (1 - smoothStep(0.7, 1, t));
      density = tube(off, halfWidth, (0.1 + 0.24 * middle) * waist + 0.0008, 0.62 - 0.3 * middle);
      // The zone beside a plate is dense.
      density += 0.16 * (1 - smoothStep(0.0015, 0.005, along - cap)) * (off < halfWidth ? 1 : 0);
    }
    if (plate.width > 0) density = Math.max(density, epiphysis(along, off, base, thickness, plate.width));
    if (plate.closure > 0 && along > 0.3 * thickness && along < cap + 0.003) {
      // Closing begins in the middle; a closed plate leaves a faint line.
      const halfWidth = base * plate.width * 0.97;
      const bridged = smoothStep(0, 0.25, plate.closure * 1.25 - (0.3 * off) / halfWidth);
      density = Math.max(density, bridged * tube(off, halfWidth, 0.1 * waist, 0.66));
      if (along > thickness) density += 0.07 * plate.closure * (off < halfWidth ? 1 : 0);
    }
    field[at]! += density;
  });
}

/** Share of the half-width at a distance from a rounded end. */
function roundedEnd(distance: number, radius: number): number {
  if (distance >= radius) return 1;
  const t = 1 - unit(distance / radius);
  return Math.sqrt(1 - t * t);
}

const strength = 0.3;

/** Bone that rays meet in a tube of which the inside is filled to the share `spongy`. */
function tube(off: number, halfWidth: number, wall: number, spongy: number): number {
  if (off >= halfWidth) return 0;
  const inner = halfWidth - wall;
  const inside = inner > off ? Math.sqrt(inner * inner - off * off) : 0;
  const depth = Math.sqrt(halfWidth * halfWidth - off * off) - (1 - spongy) * inside;
  return (strength * depth) / (0.003 + 0.9 * halfWidth);
}

/** A flat disc before the shaft, seen from its side. */
function epiphysis(along: number, off: number, base: number, thickness: number, width: number): number {
  const across = off / (base * width);
  const deep = (along - thickness / 2) / (thickness / 2);
  const square = across * across * across * across + deep * deep * (deep < 0 ? deep * deep : 1);
  if (square >= 1) return 0;
  return strength * (0.62 + 0.3 * smoothStep(0.55, 0.9, square)) * (1 - 0.6 * smoothStep(0.9, 1, square));
}

function addCarpal(field: Field, carpal: Carpal, map: Mapping, outline: Noise): void {
  if (carpal.grown === 0) return;
  const { sine, cosine } = rotationOf(carpal.tilt);
  const halfWidth = carpal.halfWidth * carpal.grown;
  const halfHeight = carpal.halfHeight * carpal.grown;
  // A young bone is a dot; its corners come with age.
  const corners = 0.75 * smoothStep(0.4, 0.95, carpal.grown);
  const centre: Point = [carpal.x, carpal.y];
  const reach = 1.25 * Math.max(halfWidth, halfHeight);
  eachPixel(centre, [carpal.x + 0.001, carpal.y], reach, map, (at, x, y) => {
    const along = (x * cosine + y * sine) / halfWidth;
    const across = (y * cosine - x * sine) / halfHeight;
    const [a, b] = [along * along, across * across];
    const column = at % filmSize;
    const wave = 0.3 * outline(column, (at - column) / filmSize) * carpal.grown;
    const square = (a + b) * (1 - corners) + (a * a + b * b) * corners * 1.15 + wave;
    if (square >= 1) return;
    const rim = smoothStep(0.68, 0.88, square) * (1 - smoothStep(0.9, 1, square));
    const fill = (1 - 0.85 * smoothStep(0.88, 1, square)) * (0.55 + 0.25 * carpal.grown);
    field[at]! += strength * (fill + 0.32 * rim);
  });
}

/** Skin and flesh as one line of changing width that goes to each finger's tip and back. */
function fleshOf(bones: HandBones, map: Mapping, plumpness: number): StrokePoint[] {
  const at = (point: Point, halfWidth: number, strength: number): StrokePoint => {
    const [x, y] = map.toFilm(point);
    return {
      x,
      y,
      halfWidth: map.size * halfWidth * plumpness,
      strength: strength * (0.8 + 0.2 * plumpness),
    };
  };
  const palm = at([0, 0.06], 0.095, 0.34);
  const line = [at([0, -1.2], 0.115, 0.34), at([0, -0.3], 0.104, 0.34), at([0, -0.04], 0.098, 0.34)];
  for (const [metacarpal, ...phalanges] of bones.fingers) {
    const there = [
      at(metacarpal!.to, 0.037, 0.31),
      ...phalanges.map((bone) => at(bone.to, 0.0125 + 0.95 * bone.halfWidths[0], bone.tuft ? 0.19 : 0.26)),
    ];
    line.push(palm, ...there, ...there.slice(0, -1).reverse());
  }
  return line;
}
