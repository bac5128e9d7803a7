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
import { shapeProblem } from '../../core/shapes.ts';
import type { LabelledImage } from '../db/interchange-repository.ts';
import type { Action, JournalChange } from '../db/journal.ts';
import type { JobContext } from '../jobs.ts';
import { storedAnnotation } from '../label/annotations.ts';
import { mergeWord, resolveChange } from '../label/label-change.ts';
import { openRound } from '../label/open-round.ts';
import { classesForImport } from '../project/classes.ts';
import type { ProjectSession } from '../project/session.ts';

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

interface Waiting {
  image: string;
  change: JournalChange;
  kind: 'labels' | 'shapes';
}

export function createIncoming(
  session: ProjectSession,
  { format, reader, dryRun }: LabelImportInput,
  context: JobContext,
): Incoming {
  const { projects, targets, interchange } = session;
  const level = projects.labelSchema().level;
  const writing = dryRun ? null : session.writing();
  const action: Action | null = writing && {
    actor: projects.readerNamed(reader, 'person').id,
    round: openRound,
    batch: uuid(),
  };
  const importer = writing
    ? projects.readerNamed('import', 'import').id
    : (projects.findReader('import', 'import')?.id ?? '');
  const report: LabelImportReport = {
    ...{ format, dryRun, images: 0, labels: 0, shapes: 0, alreadyPresent: 0 },
    ...{ newClasses: [], refused: [], refusedTotal: 0, warnings: [] },
  };
  const touched = new Set<string>();
  /** What was said of each target before, as JSON: a second word must say the same. */
  const said = new Map<string, string>();
  const waiting = new Map<string, Waiting>();
  let classIds = new Map<string, string>();
  let heirs: Heirs = projects.heirs();

  function refuse(where: string, code: string, message: string): void {
    report.refusedTotal += 1;
    if (report.refused.length < mostListedRefusals) report.refused.push({ where, code, message });
  }

  const idOf = (name: string): string | null => classIds.get(name.trim().toLowerCase()) ?? null;
  const heirNamed = (name: string): string | null => {
    const id = idOf(name);
    return id === null ? null : heirOf(id, heirs);
  };

  /** Writes what waits. Shapes that stand just so are left alone. */
  async function flush(): Promise<void> {
    const ids = [...waiting.keys()];
    const standing = interchange.present(ids);
    const changes: JournalChange[] = [];
    for (const [id, { change, image, kind }] of waiting) {
      if (kind === 'shapes' && standing.get(id) === JSON.stringify(change.to)) {
        report.alreadyPresent += 1;
        continue;
      }
      changes.push(change);
      report[kind] += 1;
      touched.add(image);
    }
    waiting.clear();
    if (writing && action && changes.length > 0) writing.journal.set(changes, action);
    context.signal.throwIfAborted();
    await nextTurn();
  }

  async function enqueue(id: string, next: Waiting): Promise<void> {
    waiting.set(id, next);
    if (waiting.size >= changesATurn) await flush();
  }

  return {
    openClasses(names) {
      const known = new Set(projects.allClasses().map(({ name }) => name.toLowerCase()));
      const wanted = [...new Set(names)].filter((name) => classNameSchema.safeParse(name).success);
      report.newClasses = wanted.filter((name) => !known.has(name.toLowerCase()));
      const ids = writing
        ? classesForImport({ projects, journal: writing.journal }, wanted, action!)
        : new Map(
            wanted.map((name) => [
              name,
              projects.allClasses().find((entry) => entry.name.toLowerCase() === name.toLowerCase())?.id ??
                name,
            ]),
          );
      classIds = new Map([...ids].map(([name, id]) => [name.toLowerCase(), id]));
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
      await enqueue(id, { image: image.image, change, kind: 'shapes' });
    },

    async word(image, word, where) {
      const target = targets.targetsOf([image.image], level)[0]?.target ?? null;
      if (target === null) {
        refuse(where, 'usage', `Labels of this project are of a whole ${level}, and it belongs to none.`);
        return;
      }
      let change: LabelChangeInput;
      try {
        change = resolveChange(session, byId(word, heirNamed));
      } catch (error) {
        if (!(error instanceof ReadroomError)) throw error;
        refuse(where, error.code, error.message);
        return;
      }
      const text = JSON.stringify(change);
      const before = said.get(target);
      if (before !== undefined) {
        if (before !== text)
          refuse(where, 'badTable', `It contradicts what was said of the same ${level} before.`);
        return;
      }
      said.set(target, text);
      const now = targets.word(level, target, importer, openRound);
      const to = mergeWord(now, change, heirs);
      // A word that names a class which was merged since says the same as its heir.
      if (JSON.stringify(now && afterHeirs(now, heirs)) === JSON.stringify(to)) {
        if (to !== null) report.alreadyPresent += 1;
        return;
      }
      const kept: JournalChange = { target: { kind: level, id: target }, reader: importer, to };
      await enqueue(`${level} ${target}`, { image: image.image, change: kept, kind: 'labels' });
    },

    refuse,
    warn: (warning) => void report.warnings.push(warning),

    async finish() {
      await flush();
      return { ...report, images: touched.size };
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
