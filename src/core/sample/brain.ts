import { createRandom, type Random } from '../random.ts';
import { type CoronalBuild, coronalShape, drawCoronalBuild } from './brain/coronal.ts';
import { drawScanner, scan, type Scanner } from './brain/scanner.ts';
import { drawHead, drawPose, drawSlice, type Head, sliceEdge, t1 } from './brain/slice.ts';
import { dealPatients, patientsOf } from './cohort.ts';
import { bell, between } from './field.ts';
import type { SampleTemplate } from './template.ts';

const classes = ['healthy', 'mild cognitive impairment', "Alzheimer's"] as const;
type Stage = (typeof classes)[number];

/** How much tissue is lost at each stage, 0 … 1, and how far people of one stage differ. */
const loss: Readonly<Record<Stage, number>> = {
  healthy: 0.1,
  'mild cognitive impairment': 0.42,
  "Alzheimer's": 0.78,
};
const lossDeviation = 0.11;
/** Heads lie so differently that ventricles are not found by their place alone, as a regression on pixels would. */
const poseSpread = 2.4;
/** By how much one structure of a brain may have lost more than another. */
const unevenness = 0.12;

/**
 * Coronal T1-weighted MR slices through the hippocampus, the skull taken away, of people of 58 to 88 years, healthy, with mild cognitive
 * impairment or with Alzheimer's disease. From stage to stage the hippocampus shrinks, the ventricles and their
 * temporal horns widen, and so do the furrows; age does a little of the same, and neighbouring stages overlap.
 */
export const brainSample: SampleTemplate = {
  id: 'brain',
  generatorVersion: 2,
  classes,
  *draw(images, seed, share) {
    for (const { number, key, className, films } of patientsOf(dealPatients(images, classes, seed), share)) {
      const stream = (purpose: string): Random => createRandom(seed, 'sample', 'brain', number, purpose);
      const person = stream('person');
      const ageYears = Math.round(between(person, 58, 88));
      const sex = person.uniform() < 0.5 ? 'F' : 'M';
      const { build, head } = drawPerson(className as Stage, ageYears, stream);
      const pose = drawPose(1.32, stream('pose'), poseSpread);
      const scanner = drawScanner(stream('scanner'));
      for (let film = 1; film <= films; film += 1) {
        const level = 0.4 * (film - (films + 1) / 2);
        const slice = drawSlice(coronalShape(build, level), head, t1, { ...pose, y: pose.y + 9 }, 4 * level);
        yield {
          file: `${className}/${key}/${key}-${film}.png`,
          className,
          patient: key,
          ageYears,
          sex,
          channels: 1,
          width: sliceEdge,
          height: sliceEdge,
          pixels: scan(slice.signal, windowed(scanner, slice.signal), seed, [
            'sample',
            'brain',
            number,
            film,
          ]),
        };
      }
    }
  },
};

/** Mean signal of a healthy person's slice. */
const usualSignal = 0.19;

/** A scanner shows a picture with little signal brighter; so the mean grey value tells little of the tissue lost. */
function windowed(scanner: Scanner, signal: Float32Array): Scanner {
  const mean = signal.reduce((sum, value) => sum + value, 0) / signal.length;
  const lift = Math.sqrt(usualSignal / mean);
  return { ...scanner, gain: scanner.gain * lift * Math.sqrt(lift) };
}

function drawPerson(
  stage: Stage,
  ageYears: number,
  stream: (purpose: string) => Random,
): { build: CoronalBuild; head: Head } {
  const random = stream('loss');
  const lost = loss[stage] + lossDeviation * bell(random) + 0.0045 * (ageYears - 73);
  const part = (): number => Math.max(0, lost + unevenness * bell(random));
  const whole = drawCoronalBuild(stream('build'));
  const build: CoronalBuild = {
    ...whole,
    ventricles: whole.ventricles * (1 + 0.85 * part()),
    hippocampus: whole.hippocampus * (1 - 0.38 * Math.min(1.2, part())),
    horns: whole.horns * (1 + 0.32 * part()),
    sideCleft: whole.sideCleft + 1.7 * part(),
  };
  return { build, head: drawHead(0.3 + 1.15 * part(), 1 + 2.6 * part(), stream('head')) };
}
