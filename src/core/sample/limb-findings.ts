import type { Random } from '../random.ts';
import { between, type smoothNoise, smoothStep } from './field.ts';

/** A broken bone; lengths in shares of the film's edge. */
export interface Fracture {
  readonly bone: number;
  readonly y: number;
  /** Of the line across the bone: 0 straight across. */
  readonly slope: number;
  readonly gap: number;
  /** Share of the bone that is missing in the line: small for a hairline. */
  readonly depth: number;
  /** How the far part lies: sideways, turned (radians), up over the near part. */
  readonly shift: number;
  readonly angle: number;
  readonly overlap: number;
  readonly jag: number;
}

/** Osteomyelitis of a stretch of bone; lengths in shares of the film's edge. */
export interface Infection {
  readonly bone: number;
  readonly y: number;
  readonly extent: number;
  /** Share of bone that is eaten away in the patches. */
  readonly lysis: number;
  readonly sclerosis: number;
  /** New bone on the surface: lamellae, how far they lift off, how dense they are. */
  readonly layers: number;
  readonly lift: number;
  readonly strength: number;
}

/** Thicker and denser flesh around a height. */
export interface Swelling {
  readonly y: number;
  readonly extent: number;
  readonly left: number;
  readonly right: number;
  readonly density: number;
}

/** What one patient's limb has on all films. */
export interface LimbFindings {
  readonly fractures: readonly Fracture[];
  readonly infection: Infection | null;
  readonly swellings: readonly Swelling[];
}

export type LimbClass = 'normal' | 'fracture' | 'infection';

/** How hard the task is; changing any of it means a new generator version. */
const difficulty = {
  /** Share of breaks whose parts have not moved. */
  undisplaced: 0.2,
  bothBones: 0.6,
  lysis: { low: 0.5, high: 0.9 },
  /** Share of people with swollen flesh whatever the bone has. */
  swollen: { normal: 0.25, fracture: 0.6, infection: 0.85 },
} as const;

/** Draws a patient's findings. */
export function drawLimbFindings(className: LimbClass, random: Random): LimbFindings {
  const bone = random.integer(2);
  const y = between(random, 0.28, 0.68);
  const fractures = className === 'fracture' ? [drawFracture(bone, y, random)] : [];
  if (fractures.length > 0 && random.uniform() < difficulty.bothBones)
    fractures.push(drawFracture(1 - bone, y + between(random, -0.1, 0.1), random));
  const swollen = random.uniform() < difficulty.swollen[className];
  return {
    fractures,
    infection: className === 'infection' ? drawInfection(bone, y, random) : null,
    swellings: swollen ? [drawSwelling(y, random)] : [],
  };
}

function drawFracture(bone: number, y: number, random: Random): Fracture {
  const still = random.uniform() < difficulty.undisplaced;
  const either = (): number => (random.uniform() < 0.5 ? -1 : 1);
  return {
    bone,
    y,
    slope: either() * between(random, 0, 1.1),
    gap: still ? between(random, 0.008, 0.014) : between(random, 0.01, 0.024),
    depth: still ? between(random, 0.5, 0.9) : 1,
    shift: still ? 0 : either() * between(random, 0.02, 0.075),
    angle: still ? 0 : either() * between(random, 0.03, 0.2),
    overlap: still || random.uniform() < 0.6 ? 0 : between(random, 0.01, 0.06),
    jag: between(random, 0.004, 0.012),
  };
}

function drawInfection(bone: number, y: number, random: Random): Infection {
  return {
    bone,
    y,
    extent: between(random, 0.15, 0.28),
    lysis: between(random, difficulty.lysis.low, difficulty.lysis.high),
    sclerosis: between(random, 0.2, 1),
    layers: 1 + random.integer(2),
    lift: between(random, 0.012, 0.03),
    strength: between(random, 0.7, 1.2),
  };
}

function drawSwelling(y: number, random: Random): Swelling {
  return {
    y: y + between(random, -0.05, 0.05),
    extent: between(random, 0.16, 0.32),
    left: between(random, 0, 0.05),
    right: between(random, 0, 0.05),
    density: between(random, 0.02, 0.07),
  };
}

/** A place of the film in the unbroken bone: from its middle, and down. */
export interface BonePlace {
  readonly x: number;
  readonly y: number;
  /** −1 the part above the break, 1 the part below, 0 a whole bone. */
  readonly part: -1 | 0 | 1;
}

const whole = [(x: number, y: number): BonePlace => ({ x, y, part: 0 })];

/** For each part of a bone, where in the unbroken bone it has what is seen at a place of the film. */
export function bareOf(fracture: Fracture | null): readonly ((x: number, y: number) => BonePlace)[] {
  if (!fracture) return whole;
  const { y: at, shift, angle, overlap } = fracture;
  return [
    (x, y) => ({ x, y, part: -1 }),
    (x, y) => ({ x: x - shift - angle * (y - at), y: y + overlap + angle * x, part: 1 }),
  ];
}

/** Share of the bone that is there: less in the gap of a break, none beyond the end of a part. */
export function presence(
  fracture: Fracture | null,
  { x, y, part }: BonePlace,
  column: number,
  row: number,
  noise: ReturnType<typeof smoothNoise>,
): number {
  if (!fracture || part === 0) return 1;
  const line = y - fracture.y - fracture.slope * x - fracture.jag * noise(column, row);
  const beyond = part * line - fracture.gap / 2;
  const there = smoothStep(-0.0025, 0.0025, beyond);
  if (part === 1) return there;
  // What a hairline leaves of the bone within its gap counts as the near part's.
  const far = smoothStep(-0.0025, 0.0025, line - fracture.gap / 2);
  return there + (1 - fracture.depth) * (1 - there - far);
}
