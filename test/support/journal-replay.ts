import type { LabelLevel, LabelSchema } from '../../src/contract/project.ts';
import {
  type Heirs,
  labelOfRecord,
  type LabelRule,
  recordValue,
  type RecordValue,
} from '../../src/core/label-record.ts';
import { classValueText } from '../../src/engine/db/class-states.ts';
import type { ProjectDatabase } from '../../src/engine/db/open.ts';
import { createProjectRepository } from '../../src/engine/db/project-repository.ts';
import type { StoredClassValue, StoredTableChoice, StoredValue } from '../../src/engine/db/stored-value.ts';

/** What stands in a project of what its journal keeps. */
export interface Standing {
  /** By target, reader and round: the word, its newest event, and the one that gave its label. */
  words: Map<string, { to: string; id: string; given: string }>;
  shapes: Map<string, string>;
  classes: Map<string, string>;
  /** Whether imports stand. */
  imports: Map<string, boolean>;
  schema: LabelSchema;
  rule: LabelRule;
  /** The clinical table that stands. */
  table: string | null;
  records: Map<string, RecordValue>;
}

/** What a project was made with, which no event tells. */
export type Initial = Pick<Standing, 'classes' | 'schema'>;

interface EventRow {
  id: string;
  reader: string;
  round: string;
  kind: string;
  target: string;
  to: string | null;
  given: string;
}

interface Home {
  image: string;
  series: string | null;
  study: string | null;
  patient: string | null;
  importId: string | null;
}

/**
 * What a project's events amount to, and what labels of record follow from that by the rule written down anew: to hold
 * against `standing`. Of adjudicated rounds it knows nothing.
 */
export function replay(database: ProjectDatabase, initial: Initial): Standing {
  const { handle } = database;
  const events = handle
    .prepare<[], EventRow>(
      `SELECT id, reader_id AS reader, round, target_kind AS kind, target_id AS target, to_value AS "to",
         coalesce(given, id) AS given FROM event ORDER BY clock, replica_id`,
    )
    .all();
  const words = new Map<string, EventRow & { to: string }>();
  const shapes = new Map<string, string>();
  const classes = new Map(initial.classes);
  const imports = new Map<string, boolean>();
  let { schema } = initial;
  let rule: LabelRule = 'single-reader/1';
  let table: string | null = null;
  for (const event of events) {
    const { kind, target, to } = event;
    const key = `${kind} ${target} ${event.reader} ${event.round}`;
    if (kind === 'class' && to === null) classes.delete(target);
    else if (kind === 'class') classes.set(target, to!);
    else if (kind === 'import') imports.set(target, to !== null);
    else if (kind === 'setting' && target === 'labels') schema = JSON.parse(to!) as LabelSchema;
    else if (kind === 'setting' && target === 'clinical') ({ table } = JSON.parse(to!) as StoredTableChoice);
    else if (kind === 'setting') rule = JSON.parse(to!) as LabelRule;
    else if (kind === 'annotation' && to === null) shapes.delete(target);
    else if (kind === 'annotation') shapes.set(target, to!);
    else if (to === null) words.delete(key);
    else words.set(key, { ...event, to });
  }
  const ranks = new Map(events.map(({ id }, rank) => [id, rank]));
  const records = recordsOf(database, { words: [...words.values()], ranks, classes, imports, schema, rule });
  const texts = new Map([...words].map(([key, { to, id, given }]) => [key, { to, id, given }]));
  return { words: texts, shapes, classes, imports, schema, rule, table, records };
}

function recordsOf(
  { handle }: ProjectDatabase,
  {
    words,
    ranks,
    classes,
    imports,
    schema,
    rule,
  }: Pick<Standing, 'classes' | 'imports' | 'schema' | 'rule'> & {
    words: readonly (EventRow & { to: string })[];
    ranks: ReadonlyMap<string, number>;
  },
): Standing['records'] {
  const homes = handle
    .prepare<[], Home>(
      `SELECT image.id AS image, series_id AS series, series.study_id AS study, image.patient_id AS patient,
         import_id AS importId FROM image LEFT JOIN series ON series.id = image.series_id`,
    )
    .all();
  const open = handle.prepare<[], string>(`SELECT id FROM reading_round WHERE status = 'open'`).pluck().all();
  const persons = handle.prepare<[], string>(`SELECT id FROM reader WHERE kind = 'person'`).pluck().all();
  const heirs: Heirs = new Map(
    [...classes].flatMap(([id, text]) => {
      const { heir } = JSON.parse(text) as StoredClassValue;
      return heir === null ? [] : [[id, heir] as const];
    }),
  );
  const records = new Map<string, RecordValue>();
  for (const home of homes) {
    if (home.importId !== null && imports.get(home.importId) === false) continue;
    const said = words.filter(
      ({ kind, target, round }) => home[kind as LabelLevel] === target && !open.includes(round),
    );
    const candidates = said.flatMap(({ id, kind, reader, to, given }) => {
      const value = recordValue(JSON.parse(to) as StoredValue, schema.kind, heirs);
      const [person, level, rank] = [persons.includes(reader), kind as LabelLevel, ranks.get(given)!];
      return value
        ? [{ value, level, event: id, reader, person, adjudicates: false, tolerance: 0, rank }]
        : [];
    });
    const found = labelOfRecord(candidates, rule, schema.level);
    if (found) records.set(home.image, found.value);
  }
  return records;
}

/** What stands by the tables that are kept with every event. */
export function standing(database: ProjectDatabase): Standing {
  const { handle } = database;
  const projects = createProjectRepository(database);
  const all = <T>(sql: string): T[] => handle.prepare<[], T>(sql).all();
  const words = all<{ key: string; to: string; id: string; given: string }>(
    `SELECT target_kind || ' ' || target_id || ' ' || reader_id || ' ' || round AS key, value AS "to", event_id AS id,
       given_id AS given FROM label`,
  );
  const records = all<{
    image: string;
    class: string | null;
    classes: string | null;
    number: number;
    unsure: 0 | 1;
  }>('SELECT image_id AS image, class_id AS class, classes, number, unsure FROM record');
  const imports = all<{ id: string; removed: 0 | 1 }>('SELECT id, removed FROM import');
  return {
    words: new Map(words.map(({ key, ...state }) => [key, state])),
    shapes: new Map(handle.prepare<[], [string, string]>('SELECT id, value FROM annotation').raw().all()),
    classes: new Map(
      projects
        .allClasses()
        // Empty: one whose making was taken back, of which only the row is left.
        .filter(({ retiredAt }) => retiredAt !== '')
        .map((entry) => [entry.id, classValueText(entry)]),
    ),
    imports: new Map(imports.map(({ id, removed }) => [id, removed === 0])),
    schema: projects.labelSchema(),
    rule: projects.labelRule() as LabelRule,
    table: handle.prepare<[], string | null>('SELECT clinical_table FROM project').pluck().get()!,
    records: new Map(
      records.map(({ image, class: id, classes, number, unsure: flag }): [string, RecordValue] => {
        const unsure = flag === 1;
        if (id !== null) return [image, { class: id, unsure }];
        return [
          image,
          classes === null ? { number, unsure } : { classes: JSON.parse(classes) as string[], unsure },
        ];
      }),
    ),
  };
}
