import { createRandom } from '../random.ts';
import type { SampleShare } from './template.ts';

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
