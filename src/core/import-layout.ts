import type { SplitPart } from '../contract/split.ts';
import { ReadroomError } from '../contract/errors.ts';
import { classNameSchema } from '../contract/project.ts';
import { listed } from './words.ts';

/** An image file as its place in the folders tells of it. */
export interface LayoutPath {
  /** Below the source, forward slashes, the last component the file name. */
  readonly path: string;
  /** The source folder's own name; of a single file its parent folder's, of an archive its name without ending. */
  readonly sourceName: string;
  /** Whether the path lies in an archive, which often wraps everything in one folder. */
  readonly inArchive?: boolean;
}

export interface LayoutOptions {
  /** `auto`: as `folder` when images lie in two or more folders whose names are no numbers of patients, else none. */
  readonly labels: 'auto' | 'folder' | 'none';
  /** Other sources of patients are read elsewhere: null. */
  readonly patient: { readonly from: 'folder' } | { readonly from: 'regex'; readonly pattern: string } | null;
  readonly splitFrom: 'folder' | null;
}

/** What the folders say of one image. */
export interface LayoutPlace {
  readonly part: SplitPart | null;
  readonly className: string | null;
  readonly patient: string | null;
}

export interface Layout {
  /** In the order of the paths. */
  readonly places: LayoutPlace[];
  /** Whether class names were taken from folders. */
  readonly labelled: boolean;
  readonly warnings: string[];
}

/** A longer path never matches: what a pattern may cost grows with it. */
const longestMatched = 4096;

const partNames: Readonly<Record<string, SplitPart>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
  testing: 'test',
  holdout: 'test',
};

/** The part that a folder's name means, in any case; null for other names. */
export function partNamed(folder: string): SplitPart | null {
  const name = folder.toLowerCase();
  return Object.hasOwn(partNames, name) ? partNames[name]! : null;
}

/**
 * Reads part, class and patient of images from where they lie, by these rules:
 * - Part (`splitFrom: 'folder'`): the first level, else the source's own folder. Without it, levels that are
 *   all part names are passed over, with a warning. A folder that wraps everything is passed over.
 * - Class: the next level. In a source without any such level, the source's own folder.
 * - Patient `folder`: the level below the class, or the next level when classes do not come from folders.
 * - Patient `regex`: on the file's name; where that does not match, on the whole path below the source.
 *
 * @throws ReadroomError `badPattern`.
 */
export function readLayout(paths: readonly LayoutPath[], options: LayoutOptions): Layout {
  const warnings: string[] = [];
  const levels = paths.map(({ path }) =>
    path
      .split('/')
      .slice(0, -1)
      .filter((level) => level !== '.' && level !== ''),
  );
  const below = passWrapper(paths, levels, options);
  const parts = options.splitFrom === 'folder' ? takeParts(paths, below) : passParts(paths, below, warnings);
  const classes = takeClasses(paths, below, options, warnings);
  const patients = takePatients(paths, below, classes !== null, options);
  return {
    places: paths.map((_, index) => ({
      part: parts[index]!,
      className: classes?.[index] ?? null,
      patient: patients[index]!,
    })),
    labelled: classes !== null,
    warnings,
  };
}

/**
 * A reader of patient keys from paths: the group named `patient`, else the first group, else the whole match;
 * null where nothing matches or the match is empty. Unicode mode where the pattern allows it. The length of
 * what is matched is bounded, its time is not: a pattern with nested repetition, such as `(a+)+$`, can still
 * take very long on a hostile file name. The pattern is the user's own, who can stop the import.
 *
 * @throws ReadroomError `badPattern`.
 */
export function patientPattern(pattern: string): (path: string) => string | null {
  const expression = compile(pattern);
  return (path) => {
    const match = path.length > longestMatched ? null : expression.exec(path);
    if (!match) return null;
    const named = match.groups !== undefined && 'patient' in match.groups;
    const found = named ? match.groups!['patient'] : match.length > 1 ? match[1] : match[0];
    return found === undefined || found === '' ? null : found;
  };
}

/** The key of a file below its source: from its name, or else from its whole path. */
function patientOf(read: (path: string) => string | null, path: string): string | null {
  return read(path.slice(path.lastIndexOf('/') + 1)) ?? read(path);
}

export type PatternPreview =
  /** A key a file, null where the pattern does not match. */
  | { ok: true; patients: (string | null)[] }
  /** What is wrong with the pattern, and how it should look. */
  | { ok: false; message: string; hint: string };

/**
 * What an import with this patient pattern would find in these files, for a preview while a person types.
 * @param files paths below their source, or bare names; forward slashes.
 */
export function previewPatients(files: readonly string[], pattern: string): PatternPreview {
  try {
    const read = patientPattern(pattern);
    return { ok: true, patients: files.map((file) => patientOf(read, file)) };
  } catch (error) {
    if (!(error instanceof ReadroomError)) throw error;
    return { ok: false, message: error.message, hint: error.hint };
  }
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    // Such as `\_`, which Unicode mode refuses.
  }
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new ReadroomError(
      'badPattern',
      `The patient pattern ${pattern} is not a regular expression: ${error instanceof Error ? error.message : String(error)}.`,
      'Give a JavaScript regular expression with the patient in a group, such as ^(P\\d+)_ or (?<patient>\\d{6}).',
    );
  }
}

/** Drops levels above the parts that all images share, and in an archive one folder that wraps class folders. */
function passWrapper(
  paths: readonly LayoutPath[],
  levels: readonly string[][],
  options: LayoutOptions,
): string[][] {
  const shared = sharedLevels(levels);
  if (options.splitFrom === 'folder') {
    for (let depth = 0; depth <= shared; depth++) {
      if (levels.some((level) => partNamed(level[depth] ?? '') !== null))
        return levels.map((level) => level.slice(depth));
    }
  }
  const wrapped = shared > 0 && paths.length > 0 && paths.every(({ inArchive }) => inArchive);
  const foldersBelow = new Set(levels.flatMap((level) => level[1] ?? []));
  const isWrapper = wrapped && foldersBelow.size > 1 && partNamed(levels[0]![0]!) === null;
  return levels.map((level) => (isWrapper ? level.slice(1) : [...level]));
}

function sharedLevels(levels: readonly string[][]): number {
  const first = levels[0] ?? [];
  return levels.reduce((shared, level) => {
    let same = 0;
    while (same < shared && level[same] === first[same]) same++;
    return same;
  }, first.length);
}

/** Parts from the first level or the source's name; removes the level. */
function takeParts(paths: readonly LayoutPath[], levels: string[][]): (SplitPart | null)[] {
  return levels.map((level, index) => {
    const part = partNamed(level[0] ?? '');
    if (part === null) return partNamed(paths[index]!.sourceName);
    level.shift();
    return part;
  });
}

/** No parts wanted: passes over a first level that holds nothing but part names. */
function passParts(paths: readonly LayoutPath[], levels: string[][], warnings: string[]): null[] {
  const folders = new Set(levels.flatMap((level) => level[0] ?? []));
  if (folders.size > 0 && [...folders].every((folder) => partNamed(folder) !== null)) {
    levels.forEach((level) => level.shift());
    warnings.push(
      `The folders ${listed([...folders])} look like parts of a split and were not taken as classes; use --split-from folder to keep the parts.`,
    );
  }
  return paths.map(() => null);
}

/** Three digits or more: `P0012`, `1.2.840.113619`; classes are called `grade 3` at most. */
const idPattern = /(\d.*){3}/;

const areMostlyIds = (names: readonly string[]): boolean =>
  names.filter((name) => idPattern.test(name)).length > names.length / 2;

/** From so many classes on, of so few files each, they may well be patients or studies whatever they are called. */
const manyClasses = 12;
const filesOfPatient = 5;

/** A sentence where folders that were asked for as classes look like patients. */
function patientsAsClasses(classes: readonly (string | null)[]): string[] {
  const named = classes.filter((name) => name !== null);
  const names = [...new Set(named)];
  const isScattered = names.length >= manyClasses && named.length / names.length <= filesOfPatient;
  if (names.length < 2 || !(areMostlyIds(names) || isScattered)) return [];
  return [
    `The ${names.length} folders ${listed(names)} were taken as classes and look like patients or studies. If that is what they are, import with --labels none --patient folder.`,
  ];
}

function takeClasses(
  paths: readonly LayoutPath[],
  levels: readonly string[][],
  { labels }: LayoutOptions,
  warnings: string[],
): (string | null)[] | null {
  if (labels === 'none') return null;
  const folders = new Set(levels.flatMap((level) => level[0] ?? []));
  if (labels === 'auto') {
    if (folders.size < 2) return null;
    if (areMostlyIds([...folders])) {
      warnings.push(
        `The folders ${listed([...folders])} look like patients or studies and were not taken as classes; use --labels folder if they are classes.`,
      );
      return null;
    }
  }
  const sourcesWithFolders = new Set(
    paths.filter((_, index) => levels[index]!.length > 0).map(({ sourceName }) => sourceName),
  );
  const refused = new Set<string>();
  const classes = levels.map((level, index) => {
    const { sourceName } = paths[index]!;
    const ownClass = sourcesWithFolders.has(sourceName) || partNamed(sourceName) !== null ? null : sourceName;
    const name = level[0] ?? ownClass;
    if (name === null) return null;
    const checked = classNameSchema.safeParse(name);
    if (!checked.success) refused.add(name);
    return checked.success ? checked.data : null;
  });
  if (refused.size > 0)
    warnings.push(
      `${refused.size} folder names cannot be class names (too long, empty or with control characters).`,
    );
  if (labels === 'folder') warnings.push(...patientsAsClasses(classes));
  return classes;
}

function takePatients(
  paths: readonly LayoutPath[],
  levels: readonly string[][],
  labelled: boolean,
  { patient }: LayoutOptions,
): (string | null)[] {
  if (patient === null) return paths.map(() => null);
  const read = patient.from === 'regex' ? patientPattern(patient.pattern) : null;
  return paths.map(({ path }, index) =>
    read ? patientOf(read, path) : (levels[index]![labelled ? 1 : 0] ?? null),
  );
}
