import { setImmediate as nextTurn } from 'node:timers/promises';

import { v5 as uuidOfName, v7 as uuid } from 'uuid';

import { type Annotation, type Shape, shapeSchema } from '../../contract/annotation.ts';
import { ReadroomError } from '../../contract/errors.ts';
import {
  type LabelImportInput,
  type LabelImportReport,
  mostListedRefusals,
} from '../../contract/interchange.ts';
import type { LabelChangeInput, LabelValue } from '../../contract/label.ts';
import { classNameSchema } from '../../contract/project.ts';
import { heirOf, type Heirs } from '../../core/label-record.ts';
import { counted, listed } from '../../core/words.ts';
import { shapeProblem } from '../../core/shapes.ts';
import type { LabelledImage } from '../db/interchange-repository.ts';
import type { Action, JournalChange } from '../db/journal.ts';
import type { StoredAnnotation } from '../db/stored-value.ts';
import type { JobContext } from '../jobs.ts';
import { storedAnnotation } from '../label/annotations.ts';
import { mergeWord, resolveChange } from '../label/label-change.ts';
import { openReading } from '../../contract/round-id.ts';
import { classesForImport, inUse, planClasses } from '../project/classes.ts';
import type { ProjectSession } from '../project/session.ts';
import { createStandingShapes } from './standing-shapes.ts';

/** A shape on its way in, with its class by name. */
export interface IncomingShape extends Omit<Annotation, 'id' | 'class'> {
  className: string | null;
}

/** A word on its way in, with classes by name; what is left out is not said. */
export type IncomingWord = LabelChangeInput;

/** Takes words and shapes into the project as one action of a person, and counts. */
export interface Incoming {
  /** Makes the classes that the project lacks. Names that cannot be a class's are left for the refusals of what has them. */
  openClasses(names: Iterable<string>): void;
  shape(image: LabelledImage, shape: IncomingShape, where: string): Promise<void>;
  word(image: LabelledImage, word: IncomingWord, where: string): Promise<void>;
  refuse(where: string, code: string, message: string): void;
  warn(warning: string): void;
  finish(): Promise<LabelImportReport>;
}

/** One transaction, and how long the engine is busy at once. */
const changesATurn = 250;

/** How many are named of those that a warning counts. */
const mostNamed = 3;

interface Waiting {
  image: LabelledImage;
  change: JournalChange;
  /** Of shapes what is drawn; null: a label. */
  drawn: StoredAnnotation | null;
  /** Classes by name. */
  names: readonly string[];
}

export function createIncoming(
  session: ProjectSession,
  { format, reader, dryRun }: Pick<LabelImportInput, 'format' | 'dryRun'> & { reader: string | null },
  context: JobContext,
): Incoming {
  const { projects, targets, interchange } = session;
  const level = projects.labelSchema().level;
  const writing = dryRun ? null : session.writing();
  const importer = writing
    ? projects.readerNamed('import', 'import').id
    : (projects.findReader('import', 'import')?.id ?? '');
  const action: Action | null = writing && {
    actor: reader === null ? importer : projects.readerNamed(reader, 'person').id,
    round: openReading,
    batch: uuid(),
  };
  const report: LabelImportReport = {
    ...{ format, dryRun, images: 0, labels: 0, shapes: 0, alreadyPresent: 0 },
    ...{ newClasses: [], classes: [], refused: [], refusedTotal: 0, refusedByCode: {}, warnings: [] },
  };
  const touched = new Set<string>();
  /** Where a label was refused as another one was given to the same before. */
  const contradicting: string[] = [];
  /** Labels of images whose label of record is another one and stays. */
  const overruled: string[] = [];
  const byClass = new Map<string, { labels: number; shapes: number }>();
  /** What was said of each target before, as JSON: a second word must say the same. */
  const said = new Map<string, string>();
  const waiting = new Map<string, Waiting>();
  let classIds = new Map<string, string>();
  /** A dry run's classes: those that it would make among them. */
  let plannedClasses: { id: string; name: string }[] | undefined;
  let classNames = projects.shownClassNames();
  let heirs: Heirs = projects.heirs();
  const standing = createStandingShapes(interchange, () => heirs);
  /** Shapes that this import made. */
  const made = new Set<string>();

  function refuse(where: string, code: string, message: string): void {
    report.refusedTotal += 1;
    report.refusedByCode[code] = (report.refusedByCode[code] ?? 0) + 1;
    if (report.refused.length < mostListedRefusals) report.refused.push({ where, code, message });
  }

  const idOf = (name: string): string | null => classIds.get(name.trim().toLowerCase()) ?? null;
  const heirNamed = (name: string): string | null => {
    const id = idOf(name);
    return id === null ? null : heirOf(id, heirs);
  };

  const shownName = (id: string): string => classNames.get(heirOf(id, heirs)) ?? id;

  /** Writes what waits. Shapes that stand just so, drawn by whomever, are left alone. */
  async function flush(): Promise<void> {
    const present = interchange.present([...waiting.keys()]);
    const shapes = [...waiting.values()].filter(({ drawn }) => drawn !== null);
    standing.look(shapes.map(({ image }) => image));
    const changes: JournalChange[] = [];
    for (const [id, { change, image, drawn, names }] of waiting) {
      const isThere =
        drawn !== null &&
        (present.get(id) === JSON.stringify(change.to) || standing.holds(image, drawn, made));
      if (isThere) {
        report.alreadyPresent += 1;
        continue;
      }
      const kind = drawn === null ? 'labels' : 'shapes';
      if (drawn !== null) made.add(id);
      changes.push(change);
      report[kind] += 1;
      touched.add(image.image);
      for (const name of names) {
        const counts = byClass.get(name) ?? { labels: 0, shapes: 0 };
        counts[kind] += 1;
        byClass.set(name, counts);
      }
    }
    waiting.clear();
    if (writing && action && changes.length > 0) writing.journal.set(changes, action);
    context.signal.throwIfAborted();
    await nextTurn();
  }

  /**
   * Whether the label of record says that already, whosever it is, or another reader's word. What an import said before
   * follows a file that says otherwise unless the label of record does.
   */
  function isSaid(image: LabelledImage, now: LabelValue | null, to: LabelValue): boolean {
    const words = interchange.words([image.image]).filter((word) => word.level === level);
    // A record that rests on a word of the image alone says nothing of the others that the label would be of.
    const isRecorded = image.record !== null && (level === 'image' || words.length > 0);
    if (isRecorded && covers(image.record!.value, to, heirs)) return true;
    return now === null && words.some((word) => covers(word.value, to, heirs));
  }

  async function enqueue(id: string, next: Waiting): Promise<void> {
    waiting.set(id, next);
    if (waiting.size >= changesATurn) await flush();
  }

  return {
    openClasses(names) {
      const wanted = [...new Set(names)].filter((name) => classNameSchema.safeParse(name).success);
      const { ids, made, entries } =
        writing && action
          ? classesForImport({ projects, journal: writing.journal }, wanted, action)
          : planClasses(projects, wanted);
      report.newClasses = made;
      classIds = new Map([...ids].map(([name, id]) => [name.toLowerCase(), id]));
      classNames = new Map([
        ...projects.shownClassNames(),
        ...inUse(entries).map(({ id, name }) => [id, name] as const),
      ]);
      if (!writing) plannedClasses = inUse(entries);
      heirs = projects.heirs();
    },

    async shape(image, { className, ...drawn }, where) {
      const classId = className === null ? null : idOf(className);
      if (className !== null && classId === null) {
        refuse(where, 'labelClassUnknown', `"${className}" cannot be the name of a class.`);
        return;
      }
      const problem = shapeSchema.safeParse(drawn.shape).success
        ? shapeProblem(drawn.shape, image)
        : 'is too large or has too few points';
      if (problem !== null) {
        refuse(where, 'badTable', `The ${drawn.shape.kind} ${problem}.`);
        return;
      }
      const to = storedAnnotation(image.image, { class: classId, ...drawn });
      // The same shape has the same id, so that a second import finds it; of a class that was merged, before it was.
      const id = uuidOfName(JSON.stringify(to), importedShapes);
      const change: JournalChange = { target: { kind: 'annotation', id }, reader: importer, to };
      const names = classId === null ? [] : [shownName(classId)];
      await enqueue(id, { image, change, drawn: to, names });
    },

    async word(image, word, where) {
      const target = targets.targetsOf([image.image], level)[0]?.target ?? null;
      if (target === null) {
        refuse(where, 'usage', `Labels of this project are of a whole ${level}, and it belongs to none.`);
        return;
      }
      let change: LabelChangeInput;
      try {
        change = resolveChange(session, byId(word, heirNamed), plannedClasses);
      } catch (error) {
        if (!(error instanceof ReadroomError)) throw error;
        refuse(where, error.code, error.message);
        return;
      }
      const text = JSON.stringify(change);
      const before = said.get(target);
      if (before !== undefined) {
        if (before === text) return;
        refuse(where, 'badTable', `It contradicts what was said of the same ${level} before.`);
        contradicting.push(where);
        return;
      }
      said.set(target, text);
      const now = targets.word(level, target, importer, openReading);
      const to = mergeWord(now, change, heirs);
      if (to !== null && isSaid(image, now, to)) {
        report.alreadyPresent += 1;
        return;
      }
      if (isOverruled(image, now, to, heirs)) overruled.push(where);
      // A word that names a class which was merged since says the same as its heir.
      if (JSON.stringify(now && afterHeirs(now, heirs)) === JSON.stringify(to)) {
        if (to !== null) report.alreadyPresent += 1;
        return;
      }
      const kept: JournalChange = { target: { kind: level, id: target }, reader: importer, to };
      const given = [to?.class ?? [], to?.classes ?? []].flat();
      const names = given.map(shownName);
      await enqueue(`${level} ${target}`, { image, change: kept, drawn: null, names });
    },

    refuse,
    warn: (warning) => void report.warnings.push(warning),

    async finish() {
      await flush();
      if (contradicting.length > 0) {
        const labels = counted(contradicting.length, 'label');
        const contradict = contradicting.length === 1 ? 'contradicts' : 'contradict';
        report.warnings.push(
          `${labels} ${contradict} an earlier one of the same ${level}, and the first counts: ${listed(contradicting, mostNamed)}.`,
        );
      }
      if (overruled.length > 0) {
        const does = overruled.length === 1 ? 'does' : 'do';
        report.warnings.push(
          `${counted(overruled.length, 'label')} of the file ${does} not count, as another one is given already and goes before an import: ${listed(overruled, mostNamed)}.`,
        );
      }
      const classes = [...byClass].map(([name, counts]) => ({
        ...{ name, ...counts },
        isNew: report.newClasses.some((made) => made.toLowerCase() === name.toLowerCase()),
      }));
      return { ...report, images: touched.size, classes };
    },
  };
}

const importedShapes = '6a0cf1c6-9d2e-5c8e-9b7b-0a4f3f3c2d11';

/** A word with its classes as they count now, its keys in their order. */
const afterHeirs = (word: LabelValue, heirs: Heirs): LabelValue => ({
  ...word,
  ...(word.class !== undefined && { class: heirOf(word.class, heirs) }),
  ...(word.classes && { classes: [...new Set(word.classes.map((id) => heirOf(id, heirs)))].sort() }),
});

/** Whether a word says all that another one does. */
function covers(word: LabelValue, other: LabelValue, heirs: Heirs): boolean {
  const said: Record<string, unknown> = afterHeirs(word, heirs);
  return Object.entries(afterHeirs(other, heirs)).every(
    ([key, value]) => JSON.stringify(said[key]) === JSON.stringify(value),
  );
}

/** Whether a label differs from the image's label of record, which is not the import's own and so stays. */
function isOverruled(
  { record }: LabelledImage,
  now: LabelValue | null,
  to: LabelValue | null,
  heirs: Heirs,
): boolean {
  const labelOf = (value: LabelValue | null): string | null => {
    if (value === null) return null;
    const { class: classId, classes, number } = afterHeirs(value, heirs);
    const label = classes ?? classId ?? number;
    return label === undefined ? null : JSON.stringify(label);
  };
  const [given, counts] = [labelOf(to), labelOf(record?.value ?? null)];
  if (given === null || counts === null || given === counts) return false;
  return labelOf(now) !== counts;
}

/** A word with classes by id; a name that cannot be a class's stays, and is refused later. */
function byId(word: IncomingWord, idOf: (name: string) => string | null): LabelChangeInput {
  const named = (name: string): string => idOf(name) ?? name;
  const { class: name, classes } = word;
  return {
    ...word,
    ...(typeof name === 'string' && { class: named(name) }),
    ...(classes && 'set' in classes && { classes: { set: classes.set.map(named) } }),
  };
}

/** A shape of others held inside of the picture; null where nothing of it is. Boxes of no size are none. */
export function heldInside(shape: Shape, picture: { width: number; height: number }): Shape | null {
  const x = (value: number): number => Math.min(picture.width, Math.max(0, value));
  const y = (value: number): number => Math.min(picture.height, Math.max(0, value));
  switch (shape.kind) {
    case 'box': {
      const left = x(shape.x);
      const top = y(shape.y);
      const width = x(shape.x + shape.width) - left;
      const height = y(shape.y + shape.height) - top;
      if (width <= 0 || height <= 0) return null;
      return shapeProblem(shape, picture) === null ? shape : { kind: 'box', x: left, y: top, width, height };
    }
    case 'polygon':
    case 'freehand': {
      if (shapeProblem(shape, picture) === null) return shape;
      const points = shape.points.map((point): [number, number] => [x(point[0]), y(point[1])]);
      const isOutside = (axis: 0 | 1): boolean => points.every((point) => point[axis] === points[0]![axis]);
      return isOutside(0) || isOutside(1) ? null : { ...shape, points };
    }
    default:
      return shapeProblem(shape, picture) === null ? shape : null;
  }
}
