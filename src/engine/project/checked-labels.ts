import { ReadroomError } from '../../contract/errors.ts';
import type { LabelSchema } from '../../contract/project.ts';

/**
 * What labels of a project are to be, with only what the kind needs. @throws ReadroomError `usage` for a number without
 * its range and unit, or with an empty range
 */
export function checkedLabels({ kind, level, number, shapes }: LabelSchema): LabelSchema {
  const drawn = [...new Set(shapes)];
  if (kind !== 'number') return { kind, level, number: null, shapes: drawn };
  if (number === null) {
    throw new ReadroomError(
      'usage',
      'Labels that are numbers need a unit, and may have a range.',
      'Say what the numbers are: a unit such as months, the lowest and the highest.',
    );
  }
  const { unit, low, high, decimals } = number;
  if (low !== null && high !== null && low >= high) {
    throw new ReadroomError(
      'usage',
      `No number is from ${low} to ${high}.`,
      'The lowest is less than the highest.',
    );
  }
  return { kind, level, number: { unit: unit.trim(), low, high, decimals }, shapes: drawn };
}
