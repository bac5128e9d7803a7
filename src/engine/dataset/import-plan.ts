import type { ImportInput, RefusedFile } from '../../contract/import.ts';
import type { SplitPart } from '../../contract/split.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { classNameSchema, type LabelClass, type LabelSchema } from '../../contract/project.ts';
import { readLayout, type Layout, type LayoutOptions, type LayoutPath } from '../../core/import-layout.ts';
import { compareNatural } from '../../core/natural-order.ts';
import { listed } from '../../core/words.ts';
import { refuseOutOfRange } from '../label/label-change.ts';
import type { Candidate } from './candidates.ts';
import { readLabelTable } from './label-table.ts';
import { matchTable, type TableEntry } from './match-table.ts';

/** A class by its name in the project, or a number. */
export type PlannedLabel = string | number;

/** What paths and tables say of one file. */
export interface PlannedFile {
  label: PlannedLabel | null;
  /** Of single pictures of the file, by frame. */
  frames: Map<number, PlannedLabel>;
  patientKey: string | null;
  part: SplitPart | null;
  /** Whether it lies in a folder that names a class, also one that the project lacks. */
  inClassFolder: boolean;
}

/** As it is written there. */
interface SaidOfFile extends Omit<PlannedFile, 'label' | 'frames'> {
  label: string | null;
  frames: Map<number, string>;
}

export interface ImportPlan {
  /** In the order of the candidates. */
  files: PlannedFile[];
  /** Classes to make when the first picture comes in, in natural order; empty when the project has its own. */
  newClasses: string[];
  refused: RefusedFile[];
  warnings: string[];
  labelsFrom: 'folder' | 'table' | 'none';
  /** Patients are those that DICOM headers name. */
  patientFromTag: boolean;
}

const mostClasses = 1000;
const quoted = (name: string): string => `"${name}"`;

function checkInput({ labels, patient }: ImportInput, { kind }: LabelSchema): void {
  if (kind === 'number' && labels.from === 'folder') {
    throw new ReadroomError(
      'usage',
      'Labels of this project are numbers, which folders do not give.',
      'Give a table with --labels FILE.csv, or none.',
    );
  }
  if (patient?.from === 'column' && labels.from !== 'table') {
    throw new ReadroomError(
      'usage',
      `There is no table to take the column "${patient.column}" from.`,
      'Give the table with --labels FILE.csv.',
    );
  }
}

/**
 * The layout is read from files whose names promise pictures: a README at the top must not hide that all
 * pictures lie one folder deeper. Pictures without such a name are placed by a reading that includes all.
 */
function layOut(candidates: readonly Candidate[], options: LayoutOptions): Layout {
  const toPath = ({ relativePath, sourceName, inArchive }: Candidate): LayoutPath => ({
    path: relativePath,
    sourceName,
    inArchive,
  });
  const promised = candidates.filter((candidate) => candidate.promised);
  if (promised.length === 0 || promised.length === candidates.length)
    return readLayout(candidates.map(toPath), options);
  const layout = readLayout(promised.map(toPath), options);
  const all = readLayout(candidates.map(toPath), { ...options, labels: layout.labelled ? 'folder' : 'none' });
  let next = 0;
  const places = candidates.map((candidate, i) =>
    candidate.promised ? layout.places[next++]! : all.places[i]!,
  );
  return { ...layout, places };
}

async function readTable(
  candidates: readonly Candidate[],
  { labels, patient }: ImportInput,
  { kind }: LabelSchema,
): Promise<{ entries: Map<number, TableEntry>; refused: RefusedFile[] }> {
  if (labels.from !== 'table') return { entries: new Map(), refused: [] };
  const rows = await readLabelTable(labels.file, patient?.from === 'column' ? patient.column : null, kind);
  const targets = candidates.map(({ relativePath, shownAs, origin }) => ({
    relativePath,
    path: origin.kind === 'file' ? origin.path : shownAs,
  }));
  return matchTable(rows, targets);
}

/** Distinct names in natural order; names that differ only in case are one class, spelled as the first. */
function distinctClasses(names: Iterable<string>): Map<string, string> {
  const sorted = [...new Set(names)].sort(compareNatural);
  const byLowerCase = new Map<string, string>();
  for (const name of sorted)
    if (!byLowerCase.has(name.toLowerCase())) byLowerCase.set(name.toLowerCase(), name);
  return byLowerCase;
}

/** Of the file and of its single pictures. */
const classNamesOf = ({ label, frames }: SaidOfFile): string[] =>
  [label, ...frames.values()].filter((name) => name !== null);

function newClassesOf(files: readonly SaidOfFile[], candidates: readonly Candidate[]): Map<string, string> {
  // A name that no class can have, such as one with a line break, stays unknown.
  const named = (include: (candidate: Candidate) => boolean): string[] =>
    files.flatMap((file, i) =>
      include(candidates[i]!)
        ? classNamesOf(file).filter((name) => classNameSchema.safeParse(name).success)
        : [],
    );
  const promised = named((candidate) => candidate.promised);
  const classes = distinctClasses(promised.length > 0 ? promised : named(() => true));
  if (classes.size <= mostClasses) return classes;
  throw new ReadroomError(
    'usage',
    `The folders or the table would make ${classes.size} classes; a project has at most ${mostClasses}.`,
    'If the folders are patients, import with --labels none --patient folder.',
  );
}

/** The patient rule, if it reads paths. */
function pathPatient(patient: ImportInput['patient']): LayoutOptions['patient'] {
  if (patient?.from === 'folder') return { from: 'folder' };
  return patient?.from === 'regex' ? patient : null;
}

function unknownClass(file: string, className: string, classes: readonly string[]): RefusedFile {
  const known =
    classes.length > 0 ? `the project has ${listed(classes.map(quoted))}` : 'it cannot be the name of one';
  const message = `The table gives it the class "${className}", but ${known}. It comes in without a label.`;
  return { file, code: 'labelClassUnknown', message };
}

/** A number as a table writes it; refused where it can be no label of the project. */
function numberOf(text: string, file: string, schema: LabelSchema): number | RefusedFile {
  const number = Number(text);
  const refuse = (why: string): RefusedFile => ({
    ...{ file, code: 'labelNumberUnfit' },
    message: `The table gives it the number "${text}", but ${why} It comes in without a label.`,
  });
  if (!Number.isFinite(number)) return refuse('that is none.');
  try {
    refuseOutOfRange(number, schema);
  } catch (error) {
    if (!(error instanceof ReadroomError)) throw error;
    return refuse(error.message);
  }
  return number;
}

/** Where folders of classes are taken for patients: all of a class would go into one part of a split. */
function patientsAsClasses(files: readonly PlannedFile[], classes: ReadonlyMap<string, string>): string[] {
  const patients = new Set(files.flatMap(({ patientKey }) => patientKey ?? []));
  const named = [...patients].filter((patient) => classes.has(patient.toLowerCase()));
  if (named.length === 0) return [];
  const subject = named.length === 1 ? 'The patient' : 'The patients';
  const is = named.length === 1 ? 'is called as a class' : 'are called as classes';
  return [
    `${subject} ${listed(named.sort(compareNatural).map(quoted))} ${is} of this project: all images of such a folder would count as one patient. ` +
      'If the folders are classes, take labels from folders, and name another patient rule.',
  ];
}

/**
 * Works out every file's class, patient and part before any picture is read. Writes nothing.
 * @throws ReadroomError `badTable`, `badPattern`, `fileNotFound`, `usage`
 */
export async function planImport(
  candidates: readonly Candidate[],
  input: ImportInput,
  projectClasses: readonly LabelClass[],
  schema: LabelSchema,
): Promise<ImportPlan> {
  checkInput(input, schema);
  const { labels, patient } = input;
  const areNumbers = schema.kind === 'number';
  const layout = layOut(candidates, {
    labels: labels.from === 'table' || areNumbers ? 'none' : labels.from,
    patient: pathPatient(patient),
    splitFrom: input.splitFrom,
  });
  const table = await readTable(candidates, input, schema);
  const refused = [...table.refused];
  const warnings = [...layout.warnings];
  const said = layout.places.map(({ part, className, patient: folderPatient }, i): SaidOfFile => {
    const entry = table.entries.get(i);
    return {
      label: entry?.label ?? className,
      frames: new Map(
        [...(entry?.frames ?? [])].filter((frame): frame is [number, string] => frame[1] !== null),
      ),
      patientKey: entry?.patientKey ?? folderPatient,
      part,
      inClassFolder: className !== null,
    };
  });

  const fixed = projectClasses.length > 0 || areNumbers;
  const classes = fixed
    ? new Map(projectClasses.map(({ name }) => [name.toLowerCase(), name]))
    : newClassesOf(said, candidates);
  const fromTable = labels.from === 'table';
  const unknownFolders = new Set<string>();
  const files = said.map((file, i): PlannedFile => {
    const { shownAs, promised } = candidates[i]!;
    const resolve = (name: string): PlannedLabel | null => {
      if (areNumbers) {
        const number = numberOf(name, shownAs, schema);
        if (typeof number === 'number') return number;
        refused.push(number);
        return null;
      }
      const found = classes.get(name.toLowerCase()) ?? null;
      if (found === null && fromTable) refused.push(unknownClass(shownAs, name, [...classes.values()]));
      if (found === null && !fromTable && promised) unknownFolders.add(name);
      return found;
    };
    const label = file.label === null ? null : resolve(file.label);
    const frames = new Map<number, PlannedLabel>();
    for (const [frame, name] of file.frames) {
      const found = resolve(name);
      if (found !== null) frames.set(frame, found);
    }
    return { ...file, label, frames };
  });
  if (unknownFolders.size > 0) {
    const names = listed([...unknownFolders].sort(compareNatural).map(quoted));
    const subject = unknownFolders.size === 1 ? `The folder ${names} is` : `The folders ${names} are`;
    warnings.push(`${subject} no class of this project; what lies there comes in without a label.`);
  }
  if (patient?.from === 'folder') warnings.push(...patientsAsClasses(files, classes));
  return {
    files,
    newClasses: fixed ? [] : [...classes.values()],
    refused,
    warnings,
    labelsFrom: fromTable ? 'table' : layout.labelled ? 'folder' : 'none',
    patientFromTag: patient === null || patient.from === 'tag',
  };
}
