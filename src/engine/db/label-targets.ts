import type { TargetKind } from '../../contract/label.ts';
import type { LabelLevel } from '../../contract/project.ts';

/** What a word is said of. */
export type LabelTargetKind = Extract<TargetKind, LabelLevel>;

/** Most specific first. */
export const labelTargets = ['image', 'series', 'study', 'patient'] as const satisfies LabelTargetKind[];

export const isLabelTarget = (kind: TargetKind): kind is LabelTargetKind =>
  (labelTargets as readonly TargetKind[]).includes(kind);

/** One of each level, as statements that are prepared once. */
export const perLevel = <T>(make: (level: LabelLevel) => T): Readonly<Record<LabelLevel, T>> => ({
  image: make('image'),
  series: make('series'),
  study: make('study'),
  patient: make('patient'),
});

/** SQL: id of what labels of a level are said of, of the row of `image` at hand; NULL where it belongs to no such thing. */
export const targetIdOf: Readonly<Record<LabelLevel, string>> = {
  image: 'image.id',
  series: 'image.series_id',
  study: '(SELECT study_id FROM series WHERE id = image.series_id)',
  patient: 'image.patient_id',
};

/** SQL: whether labels of a level on what has this id concern the row of `image` at hand; found by an index from both sides. */
export const concernsImage = (level: LabelLevel, target: string): string => {
  switch (level) {
    case 'image':
      return `image.id = ${target}`;
    case 'series':
      return `image.series_id = ${target}`;
    case 'study':
      return `image.series_id IN (SELECT id FROM series WHERE study_id = ${target})`;
    case 'patient':
      return `image.patient_id = ${target}`;
  }
};

/** SQL: a query of `kind` and `id` of everything that labels of images may be said of. @param where which rows of `image` */
export const targetsOfImages = (where: string): string =>
  labelTargets
    .map(
      (level) => `SELECT DISTINCT '${level}' AS kind, ${targetIdOf[level]} AS id FROM image WHERE ${where}`,
    )
    .join('\nUNION ALL ');
