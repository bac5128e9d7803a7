import type { Random } from '../random.ts';
import {
  bell,
  between,
  blur,
  createField,
  type Field,
  filmSize,
  smoothNoise,
  smoothStep,
  unit,
} from './field.ts';
import { bareOf, type Fracture, type Infection, type LimbFindings, presence } from './limb-findings.ts';

/** One of the two long bones; lengths in shares of the film's edge. */
export interface Bone {
  /** Of its middle from the limb's axis, and how much farther half-way up. */
  readonly offset: number;
  readonly bow: number;
  readonly radius: number;
  /** Radius at the joint. */
  readonly flare: number;
  /** Height at which it ends. */
  readonly end: number;
  /** Share of the shaft's radius that marrow fills. */
  readonly cavity: number;
  readonly density: number;
}

/** A forearm or lower leg, its far joint below; lengths in shares of the film's edge. */
export interface Limb {
  readonly sex: 'F' | 'M';
  readonly ageYears: number;
  readonly part: 'forearm' | 'leg';
  readonly middle: number;
  readonly tilt: number;
  readonly bow: number;
  readonly bones: readonly [Bone, Bone];
  /** Half-width of the soft tissue above and at the joint, and its density. */
  readonly upper: number;
  readonly lower: number;
  readonly flesh: number;
  /** Places of the nutrient canals, one a bone: height and direction. */
  readonly canals: readonly { readonly y: number; readonly slope: number; readonly depth: number }[];
}

/** Draws the build of a person's limb. */
export function drawLimb(random: Random): Limb {
  const sex = random.uniform() < 0.5 ? 'F' : 'M';
  const ageYears = Math.round(between(random, 18, 84));
  const part = random.uniform() < 0.5 ? 'forearm' : 'leg';
  const size = between(random, 1.4, 1.7) * (sex === 'F' ? 0.95 : 1.03);
  const side = random.uniform() < 0.5 ? -1 : 1;
  const joint = between(random, 0.9, 1.1);
  const porosity = 0.0022 * Math.max(0, ageYears - 45);
  const bone = (offset: number, radius: number, flare: number, end: number, density: number): Bone => ({
    offset: side * size * offset,
    bow: side * Math.sign(offset) * between(random, 0.004, 0.016),
    radius: size * radius * between(random, 0.92, 1.08),
    flare: size * flare * between(random, 0.94, 1.06),
    end: joint + end,
    cavity: between(random, 0.5, 0.64) + porosity,
    density: density * between(random, 0.88, 1.12) * (1 - porosity),
  });
  const slack = between(random, 0.8, 1.25);
  return {
    sex,
    ageYears,
    part,
    middle: 0.5 + 0.025 * bell(random),
    tilt: 0.06 * bell(random),
    bow: 0.05 * bell(random),
    bones:
      part === 'forearm'
        ? [bone(-0.062, 0.034, 0.07, 0, 9.7), bone(0.066, 0.031, 0.038, -0.03, 9.7)]
        : [bone(-0.034, 0.056, 0.082, 0, 6.6), bone(0.096, 0.024, 0.037, 0.06, 9.7)],
    upper: size * slack * (part === 'forearm' ? 0.18 : 0.21),
    lower: size * Math.sqrt(slack) * (part === 'forearm' ? 0.145 : 0.155),
    flesh: between(random, 0.29, 0.4),
    canals: [0, 1].map(() => ({
      y: between(random, 0.1, 0.45),
      slope: between(random, 3, 6) * (random.uniform() < 0.5 ? -1 : 1),
      depth: between(random, 0.05, 0.2),
    })),
  };
}

const axisAt = (limb: Limb, y: number): number =>
  limb.middle + limb.tilt * (y - 0.5) + limb.bow * ((y - 0.5) * (y - 0.5) - 0.08);

/** Where the middle of a bone runs at a height. */
function centreAt(limb: Limb, bone: Bone, y: number): number {
  const t = (y - 0.4) / 0.6;
  return axisAt(limb, y) + bone.offset + bone.bow * (1 - t * t);
}

const flareAt = (bone: Bone, y: number): number => {
  const t = smoothStep(bone.end - 0.38, bone.end - 0.01, y);
  return t * (0.35 + 0.65 * t);
};

export const radiusAt = (bone: Bone, y: number): number =>
  bone.radius + (bone.flare - bone.radius) * flareAt(bone, y) + 0.006 * unit(0.25 - y);

/** What rays meet: flesh, bones with their findings, the small bones beyond the joint; air is 0. */
export function drawLimbField(limb: Limb, findings: LimbFindings, random: Random): Field {
  const field = flesh(limb, findings, random);
  const texture = [smoothNoise(random, 3.2), smoothNoise(random, 8), smoothNoise(random, 15)] as const;
  const patches = [smoothNoise(random, 15), smoothNoise(random, 7)] as const;
  addSmallBones(field, limb, findings, random, texture[0]);
  limb.bones.forEach((bone, index) => {
    const place = {
      fracture: findings.fractures.find((fracture) => fracture.bone === index) ?? null,
      infection: findings.infection?.bone === index ? findings.infection : null,
    };
    addBone(field, limb, bone, limb.canals[index]!, place, texture, patches);
  });
  return field;
}

type Noise = ReturnType<typeof smoothNoise>;

/** Depth of a hollow cylinder at a distance from its axis; `marrow` is the density of what fills it. */
function tube(radius: number, cavity: number, marrow: number, off: number): number {
  const square = radius * radius - off * off;
  if (square <= 0) return 0;
  const hollow = cavity * cavity * radius * radius - off * off;
  return Math.sqrt(square) - (hollow > 0 ? (1 - marrow) * Math.sqrt(hollow) : 0);
}

function addBone(
  field: Field,
  limb: Limb,
  bone: Bone,
  canal: Limb['canals'][number],
  { fracture, infection }: { fracture: Fracture | null; infection: Infection | null },
  [fine, rough, coarse]: readonly [Noise, Noise, Noise],
  patches: readonly [Noise, Noise],
): void {
  const last = Math.min(filmSize - 1, Math.ceil((bone.end + 0.03) * filmSize));
  for (let row = 0; row <= last; row += 1) {
    const y = row / filmSize;
    const centre = centreAt(limb, bone, y);
    const reach = radiusAt(bone, y) + (fracture ? 0.16 : 0.06);
    const from = Math.max(0, Math.floor((centre - reach) * filmSize));
    const to = Math.min(filmSize - 1, Math.ceil((centre + reach) * filmSize));
    for (let column = from; column <= to; column += 1) {
      const x = column / filmSize - centre;
      let depth = 0;
      for (const fragment of bareOf(fracture)) {
        const place = fragment(x, y);
        const here = place.y;
        const radius = radiusAt(bone, here);
        const flare = flareAt(bone, here);
        const cavity = bone.cavity + (0.95 - bone.cavity) * flare;
        const marrow = 0.14 + 0.34 * flare + 0.05 * fine(column, row) + 0.05 * rough(column, row) * flare;
        const side = (place.x < 0 ? -place.x : place.x) / radius;
        const edge = bone.end + 0.9 * place.x * place.x - here - 0.1 * unit(side - 0.7) * unit(side - 0.7);
        const solid = tube(radius, cavity, marrow, place.x) * presence(fracture, place, column, row, rough);
        const plate = 1 + 0.5 * (1 - smoothStep(0.004, 0.016, edge));
        depth += solid * smoothStep(-0.002, 0.004, edge) * plate;
      }
      const line = (x - (y - canal.y) / canal.slope) / 0.0022;
      if (line * line < 1 && y > canal.y - 0.05 && y < canal.y + 0.05)
        depth *= 1 - canal.depth * (1 - line * line);
      depth *= 1 + 0.035 * coarse(column, row);
      if (infection) depth = infected(depth, x, y, radiusAt(bone, y), infection, column, row, patches);
      field[row * filmSize + column]! += bone.density * depth;
    }
  }
}

/** Osteomyelitis: moth-eaten marrow and cortex, denser bone around it, new bone that lifts off the surface. */
function infected(
  depth: number,
  x: number,
  y: number,
  radius: number,
  infection: Infection,
  column: number,
  row: number,
  [cloud, fleck]: readonly [Noise, Noise],
): number {
  const t = (y - infection.y) / infection.extent;
  if (t * t >= 1) return depth;
  const here = 1 - t * t;
  const eaten = smoothStep(
    -0.05,
    0.6,
    0.85 * cloud(column, row) + 0.4 * fleck(column, row) + 0.4 * (here - 0.6),
  );
  let result =
    depth *
    (1 + 0.3 * infection.sclerosis * here) *
    (1 - infection.lysis * eaten * smoothStep(0, 0.35, here));
  const off = (x < 0 ? -x : x) - radius;
  const lifted = infection.lift * here * (0.8 + 0.25 * cloud(column, row));
  for (let layer = 1; layer <= infection.layers; layer += 1) {
    const line = (off - (lifted * layer) / infection.layers) / 0.005;
    if (line * line < 1) result += 0.016 * infection.strength * (1 - line * line) * smoothStep(0, 0.3, here);
  }
  if (off > -0.004 && off < lifted) result += 0.006 * infection.strength * here;
  return result;
}

/** Flesh of the limb with skin and fat; findings swell it. */
function flesh(limb: Limb, findings: LimbFindings, random: Random): Field {
  const field = createField();
  const unrest = smoothNoise(random, 70);
  const strands = smoothNoise(random, 22);
  const lean = 0.25 * bell(random);
  for (let row = 0; row < filmSize; row += 1) {
    const y = row / filmSize;
    const axis = axisAt(limb, y) + 0.25 * (limb.bones[0].offset + limb.bones[1].offset);
    const taper = smoothStep(-0.2, limb.bones[0].end - 0.05, y);
    const half = limb.upper + (limb.lower - limb.upper) * taper;
    let [left, right] = [half * (1 - 0.12 * lean), half * (1 + 0.12 * lean)];
    let wet = 0;
    for (const swelling of findings.swellings) {
      const t = (y - swelling.y) / swelling.extent;
      const bulge = t * t >= 1 ? 0 : (1 - t * t) * (1 - t * t);
      left += bulge * swelling.left;
      right += bulge * swelling.right;
      wet = Math.max(wet, bulge * swelling.density);
    }
    for (let column = 0; column < filmSize; column += 1) {
      const x = column / filmSize - axis + 0.006 * unrest(column, row);
      const reach = x < 0 ? left : right;
      const distance = x < 0 ? -x : x;
      if (distance >= reach) continue;
      const u = distance / reach;
      const inside = reach - distance;
      const skin = unit(inside / 0.006);
      // Fat below the skin is darker than muscle; fluid takes that border away.
      const muscle = smoothStep(0.012, 0.035, inside);
      const fat = 0.78 + 0.22 * (muscle + (1 - muscle) * unit(4 * wet));
      const wave = 1 + 0.05 * strands(column, row) * muscle + 0.05 * unrest(column, row);
      field[row * filmSize + column] =
        (limb.flesh + wet) * (0.25 + 0.75 * Math.sqrt(1 - u * u)) * skin * fat * wave;
    }
  }
  return blur(field, 1);
}

/** Bones of the wrist as two rows of pebbles, or the talus below the shin. */
function addSmallBones(field: Field, limb: Limb, findings: LimbFindings, random: Random, fine: Noise): void {
  const joint = limb.bones[0].end;
  // They stay with the far part of the bone that carries them.
  const broken = findings.fractures.find(({ bone }) => bone === 0);
  const moved = broken ? broken.shift + broken.angle * (joint - broken.y) : 0;
  const [first, second] = limb.bones;
  const middle = (first.offset + second.offset) / 2;
  const pebbles =
    limb.part === 'forearm'
      ? [-0.13, -0.043, 0.043, 0.124].flatMap((dx, i) => [
          { dx, dy: 0.066 - 0.006 * (i === 0 || i === 3 ? 1 : -1), rx: 0.045, ry: 0.05 },
          { dx: dx * 0.97, dy: 0.168, rx: 0.045, ry: 0.054 },
        ])
      : [{ dx: first.offset * 1.3 - middle, dy: 0.118, rx: 0.125, ry: 0.105 }];
  for (const { dx, dy, rx, ry } of pebbles) {
    const [cx, cy] = [axisAt(limb, joint) + middle + moved + dx + 0.004 * bell(random), joint + dy];
    for (let row = Math.max(0, Math.floor((cy - ry) * filmSize)); row < filmSize; row += 1) {
      for (let column = Math.floor((cx - rx) * filmSize); column < (cx + rx) * filmSize; column += 1) {
        const u = (column / filmSize - cx) / rx;
        const v = (row / filmSize - cy) / ry;
        const square = u * u + v * v;
        const q = 0.6 * square * square + 0.4 * (u * u * u * u + v * v * v * v);
        if (q >= 1 || column < 0 || column >= filmSize) continue;
        const rim = smoothStep(0.55, 0.85, q) * (1 - smoothStep(0.9, 1, q));
        field[row * filmSize + column]! +=
          0.26 * (0.75 + 0.12 * fine(column, row)) * (1 - smoothStep(0.85, 1, q)) + 0.05 * rim;
      }
    }
  }
}
