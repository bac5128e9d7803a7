import type { LabelSchema } from '../contract/project.ts';

/** A label of record as a split sees it: one of the three, all null without one. */
export interface MemberLabel {
  classId: string | null;
  /** Of a multi-label one, sorted ids. */
  classes: string[] | null;
  number: number | null;
  /** What is drawn on it beside; absent: nothing. */
  drawn?: Drawn | undefined;
}

/** The drawings of record on an image. */
export interface Drawn {
  /** In use, ids, sorted; at least one. */
  readonly classes: readonly string[];
  /** How many readers' drawings count. */
  readonly readers: number;
}

/** What a label counts as in a split. */
export interface Stratum {
  /** What it is dealt by: an index into the names; null: no label. */
  label: number | null;
  /** All that it counts as in figures; indices too. */
  labels: readonly number[];
}

/** How the labels of a project are dealt to parts. */
export interface Strata {
  /** Of classes or of ranges of numbers. */
  names: string[];
  of: (label: MemberLabel) => Stratum;
}

export const isLabelled = ({ classId, classes, number }: MemberLabel): boolean =>
  classId !== null || classes !== null || number !== null;

/** Whether somebody has said of it what it shows: by a label of record, or by drawing. */
export const isJudged = (member: MemberLabel): boolean => isLabelled(member) || member.drawn !== undefined;

/** Classes that are drawn on some of these images, ids. */
export function classesDrawn(members: readonly Pick<MemberLabel, 'drawn'>[]): Set<string> {
  return new Set(members.flatMap(({ drawn }) => drawn?.classes ?? []));
}

/**
 * Whether a label says that something is there which is drawn on other images and not on this one: where it is, is not
 * known. A class that is drawn on no image, no class and a number say only that somebody has looked.
 *
 * @param drawnAnywhere ids
 */
export function lacksDrawing(
  { classId, classes, drawn }: MemberLabel,
  drawnAnywhere: ReadonlySet<string>,
): boolean {
  const said = classId === null ? (classes ?? []) : [classId];
  return said.some((id) => drawnAnywhere.has(id) && drawn?.classes.includes(id) !== true);
}

/** Ranges that numbers are dealt by. */
export const usualBins = 5;
/** Fewer multi-label images without any class are no stratum of their own. */
const leastWithoutClass = 20;
const noClass = 'none of the classes';
const onlyDrawn = 'drawn on only';

const unlabelled: Stratum = { label: null, labels: [] };

/**
 * One class: dealt by it. Several classes, those that are drawn among them: by the rarest, so that it comes into every
 * part. A number: by ranges that hold about equally many of the numbers, named by their least and greatest, as "0–24".
 * An image without a label is dealt by what is drawn on it.
 * @param classes in use; labels of others are none
 * @param labels of all images
 * @param bins ranges of numbers, at most
 */
export function strataOf(
  kind: LabelSchema['kind'],
  classes: readonly { id: string; name: string }[],
  labels: readonly MemberLabel[],
  bins = usualBins,
): Strata {
  if (kind === 'number') return numberStrata(labels, bins);
  const indexOf = new Map(classes.map(({ id }, index) => [id, index]));
  const names = classes.map(({ name }) => name);
  return classStrata(names, indexOf, labels);
}

/** Classes that an image shows by label or drawing; null where neither says anything. */
function classesShown({ classId, classes, drawn }: MemberLabel): readonly string[] | null {
  if (classId !== null) return [classId];
  if (classes === null && drawn === undefined) return null;
  return [...new Set([...(classes ?? []), ...(drawn?.classes ?? [])])];
}

function classStrata(
  names: readonly string[],
  indexOf: ReadonlyMap<string, number>,
  labels: readonly MemberLabel[],
): Strata {
  const counts = names.map(() => 0);
  let withoutClass = 0;
  for (const label of labels) {
    const classes = classesShown(label);
    if (classes?.length === 0) withoutClass += 1;
    for (const id of classes ?? []) {
      const at = indexOf.get(id);
      if (at !== undefined) counts[at]! += 1;
    }
  }
  const rarer = (a: number, b: number): number => (counts[b]! < counts[a]! ? b : a);
  const commonest = counts.indexOf(Math.max(...counts));
  const isStratum = withoutClass >= leastWithoutClass;
  const none: Stratum = isStratum
    ? { label: names.length, labels: [names.length] }
    : { label: commonest < 0 ? null : commonest, labels: [] };
  return {
    names: isStratum ? [...names, noClass] : [...names],
    of(member) {
      const classes = classesShown(member);
      if (classes === null) return unlabelled;
      if (classes.length === 0) return none;
      const inUse = classes.map((id) => indexOf.get(id)).filter((at) => at !== undefined);
      return inUse.length === 0 ? unlabelled : { label: inUse.reduce(rarer), labels: inUse };
    },
  };
}

function numberStrata(labels: readonly MemberLabel[], bins: number): Strata {
  const sorted = Float64Array.from(labels.flatMap(({ number }) => number ?? [])).sort();
  // Equal numbers are never parted, so there may be fewer ranges.
  const borders = Array.from(
    { length: bins - 1 },
    (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / bins)]!,
  );
  const starts = [...new Set([sorted[0], ...borders])].filter((start) => start !== undefined);
  const names = starts.map((start, at) => {
    const next = starts[at + 1];
    const end = next === undefined ? sorted.at(-1)! : sorted[sorted.indexOf(next) - 1]!;
    return start === end ? String(start) : `${start}–${end}`;
  });
  const hasOnlyDrawn = labels.some(({ number, drawn }) => number === null && drawn !== undefined);
  const drawnStratum: Stratum = { label: names.length, labels: [names.length] };
  return {
    names: hasOnlyDrawn ? [...names, onlyDrawn] : names,
    of({ number, drawn }) {
      if (number === null) return drawn === undefined ? unlabelled : drawnStratum;
      const label = Math.max(
        0,
        starts.findLastIndex((start) => start <= number),
      );
      return { label, labels: [label] };
    },
  };
}
