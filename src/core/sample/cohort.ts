import { createRandom, type Random } from '../random.ts';
import type { SampleImage, SampleShare, SampleTemplate } from './template.ts';

/** Films of one patient, all of one class. */
export interface CohortPatient {
  /** 1, 2, … */
  readonly number: number;
  readonly key: string;
  readonly className: string;
  readonly films: number;
}

const fewestFilms = 2;
const mostFilms = 5;

/** The patients of one share; all of them without. */
export function patientsOf(
  patients: readonly CohortPatient[],
  share?: SampleShare,
): readonly CohortPatient[] {
  if (share === undefined) return patients;
  const start = (index: number): number => Math.floor((index * patients.length) / share.of);
  return patients.slice(start(share.index), start(share.index + 1));
}

/**
 * Deals `images` films to patients, two to five each, and classes to patients in turn but in random order, so that
 * every class has as many patients as any other (or one more) and a patient's number tells nothing.
 */
export function dealPatients(images: number, classes: readonly string[], seed: number): CohortPatient[] {
  const random = createRandom(seed, 'sample', 'cohort');
  const films: number[] = [];
  for (let left = images; left > 0; left -= films.at(-1)!) {
    const drawn = Math.min(left, fewestFilms + random.integer(mostFilms - fewestFilms + 1));
    films.push(left - drawn === 1 ? (drawn < mostFilms ? drawn + 1 : drawn - 1) : drawn);
  }
  const labels: string[] = [];
  while (labels.length < films.length) labels.push(...random.shuffle([...classes]));
  const digits = Math.max(4, String(films.length).length);
  return films.map((count, i) => ({
    number: i + 1,
    key: `P${String(i + 1).padStart(digits, '0')}`,
    className: labels[i]!,
    films: count,
  }));
}

/** What all pictures of a patient share. */
export interface Person {
  readonly ageYears: number;
  readonly sex: 'F' | 'M';
}

/** How the pictures of a template are drawn; `stream` gives a stream of its own for each purpose. */
export interface PatientDrawing<Drawn extends Person> {
  readonly id: string;
  readonly generatorVersion: number;
  readonly classes: readonly string[];
  person(className: string, stream: (purpose: string) => Random): Drawn;
  /** @param path of the picture's own streams, which `createRandom` and `filmGrain` take */
  picture(
    person: Drawn,
    seed: number,
    path: readonly (string | number)[],
  ): Pick<SampleImage, 'width' | 'height' | 'channels' | 'pixels'>;
}

/** A template whose patients have one class each, drawn patient by patient as CLASS/PATIENT/PATIENT-n.png. */
export function patientTemplate<Drawn extends Person>(drawing: PatientDrawing<Drawn>): SampleTemplate {
  const { id, generatorVersion, classes } = drawing;
  return {
    id,
    generatorVersion,
    classes,
    *draw(images, seed, share) {
      for (const { number, key, className, films } of patientsOf(
        dealPatients(images, classes, seed),
        share,
      )) {
        const path = ['sample', id, number];
        const person = drawing.person(className, (purpose) => createRandom(seed, ...path, purpose));
        for (let film = 1; film <= films; film += 1) {
          yield {
            file: `${className}/${key}/${key}-${film}.png`,
            className,
            patient: key,
            ageYears: person.ageYears,
            sex: person.sex,
            ...drawing.picture(person, seed, [...path, film]),
          };
        }
      }
    },
  };
}
