import type { LabelKind, LabelLevel, LabelSchema } from '../contract/project.ts';

export const kindWords: Record<LabelKind, { title: string; text: string }> = {
  single: { title: 'One class', text: 'Each image has one of the classes.' },
  multi: { title: 'Several classes', text: 'Each image has any number of the classes, or none of them.' },
  ordinal: {
    title: 'Grades',
    text: 'Each image has one of the classes, and their order means more or less.',
  },
  number: { title: 'A number', text: 'Each image has a number, as an age in months.' },
};

export const levelWords: Record<LabelLevel, string> = {
  image: 'Each image',
  series: 'Each series',
  study: 'Each study',
  patient: 'Each patient',
};

export const shapeWords: Record<LabelSchema['shapes'][number], string> = {
  box: 'Boxes',
  polygon: 'Polygons',
  freehand: 'Outlines drawn by hand',
  mask: 'Brush and eraser',
  point: 'Points',
};

const usualNumber: NonNullable<LabelSchema['number']> = { unit: '', low: null, high: null, decimals: 1 };

/** Labels of another kind; a number begins without unit and range. */
export function withKind(schema: LabelSchema, kind: LabelKind): LabelSchema {
  return { ...schema, kind, number: kind === 'number' ? (schema.number ?? usualNumber) : schema.number };
}

/** A part of the number's description changed. */
export const withNumber = (
  schema: LabelSchema,
  part: Partial<NonNullable<LabelSchema['number']>>,
): LabelSchema => ({
  ...schema,
  number: { ...usualNumber, ...schema.number, ...part },
});

/** What is wrong with a range; empty when nothing is. */
export function rangeProblem({ kind, number }: LabelSchema): string {
  if (kind !== 'number' || number === null || number.low === null || number.high === null) return '';
  return number.low < number.high ? '' : 'The least number has to be below the greatest.';
}

const isSingle = (kind: LabelKind): boolean => kind === 'single' || kind === 'ordinal';

/** What a change makes of the words that are there, in sentences; none where they stay as they are. */
export function whatHappens(from: LabelSchema, to: LabelSchema): string[] {
  const told: string[] = [];
  if (from.kind !== to.kind) {
    if (isSingle(from.kind) && isSingle(to.kind)) told.push('Labels given so far stay as they are.');
    else if (isSingle(from.kind) && to.kind === 'multi')
      told.push('Labels given so far count as sets of one class.');
    else if (from.kind === 'multi' && isSingle(to.kind))
      told.push(
        'Sets of classes given so far are kept, but none of them counts as a label until labels are sets again.',
      );
    else told.push('Labels given so far are kept, but do not count until labels are of that kind again.');
  }
  if (from.level !== to.level) {
    told.push(
      to.level === 'image'
        ? 'New labels are said of one image. Labels of a series, study or patient go on counting for each of its images that has none of its own.'
        : `New labels are said of the whole ${to.level}. What was said of a single image goes on counting for that image.`,
    );
  }
  const narrower =
    to.kind === 'number' &&
    from.kind === 'number' &&
    JSON.stringify([from.number?.low, from.number?.high]) !==
      JSON.stringify([to.number?.low, to.number?.high]);
  if (narrower) told.push('Numbers given so far stay, also those outside of the new range.');
  const dropped = from.shapes.filter((shape) => !to.shapes.includes(shape));
  if (dropped.length > 0) told.push('Drawings of a kind that is no longer offered stay.');
  return told;
}
