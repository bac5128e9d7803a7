import type { LabelKind, LabelLevel } from '../../contract/project.ts';
import type { z } from 'zod';

import { adjudicationOf } from '../../contract/round-id.ts';
import type { assignmentSchema } from '../../contract/round.ts';
import { isBlinded } from './blinding.ts';
import { labelTargets, perLevel, targetIdOf } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import { parseValue, type StoredValue } from './stored-value.ts';

/** A round as its opening event holds it; never changed. Worklists are dealt once, so that copies that merge agree. */
export interface StoredRound {
  name: string;
  assignment: z.infer<typeof assignmentSchema>;
  seed: number;
  washoutDays: number;
  /** Absent in rounds that were opened before there was one: 0. */
  tolerance?: number;
  /** What labels of the project were when it was opened; these stay while a round is open. */
  kind: LabelKind;
  level: LabelLevel;
  openedAt: string;
  /** Reader ids with their images in order. */
  worklists: { reader: string; images: string[] }[];
}

/** A round as it stands; how much of it is read is asked for by itself. */
export interface RoundRow extends Omit<StoredRound, 'worklists' | 'tolerance'> {
  round: string;
  /** Numbers that lie no further apart agree, in the label's unit. */
  tolerance: number;
  status: 'open' | 'closed';
  closedAt: string | null;
}

/** One reader's word in a round, on the target of an image of the worklist. */
export interface RoundWord {
  image: string;
  reader: string;
  value: StoredValue;
}

type Columns = Pick<RoundRow, 'round' | 'name' | 'status' | 'openedAt' | 'closedAt'> & { definition: string };

/** Reads the tolerances of rounds that have one, by round. */
export function createTolerancesReading({ handle }: ProjectDatabase): () => Map<string, number> {
  const select = handle
    .prepare<[], [string, number]>(
      `SELECT id, definition ->> '$.tolerance' FROM reading_round WHERE definition ->> '$.tolerance' > 0`,
    )
    .raw();
  return () => new Map(select.all());
}

/** Blinded rounds, their worklists and words. */
export function createRoundRepository({ handle }: ProjectDatabase) {
  const columns = `id AS round, name, definition, status, opened_at AS openedAt, closed_at AS closedAt FROM reading_round`;
  const byId = handle.prepare<[string], Columns>(`SELECT ${columns} WHERE id = ?`);
  const all = handle.prepare<[], Columns>(`SELECT ${columns} ORDER BY id DESC`);
  const worklist = handle
    .prepare<[string, string], string>(
      `SELECT worklist.image_id FROM worklist JOIN image ON image.id = worklist.image_id
       WHERE round_id = ? AND reader_id = ? AND removed = 0 ORDER BY place`,
    )
    .pluck();
  const assigned = handle.prepare<[string], { reader: string; name: string; assigned: number }>(
    `SELECT reader.id AS reader, reader.name, count(*) AS assigned FROM worklist
     JOIN reader ON reader.id = worklist.reader_id JOIN image ON image.id = worklist.image_id AND image.removed = 0
     WHERE round_id = ? GROUP BY reader.id ORDER BY reader.name`,
  );
  const isAssigned = handle
    .prepare<[string, string, string], number>(
      'SELECT EXISTS (SELECT 1 FROM worklist WHERE round_id = ? AND reader_id = ? AND image_id = ?)',
    )
    .pluck();
  // Worklists hold one image of each series, study or patient; what is in view may be another.
  const listedImage = perLevel((level) =>
    handle
      .prepare<[string, string], string>(
        `SELECT worklist.image_id FROM worklist JOIN image ON image.id = worklist.image_id
         WHERE round_id = ? AND ${targetIdOf[level]} = (SELECT ${targetIdOf[level]} FROM image WHERE image.id = ?) LIMIT 1`,
      )
      .pluck(),
  );
  const anyOpen = handle
    .prepare<[], number>(`SELECT EXISTS (SELECT 1 FROM reading_round WHERE status = 'open')`)
    .pluck();
  const openOf = handle
    .prepare<[string], string>(
      `SELECT reading_round.name FROM reading_round WHERE status = 'open' AND EXISTS (
         SELECT 1 FROM worklist JOIN reader ON reader.id = worklist.reader_id
         WHERE round_id = reading_round.id AND reader.name = ?) ORDER BY reading_round.id LIMIT 1`,
    )
    .pluck();
  const imageCount = handle
    .prepare<[string], number>('SELECT count(DISTINCT image_id) FROM worklist WHERE round_id = ?')
    .pluck();
  const times = handle
    .prepare<[string, string], number>(
      `SELECT sum(milliseconds) FROM event JOIN reading_time ON reading_time.event_id = event.id
       WHERE event.round = ? AND event.reader_id = ? GROUP BY event.target_id ORDER BY 1`,
    )
    .pluck();

  const toRow = ({ definition, ...row }: Columns): RoundRow => {
    const {
      assignment,
      seed,
      washoutDays,
      tolerance = 0,
      kind,
      level,
    } = JSON.parse(definition) as StoredRound;
    return { ...row, assignment, seed, washoutDays, tolerance, kind, level };
  };

  /** @param which narrows and orders; what it asks for beside comes last */
  const wordsOf = (
    which: string,
  ): ((level: LabelLevel, wordRound: string, round: string, ...asked: string[]) => RoundWord[]) => {
    const select = perLevel((level) =>
      handle.prepare<string[], { image: string; reader: string; value: string }>(
        `SELECT DISTINCT image.id AS image, label.reader_id AS reader, label.value
         FROM worklist JOIN image ON image.id = worklist.image_id AND image.removed = 0
         JOIN label ON label.target_kind = '${level}' AND label.target_id = ${targetIdOf[level]} AND label.round = ?
         WHERE worklist.round_id = ? ${which}`,
      ),
    );
    return (level, wordRound, round, ...asked) =>
      select[level].all(wordRound, round, ...asked).map((row) => ({ ...row, value: parseValue(row.value)! }));
  };
  const byReader = 'AND label.reader_id = worklist.reader_id';
  const wordsOfReaders = wordsOf(byReader);
  const wordsOnImages = wordsOf(`${byReader} AND worklist.image_id IN (SELECT value FROM json_each(?))`);
  // Of several decisions on an image the newest counts.
  const decisions = wordsOf(
    `ORDER BY (SELECT format('%020d %s', clock, replica_id) FROM event WHERE id = label.given_id)`,
  );
  const lastEvent = handle
    .prepare<[string], number | null>(
      `SELECT max((SELECT max(position) FROM event WHERE event.reader_id = reader.id AND event.round = ?)) FROM reader`,
    )
    .pluck();
  const lastWord = perLevel((level) =>
    handle
      .prepare<string[], string | null>(
        `SELECT max(event.at) FROM worklist JOIN image ON image.id = worklist.image_id
         JOIN event ON event.target_kind = '${level}' AND event.target_id = ${targetIdOf[level]}
           AND event.reader_id = worklist.reader_id AND event.round <> ? AND event.at < ?
         WHERE worklist.round_id = ? AND worklist.reader_id = ?`,
      )
      .pluck(),
  );
  const selectTargets = perLevel((level) =>
    handle.prepare<[string], { image: string; target: string | null }>(
      `SELECT image.id AS image, ${targetIdOf[level]} AS target
       FROM json_each(?) AS asked CROSS JOIN image ON image.id = asked.value AND image.removed = 0 ORDER BY asked.key`,
    ),
  );
  const labelled = handle
    .prepare<{ images: string; readers: string }, number>(
      `SELECT count(*) FROM json_each(@images) AS asked CROSS JOIN image ON image.id = asked.value
       WHERE ${labelTargets
         .map(
           (level) => `EXISTS (SELECT 1 FROM label
             WHERE label.target_kind = '${level}' AND label.target_id = ${targetIdOf[level]}
               AND label.reader_id IN (SELECT value FROM json_each(@readers))
               AND coalesce(label.value ->> '$.class', label.value ->> '$.classes', label.value ->> '$.number') IS NOT NULL
               AND NOT ${isBlinded('label.round')})`,
         )
         .join(' OR ')}`,
    )
    .pluck();
  /** What was said before a round was opened does not change while it is read. */
  const lastWords = new Map<string, string | null>();

  return {
    get: (round: string): RoundRow | null => {
      const found = byId.get(round);
      return found ? toRow(found) : null;
    },
    /** Newest first. */
    list: (): RoundRow[] => all.all().map(toRow),
    /** A reader's images in the reader's order; empty for one who does not read in the round. */
    worklist: (round: string, reader: string): string[] => worklist.all(round, reader),
    assigned: (round: string) => assigned.all(round),
    isAssigned: (round: string, reader: string, image: string): boolean =>
      isAssigned.get(round, reader, image) === 1,
    /** The image that stands in the round's worklists for what a label of this image is said of; null: none does. */
    listedImage: ({ round, level }: RoundRow, image: string): string | null =>
      listedImage[level].get(round, image) ?? null,
    isAnyOpen: (): boolean => anyOpen.get() === 1,
    /** Name of an open round that a person reads in; null: none. */
    openOf: (reader: string): string | null => openOf.get(reader) ?? null,
    images: (round: string): number => imageCount.get(round)!,
    /** The readers' words, each on an image of its own worklist. */
    words: ({ round, level }: RoundRow): RoundWord[] => wordsOfReaders(level, round, round),
    /** Those of them on these images of its worklists. */
    wordsOn: ({ round, level }: RoundRow, images: readonly string[]): RoundWord[] =>
      wordsOnImages(level, round, round, JSON.stringify(images)),
    /** Adjudicators' words, the newest last. */
    decisions: ({ round, level }: RoundRow): RoundWord[] => decisions(level, adjudicationOf(round), round),
    /** Position of the newest event in a round; 0: nothing was said in it. */
    lastEvent: (round: string): number => lastEvent.get(round) ?? 0,
    /** Milliseconds each target was in view in this round, ascending. */
    times: (round: string, reader: string): number[] => times.all(round, reader),

    /** When a reader last said something of one of these images before the round was opened, elsewhere; ISO 8601. */
    lastWordBefore({ round, level, openedAt }: RoundRow, reader: string): string | null {
      const key = `${round} ${reader}`;
      const known = lastWords.get(key);
      if (known !== undefined) return known;
      const found = lastWord[level].get(round, openedAt, round, reader) ?? null;
      lastWords.set(key, found);
      return found;
    },

    /** How many of these images some of the readers have labelled, at any level, where everybody sees it. */
    labelledBy: (images: readonly string[], readers: readonly string[]): number =>
      readers.length === 0
        ? 0
        : labelled.get({ images: JSON.stringify(images), readers: JSON.stringify(readers) })!,

    /** Each image once for each thing that a label is said of, the first in the order given. */
    targetsOf(images: readonly string[], level: LabelLevel): string[] {
      const seen = new Set<string>();
      return selectTargets[level].all(JSON.stringify(images)).flatMap(({ image, target }) => {
        if (target === null || seen.has(target)) return [];
        seen.add(target);
        return [image];
      });
    },
  };
}
export type RoundRepository = ReturnType<typeof createRoundRepository>;
