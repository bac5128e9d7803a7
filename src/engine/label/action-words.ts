import type { LabelLevel, LabelSchema } from '../../contract/project.ts';
import { closedRound } from '../../contract/round-id.ts';
import type { LabelRule } from '../../core/label-record.ts';
import { counted, listed } from '../../core/words.ts';
import type { StoredAction } from '../db/journal-actions.ts';
import type { Target } from '../db/journal-keepers.ts';
import type { ClassChange } from '../db/journal-reading.ts';
import { isLabelTarget } from '../db/label-targets.ts';
import {
  parseValue,
  type StoredAnnotation,
  type StoredClassValue,
  type StoredImport,
  type StoredTableChoice,
  type StoredValue,
} from '../db/stored-value.ts';
import { classChangeWords } from '../project/class-words.ts';
import type { ProjectSession } from '../project/session.ts';
import { shownLabel, wordChange } from './label-words.ts';

const flipped = <T extends { from: string | null; to: string | null }>(change: T): T => ({
  ...change,
  from: change.to,
  to: change.from,
});

/**
 * What an action did, or an undo took back, in words: "PNEUMONIA on 214 images", "box of NODULE on 1.png", "OPACITY
 * merged into PNEUMONIA".
 */
export function actionWords(session: ProjectSession, action: StoredAction): string {
  const done = action.kind === 'undo' ? flipped(action) : action;
  const { target, from, to } = done;
  const imported = importedLabels(session, action);
  if (imported !== null) return imported;
  switch (target.kind) {
    case 'image':
    case 'series':
    case 'study':
    case 'patient':
      return `${labelWords(session, done)} on ${targetsInWords(session, target.kind, done)}`;
    case 'annotation':
      return shapeAction(session, done);
    case 'class':
      return classWords(session, action);
    case 'import':
      return `import of ${(JSON.parse((to ?? from)!) as StoredImport).what}`;
    case 'setting':
      return settingWords(session, target.id, from, to);
    case 'round':
      return roundWords(session, target.id);
  }
}

/** "import of 214 labels and 3 shapes, with the class OPACITY" where that is what an action was; else null. */
function importedLabels(session: ProjectSession, { batch, target, actor }: StoredAction): string | null {
  if (target.kind !== 'class' && target.kind !== 'annotation' && !isLabelTarget(target.kind)) return null;
  const importer = session.projects.findReader('import', 'import')?.id;
  // An import that nobody can take back has the labels only, and is called by them.
  if (importer === undefined || actor === importer) return null;
  const brought = session.journal.broughtFor(batch, importer);
  if (brought === null) return null;
  const { labels, shapes } = brought;
  const parts = [labels > 0 && counted(labels, 'label'), shapes > 0 && counted(shapes, 'shape')];
  const what = listed(parts.filter((part) => part !== false));
  const names = session.projects.classNames();
  const made = session.journal.classChanges(batch).map(({ id }) => names.get(id) ?? id);
  if (made.length === 0) return `import of ${what}`;
  return `import of ${what}, with the ${made.length === 1 ? 'class' : 'classes'} ${listed(made)}`;
}

/** What an event did to a word, in short: "PNEUMONIA", "comment". */
function labelWords(session: ProjectSession, { from, to }: StoredAction): string {
  const { projects } = session;
  const [names, schema] = [projects.classNames(), projects.labelSchema()];
  return wordChange(parseValue(from), parseValue(to), (word) => shownLabel(word, names, schema));
}

/** What a target is said to be, in words: "PNEUMONIA", "no label", "box of NODULE", "class OPACITY, out of use". */
export function standsAs(session: ProjectSession, { kind, id }: Target, to: string | null): string {
  const names = session.projects.classNames();
  switch (kind) {
    case 'image':
    case 'series':
    case 'study':
    case 'patient':
      return wordInWords(parseValue(to), (word) => shownLabel(word, names, session.projects.labelSchema()));
    case 'annotation':
      return to === null ? 'removed' : shapeWords(JSON.parse(to) as StoredAnnotation, names);
    case 'class':
      return to === null ? 'taken away' : classInWords(JSON.parse(to) as StoredClassValue, names);
    case 'import':
      return to === null ? 'import taken back' : `import of ${(JSON.parse(to) as StoredImport).what}`;
    case 'setting':
      return settingWords(session, id, id === 'labels' ? unlike : to, to);
    case 'round':
      return roundWords(session, id);
  }
}

/** A label with the marks beside it: "PNEUMONIA, unsure, comment". */
function wordInWords(word: StoredValue | null, shown: (word: StoredValue | null) => string): string {
  const marks = [
    word?.unsure && 'unsure',
    word?.skipped && 'skipped',
    word?.bookmarked && 'bookmarked',
    word?.comment !== undefined && `comment “${word.comment}”`,
  ].filter((mark) => typeof mark === 'string');
  return [shown(word), ...marks].join(', ');
}

function classInWords(
  { name, position, key, retiredAt, heir }: StoredClassValue,
  names: ReadonlyMap<string, string>,
): string {
  if (heir !== null) return `${name}, merged into ${names.get(heir) ?? heir}`;
  if (retiredAt !== null) return `${name}, out of use`;
  return `${name}, place ${position + 1}${key === null ? '' : `, key ${key}`}`;
}

/** A kind of labels that differs from all others, so that these are told as new. */
const unlike = JSON.stringify({ kind: '', level: '', number: null, shapes: [] });

const plurals = { series: 'series', study: 'studies', patient: 'patients' } as const;

function targetsInWords(session: ProjectSession, level: LabelLevel, { target, count }: StoredAction): string {
  if (level === 'image') return count === 1 ? fileNameOf(session, target.id) : counted(count, 'image');
  if (count > 1) return `${counted(count, 'target').split(' ')[0]} ${plurals[level]}`;
  const [image] = session.targets.imagesOf([target]);
  return image === undefined ? `a ${level}` : `the ${level} of ${fileNameOf(session, image)}`;
}

const fileNameOf = (session: ProjectSession, image: string): string => session.dataset.file(image).fileName;

/** A shape in words: "box of NODULE", "mask". */
export function shapeWords(
  { shape, class: id }: StoredAnnotation,
  names: ReadonlyMap<string, string>,
): string {
  const kind = shape.kind === 'freehand' ? 'outline' : shape.kind;
  return id === null ? kind : `${kind} of ${names.get(id) ?? id}`;
}

function shapeAction(session: ProjectSession, { from, to, count }: StoredAction): string {
  const shape = JSON.parse((to ?? from)!) as StoredAnnotation;
  const where = fileNameOf(session, shape.image);
  const what = count === 1 ? shapeWords(shape, session.projects.classNames()) : counted(count, 'shape');
  if (to === null) return `${what} removed from ${where}`;
  return from === null ? `${what} on ${where}` : `${what} changed on ${where}`;
}

function classWords(session: ProjectSession, { batch, kind }: StoredAction): string {
  const parsed = (value: string | null): StoredClassValue | null =>
    value === null ? null : (JSON.parse(value) as StoredClassValue);
  const changes = session.journal.classChanges(batch).map((change: ClassChange) => {
    const { id, from, to } = kind === 'undo' ? flipped(change) : change;
    return { id, from: parsed(from), to: parsed(to) };
  });
  return classChangeWords(changes, session.projects.classNames());
}

const ruleWords: Readonly<Record<LabelRule, string>> = {
  'single-reader/1': 'the newest label counts',
  'majority/1': 'what most readers say counts',
  'adjudicated/1': 'what all readers agree on counts, else the adjudicator',
};

function settingWords(session: ProjectSession, id: string, from: string | null, to: string | null): string {
  if (id === 'clinical') return tableWords(session, to!);
  if (id === 'rule') return `label of record: ${ruleWords[JSON.parse(to!) as LabelRule]}`;
  const [before, after] = [JSON.parse(from!) as LabelSchema, JSON.parse(to!) as LabelSchema];
  if (labelsInWords(before) !== labelsInWords(after)) return labelsInWords(after);
  if (JSON.stringify(before.number) !== JSON.stringify(after.number)) return 'range of numbers changed';
  return after.shapes.length === 0 ? 'nothing is drawn' : `drawn are: ${listed(after.shapes)}`;
}

/** "clinical table labs.csv of 214 patients", "no clinical table". */
function tableWords({ clinical }: ProjectSession, value: string): string {
  const { table: id } = JSON.parse(value) as StoredTableChoice;
  const table = id === null ? null : clinical.table(id);
  return table === null
    ? 'no clinical table'
    : `clinical table ${table.file} of ${counted(table.patients, 'patient')}`;
}

const kindWords = {
  single: 'labels are one class',
  multi: 'labels are sets of classes',
  ordinal: 'labels are grades',
  number: 'labels are numbers',
} as const;

function labelsInWords({ kind, level, number }: LabelSchema): string {
  return `${kindWords[kind]}${number?.unit ? ` in ${number.unit}` : ''}${level === 'image' ? '' : ` of a ${level}`}`;
}

function roundWords(session: ProjectSession, id: string): string {
  const closing = closedRound(id);
  const round = session.rounds.get(closing ?? id);
  return `round ${round?.name ?? ''} ${closing === null ? 'opened' : 'closed'}`;
}
