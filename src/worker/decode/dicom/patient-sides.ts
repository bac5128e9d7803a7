import type { PatientSides } from '../../../contract/decode.ts';
import { code, codes, type DataSet } from './data-set.ts';
import { axesOf, type FrameGroups } from './frame-groups.ts';
import { tags } from './tags.ts';

/** Where positive values of the patient's axes lead, and where negative ones do (PS3.3 C.7.6.2.1.1). */
const ways = ['LR', 'PA', 'HF'] as const;
/** A way that leads less than about twelve degrees to a side is not said to lead there. */
const leastShare = 0.2;
/** Headers round. */
const mostOff = 0.05;

/** Of a unit vector in the patient's axes, the side that it leads to most first. */
function lettersOf(way: readonly number[]): string {
  return way
    .map((share, axis) => ({ letter: ways[axis]![share > 0 ? 0 : 1]!, size: Math.abs(share) }))
    .filter(({ size }) => size >= leastShare)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join('');
}

const opposites: Readonly<Record<string, string>> = { R: 'L', L: 'R', A: 'P', P: 'A', H: 'F', F: 'H' };
const oppositeOf = (letters: string): string => Array.from(letters, (letter) => opposites[letter]).join('');

/** `right` and `bottom`: where rows and columns lead. */
const sidesAround = (right: string, bottom: string): PatientSides => ({
  ...{ right, bottom },
  left: oppositeOf(right),
  top: oppositeOf(bottom),
});

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, part, axis) => sum + part * b[axis]!, 0);

/** By ImageOrientationPatient, six numbers; null where they are no two unit vectors at a right angle. */
export function sidesOfAxes(axes: readonly number[]): PatientSides | null {
  const [row, column] = [axes.slice(0, 3), axes.slice(3)];
  const errors = [dot(row, row) - 1, dot(column, column) - 1, dot(row, column)];
  return errors.every((error) => Math.abs(error) <= mostOff)
    ? sidesAround(lettersOf(row), lettersOf(column))
    : null;
}

/** By the values of PatientOrientation; null where they are not two ways in a biped. */
export function sidesOfWords(said: readonly string[]): PatientSides | null {
  const [right = '', bottom = '', ...more] = said.map((way) => way.toUpperCase());
  const isWay = (way: string): boolean =>
    /^[RLAPHF]{1,3}$/.test(way) && !Array.from(way).some((letter) => way.includes(opposites[letter]!));
  return more.length === 0 && isWay(right) && isWay(bottom) ? sidesAround(right, bottom) : null;
}

/** The patient's sides at the edges of a frame; null where the header does not say them, and of four-legged animals. */
export function sidesOf(dataSet: DataSet, groups: FrameGroups, frame: number): PatientSides | null {
  if (code(dataSet, tags.AnatomicalOrientationType).toUpperCase() === 'QUADRUPED') return null;
  const axes = axesOf(dataSet, groups, frame);
  return (axes && sidesOfAxes(axes)) ?? sidesOfWords(codes(dataSet, tags.PatientOrientation));
}
