import type { Random } from '../random.ts';
import {
  bell,
  between,
  cord,
  createBrush,
  createField,
  directionOf,
  type Field,
  smoothNoise,
  smoothStep,
  unit,
} from './field.ts';
import { type Colours, filter, mix, plain, type Pigment } from './photo.ts';
import { stroke } from './skeleton.ts';

/** Edge of a fundus photograph in pixels. */
export const fundusEdge = 384;
const edge = fundusEdge;
const brush = createBrush(edge);

/** A person's eye ground; lengths in shares of the photograph's edge. */
export interface Fundus {
  /** −1 the disc lies left of the macula, 1 right of it. */
  readonly side: -1 | 1;
  readonly disc: { readonly x: number; readonly y: number; readonly radius: number; readonly tall: number };
  readonly macula: { readonly x: number; readonly y: number };
  /** Share of the disc's diameter that the cup takes. */
  readonly cup: number;
  /** How far the cup reaches down to the rim, −1 to 1. */
  readonly notch: number;
  /** Paleness of the disc's rim, and of the ring around it that has lost its pigment. */
  readonly pallor: number;
  readonly ring: number;
  readonly pigment: number;
  readonly tessellation: number;
  readonly sheen: number;
}

/** Draws a healthy eye ground. */
export function drawFundus(ageYears: number, random: Random): Fundus {
  const side = random.uniform() < 0.5 ? -1 : 1;
  const y = 0.5 + 0.012 * bell(random);
  const disc = {
    x: 0.5 + side * between(random, 0.25, 0.29),
    y: y - between(random, 0, 0.03),
    radius: between(random, 0.057, 0.068),
    tall: between(random, 1.02, 1.14),
  };
  return {
    side,
    disc,
    macula: { x: disc.x - side * between(random, 0.275, 0.3), y: y + between(random, 0, 0.02) },
    cup: between(random, 0.22, 0.5),
    notch: 0.15 * bell(random),
    pallor: between(random, 0, 0.2),
    ring: random.uniform() < 0.3 ? between(random, 0.1, 0.4) : 0,
    pigment: between(random, 0, 1),
    tessellation: between(random, 0.3, 1) * unit(0.25 + 0.012 * (ageYears - 20)),
    sheen: unit(1.1 - 0.018 * ageYears) * between(random, 0.3, 1),
  };
}

/** The light that comes back from an eye ground, its disc and its vessels; findings are laid on it afterwards. */
export function drawGround(fundus: Fundus, random: Random): Colours {
  const { pigment } = fundus;
  const colours = plain([0.9 - 0.24 * pigment, 0.46 - 0.2 * pigment, 0.2 - 0.09 * pigment], edge);
  filter(colours, [mottle(fundus, random)]);
  const disc = drawDisc(fundus, random);
  mix(colours, disc.ring, [0.93, 0.68, 0.42]);
  mix(colours, disc.rim, [0.96, 0.68 + 0.16 * fundus.pallor, 0.42 + 0.2 * fundus.pallor]);
  mix(colours, disc.cup, [1, 0.9, 0.7]);
  const vessels = drawVessels(fundus, random);
  filter(colours, [
    { amount: vessels.arteries, takes: [0.2, 0.75, 0.5] },
    { amount: vessels.veins, takes: [0.42, 1.05, 0.6] },
  ]);
  return colours;
}

/** Pigment of the choroid with its larger vessels as paler streaks, and the dark spot of the macula. */
function mottle(fundus: Fundus, random: Random): Pigment {
  const amount = createField(edge);
  const [wide, middle, streak] = [
    smoothNoise(random, 90, edge),
    smoothNoise(random, 22, edge),
    smoothNoise(random, 17, edge),
  ];
  const fine = smoothNoise(random, 4, edge);
  const { macula } = fundus;
  for (let row = 0; row < edge; row += 1) {
    for (let column = 0; column < edge; column += 1) {
      const dx = column / edge - macula.x;
      const dy = row / edge - macula.y;
      const square = dx * dx + dy * dy;
      const spot = 0.42 / (1 + square / 0.0035) + 0.16 / (1 + square / 0.00025);
      const web = 0.75 * streak(column, row) + 0.5 * middle(column, row);
      const choroid = 0.2 * fundus.tessellation * (0.5 - unit(1 - 2.6 * (web < 0 ? -web : web)));
      const gloss =
        -0.12 *
        fundus.sheen *
        smoothStep(0.13, 0.2, Math.sqrt(square)) *
        smoothStep(0.34, 0.24, Math.sqrt(square));
      const cloud = 0.1 * wide(column, row) + 0.07 * middle(column, row) + 0.035 * fine(column, row);
      amount[row * edge + column] = Math.max(
        0,
        0.22 + spot + choroid * smoothStep(0.05, 0.2, Math.sqrt(square)) + gloss + cloud,
      );
    }
  }
  return { amount, takes: [0.55, 0.9, 0.8] };
}

function drawDisc(fundus: Fundus, random: Random): { rim: Field; cup: Field; ring: Field } {
  const [rim, cup, ring] = [createField(edge), createField(edge), createField(edge)];
  const { disc, notch } = fundus;
  const rough = smoothNoise(random, 16, edge);
  const cupX = disc.x - 0.06 * disc.radius * fundus.side;
  const reach = 1.9 * disc.radius;
  for (let row = Math.floor((disc.y - reach) * edge); row < (disc.y + reach) * edge; row += 1) {
    const dy = row / edge - disc.y;
    for (let column = Math.floor((disc.x - reach) * edge); column < (disc.x + reach) * edge; column += 1) {
      const at = row * edge + column;
      const u = (column / edge - disc.x) / disc.radius;
      const v = dy / (disc.radius * disc.tall);
      const q = Math.sqrt(u * u + v * v) + 0.03 * rough(column, row);
      rim[at] = 0.95 * (1 - smoothStep(0.93, 1.07, q));
      ring[at] =
        fundus.ring * (1 - smoothStep(1.2, 1.5, q + 0.25 * rough(column, row) + 0.15 * u * fundus.side));
      const cu = (column / edge - cupX) / (disc.radius * fundus.cup);
      // A notch pulls the cup towards the rim above or below.
      const long = 1 + (notch * v > 0 ? 0.25 * (notch < 0 ? -notch : notch) : 0);
      const cv = dy / (disc.radius * disc.tall * fundus.cup * long);
      cup[at] = 0.9 * (1 - smoothStep(0.78, 1.12, Math.sqrt(cu * cu + cv * cv)));
    }
  }
  return { rim, cup, ring };
}

interface Vessels {
  readonly arteries: Field;
  readonly veins: Field;
}

/** Direction as a unit vector. */
type Heading = readonly [x: number, y: number];

const turned = ([x, y]: Heading, angle: number): Heading => {
  const { sine, cosine } = directionOf(angle);
  return [x * cosine - y * sine, x * sine + y * cosine];
};

/** Arteries and veins leave the disc up and down in pairs: two arcades around the macula, two pairs away from it. */
function drawVessels(fundus: Fundus, random: Random): Vessels {
  const vessels = { arteries: createField(edge), veins: createField(edge) };
  const { disc, side } = fundus;
  const wide = between(random, 0.9, 1.15);
  for (const vertical of [-1, 1] as const) {
    for (const kind of ['arteries', 'veins'] as const) {
      const width = wide * (kind === 'veins' ? 0.0085 : 0.0062);
      const offset = (kind === 'veins' ? 0.012 : -0.006) * side;
      const start: Heading = [disc.x + offset + 0.006 * bell(random), disc.y + vertical * 0.012];
      // Towards the macula's side, turning around it; towards the nose more straight.
      const arcade = turned([0, vertical], side * vertical * between(random, 0.12, 0.42));
      const curl = side * vertical * between(random, 1.15, 1.7);
      grow(vessels[kind], start, arcade, width, 0.62, curl, 3, random);
      const away = turned([0, vertical], -side * vertical * between(random, 0.3, 0.8));
      grow(vessels[kind], start, away, 0.8 * width, 0.34, -0.5 * side * vertical, 2, random);
    }
  }
  for (let i = 0; i < 4; i += 1) {
    const heading = turned([-side, 0], between(random, -0.5, 0.5));
    const start: Heading = [disc.x - 0.5 * side * disc.radius, disc.y + 0.5 * disc.radius * bell(random)];
    grow(vessels.arteries, start, heading, 0.0022, 0.13, 0.4 * bell(random), 0, random);
  }
  // Where a branch leaves, two strokes lie on each other.
  for (const field of [vessels.arteries, vessels.veins])
    for (let at = 0; at < field.length; at += 1) field[at] = unit(field[at]!);
  return vessels;
}

/** A vessel that winds on, thins out and branches. `curl`: radians that it turns over its length. */
function grow(
  field: Field,
  start: Heading,
  heading: Heading,
  width: number,
  length: number,
  curl: number,
  forks: number,
  random: Random,
): void {
  const steps = 18;
  const path: Heading[] = [start];
  let [at, towards] = [start, heading];
  // A main vessel that strayed would cross the macula.
  const unsteady = width > 0.005 ? 0.05 : 0.09;
  let sway = 0;
  for (let i = 1; i <= steps; i += 1) {
    sway = 0.55 * sway + unsteady * bell(random);
    towards = turned(towards, curl / steps + sway);
    at = [at[0] + (towards[0] * length) / steps, at[1] + (towards[1] * length) / steps];
    path.push(at);
    const isFork = forks > 0 && i > 2 && i % (forks > 1 ? 4 : 6) === 0;
    if (isFork) {
      const share = 1 - (0.6 * i) / steps;
      const which = random.uniform() < 0.5 ? 1 : -1;
      const branch = turned(towards, which * between(random, 0.45, 0.95));
      const turn = -which * between(random, 0.1, 0.8);
      grow(
        field,
        at,
        branch,
        0.62 * width * share,
        length * between(random, 0.35, 0.55),
        turn,
        forks - 1,
        random,
      );
    }
  }
  const strength = Math.min(1, 0.35 + width / 0.009);
  const points = stroke(
    path,
    Math.max(0.0021, width),
    Math.max(0.0019, 0.35 * width),
    strength,
    0.45 * strength,
  );
  brush(field, points, cord);
}
