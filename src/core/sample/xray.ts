import { createRandom } from '../random.ts';
import { patientTemplate, type Person } from './cohort.ts';
import { bell, between, createBrush, type Field, filmSize } from './field.ts';
import { drawRoom, type Exposure, expose, type Room } from './film.ts';
import { drawLimb, drawLimbField } from './limb.ts';
import { drawLimbFindings, type LimbClass } from './limb-findings.ts';
import { stroke } from './skeleton.ts';
import type { SampleTemplate } from './template.ts';

const brush = createBrush();

interface FilmedLimb extends Person {
  readonly room: Room;
  readonly field: Field;
}

/**
 * Films of forearms and lower legs.
 *
 * @param kinds what the limbs of a class have; of several each patient has one
 */
function limbFilms(id: string, kinds: Readonly<Record<string, readonly LimbClass[]>>): SampleTemplate {
  return patientTemplate<FilmedLimb>({
    id,
    generatorVersion: 1,
    classes: Object.keys(kinds),
    person(className, stream) {
      const limb = drawLimb(stream('build'));
      const kind = kinds[className]!;
      const found = kind[stream('kind').integer(kind.length)]!;
      const findings = drawLimbFindings(found, stream('findings'));
      const field = drawLimbField(limb, findings, stream('texture'));
      const mark = stream('mark');
      const x = mark.uniform() < 0.5 ? between(mark, 0.05, 0.1) : between(mark, 0.88, 0.93);
      const y = between(mark, 0.05, 0.9);
      const letter = [
        [x, y],
        [x, y + 0.045],
        [x + 0.026, y + 0.045],
      ] as const;
      brush(field, stroke(letter, 0.0045, 0.0045, 0.8, 0.8), (q) => (q < 0.8 ? 1 : 0.5));
      return { ageYears: limb.ageYears, sex: limb.sex, room: drawRoom(stream('room')), field };
    },
    picture({ room, field }, seed, path) {
      const exposure = drawLimbExposure(room, createRandom(seed, ...path));
      return { channels: 1, width: filmSize, height: filmSize, pixels: expose(field, exposure, seed, path) };
    },
  });
}

/** A limb lies freely on the detector: it moves and turns more than a chest in front of one. */
function drawLimbExposure(room: Room, random: ReturnType<typeof createRandom>): Exposure {
  const edge = (): number => (room.collimates ? Math.floor(between(random, 0, 40)) : 0);
  return {
    turn: 0.05 * bell(random),
    scale: 1.04 + 0.03 * bell(random),
    shiftX: 0.02 * bell(random),
    shiftY: 0.02 * bell(random),
    breath: 0,
    middle: room.middle - 0.03 + 0.03 * bell(random),
    gain: room.gain * between(random, 0.9, 1.08),
    noise: room.noise * between(random, 0.85, 1.15),
    border: [edge(), edge(), edge(), edge()],
  };
}

const limbKinds = { normal: ['normal'], fracture: ['fracture'], infection: ['infection'] } as const;

/** Healthy, broken and infected limbs. */
export const xraySample = limbFilms('xray', limbKinds);

/**
 * The same task for comparing networks, with films of its own: three classes, findings from fine lines to wide areas,
 * and little that a network could know without seeing them.
 */
export const benchmarkSample = limbFilms('benchmark', limbKinds);

/**
 * Limbs that have something or nothing: the target of transfer learning. Lines, tubes, cracks and patches of many
 * directions, which it takes to tell them, are also what the kinds of `transfer-source` differ in.
 */
export const transferLearningSample = limbFilms('transfer-learning', {
  normal: ['normal'],
  abnormal: ['fracture', 'infection'],
});
