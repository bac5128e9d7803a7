import type { Random } from '../random.ts';
import {
  bell,
  between,
  createField,
  directionOf,
  type Field,
  smoothNoise,
  smoothStep,
  unit,
} from './field.ts';
import { addSpot } from './photo.ts';

export type SkinClass = 'benign' | 'malignant' | 'non-cancerous';

/** A spot on the skin as a dermoscope shows it; lengths in shares of the picture's edge. */
export interface Lesion {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Narrow against wide, and the direction of the wide side in radians. */
  readonly flat: number;
  readonly turn: number;
  /** Size and place of a second lobe, 0 for none: asymmetry. */
  readonly lobe: number;
  /** Unevenness of the border, coarse and fine, and its softness. */
  readonly ragged: number;
  readonly frayed: number;
  readonly softness: number;
  readonly pigment: number;
  /** Unevenness of the pigment over the lesion, and darkness of its net and of its blotches. */
  readonly patchy: number;
  readonly net: number;
  readonly blotches: number;
  readonly globules: number;
  /** Blue-white veil, paled scar-like areas, redness, vascular lakes, milia-like cysts: 0 for none. */
  readonly veil: number;
  readonly pale: number;
  readonly red: number;
  readonly lakes: number;
  readonly cysts: number;
}

/** How hard the task is; changing any of it means a new generator version. */
const difficulty = {
  /** Share of moles that look worse than they are, and of melanomas that look like moles. */
  atypical: 0.15,
  early: 0.15,
} as const;

/** Draws a patient's lesion. */
export function drawLesion(className: SkinClass, random: Random): Lesion {
  const place = {
    x: 0.5 + 0.03 * bell(random),
    y: 0.5 + 0.03 * bell(random),
    flat: between(random, 0.68, 0.98),
    turn: between(random, -3.1, 3.1),
  };
  const chance = (share: number): boolean => random.uniform() < share;
  if (className === 'non-cancerous') return { ...place, ...drawHarmless(random, chance) };
  // Suspicion from 0 to 1 drives asymmetry, border and colour alike; the classes overlap in it.
  const odd = chance(className === 'benign' ? difficulty.atypical : difficulty.early);
  const bad =
    className === 'benign'
      ? odd
        ? between(random, 0.3, 0.6)
        : between(random, 0, 0.3)
      : odd
        ? between(random, 0.25, 0.55)
        : between(random, 0.5, 1);
  return {
    ...place,
    radius: between(random, 0.11, 0.19) + 0.1 * bad,
    lobe: chance(0.25 + 0.65 * bad) ? between(random, 0.3, 0.6) + 0.35 * bad : 0,
    ragged: between(random, 0.04, 0.12) + 0.34 * bad * between(random, 0.6, 1.2),
    frayed: between(random, 0.02, 0.07) + 0.16 * bad,
    softness: between(random, 0.1, 0.28) - 0.07 * bad,
    pigment: between(random, 0.55, 1.25) + 0.5 * bad,
    patchy: between(random, 0.1, 0.3) + 0.75 * bad * between(random, 0.6, 1.2),
    net: chance(0.7) ? between(random, 0.25, 0.6) : 0,
    blotches: chance(bad) ? 0.6 + 1.6 * bad : 0,
    globules: chance(0.35) ? between(random, 0.3, 0.8) : 0,
    veil: chance(0.75 * bad) ? between(random, 0.3, 0.65) : 0,
    pale: chance(0.5 * bad) ? between(random, 0.3, 0.6) : 0,
    red: chance(0.25 + 0.4 * bad) ? between(random, 0.15, 0.6) : 0,
    lakes: 0,
    cysts: 0,
  };
}

/** Seborrhoeic keratosis: waxy, sharply cut, with white cysts; or a haemangioma: red lakes. */
function drawHarmless(
  random: Random,
  chance: (share: number) => boolean,
): Omit<Lesion, 'x' | 'y' | 'flat' | 'turn'> {
  const vascular = chance(0.3);
  return {
    radius: between(random, 0.16, 0.28),
    lobe: chance(0.4) ? between(random, 0.3, 0.7) : 0,
    ragged: between(random, 0.05, 0.22),
    frayed: between(random, 0.03, 0.12),
    softness: between(random, 0.05, 0.11),
    pigment: vascular ? between(random, 0, 0.25) : between(random, 0.45, 1.35),
    patchy: between(random, 0.2, 0.6),
    net: 0,
    blotches: chance(0.3) ? between(random, 0.3, 1) : 0,
    globules: vascular ? 0 : between(random, 0.3, 0.9),
    veil: vascular ? between(random, 0, 0.3) : 0,
    pale: 0,
    red: vascular ? between(random, 0.6, 1.1) : between(random, 0, 0.25),
    lakes: vascular ? between(random, 0.9, 1.7) : 0,
    cysts: vascular ? 0 : between(random, 0.5, 0.95),
  };
}

/** What lies in the skin, by pixel: pigments as amounts, veil and pale areas as shares of 0 to 1. */
export interface LesionLayers {
  readonly melanin: Field;
  readonly blood: Field;
  readonly veil: Field;
  readonly pale: Field;
}

/** Draws a lesion over a picture of this edge. */
export function drawLesionLayers(lesion: Lesion, edge: number, random: Random): LesionLayers {
  const layers = {
    melanin: createField(edge),
    blood: createField(edge),
    veil: createField(edge),
    pale: createField(edge),
  };
  const noise = (cell: number): ReturnType<typeof smoothNoise> =>
    smoothNoise(random, (cell * edge) / 384, edge);
  const [coarse, fine, cloud, patch, other] = [noise(58), noise(17), noise(44), noise(70), noise(60)];
  const [mesh, loose] = [noise(6.5), noise(4.6)];
  const { sine, cosine } = directionOf(lesion.turn);
  const globules = drawGlobules(
    lesion,
    { strength: 0.9 * lesion.globules, count: 15 + random.integer(60), most: 0.015 },
    edge,
    random,
  );
  const ponds = drawGlobules(
    lesion,
    { strength: lesion.lakes, count: 14 + random.integer(20), most: 0.05 },
    edge,
    random,
  );
  const lobeAt = directionOf(between(random, -3.1, 3.1));
  const reach = lesion.radius * 2;
  const from = (middle: number): number => Math.max(0, Math.floor((middle - reach) * edge));
  const to = (middle: number): number => Math.min(edge, Math.ceil((middle + reach) * edge));
  for (let row = from(lesion.y); row < to(lesion.y); row += 1) {
    for (let column = from(lesion.x); column < to(lesion.x); column += 1) {
      const dx = (column / edge - lesion.x) / lesion.radius;
      const dy = (row / edge - lesion.y) / lesion.radius;
      const u = dx * cosine + dy * sine;
      const v = (dy * cosine - dx * sine) / lesion.flat;
      let q = Math.sqrt(u * u + v * v);
      if (lesion.lobe > 0) {
        const lx = dx - 0.75 * lobeAt.cosine;
        const ly = dy - 0.75 * lobeAt.sine;
        const second = Math.sqrt(lx * lx + ly * ly) / lesion.lobe;
        q = second < q ? second : q;
      }
      q += lesion.ragged * coarse(column, row) + lesion.frayed * fine(column, row);
      if (q >= 1.3) continue;
      const inside = 1 - smoothStep(1 - lesion.softness, 1 + lesion.softness, q);
      if (inside === 0) continue;
      const at = row * edge + column;
      const wave = cloud(column, row);
      const web = 0.75 * mesh(column, row) + 0.45 * loose(column, row);
      const line = unit(1 - 3.2 * (web < 0 ? -web : web));
      const ring = 1 - 0.5 * unit(1 - 1.6 * q);
      let melanin = lesion.pigment * (1 + lesion.patchy * 1.3 * wave) * (0.8 + 0.2 * unit(1.2 - q));
      melanin +=
        lesion.pigment * lesion.net * ring * (line - 0.35) * (1 + lesion.patchy * patch(column, row));
      melanin += globules[at]!;
      melanin += lesion.blotches * smoothStep(0.12, 0.5, patch(column, row) * 0.8 + 0.35 * wave);
      layers.melanin[at] = inside * Math.max(0.05, melanin);
      layers.blood[at] =
        inside * (lesion.red * (0.5 + 0.5 * unit(0.5 + other(column, row))) + Math.min(1.6, ponds[at]!));
      layers.veil[at] =
        lesion.veil *
        inside *
        smoothStep(-0.05, 0.65, other(column, row) + 0.25 * wave) *
        smoothStep(1, 0.7, q);
      layers.pale[at] = lesion.pale * inside * smoothStep(0.05, 0.65, -wave) * smoothStep(1, 0.75, q);
    }
  }
  if (lesion.cysts > 0) addCysts(layers.pale, lesion, random);
  return layers;
}

/** Round heaps of pigment or blood over a lesion, of radii up to `most`. */
function drawGlobules(
  lesion: Lesion,
  { strength, count, most }: { strength: number; count: number; most: number },
  edge: number,
  random: Random,
): Field {
  const field = createField(edge);
  if (strength === 0) return field;
  for (let i = 0; i < count; i += 1) {
    const { sine, cosine } = directionOf(between(random, -3.1, 3.1));
    const off = 1.05 * lesion.radius * Math.sqrt(random.uniform());
    const radius = between(random, 0.4 * most, most);
    addSpot(field, lesion.x + off * cosine, lesion.y + off * sine, radius, strength, 0.2);
  }
  return field;
}

function addCysts(pale: Field, lesion: Lesion, random: Random): void {
  const count = 8 + random.integer(18);
  for (let i = 0; i < count; i += 1) {
    const { sine, cosine } = directionOf(between(random, -3.1, 3.1));
    const off = lesion.radius * 0.85 * Math.sqrt(random.uniform()) * lesion.flat;
    const radius = between(random, 0.011, 0.024);
    addSpot(pale, lesion.x + off * cosine, lesion.y + off * sine, radius, lesion.cysts, 0.3);
  }
}
