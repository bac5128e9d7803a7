import { numbers, type DataSet } from '../data-set.ts';
import { tags } from '../tags.ts';

/** A referenced frame, counted from 0. */
export function frameNumber(reference: DataSet): number | null {
  const [said] = numbers(reference, tags.ReferencedFrameNumber, 'DS');
  return said !== undefined && said >= 1 && said < 2 ** 31 ? Math.floor(said) - 1 : null;
}
