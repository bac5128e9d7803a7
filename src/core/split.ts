import {
  type PerPart,
  type SplitInput,
  type SplitPart,
  type SplitReport,
  splitParts,
} from '../contract/split.ts';
import { ReadroomError } from '../contract/errors.ts';
import { type Random, createRandom } from './random.ts';
import { type SplitRow, groupRows, refuseLeaks, sortRows } from './split-groups.ts';
import { freshShares, sharesBesideImported } from './split-shares.ts';
import { splitWarnings } from './split-warnings.ts';
import { finish, type Steps } from './steps.ts';
import { type ClassGroup, type MissingClass, stratify } from './stratify.ts';
import { counted } from './words.ts';

export type { SplitRow } from './split-groups.ts';

export type SplitOptions = Omit<SplitInput, 'project' | 'dryRun'>;

/** Where one labelled image went. */
export interface SplitAssignment {
  readonly image: string;
  readonly part: SplitPart;
  /** The fold, from 0, that validates on the image; null in test and without folds. */
  readonly fold: number | null;
  /** Equal for images that must stay together (of a patient, or of identical pixels); numbered from 0. */
  readonly group: number;
}

/** A split report without its dataset version, and where each labelled image went, by key. */
export interface SplitResult extends Omit<SplitReport, 'version'> {
  readonly assignments: SplitAssignment[];
}

interface Member {
  readonly row: SplitRow;
  readonly label: number;
  readonly group: number;
}

const labelsOf = ({ row, label }: Member): readonly number[] => row.labels ?? [label];

/**
 * Splits labelled images into train, val and test (and folds over train and val), stratified by class,
 * so that no patient and no picture stands in two parts. Depends on the rows' content and the seed only,
 * not on their order or their ids. Imported parts stay unless `reset`. `by` of the result is `image`
 * also when no patient is known.
 *
 * @param classes names by label.
 * @throws ReadroomError `usage` (shares), `noLabels`, `tooFewImages`, `emptySplit`, `splitLeak`,
 *   `classMissingFromSplit`.
 */
export function makeSplit(
  rows: readonly SplitRow[],
  classes: readonly string[],
  options: SplitOptions,
): SplitResult {
  return finish(planSplit(rows, classes, options));
}

/** `makeSplit` in steps, for many rows. */
export function* planSplit(
  rows: readonly SplitRow[],
  classes: readonly string[],
  options: SplitOptions,
): Steps<SplitResult> {
  const sorted = yield* sortRows(rows);
  const groups = yield* groupRows(sorted, options.by);
  const members = sorted.flatMap((row, index): Member[] =>
    row.label === null ? [] : [{ row, label: row.label, group: groups[index]! }],
  );
  refuseTooFew(rows.length, members, classes);
  const imported = !options.reset && members.some(({ row }) => row.importedPart !== null);
  if (imported) yield* refuseLeaks(sorted, groups, options.by);
  const by =
    options.by === 'patient' && members.some(({ row }) => row.patient !== null) ? 'patient' : 'image';

  yield undefined;
  const fixed = imported ? partsOfGroups(members) : new Map<number, SplitPart>();
  const free = members.filter(({ group }) => !fixed.has(group));
  const present = presentParts(fixed, imported, members);
  if (free.length === 0) throw nothingLeftToTrain(members.length);
  const shares = imported
    ? sharesBesideImported(options, present, members.length, free.length)
    : freshShares(options);
  const partOfGroup = new Map(fixed);
  const parts = splitParts.filter((part) => shares[part] > 0);
  const placed = yield* deal(free, classes, createRandom(options.seed, 'split', 'parts'), {
    shares: parts.map((part) => shares[part]),
    names: `each of ${parts.join(', ')}`,
    unit: by,
  });
  placed.forEach((index, group) => partOfGroup.set(group, parts[index]!));
  const partOf = (member: Member): SplitPart => partOfGroup.get(member.group)!;
  if (imported) refuseIncompleteParts(members, partOf, classes);

  const foldOfGroup =
    options.folds === null
      ? null
      : yield* dealFolds(members, partOf, options.folds, classes, options.seed, by);
  yield undefined;
  const assignments = members.map((member): SplitAssignment => ({
    image: member.row.image,
    part: partOf(member),
    fold: foldOfGroup?.get(member.group) ?? null,
    group: member.group,
  }));
  yield undefined;
  const counts = countParts(members.map(partOf));
  const byClass = countByClass(members, partOf, classes);
  const patients = countPatients(members, partOf);
  yield undefined;
  const facts = { rows, classes, options, imported, present, counts, byClass };
  return {
    by,
    seed: options.seed,
    counts,
    patients,
    byClass,
    warnings: splitWarnings({ ...facts, shares: imported ? null : shares }),
    ...(foldOfGroup === null ? {} : { folds: countFolds(assignments, options.folds!) }),
    assignments,
  };
}

function refuseTooFew(images: number, members: readonly Member[], classes: readonly string[]): void {
  if (images === 0)
    throw new ReadroomError('tooFewImages', 'The project holds no images.', 'Import images first.');
  if (members.length === 0)
    throw new ReadroomError(
      'noLabels',
      `None of the ${images} images has a label.`,
      'Label them, or import them again with --labels folder or --labels FILE.csv.',
    );
  const labels = new Set(members.map(({ label }) => label));
  if (labels.size < 2 && !members.some(({ row }) => row.isDrawn))
    throw new ReadroomError(
      'classMissingFromSplit',
      `All ${members.length} labelled images are of class ${classes[members[0]!.label]}: a network needs at least two classes.`,
      'Import or label images of another class.',
    );
}

/** The imported part of each group that has val or test images; train and unnamed groups are free. */
function partsOfGroups(members: readonly Member[]): Map<number, SplitPart> {
  const parts = new Map<number, SplitPart>();
  for (const { row, group } of members) {
    if (row.importedPart === 'val' || row.importedPart === 'test') parts.set(group, row.importedPart);
  }
  return parts;
}

function presentParts(
  fixed: ReadonlyMap<number, SplitPart>,
  imported: boolean,
  members: readonly Member[],
): Record<SplitPart, boolean> {
  const standing = new Set(fixed.values());
  return {
    train: imported && members.some(({ row }) => row.importedPart === 'train'),
    val: standing.has('val'),
    test: standing.has('test'),
  };
}

interface Bins {
  readonly shares: readonly number[];
  /** For messages: `each of train, val, test`. */
  readonly names: string;
  /** What cannot be parted. */
  readonly unit: 'patient' | 'image';
}

/** Deals the members' groups to as many bins as there are shares; refuses when a bin lacks a class. */
function* deal(
  members: readonly Member[],
  classes: readonly string[],
  random: Random,
  bins: Bins,
): Steps<Map<number, number>> {
  const { ids, groups } = gather(members);
  yield undefined;
  const { shares, names, unit } = bins;
  if (groups.length < shares.length)
    throw new ReadroomError(
      'tooFewImages',
      `There ${groups.length === 1 ? 'is' : 'are'} only ${counted(groups.length, unit)} to stand in ${names}.`,
      `Import more ${unit}s.`,
    );
  const { parts, missing } = yield* stratify(groups, shares, classes.length, random);
  if (missing[0]) throw classMissing(members, classes[missing[0].label]!, missing[0], bins);
  return new Map(ids.map((id, index) => [id, parts[index]!]));
}

function classMissing(
  members: readonly Member[],
  name: string,
  missing: MissingClass,
  bins: Bins,
): ReadroomError {
  const { names, unit } = bins;
  const images = counted(members.filter(({ label }) => label === missing.label).length, 'image');
  const held = unit === 'patient' ? `${images} of ${counted(missing.groups, 'patient')}` : images;
  return new ReadroomError(
    'classMissingFromSplit',
    missing.groups < bins.shares.length
      ? `Class ${name} has ${held}, too few to stand in ${names}.`
      : `Class ${name} (${held}) cannot stand in ${names}, because its ${unit}s hold other classes too.`,
    `Add ${unit}s of that class, ask for fewer parts or folds, or leave its images out.`,
    { class: name, groups: missing.groups },
  );
}

function gather(members: readonly Member[]): { ids: number[]; groups: ClassGroup[] } {
  const counts = new Map<number, Map<number, number>>();
  for (const { group, label } of members) {
    const ofGroup = counts.get(group) ?? new Map<number, number>();
    ofGroup.set(label, (ofGroup.get(label) ?? 0) + 1);
    counts.set(group, ofGroup);
  }
  return {
    ids: [...counts.keys()],
    groups: Array.from(counts.values(), (ofGroup) => ({
      counts: [...ofGroup],
      size: [...ofGroup.values()].reduce((sum, images) => sum + images, 0),
    })),
  };
}

function dealFolds(
  members: readonly Member[],
  partOf: (member: Member) => SplitPart,
  folds: number,
  classes: readonly string[],
  seed: number,
  by: 'patient' | 'image',
): Steps<Map<number, number>> {
  const pool = members.filter((member) => partOf(member) !== 'test');
  return deal(pool, classes, createRandom(seed, 'split', 'folds'), {
    shares: new Array<number>(folds).fill(1 / folds),
    names: `each of ${folds} folds`,
    unit: by,
  });
}

function refuseIncompleteParts(
  members: readonly Member[],
  partOf: (member: Member) => SplitPart,
  classes: readonly string[],
): void {
  const inAll = new Set(members.flatMap(labelsOf));
  for (const part of splitParts) {
    const inPart = new Set(members.filter((member) => partOf(member) === part).flatMap(labelsOf));
    const lacking = [...inAll].filter((label) => !inPart.has(label)).sort((a, b) => a - b);
    if (inPart.size === 0 || lacking.length === 0) continue;
    throw new ReadroomError(
      'classMissingFromSplit',
      `The imported part ${part} has no image of class ${lacking.map((label) => classes[label]).join(', ')}.`,
      `Import images of that class into ${part}, or use --reset to split all images again.`,
      { part, classes: lacking.map((label) => classes[label]) },
    );
  }
}

function nothingLeftToTrain(images: number): ReadroomError {
  return new ReadroomError(
    'emptySplit',
    `All ${images} labelled images were imported as val or test: none is left to train on.`,
    'Import a train folder too, or use --reset to split all images again.',
  );
}

function countParts(parts: readonly SplitPart[]): PerPart {
  const counts = { train: 0, val: 0, test: 0 };
  for (const part of parts) counts[part]++;
  return counts;
}

function countByClass(
  members: readonly Member[],
  partOf: (member: Member) => SplitPart,
  classes: readonly string[],
): Record<string, PerPart> {
  const counts = classes.map(() => ({ train: 0, val: 0, test: 0 }));
  for (const member of members) for (const label of labelsOf(member)) counts[label]![partOf(member)]++;
  return Object.fromEntries(classes.map((name, label) => [name, counts[label]!]));
}

/** Patients of each part; an image without a patient counts as one of its own. */
function countPatients(members: readonly Member[], partOf: (member: Member) => SplitPart): PerPart {
  const seen = { train: new Set<string>(), val: new Set<string>(), test: new Set<string>() };
  for (const member of members) {
    const { patient, image } = member.row;
    seen[partOf(member)].add(patient === null ? `image ${image}` : `patient ${patient}`);
  }
  return { train: seen.train.size, val: seen.val.size, test: seen.test.size };
}

function countFolds(
  assignments: readonly SplitAssignment[],
  folds: number,
): { train: number; val: number }[] {
  const val = new Array<number>(folds).fill(0);
  for (const { fold } of assignments) if (fold !== null) val[fold]!++;
  const all = val.reduce((sum, images) => sum + images, 0);
  return val.map((images) => ({ train: all - images, val: images }));
}
