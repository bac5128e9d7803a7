import { ReadroomError } from '../../contract/errors.ts';
import type { LabelChangeInput } from '../../contract/label.ts';
import type { LabelKind, LabelSchema } from '../../contract/project.ts';
import { heirOf, type Heirs } from '../../core/label-record.ts';
import { counted } from '../../core/words.ts';
import { isLabel, type StoredValue } from '../db/stored-value.ts';
import type { ProjectSession } from '../project/session.ts';

const noHeirs: Heirs = new Map();

/**
 * What a change makes of a reader's word, with classes by id. What the change leaves out stays; a word without anything
 * is none.
 * @param heirs of classes that were merged or split up: in a set they stand for the class that took over
 */
export function mergeWord(
  before: StoredValue | null,
  change: LabelChangeInput,
  heirs: Heirs = noHeirs,
): StoredValue | null {
  const { skipped, unsure, bookmarked, comment } = change;
  const given = labelGiven(before, change, heirs);
  const label = given ?? (skipped === true ? {} : labelOf(before));
  const hasLabel = isLabel(label);
  // Nobody is unsure of a label that was taken away.
  const tookAway = (given !== null && !hasLabel) || skipped === true;
  const isUnsure = unsure ?? (!tookAway && before?.unsure === true);
  const isSkipped = skipped ?? (!(given && hasLabel) && before?.skipped === true);
  const isBookmarked = bookmarked ?? before?.bookmarked === true;
  const note = comment === undefined ? before?.comment : comment?.trim();
  // In this order always: words are compared as they are stored.
  const word: StoredValue = {
    ...label,
    ...(isUnsure && { unsure: true as const }),
    ...(isSkipped && { skipped: true as const }),
    ...(isBookmarked && { bookmarked: true as const }),
    ...(note && { comment: note }),
  };
  return Object.keys(word).length === 0 ? null : word;
}

function labelOf(word: StoredValue | null): StoredValue {
  return {
    ...(word?.class !== undefined && { class: word.class }),
    ...(word?.classes !== undefined && { classes: word.classes }),
    ...(word?.number !== undefined && { number: word.number }),
  };
}

/** The label that a change gives, in place of any other; empty where it takes it away, null where it leaves it alone. */
function labelGiven(before: StoredValue | null, change: LabelChangeInput, heirs: Heirs): StoredValue | null {
  if (typeof change.class === 'string') return { class: change.class };
  if (typeof change.number === 'number') return { number: change.number };
  if (change.classes) {
    const had = before?.classes ?? (before?.class === undefined ? [] : [before.class]);
    return {
      classes: changedSet(
        had.map((id) => heirOf(id, heirs)),
        change.classes,
      ),
    };
  }
  return [change.class, change.classes, change.number].includes(null) ? {} : null;
}

function changedSet(had: readonly string[], change: NonNullable<LabelChangeInput['classes']>): string[] {
  if ('set' in change) return [...new Set(change.set)].sort();
  return [...new Set([...had, ...change.add])].filter((id) => !change.remove.includes(id)).sort();
}

/** What gives a label of each kind, and what that is called. */
const labelParts = {
  single: { key: 'class', what: 'one class' },
  ordinal: { key: 'class', what: 'one grade' },
  multi: { key: 'classes', what: 'a set of classes' },
  number: { key: 'number', what: 'a number' },
} as const satisfies Record<LabelKind, { key: keyof LabelChangeInput; what: string }>;

/**
 * A change with its classes by id, found to fit the project.
 * @param inUse the classes in use, where they are others than those of the project now
 * @throws ReadroomError `unknownClass`, `usage` for one that says nothing, contradicts itself, or gives a label of
 *   another kind or outside of the range
 */
export function resolveChange(
  session: ProjectSession,
  change: LabelChangeInput,
  inUse: readonly { id: string; name: string }[] = session.projects.classes(),
): LabelChangeInput {
  const schema = session.projects.labelSchema();
  const parts: unknown[] = Object.values(change);
  if (parts.every((value) => value === undefined)) {
    throw new ReadroomError('usage', 'The change says nothing.', 'Give a label, a comment or a mark.');
  }
  refuseOtherKind(change, schema);
  if (change.skipped === true && givesLabel(change)) {
    const label = typeof change.class === 'string' ? `be "${change.class}"` : 'have a label';
    throw new ReadroomError('usage', `An image cannot be skipped and ${label} at once.`, 'Give one of both.');
  }
  if (typeof change.number === 'number') refuseOutOfRange(change.number, schema);
  return resolveClasses(session, change, inUse);
}

const givesLabel = ({ class: name, classes, number }: LabelChangeInput): boolean =>
  typeof name === 'string' || typeof number === 'number' || (classes !== null && classes !== undefined);

function refuseOtherKind(change: LabelChangeInput, { kind }: LabelSchema): void {
  const { key, what } = labelParts[kind];
  const other = (['class', 'classes', 'number'] as const).find(
    (part) => part !== key && change[part] !== undefined,
  );
  if (other === undefined) return;
  const given = other === 'class' ? 'One class' : other === 'classes' ? 'A set of classes' : 'A number';
  throw new ReadroomError(
    'usage',
    `${given} is no label of this project: a label is ${what}.`,
    `Give ${what}, or change what labels are in the project's settings.`,
  );
}

/** @throws ReadroomError `usage` for a number that cannot be a label of the project */
export function refuseOutOfRange(value: number, { number }: LabelSchema): void {
  if (!number) return;
  const { unit, low, high, decimals } = number;
  if ((low !== null && value < low) || (high !== null && value > high)) {
    const range = low === null ? `up to ${high}` : high === null ? `from ${low}` : `${low}–${high}`;
    throw new ReadroomError(
      'usage',
      `${value} is outside of the range: ${range}${unit && ` ${unit}`}.`,
      "Give a number within it, or change the range in the project's settings.",
    );
  }
  if (Number(value.toFixed(decimals)) === value) return;
  const digits =
    decimals === 0 ? 'Numbers are whole here' : `Numbers have up to ${counted(decimals, 'decimal')} here`;
  throw new ReadroomError('usage', `${digits}, and ${value} has more.`, 'Round it.');
}

function resolveClasses(
  { projects }: ProjectSession,
  change: LabelChangeInput,
  inUse: readonly { id: string; name: string }[],
): LabelChangeInput {
  const idOf = (reference: string): string =>
    (inUse.find(({ id }) => id === reference) ?? projects.classNamed(reference)).id;
  if (typeof change.class === 'string') return { ...change, class: idOf(change.class) };
  if (!change.classes) return change;
  if ('set' in change.classes) return { ...change, classes: { set: change.classes.set.map(idOf) } };
  const [add, remove] = [change.classes.add.map(idOf), change.classes.remove.map(idOf)];
  const both = add.find((id) => remove.includes(id));
  if (both !== undefined) {
    const name = inUse.find(({ id }) => id === both)!.name;
    throw new ReadroomError(
      'usage',
      `"${name}" cannot be added and taken away at once.`,
      'Give one of both.',
    );
  }
  return { ...change, classes: { add, remove } };
}
