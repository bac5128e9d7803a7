import { createRandom, type Random } from '../random.ts';
import { patientTemplate, type Person } from './cohort.ts';
import {
  bell,
  between,
  cord,
  createBrush,
  createField,
  curve,
  directionOf,
  type Field,
  smoothNoise,
  smoothStep,
} from './field.ts';
import { drawLesion, drawLesionLayers, type SkinClass } from './lesion.ts';
import {
  addSpot,
  type Camera,
  type Colour,
  type Colours,
  drawCamera,
  exposeWith,
  filter,
  mix,
  photograph,
  plain,
} from './photo.ts';
import { stroke } from './skeleton.ts';

const classes: readonly SkinClass[] = ['benign', 'malignant', 'non-cancerous'];
const edge = 384;
const brush = createBrush(edge);

const melaninTakes: Colour = [0.5, 0.95, 1.4];
const bloodTakes: Colour = [0.14, 1.1, 0.95];
const hairTakes: Colour = [0.9, 1, 1.1];

interface Patient extends Person {
  readonly camera: Camera;
  readonly colours: Colours;
  /** Radius of the dermatoscope's round window in shares of the edge; null: the picture is full. */
  readonly window: number | null;
  readonly vignette: number;
}

/** Dermoscopy: moles, melanomas, and harmless growths that are no moles. */
export const skinSample = patientTemplate<Patient>({
  id: 'skin',
  generatorVersion: 1,
  classes,
  person(className, stream) {
    const build = stream('build');
    const lens = stream('lens');
    return {
      ageYears: Math.round(between(build, 20, 86)),
      sex: build.uniform() < 0.5 ? 'F' : 'M',
      camera: drawCamera(lens, 0.025),
      window: lens.uniform() < 0.35 ? between(lens, 0.47, 0.6) : null,
      vignette: between(lens, 0.1, 0.5),
      colours: drawSkin(className as SkinClass, stream),
    };
  },
  picture(patient, seed, path) {
    const random = createRandom(seed, ...path);
    const shot = {
      ...exposeWith(patient.camera, random),
      quarters: random.integer(4),
      turn: 0.07 * bell(random),
      scale: 1.22 + 0.05 * bell(random),
      shiftX: 0.02 * bell(random),
      shiftY: 0.02 * bell(random),
    };
    const pixels = photograph(patient.colours, shot, drawLight(patient, random), seed, path);
    return { channels: 3, width: edge, height: edge, pixels };
  },
});

const squared = (value: number): number => value * value;

/** A person's skin with the lesion, hair and what the examiner put there. */
function drawSkin(className: SkinClass, stream: (purpose: string) => Random): Colours {
  const tone = stream('tone');
  // Most visits are by people of light skin; a few by people of dark skin, as in collections.
  const dark = squared(tone.uniform());
  const pick = (light: number, deep: number): number => light + (deep - light) * dark + 0.02 * bell(tone);
  const colours = plain([pick(0.92, 0.62), pick(0.76, 0.44), pick(0.68, 0.34)], edge);
  const lesion = drawLesion(className, stream('lesion'));
  const layers = drawLesionLayers(lesion, edge, stream('texture'));
  addSkinTexture(layers.melanin, layers.blood, tone);
  filter(colours, [
    { amount: layers.melanin, takes: melaninTakes },
    { amount: layers.blood, takes: bloodTakes },
  ]);
  mix(colours, layers.veil, [0.45, 0.46, 0.52]);
  mix(colours, layers.pale, [0.93, 0.84, 0.78]);
  const hair = drawHair(stream('hair'));
  addRuler(hair, stream('ruler'));
  filter(colours, [{ amount: hair, takes: hairTakes }]);
  const glints = createField(edge);
  addBubbles(glints, stream('gel'));
  mix(colours, glints, [1, 0.99, 0.97]);
  return colours;
}

function addSkinTexture(melanin: Field, blood: Field, random: Random): void {
  const [wide, middle, lines] = [
    smoothNoise(random, 80, edge),
    smoothNoise(random, 14, edge),
    smoothNoise(random, 6, edge),
  ];
  const [relief, flush] = [between(random, 0.03, 0.1), between(random, 0.02, 0.1)];
  for (let row = 0; row < edge; row += 1) {
    for (let column = 0; column < edge; column += 1) {
      const at = row * edge + column;
      const crease = lines(column, row);
      const cell = middle(column, row);
      melanin[at]! +=
        relief * (0.5 + 0.4 * cell + 0.7 * (crease < 0 ? -crease : crease)) + 0.03 * wide(column, row);
      blood[at]! += flush * (1 + wide(column, row) + 0.35 * cell);
    }
  }
}

function drawHair(random: Random): Field {
  const field = createField(edge);
  const count = random.uniform() < 0.35 ? 0 : Math.floor(11 * squared(random.uniform()));
  const grows = between(random, -1.5, 1.5);
  const strength = between(random, 0.7, 2.4);
  for (let i = 0; i < count; i += 1) {
    const { sine, cosine } = directionOf(grows + 0.35 * bell(random));
    const length = between(random, 0.2, 0.65);
    const start = [between(random, -0.1, 1), between(random, -0.1, 1.1)] as const;
    const end = [start[0] + length * cosine, start[1] + length * sine] as const;
    const bend = [
      (start[0] + end[0]) / 2 + 0.06 * bell(random),
      (start[1] + end[1]) / 2 + 0.06 * bell(random),
    ] as const;
    const wide = between(random, 0.0028, 0.0046);
    brush(field, stroke(curve(start, bend, end, 14), wide, 0.5 * wide, strength, 0.6 * strength), cord);
  }
  return field;
}

/** Millimetre marks along an edge of every fifth picture. */
function addRuler(field: Field, random: Random): void {
  if (random.uniform() > 0.2) return;
  const y = between(random, 0.8, 0.86);
  const step = between(random, 0.03, 0.045);
  for (let i = 0; i * step < 1; i += 1) {
    const high = i % 5 === 0 ? 0.045 : 0.025;
    const x = 0.02 + i * step;
    brush(
      field,
      stroke(
        [
          [x, y],
          [x, y + high],
        ],
        0.003,
        0.003,
        1.6,
        1.6,
      ),
      (q) => (q < 0.7 ? 1 : 0.4),
    );
  }
}

/** Bubbles of the contact gel: bright rims with a glint. */
function addBubbles(field: Field, random: Random): void {
  if (random.uniform() > 0.3) return;
  const count = 1 + random.integer(5);
  for (let i = 0; i < count; i += 1) {
    const [x, y, radius] = [random.uniform(), random.uniform(), between(random, 0.006, 0.02)];
    addSpot(field, x, y, radius, 0.28, 0.75);
    addSpot(field, x, y, 0.82 * radius, -0.26, 0.6);
    addSpot(field, x - 0.35 * radius, y - 0.35 * radius, 0.3 * radius, 0.7, 0.2);
  }
}

/** Light of the dermatoscope: weaker outwards and to one side, none outside its window. */
function drawLight({ window, vignette }: Patient, random: Random): Field {
  const light = createField(edge);
  const { sine, cosine } = directionOf(between(random, -3.1, 3.1));
  const slant = between(random, 0, 0.14);
  const [cx, cy] = [0.5 + 0.012 * bell(random), 0.5 + 0.012 * bell(random)];
  for (let row = 0; row < edge; row += 1) {
    const y = row / edge - cy;
    for (let column = 0; column < edge; column += 1) {
      const x = column / edge - cx;
      const square = x * x + y * y;
      const open = window === null ? 1 : 1 - smoothStep(window - 0.012, window, Math.sqrt(square));
      light[row * edge + column] =
        open * (1 - vignette * square * 1.4) * (1 + slant * (x * cosine + y * sine));
    }
  }
  return light;
}
