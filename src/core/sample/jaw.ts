import type { Random } from '../random.ts';
import { between, createField, type Field, filmSize, smoothNoise, smoothStep, unit } from './field.ts';
import { crownDepth, fromMiddle, pulpShare, rootShare, type Tooth } from './tooth.ts';

/** A round change; lengths in shares of the film's edge. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly strength: number;
}

/** Air and cheek above, the jaw's spongy bone below its crest. */
export function drawBone(teeth: readonly Tooth[], random: Random): Field {
  const field = createField();
  const fine = smoothNoise(random, 4.5);
  const mesh = smoothNoise(random, 10);
  const coarse = smoothNoise(random, 60);
  const neck = teeth.reduce((sum, tooth) => sum + tooth.neck, 0) / teeth.length;
  const crest = neck + between(random, 0.015, 0.05);
  const dense = between(random, 0.4, 0.5);
  for (let row = 0; row < filmSize; row += 1) {
    const y = row / filmSize;
    for (let column = 0; column < filmSize; column += 1) {
      const wide = coarse(column, row);
      const level = y - crest - 0.012 * wide;
      const gum = 0.05 + 0.13 * smoothStep(-0.14, -0.02, level) + 0.03 * wide;
      const jaw = smoothStep(-0.012, 0.012, level);
      let here = gum;
      if (jaw > 0) {
        const web = mesh(column, row);
        const strut = 1 - Math.min(1, 3.2 * (web < 0 ? -web : web));
        const spongy = dense + 0.06 * strut + 0.045 * fine(column, row) + 0.05 * wide;
        here += jaw * (spongy + 0.07 * (1 - smoothStep(0.004, 0.022, level)) - gum);
      }
      field[row * filmSize + column] = here;
    }
  }
  return field;
}

/** Pixels within `reach` of a place. */
function* around({ x, y, radius }: Spot, grow: number): Generator<{ at: number; q: number }> {
  const reach = radius * grow;
  const from = Math.max(0, Math.floor((y - reach) * filmSize));
  const to = Math.min(filmSize - 1, Math.ceil((y + reach) * filmSize));
  for (let row = from; row <= to; row += 1) {
    const dy = (row / filmSize - y) / radius;
    for (
      let column = Math.max(0, Math.floor((x - reach) * filmSize));
      column <= (x + reach) * filmSize;
      column += 1
    ) {
      if (column >= filmSize) break;
      const dx = (column / filmSize - x) / radius;
      yield { at: row * filmSize + column, q: Math.sqrt(dx * dx + dy * dy) };
    }
  }
}

/** Bone that is gone, with a faint denser rim. */
export function darken(field: Field, spot: Spot, from: number, to: number): void {
  for (const { at, q } of around(spot, 1.4))
    field[at]! +=
      spot.strength *
      (0.16 * smoothStep(0.95, 1.1, q) * (1 - smoothStep(1.1, 1.35, q)) - 1 + smoothStep(from, to + 0.15, q));
}

export function addFilling(field: Field, spot: Spot, rough: ReturnType<typeof smoothNoise>): void {
  for (const { at, q } of around(spot, 1.5)) {
    const edge = 1 - smoothStep(0.9, 1.04, q + 0.3 * rough(at % filmSize, Math.floor(at / filmSize)));
    if (field[at]! > 0.6) field[at]! += edge * Math.max(0, 0.75 + spot.strength - field[at]!);
  }
}

export function addTooth(
  field: Field,
  tooth: Tooth,
  caries: readonly Spot[],
  mottle: ReturnType<typeof smoothNoise>,
): void {
  const lowest = Math.max(...tooth.roots.map(({ apex }) => apex)) + 0.02;
  const reach = tooth.halfWidth + 0.03 + 0.06 * 0.3;
  for (
    let row = Math.floor((tooth.top - 0.01) * filmSize);
    row < Math.min(filmSize, lowest * filmSize);
    row += 1
  ) {
    const y = row / filmSize;
    const high = unit((tooth.neck - y) / (tooth.neck - tooth.top));
    const rim = tooth.enamel * Math.sqrt(high) * (0.75 + 0.35 * high);
    const from = Math.max(0, Math.floor((tooth.x - reach) * filmSize));
    for (let column = from; column < Math.min(filmSize, (tooth.x + reach) * filmSize); column += 1) {
      const x = column / filmSize;
      const u = fromMiddle(tooth, x, y);
      const at = row * filmSize + column;
      const depth = crownDepth(tooth, u, y);
      const crown = smoothStep(-0.003, 0.003, depth);
      const root = rootShare(tooth, u, y, 0);
      const solid = crown > root ? crown : root;
      if (solid < 1) {
        // The ligament's dark line around the root, the bone's bright one around that.
        const ligament = rootShare(tooth, u, y, 0.006);
        const lamina = rootShare(tooth, u, y, 0.012);
        const inBone = smoothStep(0.3, 0.42, field[at]!);
        field[at]! += inBone * (1 - solid) * (0.09 * (lamina - ligament) - 0.13 * ligament);
      }
      if (solid === 0) continue;
      const enamel = depth > 0 && high > 0 ? 1 - smoothStep(rim - 0.004, rim + 0.004, depth) : 0;
      const t = u / tooth.halfWidth;
      const burn = 0.07 * smoothStep(0.35, 0.8, t * t) * (1 - unit(12 * Math.abs(y - tooth.neck - 0.012)));
      let dense =
        0.66 + 0.1 * high + 0.2 * enamel - burn - 0.16 * pulpShare(tooth, u, y) - 0.06 * t * t * (1 - high);
      for (const spot of caries) dense -= lost(spot, x, y, column, row, mottle);
      field[at]! += solid * (dense - field[at]!);
    }
  }
}

/** Mineral that caries has dissolved at a place. */
function lost(
  spot: Spot,
  x: number,
  y: number,
  column: number,
  row: number,
  mottle: ReturnType<typeof smoothNoise>,
): number {
  const dx = (x - spot.x) / spot.radius;
  const dy = (y - spot.y) / (0.9 * spot.radius);
  const q = dx * dx + dy * dy;
  return q > 2 ? 0 : spot.strength * (1 - smoothStep(0.35, 1.15, q + 0.35 * mottle(column, row)));
}
