import { createRandom, type Random } from '../random.ts';
import { patientTemplate, type Person } from './cohort.ts';
import { bell, between, createField, directionOf, type Field, smoothNoise, smoothStep } from './field.ts';
import { drawFundus, drawGround, type Fundus, fundusEdge } from './fundus.ts';
import {
  addSpot,
  type Camera,
  type Colours,
  drawCamera,
  exposeWith,
  filter,
  mix,
  photograph,
} from './photo.ts';

type RetinaClass = 'healthy' | 'diabetic retinopathy' | 'glaucoma' | 'macular degeneration';
const classes: readonly RetinaClass[] = [
  'healthy',
  'diabetic retinopathy',
  'glaucoma',
  'macular degeneration',
];
const edge = fundusEdge;

/** How hard the task is; changing any of it means a new generator version. */
const difficulty = {
  cup: { healthy: { low: 0.22, high: 0.55 }, glaucoma: { low: 0.58, high: 0.86 } },
  /** How far a disease has come, from 0 to 1. */
  severity: { low: 0.15, high: 1 },
  /** Share of healthy people over fifty with a few hard drusen. */
  drusen: 0.4,
} as const;

interface Eye extends Person {
  readonly camera: Camera;
  readonly colours: Colours;
  /** Share of light lost outwards; radius of the round picture in shares of its edge. */
  readonly vignette: number;
  readonly aperture: number;
}

/** Fundus photographs of healthy and ill eyes. */
export const retinaSample = patientTemplate<Eye>({
  id: 'retina',
  generatorVersion: 1,
  classes,
  person(className, stream) {
    const build = stream('build');
    const lens = stream('lens');
    const ageYears = Math.round(between(build, 24, 86));
    return {
      ageYears,
      sex: build.uniform() < 0.5 ? 'F' : 'M',
      camera: drawCamera(lens, 0.05),
      vignette: between(lens, 0.8, 2),
      aperture: between(lens, 0.47, 0.49),
      colours: drawEye(className as RetinaClass, ageYears, stream),
    };
  },
  picture(eye, seed, path) {
    const random = createRandom(seed, ...path);
    const shot = {
      ...exposeWith(eye.camera, random),
      quarters: 0,
      turn: 0.04 * bell(random),
      scale: 1.03 + 0.03 * bell(random),
      shiftX: 0.012 * bell(random),
      shiftY: 0.014 * bell(random),
    };
    const pixels = photograph(eye.colours, shot, drawLight(eye, random), seed, path);
    return { channels: 3, width: edge, height: edge, pixels };
  },
});

function drawEye(className: RetinaClass, ageYears: number, stream: (purpose: string) => Random): Colours {
  const findings = stream('findings');
  const plainFundus = drawFundus(ageYears, stream('fundus'));
  const cup = difficulty.cup[className === 'glaucoma' ? 'glaucoma' : 'healthy'];
  const fundus: Fundus = {
    ...plainFundus,
    cup: between(findings, cup.low, cup.high),
    ...(className === 'glaucoma' && {
      notch: (findings.uniform() < 0.7 ? 1 : -1) * between(findings, 0.2, 1),
      pallor: between(findings, 0.1, 0.7),
      ring: findings.uniform() < 0.6 ? between(findings, 0.3, 0.8) : plainFundus.ring,
    }),
  };
  const colours = drawGround(fundus, stream('ground'));
  const severity = between(findings, difficulty.severity.low, difficulty.severity.high);
  if (className === 'diabetic retinopathy') addRetinopathy(colours, fundus, severity, findings);
  else if (className === 'macular degeneration') addDegeneration(colours, fundus, severity, findings);
  else if (ageYears > 50 && findings.uniform() < difficulty.drusen)
    mix(colours, drusen(fundus, 1 + findings.integer(5), 0.25, findings), drusenColour);
  return colours;
}

const bloodTakes = [0.5, 1.25, 0.9] as const;
const drusenColour = [0.97, 0.8, 0.45] as const;

/** A place around the macula, farther out for a larger `spread`. */
function placeAround({ macula }: Fundus, spread: number, random: Random): readonly [number, number] {
  const { sine, cosine } = directionOf(between(random, -3.1, 3.1));
  const off = spread * Math.sqrt(random.uniform());
  return [macula.x + off * cosine, macula.y + off * sine];
}

/** Microaneurysms, blots and flames of blood, hard exudates in clusters, cotton-wool spots. */
function addRetinopathy(colours: Colours, fundus: Fundus, severity: number, random: Random): void {
  const blood = createField(edge);
  const repeat = (count: number, act: () => void): void => {
    for (let i = 0; i < count; i += 1) act();
  };
  const spread = 0.36;
  repeat(Math.round(8 + 26 * severity * random.uniform() + 8 * severity), () => {
    const [x, y] = placeAround(fundus, spread, random);
    addSpot(blood, x, y, between(random, 0.005, 0.0085), between(random, 0.7, 1.1), 0.3);
  });
  repeat(Math.round(3 + 12 * severity), () => {
    const [x, y] = placeAround(fundus, spread, random);
    const radius = between(random, 0.008, 0.012 + 0.012 * severity);
    addSpot(blood, x, y, radius, between(random, 0.6, 1.1), 0.45);
    addSpot(blood, x + 0.7 * radius * bell(random), y + 0.7 * radius * bell(random), 0.7 * radius, 0.5, 0.4);
  });
  const exudates = createField(edge);
  repeat(random.uniform() < 0.35 + 0.5 * severity ? 1 + random.integer(3) : 0, () => {
    const [cx, cy] = placeAround(fundus, 0.2, random);
    repeat(4 + random.integer(22), () => {
      const radius = between(random, 0.003, 0.0085);
      addSpot(
        exudates,
        cx + 0.028 * bell(random),
        cy + 0.028 * bell(random),
        radius,
        between(random, 0.5, 1),
        0.5,
      );
    });
  });
  const wool = createField(edge);
  repeat(random.uniform() < 0.6 * severity ? 1 + random.integer(4) : 0, () => {
    const [x, y] = placeAround(fundus, 0.32, random);
    const radius = between(random, 0.014, 0.03);
    for (let i = 0; i < 3; i += 1)
      addSpot(wool, x + 0.5 * radius * bell(random), y + 0.3 * radius * bell(random), radius, 0.3, 0.1);
  });
  filter(colours, [{ amount: blood, takes: bloodTakes }]);
  mix(colours, wool, [0.93, 0.86, 0.68]);
  mix(colours, exudates, [1, 0.92, 0.5]);
}

/** Drusen at the macula; late, pale patches without pigment, or blood under the retina. */
function addDegeneration(colours: Colours, fundus: Fundus, severity: number, random: Random): void {
  const { macula } = fundus;
  mix(colours, drusen(fundus, Math.round(8 + 46 * severity), 0.115, random), drusenColour);
  const clumps = createField(edge);
  for (let i = 0; i < Math.round(7 * severity * random.uniform()); i += 1) {
    const [x, y] = placeAround(fundus, 0.07, random);
    addSpot(clumps, x, y, between(random, 0.005, 0.012), between(random, 0.4, 0.9), 0.2);
  }
  filter(colours, [{ amount: clumps, takes: [1, 1, 1] }]);
  if (severity < 0.55) return;
  const late = random.uniform();
  if (late < 0.35) mix(colours, patch(macula, between(random, 0.035, 0.08), random), [0.98, 0.76, 0.46]);
  else if (late < 0.6) {
    const amount = patch(macula, between(random, 0.04, 0.085), random);
    filter(colours, [{ amount, takes: bloodTakes }]);
    mix(colours, scaled(patch(macula, between(random, 0.025, 0.045), random), 0.6), [0.66, 0.55, 0.36]);
  }
}

function drusen(fundus: Fundus, count: number, spread: number, random: Random): Field {
  const field = createField(edge);
  for (let i = 0; i < count; i += 1) {
    const [x, y] = placeAround(fundus, spread, random);
    addSpot(field, x, y, between(random, 0.0045, 0.0125), between(random, 0.3, 0.7), 0.15);
  }
  return field;
}

/** An area with an uneven border around a place. */
function patch({ x, y }: { x: number; y: number }, radius: number, random: Random): Field {
  const field = createField(edge);
  const [rough, fine] = [smoothNoise(random, 26, edge), smoothNoise(random, 9, edge)];
  const [cx, cy] = [x + 0.02 * bell(random), y + 0.02 * bell(random)];
  for (let row = Math.floor((cy - 1.8 * radius) * edge); row < (cy + 1.8 * radius) * edge; row += 1) {
    for (
      let column = Math.floor((cx - 1.8 * radius) * edge);
      column < (cx + 1.8 * radius) * edge;
      column += 1
    ) {
      const dx = (column / edge - cx) / radius;
      const dy = (row / edge - cy) / radius;
      const q = Math.sqrt(dx * dx + dy * dy) + 0.45 * rough(column, row) + 0.15 * fine(column, row);
      field[row * edge + column] = 0.8 * (1 - smoothStep(0.85, 1.05, q)) * (0.85 + 0.3 * rough(column, row));
    }
  }
  return field;
}

function scaled(field: Field, factor: number): Field {
  return field.map((value) => value * factor);
}

/** The round picture of a fundus camera, darker outwards, with a notch of light at one side in some shots. */
function drawLight({ vignette, aperture }: Eye, random: Random): Field {
  const light = createField(edge);
  const slant = directionOf(between(random, -3.1, 3.1));
  const uneven = between(random, 0, 0.2);
  for (let row = 0; row < edge; row += 1) {
    const y = (row + 0.5) / edge - 0.5;
    for (let column = 0; column < edge; column += 1) {
      const x = (column + 0.5) / edge - 0.5;
      const square = x * x + y * y;
      const open = 1 - smoothStep(aperture - 0.006, aperture, Math.sqrt(square));
      light[row * edge + column] =
        open * (1.08 - vignette * square) * (1 + uneven * (x * slant.cosine + y * slant.sine));
    }
  }
  return light;
}
