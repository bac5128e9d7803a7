import { setImmediate as nextTurn } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import type { LabelChoice, WhichLabels } from '../../contract/interchange.ts';
import type { LabelValue } from '../../contract/label.ts';
import { heirOf } from '../../core/label-record.ts';
import type { LabelledImage, ReaderShape } from '../db/interchange-repository.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';

/** What is written of a project's labels and shapes, and what was. */
export interface Outgoing {
  session: ProjectSession;
  which: WhichLabels;
  /** Classes in use, in their order. */
  classes: readonly { id: string; name: string }[];
  /** What classes are called now, those that were merged by their heir's name. */
  nameOf(id: string): string;
  /** The class that a shape counts as; null for none. */
  classOf(shape: ReaderShape): string | null;
  /** Images in the order in which they came, a page a turn. */
  pages(note: string): AsyncGenerator<LabelledImage[]>;
  /** The shapes on a page of images that are to be written, by image. */
  shapesOn(page: readonly LabelledImage[]): Map<string, ReaderShape[]>;
  written: { images: number; labels: number; shapes: number };
  warnings: string[];
}

/** Pages are small where an image may have large masks. */
const imagesAPage = 200;

/**
 * @param choice whose labels, and of which images
 * @throws ReadroomError `unknownReader`, `unknownView`
 */
export function createOutgoing(
  session: ProjectSession,
  choice: Pick<LabelChoice, 'which' | 'view'>,
  context: JobContext,
): Outgoing {
  const { projects, interchange } = session;
  const which =
    choice.which.of === 'reader'
      ? { ...choice.which, reader: knownReader(session, choice.which.reader) }
      : choice.which;
  const rows = choice.view === undefined ? null : new Set(session.views.rows(choice.view));
  const names = projects.shownClassNames();
  const heirs = projects.heirs();
  const total = session.summary().images;
  return {
    session,
    which,
    classes: projects.classes(),
    nameOf: (id) => names.get(id) ?? id,
    classOf: ({ value }) => (value.class === null ? null : heirOf(value.class, heirs)),
    async *pages(note) {
      let last = 0;
      let done = 0;
      for (;;) {
        const page = interchange.images(last, imagesAPage);
        if (page.length === 0) return;
        const wanted = rows ? page.filter(({ row }) => rows.has(row)) : page;
        if (wanted.length > 0) yield wanted;
        last = page.at(-1)!.row;
        done += page.length;
        context.progress(done, total, note);
        context.signal.throwIfAborted();
        await nextTurn();
      }
    },
    shapesOn(page) {
      const shapes = interchange.shapes(page.map(({ image }) => image));
      const asked = which.of === 'reader' ? which.reader : null;
      return Map.groupBy(
        shapes.filter(({ reader }) => asked === null || reader === asked),
        ({ image }) => image,
      );
    },
    written: { images: 0, labels: 0, shapes: 0 },
    warnings: [],
  };
}

/** The reader's name as it was first written. @throws ReadroomError `unknownReader` */
function knownReader({ projects }: ProjectSession, name: string): string {
  const readers = projects.readers();
  const found = readers.find((reader) => reader.name.toLowerCase() === name.trim().toLowerCase());
  if (found) return found.name;
  const known = readers.map((reader) => reader.name).join(', ') || 'none yet';
  throw new ReadroomError(
    'unknownReader',
    `No reader "${name}" has labelled in this project.`,
    `Readers: ${known}.`,
  );
}

/** A label in words: names, a number, or nothing. */
export interface NamedLabel {
  label: string | null;
  classes: string[] | null;
  number: number | null;
}

/** What a word says, with classes by name. */
export function namedLabel(value: LabelValue, nameOf: (id: string) => string): NamedLabel {
  return {
    label: value.class === undefined ? null : nameOf(value.class),
    classes: value.classes === undefined ? null : [...new Set(value.classes.map(nameOf))],
    number: value.number ?? null,
  };
}
