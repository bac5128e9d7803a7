import { createRandom, type Random } from '../random.ts';
import { dealPatients, patientsOf } from './cohort.ts';
import { bell, between, createBrush, type Field, filmSize, unit } from './field.ts';
import { drawExposure, drawRoom, expose, type Room } from './film.ts';
import { handDensity, type HandPlace } from './hand/film.ts';
import { drawHandBones } from './hand/skeleton.ts';
import { stroke } from './skeleton.ts';
import type { SampleTemplate } from './template.ts';

/** Bone ages that are drawn, in months; all equally often. */
export const boneAgeRange = { lowest: 12, highest: 216 } as const;

/** A girl's hand looks like that of a boy who is this many months older. */
export const girlsAhead = 18;

/**
 * Films of left hands with the bone age in months as `number`. It is told by the carpal bones that appear and grow
 * one after another, by the epiphyses that widen and the growth plates that close, and by the hand's size. A girl's
 * hand is 18 months ahead of a boy's of the same bone age, so sex is worth knowing; without it nobody can come nearer
 * than a mean absolute error of some 9 months.
 */
export const boneAgeSample: SampleTemplate = {
  id: 'bone-age',
  generatorVersion: 1,
  classes: [],
  *draw(images, seed, share) {
    for (const { number, key, films } of patientsOf(dealPatients(images, [''], seed), share)) {
      const child = drawChild(createRandom(seed, 'sample', 'bone-age', 'patient', number));
      for (let film = 1; film <= films; film += 1) {
        const random = createRandom(seed, 'sample', 'bone-age', 'film', number, film);
        const exposure = { ...drawExposure(child.room, random), turn: 0.06 * bell(random), breath: 0 };
        yield {
          file: `${key}/${key}-${film}.png`,
          className: '',
          patient: key,
          ageYears: child.ageYears,
          sex: child.sex,
          number: child.months,
          channels: 1,
          width: filmSize,
          height: filmSize,
          pixels: expose(child.hand, exposure, seed, ['sample', 'bone-age', number, film]),
        };
      }
    }
  },
};

const brush = createBrush();

interface Child {
  readonly months: number;
  readonly ageYears: number;
  readonly sex: 'F' | 'M';
  readonly room: Room;
  readonly hand: Field;
}

function drawChild(random: Random): Child {
  const { lowest, highest } = boneAgeRange;
  const months = Math.round(between(random, lowest, highest));
  const sex = random.uniform() < 0.5 ? 'F' : 'M';
  const ripeness = months + (sex === 'F' ? girlsAhead : 0);
  const place = drawPlace(unit((ripeness - lowest) / (highest - lowest)), random);
  const plumpness = 1 + 0.06 * bell(random) + 0.12 * (1 - unit(ripeness / 90));
  const hand = handDensity(drawHandBones(ripeness, random), place, plumpness, brush, random);
  addMarker(hand, random);
  const room = drawRoom(random);
  return {
    months,
    ageYears: Math.max(1, Math.round(months / 12 + 0.8 * bell(random))),
    sex,
    room: { ...room, middle: room.middle - 0.03 + 0.03 * bell(random), gain: room.gain * 1.1 },
    hand,
  };
}

const upright = { sine: 0, cosine: 1 } as const;

/** `growth`: 0 in the first year, 1 in a grown hand. */
function drawPlace(growth: number, random: Random): HandPlace {
  const size = (0.94 + 0.4 * growth) * (1 + 0.05 * bell(random));
  const y = 0.5 + 0.25 * size + between(random, -0.015, 0.015);
  return { size, x: 0.46 + 0.012 * bell(random), y, turn: upright, side: 1 };
}

/** The lead letter of a left hand. */
function addMarker(field: Field, random: Random): void {
  const x = between(random, 0.07, 0.13);
  const y = between(random, 0.07, 0.13);
  const letter = [
    [x, y],
    [x, y + 0.05],
    [x + 0.03, y + 0.05],
  ] as const;
  brush(field, stroke(letter, 0.005, 0.005, 0.9, 0.9), (q) => (q < 0.8 ? 1 : 0.5));
}
