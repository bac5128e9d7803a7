import { createRandom, type Random } from '../random.ts';
import { patientTemplate, type Person } from './cohort.ts';
import { bell, between, blur, type Field, filmSize, smoothNoise } from './field.ts';
import { drawRoom, type Exposure, expose, type Room } from './film.ts';
import { addFilling, addTooth, darken, drawBone, type Spot } from './jaw.ts';
import { type Denture, drawTooth, rootAt, type Tooth } from './tooth.ts';

type DentalClass = 'healthy' | 'cavity' | 'root canal needed';
const classes: readonly DentalClass[] = ['healthy', 'cavity', 'root canal needed'];

/** How hard the task is; changing any of it means a new generator version. */
const difficulty = {
  cavity: { low: 0.05, high: 0.08 },
  deepCavity: { low: 0.085, high: 0.12 },
  apical: { low: 0.04, high: 0.075 },
  /** Share of people with a filling, and with the mouth of a nerve canal that looks like a lucency, in every class. */
  filled: 0.3,
  foramen: 0.15,
} as const;

interface Jaw extends Person {
  readonly room: Room;
  readonly upper: boolean;
  readonly field: Field;
}

/** Rows of a film; it is `filmSize` wide. */
const height = 384;

/** Periapical films: teeth and jaw bone, some with caries, some with caries down to the pulp and a lucency at the root. */
export const dentalSample = patientTemplate<Jaw>({
  id: 'dental',
  generatorVersion: 1,
  classes,
  person(className, stream) {
    const build = stream('build');
    const ageYears = Math.round(between(build, 16, 78));
    const teeth = drawTeeth(ageYears, build);
    return {
      ageYears,
      sex: build.uniform() < 0.5 ? 'F' : 'M',
      room: drawRoom(stream('room')),
      upper: build.uniform() < 0.5,
      field: drawJaw(teeth, className as DentalClass, stream('findings'), stream('texture')),
    };
  },
  picture({ room, upper, field }, seed, path) {
    const film = expose(field, drawDentalExposure(room, createRandom(seed, ...path)), seed, path);
    return { channels: 1, width: filmSize, height, pixels: crop(film, upper) };
  },
});

function drawTeeth(ageYears: number, random: Random): Tooth[] {
  const denture: Denture = {
    top: between(random, 0.055, 0.1),
    crown: between(random, 0.19, 0.22),
    root: between(random, 0.28, 0.33),
    enamel: between(random, 0.025, 0.033),
    pulp: between(random, 0.8, 1.2) * (1 - 0.005 * (ageYears - 40)),
    cusp: between(random, 0.01, 0.02),
  };
  const mirrored = random.uniform() < 0.5;
  const premolars = random.integer(3);
  const teeth: Tooth[] = [];
  let reach = between(random, -0.12, 0);
  for (let i = 0; reach < 1; i += 1) {
    const molar = i >= premolars;
    const half = molar ? 0.136 : 0.092;
    const x = reach + half;
    teeth.push(drawTooth(mirrored ? 1 - x : x, molar, denture, random));
    reach += 2 * half + between(random, -0.002, 0.006);
  }
  return teeth;
}

function drawJaw(teeth: readonly Tooth[], className: DentalClass, findings: Random, texture: Random): Field {
  const seen = teeth.filter(({ x }) => x > 0.2 && x < 0.8);
  const ill = seen[findings.integer(seen.length)]!;
  const { caries, apical } = drawIllness(ill, className, findings);
  const filling = drawFilling(
    seen.filter((tooth) => tooth !== ill),
    findings,
  );
  const field = drawBone(teeth, texture);
  if (findings.uniform() < difficulty.foramen) darken(field, drawForamen(findings), 0.6, 1);
  for (const spot of apical) darken(field, spot, 0.5, 1);
  const mottle = smoothNoise(texture, 9);
  for (const tooth of teeth) addTooth(field, tooth, tooth === ill ? caries : [], mottle);
  const rough = smoothNoise(texture, 14);
  for (const spot of filling) addFilling(field, spot, rough);
  return blur(field, 1);
}

function drawIllness(
  tooth: Tooth,
  className: DentalClass,
  random: Random,
): { caries: readonly Spot[]; apical: readonly Spot[] } {
  if (className === 'healthy') return { caries: [], apical: [] };
  const deep = className === 'root canal needed';
  const { low, high } = deep ? difficulty.deepCavity : difficulty.cavity;
  const radius = between(random, low, high);
  const side = random.integer(3) - 1;
  const crown = tooth.neck - tooth.top;
  const spot = {
    x: tooth.x + side * tooth.halfWidth * 0.95 + (side === 0 ? 0.15 * tooth.halfWidth * bell(random) : 0),
    y: tooth.top + (side === 0 ? 0.12 : between(random, 0.42, 0.72)) * crown,
    radius,
    strength: between(random, 0.36, 0.55),
  };
  if (!deep) return { caries: [spot], apical: [] };
  const root = tooth.roots[random.integer(tooth.roots.length)]!;
  const y = root.apex - 0.004;
  const x = tooth.x + rootAt(tooth, root, y) + tooth.lean * (y - tooth.neck);
  const apical = between(random, difficulty.apical.low, difficulty.apical.high);
  return {
    caries: [spot],
    apical: [{ x, y: y + 0.3 * apical, radius: apical, strength: between(random, 0.18, 0.3) }],
  };
}

function drawFilling(teeth: readonly Tooth[], random: Random): Spot[] {
  const tooth = teeth[random.integer(Math.max(1, teeth.length))];
  if (random.uniform() > difficulty.filled || !tooth) return [];
  return [
    {
      x: tooth.x + 0.25 * tooth.halfWidth * bell(random),
      y: tooth.top + 0.035,
      radius: between(random, 0.024, 0.042),
      strength: between(random, 0.35, 0.6),
    },
  ];
}

const drawForamen = (random: Random): Spot => ({
  x: between(random, 0.15, 0.85),
  y: between(random, 0.58, 0.68),
  radius: between(random, 0.02, 0.032),
  strength: between(random, 0.06, 0.13),
});

function drawDentalExposure(room: Room, random: Random): Exposure {
  return {
    turn: 0.03 * bell(random),
    scale: 1.14 + 0.02 * bell(random),
    shiftX: 0.011 * bell(random),
    shiftY: 0.01 * bell(random),
    breath: 0,
    middle: room.middle + 0.04 + 0.025 * bell(random),
    gain: room.gain * between(random, 0.95, 1.1),
    noise: 1.2 * room.noise * between(random, 0.85, 1.15),
    border: [0, 0, 0, 0],
  };
}

/** The film's upper part; of an upper jaw upside down, for its roots point up. */
function crop(film: Uint8Array<ArrayBuffer>, upper: boolean): Uint8Array<ArrayBuffer> {
  const cut = film.slice(0, height * filmSize);
  if (!upper) return cut;
  const turned = new Uint8Array(cut.length);
  for (let row = 0; row < height; row += 1)
    turned.set(cut.subarray(row * filmSize, (row + 1) * filmSize), (height - 1 - row) * filmSize);
  return turned;
}
