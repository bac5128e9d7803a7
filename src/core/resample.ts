import { createRandom } from './random.ts';

/** Numbers patients in the order in which they come, from 0. */
export function numberPatients(rows: readonly { readonly patient: string }[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(rows, ({ patient }) => {
    const number = numbers.get(patient) ?? numbers.size;
    numbers.set(patient, number);
    return number;
  });
}

/**
 * Draws resamples of as many patients as there are, with replacement.
 *
 * @param patients each row's patient, numbered from 0 without gaps
 * @returns a function that sets each row's weight to how often its patient was drawn
 */
export function patientResampler(patients: Int32Array, seed: number): (weights: Float64Array) => void {
  const random = createRandom(seed, 'bootstrap');
  const patientCount = patients.reduce((most, number) => Math.max(most, number), -1) + 1;
  const times = new Float64Array(patientCount);
  return (weights) => {
    times.fill(0);
    for (let draw = 0; draw < patientCount; draw++)
      times[Math.floor(random.uint32() * 2 ** -32 * patientCount)]!++;
    for (let row = 0; row < weights.length; row++) weights[row] = times[patients[row]!]!;
  };
}
