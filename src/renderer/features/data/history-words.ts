import type { HistoryAction, HistoryKind, Moment, Reader, TargetKind } from '../../../contract/label.ts';
import type { LabelClass } from '../../../contract/project.ts';

const kindWords = { set: '', undo: 'Undone: ', redo: 'Done again: ', merge: 'Merged: ' } as const;

/** `PNEUMONIA on 214 images`; `Undone: comment on P1.png`. */
export const actionWords = ({ kind, what }: Pick<HistoryAction, 'kind' | 'what'>): string =>
  `${kindWords[kind]}${what}`;

/** What an action was about, as a filterable word. */
export const targetWords: Record<TargetKind, string> = {
  patient: 'label of a patient',
  study: 'label of a study',
  series: 'label of a series',
  image: 'label',
  annotation: 'drawing',
  class: 'classes',
  import: 'import',
  round: 'blinded reads',
  setting: 'settings',
};

/** Who the history can be narrowed down to, by name as the engine asks for it. */
export const actorChoices = (
  readers: readonly Pick<Reader, 'name'>[],
): { value: string | null; label: string }[] => [
  { value: null, label: 'Everybody' },
  ...readers.map(({ name }) => ({ value: name, label: name })),
];

const aboutWords: Record<HistoryKind, string> = {
  label: 'Labels',
  annotation: 'Drawings',
  class: 'Classes',
  import: 'Imports',
  round: 'Rounds',
  setting: 'Settings',
  merge: 'Merged copies',
};
/** The kinds that the history can be narrowed down to. */
export const aboutChoices: readonly { value: HistoryKind | null; label: string }[] = [
  { value: null, label: 'Everything' },
  ...(Object.entries(aboutWords) as [HistoryKind, string][]).map(([value, label]) => ({ value, label })),
];

export interface MomentRow {
  readonly id: string;
  readonly name: string;
  /** Null: the class was not there. */
  readonly then: number | null;
  readonly now: number | null;
}

/** The classes of two moments side by side; those that went stand last. */
export function compareMoments(then: Moment, now: Moment, classes: readonly LabelClass[]): MomentRow[] {
  const nOf = (moment: Moment, id: string): number | null =>
    moment.classes.find((entry) => entry.class === id)?.n ?? null;
  const known = classes.map(({ id, name }) => ({ id, name, then: nOf(then, id), now: nOf(now, id) }));
  const gone = [...then.classes, ...now.classes]
    .filter(({ class: id }, at, all) => all.findIndex((other) => other.class === id) === at)
    .filter(({ class: id }) => !classes.some((entry) => entry.id === id))
    .map(({ class: id, name }) => ({ id, name, then: nOf(then, id), now: nOf(now, id) }));
  return [...known, ...gone];
}

/** A moment as a `datetime-local` field has it, in the time of this machine. */
export function localMoment(iso: string): string {
  const date = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The other way; null for a field that is not filled in. */
export function momentOf(local: string): string | null {
  const date = new Date(local);
  return local === '' || Number.isNaN(date.getTime()) ? null : date.toISOString();
}
