import type { LabelLevel, LabelSchema } from '../../contract/project.ts';
import { adjudicatedRound } from '../../contract/round-id.ts';
import {
  type Heirs,
  labelOfRecord,
  type LabelRule,
  type RecordCandidate,
  recordValue,
  type RecordValue,
} from '../../core/label-record.ts';
import type { Steps } from '../../core/steps.ts';
import { labelTargets, type LabelTargetKind, targetIdOf } from './label-targets.ts';
import type { ProjectDatabase } from './open.ts';
import type { ReaderKind } from './project-repository.ts';
import type { RecordRules } from './record-words.ts';
import { createTolerancesReading } from './round-repository.ts';
import { parseValue, type StoredClassValue } from './stored-value.ts';

/** A class as it was at a moment. */
export interface ClassThen extends Pick<StoredClassValue, 'name' | 'position' | 'retiredAt' | 'heir'> {
  id: string;
}

/**
 * A moment: what the events that were made by then amount to, in the journal's order, is what stood then. Of copies that
 * merged it is what stood in all of them together.
 */
export interface StoredMoment {
  /** ISO 8601, in milliseconds. */
  at: string;
  schema: LabelSchema;
  /** By id, in their order, then those taken out of use; not those made later. */
  classes: ReadonlyMap<string, ClassThen>;
  rules: RecordRules;
  /** Rounds that were closed. */
  closedRounds: ReadonlySet<string>;
  /** Imports with an event by then, with whether they stood. */
  imports: ReadonlyMap<string, boolean>;
}

/** An image, and ids of what labels on it are said of. */
interface ImageColumns extends Record<LabelTargetKind, string | null> {
  row: number;
  image: string;
  importId: string | null;
  addedAt: string;
}

interface WordEvent {
  level: LabelLevel;
  target: string;
  reader: string;
  round: string;
  to: string | null;
  event: string;
  given: string;
}

const imagesPerStep = 250;

/**
 * Reads what the labels of record were at a moment, by replaying the journal's words up to it. Which images a series,
 * study or patient has is as it is now.
 */
export function createMomentReading(database: ProjectDatabase) {
  const { handle } = database;
  const tolerancesNow = createTolerancesReading(database);
  const latest = handle.prepare<[], number>('SELECT coalesce(max(position), 0) FROM event').pluck();
  // Left to itself SQLite goes through all events by their clock.
  const ofTarget = 'event INDEXED BY event_by_target';
  const madeByThen = 'event.at <= @at';
  const stateAt = handle
    .prepare<{ kind: string; id: string; at: string }, string | null>(
      `SELECT coalesce(
         (SELECT coalesce(to_value, 'null') FROM ${ofTarget} WHERE target_kind = @kind AND target_id = @id AND ${madeByThen}
          ORDER BY clock DESC, replica_id DESC LIMIT 1),
         (SELECT coalesce(from_value, 'null') FROM ${ofTarget} WHERE target_kind = @kind AND target_id = @id
          ORDER BY clock, replica_id LIMIT 1))`,
    )
    .pluck();
  const project = handle.prepare<[], { rule: string; labels: string }>(
    'SELECT json_quote(label_rule) AS rule, label_schema AS labels FROM project',
  );
  const classesNow = handle.prepare<[], ClassThen>(
    'SELECT id, name, position, retired_at AS retiredAt, heir FROM class',
  );
  const kinds = handle.prepare<[], [string, ReaderKind]>('SELECT id, kind FROM reader').raw();
  const closedBy = handle
    .prepare<[string], string>('SELECT id FROM reading_round WHERE closed_at <= ?')
    .pluck();
  const importsThen = handle
    .prepare<{ at: string }, [string, 0 | 1]>(
      `SELECT id, (SELECT to_value IS NOT NULL FROM ${ofTarget} WHERE target_kind = 'import' AND target_id = import.id AND ${madeByThen}
         ORDER BY clock DESC, replica_id DESC LIMIT 1) AS stood
       FROM import WHERE stood IS NOT NULL`,
    )
    .raw();
  const targetColumns = labelTargets.map((level) => `${targetIdOf[level]} AS ${level}`).join(', ');
  const imageColumns = `image.rowid AS row, ${targetColumns}, image.import_id AS importId, image.added_at AS addedAt`;
  const imagesBehind = handle.prepare<[number], ImageColumns>(
    `SELECT ${imageColumns} FROM image WHERE image.rowid > ? ORDER BY image.rowid LIMIT ${imagesPerStep}`,
  );
  const imagesNamed = handle.prepare<[string], ImageColumns>(
    `SELECT ${imageColumns} FROM json_each(?) AS asked CROSS JOIN image ON image.id = asked.value`,
  );
  const wordEvents = handle.prepare<{ targets: string; at: string }, WordEvent>(
    `SELECT event.target_kind AS level, event.target_id AS target, event.reader_id AS reader, event.round,
       event.to_value AS "to", event.id AS event, coalesce(event.given, event.id) AS given
     FROM json_each(@targets) AS asked CROSS JOIN ${ofTarget}
       ON event.target_kind = asked.value ->> 0 AND event.target_id = asked.value ->> 1 AND ${madeByThen}
     ORDER BY event.clock, event.replica_id`,
  );

  /** JSON of what a thing that belongs to nobody was; null: not there; undefined: no event was ever about it. */
  function sharedAt(kind: 'class' | 'setting', id: string, at: string) {
    const text = stateAt.get({ kind, id, at });
    return text === null || text === undefined ? undefined : text === 'null' ? null : text;
  }

  function classesAt(at: string): Map<string, ClassThen> {
    const found = classesNow.all().flatMap((now): ClassThen[] => {
      const text = sharedAt('class', now.id, at);
      if (text === null) return [];
      const { name, position, retiredAt, heir } = text === undefined ? now : (JSON.parse(text) as ClassThen);
      return [{ id: now.id, name, position, retiredAt, heir }];
    });
    const isRetired = ({ retiredAt }: ClassThen): number => (retiredAt === null ? 0 : 1);
    found.sort((a, b) => isRetired(a) - isRetired(b) || a.position - b.position);
    return new Map(found.map((one) => [one.id, one]));
  }

  let known: { position: number; moment: StoredMoment } | null = null;

  function recordOf(candidates: readonly RecordCandidate[], { rules }: StoredMoment): RecordValue | null {
    return labelOfRecord(candidates, rules.rule, rules.level)?.value ?? null;
  }

  function isThere({ importId, addedAt }: ImageColumns, { at, imports }: StoredMoment): boolean {
    // An import that has no event by then brought it again later: it had come with an earlier one.
    return addedAt <= at && (importId === null || (imports.get(importId) ?? true));
  }

  /** Labels of record of images at a moment; null for one without; those not in the project then are left out. */
  function recordsOf(images: readonly ImageColumns[], moment: StoredMoment): Map<string, RecordValue | null> {
    const present = images.filter((image) => isThere(image, moment));
    const concerned = new Map<string, [LabelTargetKind, string]>();
    for (const image of present)
      for (const target of targetsOf(image)) concerned.set(target.join(' '), target);
    const events = wordEvents.all({ targets: JSON.stringify([...concerned.values()]), at: moment.at });
    const ranks = new Map(events.map(({ event }, rank) => [event, rank]));
    const words = new Map<string, Map<string, WordEvent>>();
    for (const event of events) {
      const target = `${event.level} ${event.target}`;
      const ofTarget = words.get(target) ?? new Map<string, WordEvent>();
      words.set(target, ofTarget.set(`${event.reader} ${event.round}`, event));
    }
    return new Map(
      present.map((image) => {
        const said = targetsOf(image).flatMap((target) => [...(words.get(target.join(' '))?.values() ?? [])]);
        const candidates = said.flatMap((word) => candidateOf(word, moment, ranks.get(word.given) ?? -1));
        return [image.image, recordOf(candidates, moment)];
      }),
    );
  }

  return {
    /** @param at ISO 8601 in milliseconds */
    moment(at: string): StoredMoment {
      const position = latest.get()!;
      if (known?.position === position && known.moment.at === at) return known.moment;
      const now = project.get()!;
      const schema = JSON.parse(sharedAt('setting', 'labels', at) ?? now.labels) as LabelSchema;
      const rule = JSON.parse(sharedAt('setting', 'rule', at) ?? now.rule) as LabelRule;
      const classes = classesAt(at);
      const heirs: Heirs = new Map(
        [...classes.values()].flatMap(({ id, heir }) => (heir === null ? [] : [[id, heir] as const])),
      );
      const moment = {
        ...{ at, schema, classes },
        rules: {
          ...{ kind: schema.kind, level: schema.level, rule, heirs },
          ...{ kinds: new Map(kinds.all()), tolerances: tolerancesNow() },
        },
        closedRounds: new Set(closedBy.all(at)),
        imports: new Map(importsThen.all({ at }).map(([id, stood]) => [id, stood === 1])),
      };
      known = { position, moment };
      return moment;
    },

    /** Of every image that was in the project, some images a step. */
    *allRecords(moment: StoredMoment, take: (record: RecordValue | null) => void): Steps<void> {
      let last = 0;
      for (;;) {
        const images = imagesBehind.all(last);
        for (const record of recordsOf(images, moment).values()) take(record);
        if (images.length < imagesPerStep) return;
        last = images.at(-1)!.row;
        yield;
      }
    },

    /** Of these images, at most some hundreds, those that were in the project. */
    records: (ids: readonly string[], moment: StoredMoment): Map<string, RecordValue | null> =>
      recordsOf(imagesNamed.all(JSON.stringify(ids)), moment),
  };
}
export type MomentReading = ReturnType<typeof createMomentReading>;

const targetsOf = (image: ImageColumns): [LabelTargetKind, string][] =>
  labelTargets.flatMap((level) => {
    const id = image[level];
    return id === null ? [] : [[level, id] as [LabelTargetKind, string]];
  });

function candidateOf(word: WordEvent, moment: StoredMoment, rank: number): RecordCandidate[] {
  const { rules, closedRounds } = moment;
  const { level, reader, round, event } = word;
  const adjudicates = adjudicatedRound(round) !== null;
  const readerKind = rules.kinds.get(reader);
  if (readerKind === 'model' || !(round === '' || adjudicates || closedRounds.has(round))) return [];
  const said = parseValue(word.to);
  const value = said && recordValue(said, rules.kind, rules.heirs);
  if (!value) return [];
  const tolerance = rules.tolerances.get(round) ?? 0;
  return [{ value, level, event, reader, person: readerKind === 'person', adjudicates, tolerance, rank }];
}
