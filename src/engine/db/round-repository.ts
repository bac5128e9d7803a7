import type { LabelKind, LabelLevel } from '../../contract/project.ts';
import type { z } from 'zod';

import { adjudicationMark, type assignmentSchema } from '../../contract/round.ts';
import type { ProjectDatabase } from './open.ts';
import { parseValue, type StoredValue } from './stored-value.ts';

/** A round as its opening event holds it; never changed. Worklists are dealt once, so that copies that merge agree. */
export interface StoredRound {
  name: string;
  assignment: z.infer<typeof assignmentSchema>;
  seed: number;
  washoutDays: number;
  /** What labels of the project were when it was opened; these stay while a round is open. */
  kind: LabelKind;
  level: LabelLevel;
  openedAt: string;
  /** Reader ids with their images in order. */
  worklists: { reader: string; images: string[] }[];
}

/** A round as it stands; how much of it is read is asked for by itself. */
export interface RoundRow extends Omit<StoredRound, 'worklists'> {
  round: string;
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

/** What a label of an image is said of at a level. */
const targetIds: Readonly<Record<LabelLevel, string>> = {
  image: 'image.id',
  series: 'image.series_id',
  study: '(SELECT study_id FROM series WHERE id = image.series_id)',
  patient: 'image.patient_id',
};

/** Makes something for a level when it is first asked for. */
function perLevel<T>(make: (level: LabelLevel) => T): (level: LabelLevel) => T {
  const made = new Map<LabelLevel, T>();
  return (level) => {
    const known = made.get(level);
    if (known !== undefined) return known;
    const fresh = make(level);
    made.set(level, fresh);
    return fresh;
  };
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
         WHERE round_id = ? AND ${targetIds[level]} = (SELECT ${targetIds[level]} FROM image WHERE image.id = ?) LIMIT 1`,
      )
      .pluck(),
  );
  const anyOpen = handle
    .prepare<[], number>(`SELECT EXISTS (SELECT 1 FROM reading_round WHERE status = 'open')`)
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
    const { assignment, seed, washoutDays, kind, level } = JSON.parse(definition) as StoredRound;
    return { ...row, assignment, seed, washoutDays, kind, level };
  };

  const wordsOf = (
    ofReader: string,
  ): ((level: LabelLevel, wordRound: string, round: string) => RoundWord[]) => {
    const select = perLevel((level) =>
      handle.prepare<string[], { image: string; reader: string; value: string }>(
        `SELECT DISTINCT image.id AS image, label.reader_id AS reader, label.value
         FROM worklist JOIN image ON image.id = worklist.image_id AND image.removed = 0
         JOIN label ON label.target_kind = '${level}' AND label.target_id = ${targetIds[level]} AND label.round = ? ${ofReader}
         WHERE worklist.round_id = ?`,
      ),
    );
    return (level, wordRound, round) =>
      select(level)
        .all(wordRound, round)
        .map((row) => ({ ...row, value: parseValue(row.value)! }));
  };
  const wordsOfReaders = wordsOf('AND label.reader_id = worklist.reader_id');
  const wordsOfAll = wordsOf('');
  const lastWord = perLevel((level) =>
    handle
      .prepare<string[], string | null>(
        `SELECT max(event.at) FROM worklist JOIN image ON image.id = worklist.image_id
         JOIN event ON event.target_kind = '${level}' AND event.target_id = ${targetIds[level]}
           AND event.reader_id = worklist.reader_id AND event.round <> ? AND event.at < ?
         WHERE worklist.round_id = ? AND worklist.reader_id = ?`,
      )
      .pluck(),
  );
  const selectTargets = perLevel((level) =>
    handle.prepare<[string], { image: string; target: string | null }>(
      `SELECT image.id AS image, ${targetIds[level]} AS target
       FROM json_each(?) AS asked CROSS JOIN image ON image.id = asked.value AND image.removed = 0 ORDER BY asked.key`,
    ),
  );
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
      listedImage(level).get(round, image) ?? null,
    isAnyOpen: (): boolean => anyOpen.get() === 1,
    images: (round: string): number => imageCount.get(round)!,
    /** The readers' words, each on an image of its own worklist. */
    words: ({ round, level }: RoundRow): RoundWord[] => wordsOfReaders(level, round, round),
    /** Adjudicators' words. */
    decisions: ({ round, level }: RoundRow): RoundWord[] =>
      wordsOfAll(level, round + adjudicationMark, round),
    /** Milliseconds each target was in view in this round, ascending. */
    times: (round: string, reader: string): number[] => times.all(round, reader),

    /** When a reader last said something of one of these images before the round was opened, elsewhere; ISO 8601. */
    lastWordBefore({ round, level, openedAt }: RoundRow, reader: string): string | null {
      const key = `${round} ${reader}`;
      const known = lastWords.get(key);
      if (known !== undefined) return known;
      const found = lastWord(level).get(round, openedAt, round, reader) ?? null;
      lastWords.set(key, found);
      return found;
    },

    /** Each image once for each thing that a label is said of, the first in the order given. */
    targetsOf(images: readonly string[], level: LabelLevel): string[] {
      const seen = new Set<string>();
      return selectTargets(level)
        .all(JSON.stringify(images))
        .flatMap(({ image, target }) => {
          if (target === null || seen.has(target)) return [];
          seen.add(target);
          return [image];
        });
    },
  };
}
export type RoundRepository = ReturnType<typeof createRoundRepository>;
