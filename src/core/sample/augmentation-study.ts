import { createRandom, type Random } from '../random.ts';
import { dealPatients, patientsOf } from './cohort.ts';
import { bell, between, createBrush, filmSize, rotationOf } from './field.ts';
import { drawExposure, drawRoom, expose } from './film.ts';
import { handDensity, type HandPlace } from './hand/film.ts';
import { drawHandBones } from './hand/skeleton.ts';
import type { SampleTemplate } from './template.ts';

const classes = ['younger', 'older'] as const;
type AgeGroup = (typeof classes)[number];

/** Bone age in months: below and above nine and a half years. */
const months: Readonly<Record<AgeGroup, readonly [number, number]>> = {
  younger: [50, 112],
  older: [116, 178],
};

/** By how many months a hand looks younger or older than it is, so that no network is always right. */
const unevenness = 8;

/**
 * Films of children's hands: are the bones younger or older than nine and a half years? Carpal bones and growth plates
 * tell it; the size does not, for the films are enlarged at will. Hands are left or right ones, turned by up to 45°,
 * lie anywhere on the film, nearer or farther, are over- or underexposed, and each film of a patient is otherwise. A
 * few dozen patients cannot show all of it, so augmentation helps clearly, if it is what the films differ in: rotation
 * to 40°, shifts to 0.1, zoom to 0.15, horizontal flip, brightness and contrast.
 */
export const augmentationStudySample: SampleTemplate = {
  id: 'augmentation-study',
  generatorVersion: 1,
  classes,
  *draw(images, seed, share) {
    for (const { number, key, className, films } of patientsOf(dealPatients(images, classes, seed), share)) {
      const stream = (purpose: string): Random =>
        createRandom(seed, 'sample', 'augmentation-study', number, purpose);
      const person = stream('person');
      const age = between(person, ...months[className as AgeGroup]);
      const sex = person.uniform() < 0.5 ? 'F' : 'M';
      const bones = drawHandBones(age + unevenness * bell(person), stream('bones'));
      const room = drawRoom(person);
      const plumpness = 1 + 0.07 * bell(person);
      const size = between(person, 0.66, 0.92);
      for (let film = 1; film <= films; film += 1) {
        const random = stream(`film ${film}`);
        const hand = handDensity(bones, drawPlace(size, random), plumpness, brush, stream('texture'));
        const exposure = {
          ...drawExposure(room, random),
          ...asPlaced,
          middle: room.middle - 0.06 + 0.08 * bell(random),
          gain: room.gain * between(random, 0.65, 1.35),
          noise: 2 * room.noise,
        };
        yield {
          file: `${className}/${key}/${key}-${film}.png`,
          className,
          patient: key,
          ageYears: Math.max(1, Math.round(age / 12)),
          sex,
          channels: 1,
          width: filmSize,
          height: filmSize,
          pixels: expose(hand, exposure, seed, ['sample', 'augmentation-study', number, film]),
        };
      }
    }
  },
};

const brush = createBrush();

/** Each film is drawn as the hand lies; its exposure moves nothing. */
const asPlaced = { turn: 0, scale: 1, shiftX: 0, shiftY: 0, breath: 0 } as const;

function drawPlace(size: number, random: Random): HandPlace {
  const turn = rotationOf(between(random, -0.78, 0.78));
  // The middle of what is seen of a hand lies above its capitate.
  const up = 0.14 * size;
  return {
    size: size * between(random, 0.85, 1.15),
    x: 0.5 - up * turn.sine + between(random, -0.13, 0.13),
    y: 0.5 + up * turn.cosine + between(random, -0.13, 0.13),
    turn,
    side: random.uniform() < 0.5 ? 1 : -1,
  };
}
