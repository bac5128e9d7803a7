import { createRandom, type Random } from '../random.ts';
import { type Build, heartDepth, lungDepth, softTissue } from './chest.ts';
import {
  bell,
  between,
  cord,
  createBrush,
  createField,
  curve,
  type Field,
  filmSize,
  smoothNoise,
  type StrokePoint,
  unit,
} from './field.ts';
import { density, drawExposure, drawRoom, expose, type Room } from './film.ts';
import { addVeils, drawFluid, type Findings } from './opacity.ts';
import { addSkeleton, addVessels, stroke } from './skeleton.ts';

const brush = createBrush();

/** What all films of a patient share. */
export interface Chest {
  readonly build: Build;
  readonly room: Room;
  readonly solid: Field;
  readonly air: Field;
  readonly fluid: Field | null;
}

/** The random numbers of a patient's chest, one stream a purpose: `build` and `findings` are the caller's. */
export function chestStreams(seed: number, patient: number): (purpose: string) => Random {
  return (purpose) => createRandom(seed, 'sample', 'patient', patient, purpose);
}

/** Draws the chest of a person of this build with these findings. */
export function drawChest(stream: (purpose: string) => Random, build: Build, findings: Findings): Chest {
  const room = drawRoom(stream('room'));

  const solid = softTissue(build, stream('tissue'));
  const bones = createField();
  addSkeleton(bones, build, stream('bones'), brush);
  addVeils(solid, findings);
  addThings(solid, build, stream('things'));
  const vessels = createField();
  addVessels(vessels, build, stream('vessels'), brush);

  const air = lungDepth(build);
  const heart = heartDepth(build);
  const markings = stream('markings');
  const coarse = smoothNoise(markings, 34);
  const fine = smoothNoise(markings, 9);
  for (let at = 0; at < air.length; at += 1) {
    const column = at % filmSize;
    const row = (at - column) / filmSize;
    const lung = air[at]!;
    const inHeart = heart[at]!;
    const marked = build.markings * (0.02 * coarse(column, row) + 0.012 * fine(column, row));
    solid[at]! +=
      bones[at]! * unit(8 * solid[at]!) +
      0.28 * inHeart +
      vessels[at]! * lung * (1 - inHeart) +
      marked * (0.3 + lung);
    air[at] = lung * (0.4 - 0.05 * build.habitus) * (1 - 0.62 * inHeart);
  }
  const fluid = drawFluid(findings, build, stream('texture'), brush);
  return { build, room, solid, air, fluid };
}

/** Exposes one film of a patient: filmSize × filmSize grey values. */
export function drawChestFilm(
  chest: Chest,
  seed: number,
  patient: number,
  film: number,
): Uint8Array<ArrayBuffer> {
  const random = createRandom(seed, 'sample', 'film', patient, film);
  const course = between(random, 0.85, 1.12);
  const exposure = drawExposure(chest.room, random);
  return expose(density(chest.solid, chest.air, chest.fluid, course), exposure, seed, [
    'sample',
    patient,
    film,
  ]);
}

/** Lead letter, and in some patients electrodes with wires. */
function addThings(field: Field, build: Build, random: Random): void {
  const x = between(random, 0.88, 0.93);
  const y = between(random, 0.05, 0.12);
  const letter: [number, number][] = [
    [x, y],
    [x, y + 0.045],
    [x + 0.026, y + 0.045],
  ];
  brush(field, stroke(letter, 0.0045, 0.0045, 0.8, 0.8), (q) => (q < 0.8 ? 1 : 0.5));
  if (random.uniform() > 0.1) return;
  for (const [dx, dy] of [
    [-0.22, 0.28],
    [0.2, 0.3],
    [0.16, 0.62],
  ] as const) {
    const at: [number, number] = [build.midline + dx + 0.02 * bell(random), dy + 0.02 * bell(random)];
    const pad: StrokePoint[] = stroke([at, [at[0] + 0.001, at[1]]], 0.013, 0.013, 0.12, 0.12);
    brush(field, pad, (q) => (q > 0.45 && q < 0.6 ? 0.2 : 1));
    const bend: [number, number] = [at[0] + 0.1 * bell(random), at[1] + 0.2];
    const end: [number, number] = [build.midline + 0.25 * bell(random), 1];
    brush(field, stroke(curve(at, bend, end, 24), 0.003, 0.003, 0.1, 0.1), cord);
  }
}
