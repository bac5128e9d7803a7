import type { ImageField, QualityFlag } from '../contract/image.ts';
import type { SplitPart } from '../contract/split.ts';

export const qualityWords: Record<QualityFlag, string> = {
  missing: 'File missing',
  duplicate: 'Same pixels twice',
  dark: 'Very dark',
  bright: 'Very bright',
  lowContrast: 'Low contrast',
  blurred: 'Blurred',
  oddSize: 'Unusual size',
  inverted: 'Looks inverted',
  nearDuplicate: 'Nearly the same as another',
  generated: 'Generated',
};

export const partWords: Record<SplitPart, string> = {
  train: 'Training',
  val: 'Validation',
  test: 'Test',
};

export const fieldWords: Record<ImageField, string> = {
  modality: 'Modality',
  bodyPart: 'Body part',
  laterality: 'Side',
  view: 'View',
  sex: 'Sex',
  device: 'Device',
  format: 'File format',
};

const sides: Readonly<Record<string, string>> = { L: 'left', R: 'right', B: 'both sides', U: 'unpaired' };
const sexes: Readonly<Record<string, string>> = { F: 'female', M: 'male', O: 'other' };

/** A field's value as people read it: DICOM writes sides and sexes as letters. */
export function fieldValue(field: ImageField, value: string | null): string {
  if (value === null) return 'not known';
  if (field === 'laterality') return sides[value] ?? value;
  if (field === 'sex') return sexes[value] ?? value;
  return field === 'format' ? value.toUpperCase() : value;
}
