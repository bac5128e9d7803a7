import type { Random } from '../../random.ts';
import { bell, type Point, smoothStep, unit } from '../field.ts';

/**
 * The bones of a left hand and how they ripen. Lengths are shares of the film's edge for a grown hand; the capitate
 * is at (0, 0), x runs to the thumb and y to the finger tips. Ages are months of a boy's ripening.
 */

/** A long bone as it is seen: its shaft and, beside a growth plate, its epiphysis. */
export interface LongBone {
  readonly from: Point;
  readonly to: Point;
  readonly halfWidths: readonly [base: number, waist: number, head: number];
  /** At which end it grows. */
  readonly plateAt: 'base' | 'head';
  readonly plate: Plate;
  /** The tip of a finger ends in a tuft. */
  readonly tuft: boolean;
}

/** A growth plate with the bone beyond it. */
export interface Plate {
  /** Of the epiphysis, 0 before it appears, then as a share of the shaft's end, to about 1.05. */
  readonly width: number;
  /** Of the epiphysis, as a share of the shaft's half-width. */
  readonly thickness: number;
  /** 0 open, 1 closed. */
  readonly closure: number;
}

/** A carpal bone: an ellipse that grows from nothing. */
export interface Carpal {
  readonly x: number;
  readonly y: number;
  readonly halfWidth: number;
  readonly halfHeight: number;
  readonly tilt: number;
  /** 0 before it appears … 1 as in a grown hand. */
  readonly grown: number;
}

export interface HandBones {
  /** Radius and ulna. */
  readonly forearm: readonly LongBone[];
  /** From the thumb on; of each its metacarpal and its phalanges. */
  readonly fingers: readonly (readonly LongBone[])[];
  readonly carpals: readonly Carpal[];
}

/** When an epiphysis appears, and when its plate begins and ends to close. */
type Timing = readonly [appears: number, closes: number, closed: number];

const timings = {
  distal: [22, 166, 190],
  middle: [25, 174, 200],
  proximal: [19, 176, 202],
  metacarpal: [24, 180, 206],
  thumbBase: [32, 176, 200],
  radius: [14, 190, 228],
  ulna: [76, 186, 222],
} satisfies Record<string, Timing>;

/** Bones differ from their person's ripeness by chance, in months. */
const boneDeviation = 5;

function plateOf([appears, closes, closed]: Timing, ripeness: number, random: Random): Plate {
  const months = ripeness + boneDeviation * bell(random);
  const since = smoothStep(appears - 4, appears + 105, months);
  return {
    width: months < appears ? 0 : 0.34 + 0.72 * since,
    thickness: 0.24 + 0.52 * since,
    closure: smoothStep(closes, closed, months),
  };
}

interface FingerPlan {
  readonly base: Point;
  readonly knuckle: Point;
  readonly direction: Point;
  readonly lengths: readonly number[];
  readonly stout: number;
}

const fingerPlans: readonly FingerPlan[] = [
  {
    base: [0.089, 0.001],
    knuckle: [0.171, 0.102],
    direction: [0.56, 0.83],
    lengths: [0.096, 0.07],
    stout: 1.12,
  },
  {
    base: [0.05, 0.044],
    knuckle: [0.088, 0.218],
    direction: [0.19, 0.98],
    lengths: [0.122, 0.075, 0.055],
    stout: 1,
  },
  {
    base: [0.009, 0.05],
    knuckle: [0.019, 0.219],
    direction: [0.035, 1],
    lengths: [0.134, 0.089, 0.059],
    stout: 1.03,
  },
  {
    base: [-0.03, 0.045],
    knuckle: [-0.047, 0.2],
    direction: [-0.13, 0.99],
    lengths: [0.124, 0.084, 0.058],
    stout: 0.94,
  },
  {
    base: [-0.06, 0.031],
    knuckle: [-0.104, 0.169],
    direction: [-0.31, 0.95],
    lengths: [0.099, 0.06, 0.05],
    stout: 0.84,
  },
];

/** Space between two bones where a joint is. */
const joint = 0.007;

/** Draws the bones of a hand of `ripeness` months. */
export function drawHandBones(ripeness: number, random: Random): HandBones {
  const spread = 1 + 0.18 * bell(random);
  const stout = (0.86 + 0.14 * unit(ripeness / 190)) * (1 + 0.05 * bell(random));
  const fingers = fingerPlans.map((plan, i) => fingerBones(plan, i === 0, spread, stout, ripeness, random));
  const forearm = forearmBones(stout, ripeness, random);
  const carpals = carpalPlan.map(([appears, full, x, y, halfWidth, halfHeight, tilt]): Carpal => {
    const months = ripeness + boneDeviation * bell(random);
    const grown = months < appears ? 0 : 0.25 + 0.75 * smoothStep(appears - 22, full, months);
    const shift = (): number => 0.002 * bell(random);
    return { x: x + shift(), y: y + shift(), halfWidth, halfHeight, tilt, grown };
  });
  return { forearm, fingers, carpals };
}

function fingerBones(
  plan: FingerPlan,
  isThumb: boolean,
  spread: number,
  stout: number,
  ripeness: number,
  random: Random,
): LongBone[] {
  const wide = 0.0172 * stout * plan.stout;
  const metacarpal: LongBone = {
    from: plan.base,
    to: plan.knuckle,
    halfWidths: [1.2 * wide, 0.68 * wide, 1.12 * wide],
    plateAt: isThumb ? 'base' : 'head',
    plate: plateOf(isThumb ? timings.thumbBase : timings.metacarpal, ripeness, random),
    tuft: false,
  };
  const bones = [metacarpal];
  let at = plan.knuckle;
  let dx = plan.direction[0] * spread + 0.02 * bell(random);
  const dy = plan.direction[1];
  const last = plan.lengths.length - 1;
  plan.lengths.forEach((length, i) => {
    const norm = Math.sqrt(dx * dx + dy * dy);
    const along = (far: number): Point => [at[0] + (dx / norm) * far, at[1] + (dy / norm) * far];
    const thin = wide * (i === 0 ? 0.96 : i === last ? 0.68 : 0.84);
    const end = along(joint + length * (1 + 0.02 * bell(random)));
    const timing = i === last ? timings.distal : i === 0 ? timings.proximal : timings.middle;
    bones.push({
      from: along(joint),
      to: end,
      halfWidths:
        i === last ? [1.12 * thin, 0.58 * thin, 0.74 * thin] : [1.1 * thin, 0.68 * thin, 0.84 * thin],
      plateAt: 'base',
      plate: plateOf(timing, ripeness, random),
      tuft: i === last,
    });
    at = end;
    dx += 0.02 * bell(random);
  });
  return bones;
}

function forearmBones(stout: number, ripeness: number, random: Random): LongBone[] {
  const lean = 0.008 * bell(random);
  return [
    {
      from: [0.026 + lean, -1.2],
      to: [0.036, -0.073],
      halfWidths: [0.031 * stout, 0.031 * stout, 0.053 * stout],
      plateAt: 'head',
      plate: plateOf(timings.radius, ripeness, random),
      tuft: false,
    },
    {
      from: [-0.05 + lean, -1.2],
      to: [-0.059, -0.082],
      halfWidths: [0.022 * stout, 0.02 * stout, 0.026 * stout],
      plateAt: 'head',
      plate: plateOf(timings.ulna, ripeness, random),
      tuft: false,
    },
  ];
}

type CarpalPlan = readonly [
  appears: number,
  full: number,
  x: number,
  y: number,
  halfWidth: number,
  halfHeight: number,
  tilt: number,
];

/** Capitate, hamate, triquetrum, lunate, scaphoid, trapezium, trapezoid, pisiform. */
const carpalPlan: readonly CarpalPlan[] = [
  [3, 150, 0.002, 0.006, 0.0225, 0.034, 0.05],
  [4, 150, -0.041, 0.009, 0.0245, 0.028, -0.25],
  [30, 160, -0.068, -0.028, 0.0205, 0.0185, 0.5],
  [42, 160, -0.012, -0.042, 0.025, 0.0185, -0.1],
  [62, 165, 0.04, -0.033, 0.0205, 0.0305, -0.65],
  [58, 165, 0.077, -0.012, 0.0185, 0.0195, 0.3],
  [64, 165, 0.043, 0.012, 0.0165, 0.0165, 0.1],
  [120, 175, -0.078, -0.036, 0.012, 0.0125, 0],
];
