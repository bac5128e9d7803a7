import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { LabelChangeInput } from '../../src/contract/label.ts';
import { ReadroomError } from '../../src/contract/errors.ts';
import type { LabelSchema } from '../../src/contract/project.ts';
import { tableReadingInput } from '../../src/contract/table.ts';
import { adjudicationOf, openReading } from '../../src/contract/round-id.ts';
import { labelRules } from '../../src/core/label-record.ts';
import type { createRandom } from '../../src/core/random.ts';
import { importTable, removeTable } from '../../src/engine/clinical/clinical-table.ts';
import { openForReading } from '../../src/engine/db/open.ts';
import { changeAnnotations, listAnnotations } from '../../src/engine/label/annotations.ts';
import { assignLabels, reverseLabel } from '../../src/engine/label/label-service.ts';
import type { MergeReport } from '../../src/contract/merge.ts';
import { mergeCopy } from '../../src/engine/merge/merge.ts';
import { mergeClasses, splitClass } from '../../src/engine/project/class-merging.ts';
import {
  addClass,
  changeClass,
  reorderClasses,
  retireClass,
  setClassKeys,
} from '../../src/engine/project/classes.ts';
import { changeLabels } from '../../src/engine/project/labels.ts';
import { createProject, openProject, type ProjectSession } from '../../src/engine/project/session.ts';
import { closeRound, openRound } from '../../src/engine/rounds/rounds.ts';
import { plainFile } from './image-project.ts';

export type Random = ReturnType<typeof createRandom>;

const options = { program: 'test', lockWaitMs: 0 };
const patients = 4;
const startingImages = 16;

/** Every kind of labels, at every level. */
export const mergedSchemas: readonly LabelSchema[] = [
  { kind: 'single', level: 'image', number: null, shapes: ['box'] },
  { kind: 'multi', level: 'series', number: null, shapes: ['box'] },
  { kind: 'ordinal', level: 'study', number: null, shapes: ['box'] },
  {
    kind: 'number',
    level: 'patient',
    number: { unit: 'mm', low: 0, high: 99, decimals: 0 },
    shapes: ['box'],
  },
];

export const openCopy = (folder: string): Promise<ProjectSession> => openProject(folder, options);

/** A project with some images, labels of an import among them, and so many copies of it; their folders. */
export async function makeCopies(folder: string, labels: LabelSchema, copies: number): Promise<string[]> {
  const first = path.join(folder, 'copy 0');
  const session = await createProject({ path: first, name: 'p', classes: ['a', 'b', 'c'], labels }, options);
  importFiles(
    session,
    Array.from({ length: startingImages }, (_, index) => index),
    null,
  );
  session.close();
  const folders = Array.from({ length: copies }, (_, index) => path.join(folder, `copy ${index}`));
  for (const copy of folders.slice(1)) cpSync(first, copy, { recursive: true });
  return folders;
}

/** Imports files of a stock that all copies draw from; what is there already is left alone. */
function importFiles(session: ProjectSession, numbers: readonly number[], reader: string | null): void {
  const { imports } = session.writing();
  const person = reader === null ? null : session.projects.readerNamed(reader, 'person').id;
  const action = imports.begin(person, 'images from stock');
  const rootId = imports.root('reference', '/films');
  const files = [...new Set(numbers)].flatMap((number) => {
    const hash = number.toString(16).padStart(64, '0');
    const known = session.known.findByBytes(hash);
    if (known && !known.removed) return [];
    const patient = number % patients;
    const header =
      number % 3 === 0
        ? null
        : { studyUid: `1.${patient}`, seriesUid: `1.${patient}.${number % 2}`, modality: 'DX' };
    const file = plainFile({
      ...{ path: `${number}.png`, byteSha256: hash, pixelSha256: hash, patient: `P${patient}` },
      ...(header && { header }),
    });
    const classes = session.projects.classes();
    const label = number % 5 === 0 ? (classes[number % classes.length]?.id ?? null) : null;
    return [{ ...file, rootId, labels: [label], removedFile: known?.file ?? null }];
  });
  if (files.length === 0) return;
  imports.write({ files, additions: [], studyPatients: new Map() }, action);
}

/** Takes in a clinical table of all patients but one. */
export async function importValues(session: ProjectSession, number: number, reader: string): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-values-'));
  const file = path.join(folder, `values-${number}.csv`);
  const rows = Array.from(
    { length: patients - 1 },
    (_, at) => `P${at},${50 + number + at},${'abc'[number % 3]}`,
  );
  writeFileSync(file, ['patient,age (years),stage', ...rows, ''].join('\n'));
  const columns = { stage: { kind: 'category' as const } };
  try {
    await importTable(session, {
      ...tableReadingInput.parse({ project: session.id, file, columns }),
      reader,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One thing that a person does at random, in every part of the project that merges; what is refused is not done. */
export async function edit(session: ProjectSession, random: Random): Promise<void> {
  try {
    await perform(session, random);
  } catch (error) {
    if (!(error instanceof ReadroomError)) throw error;
  }
}

async function perform(session: ProjectSession, random: Random): Promise<void> {
  const one = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;
  const reader = one(['Ada', 'Ben', 'Cem', `Guest ${random.integer(6)}`]);
  const { rows } = session.dataset.page(0, 100);
  const images = session.images.listed(rows).map(({ image }) => image);
  const classes = session.projects.classes();
  const name = `class ${random.integer(8)}`;
  if (images.length === 0) {
    importFiles(session, [random.integer(40)], reader);
    return;
  }
  if (classes.length === 0) {
    addClass(session, { name, reader });
    return;
  }
  const rounds = session.rounds.list();
  const labelIn = (round: string, of: readonly string[]): void => {
    const count = random.integer(4) === 0 ? 5 : 1;
    const chosen = [...new Set(Array.from({ length: count }, () => one(of)))];
    assignLabels(session, chosen, { change: labelChange(session, random), reader, round });
  };
  const acts: [number, () => unknown][] = [
    [40, () => labelIn(openReading, images)],
    [
      10,
      () => {
        const round = one(rounds.length > 0 ? rounds : [null]);
        if (round === null) return;
        const who = session.projects.findReader(reader, 'person');
        const list = who ? session.rounds.worklist(round.round, who.id) : [];
        if (round.status === 'open' && list.length > 0) labelIn(round.round, list);
        else labelIn(adjudicationOf(round.round), images);
      },
    ],
    [10, () => draw(session, random, one(images), reader)],
    [12, () => reverseLabel(session, 'undo', reader)],
    [8, () => reverseLabel(session, 'redo', reader)],
    [3, () => addClass(session, { name, reader })],
    [2, () => changeClass(session, one(classes).id, { name, reader })],
    [1, () => changeClass(session, one(classes).id, { key: one(['x', 'y', null]), reader })],
    [2, () => mergeClasses(session, { classes: [one(classes).id], into: one(classes).id, reader })],
    [1, () => splitClass(session, { ...splitOf(random, classes, images), reader })],
    [2, () => retireClass(session, one(classes).id, reader)],
    [1, () => setClassKeys(session, swapped(random, classes), reader)],
    [1, () => reorderClasses(session, classes.map(({ id }) => id).reverse(), reader)],
    [5, () => importFiles(session, [random.integer(40), random.integer(40)], reader)],
    [
      1,
      () =>
        openRound(session, {
          ...{ reader, name: 'round', readers: ['Ada', 'Ben'], assignment: { kind: 'all' } as const },
          ...{ images: { ids: images.slice(0, 6) }, seed: random.integer(100) },
          ...{ washoutDays: 0, tolerance: 0 },
        }),
    ],
    [1, () => rounds.length > 0 && closeRound(session, one(rounds).round, reader)],
    [2, () => importValues(session, random.integer(6), reader)],
    [1, () => removeTable(session, reader)],
    [1, () => random.integer(3) === 0 && changeLabels(session, one(mergedSchemas), reader)],
    [
      1,
      () => {
        const actor = session.projects.readerNamed(reader, 'person').id;
        const target = { kind: 'setting', id: 'rule' } as const;
        session.writing().journal.set([{ target, to: one(labelRules) }], { actor, round: openReading });
      },
    ],
  ];
  let drawn = random.integer(acts.reduce((sum, [weight]) => sum + weight, 0));
  for (const [weight, act] of acts) {
    drawn -= weight;
    if (drawn < 0) {
      await act();
      return;
    }
  }
}

function labelChange(session: ProjectSession, random: Random): LabelChangeInput {
  const { kind } = session.projects.labelSchema();
  const names = session.projects.classes().map(({ name }) => name);
  const name = names[random.integer(names.length)];
  const kinds: LabelChangeInput[] = [
    { unsure: true },
    { comment: `remark ${random.integer(9)}` },
    { bookmarked: true },
    { skipped: true },
  ];
  const picked = kinds[random.integer(12)];
  if (picked) return picked;
  if (kind === 'number') return { number: random.integer(100) };
  if (name === undefined) return { skipped: true };
  if (kind !== 'multi') return { class: name };
  return { classes: random.integer(2) === 0 ? { set: [name] } : { add: [name], remove: [] } };
}

function draw(session: ProjectSession, random: Random, image: string, reader: string): void {
  const by = { image, reader, round: openReading };
  const standing = listAnnotations(session, by);
  const classes = session.projects.classes();
  const shape = { kind: 'box', x: random.integer(50), y: random.integer(50), width: 4, height: 4 } as const;
  const old = standing[random.integer(3)];
  const remove = old && random.integer(2) === 0 ? [old.id] : [];
  const label = classes[random.integer(classes.length + 1)]?.id ?? null;
  const id = old?.id ?? `shape ${Date.now()} ${random.integer(1 << 30)}`;
  const put = remove.length > 0 ? [] : [{ id, class: label, shape }];
  changeAnnotations(session, { ...by, put, remove });
}

function splitOf(
  random: Random,
  classes: readonly { id: string; name: string }[],
  images: readonly string[],
): { class: string; into: { name: string; images: string[] }[] } {
  const { id, name } = classes[random.integer(classes.length)]!;
  const second = { name: `part ${random.integer(5)}`, images: [images[random.integer(images.length)]!] };
  return { class: id, into: [{ name, images: [] }, second] };
}

function swapped(
  random: Random,
  classes: readonly { id: string; key: string | null }[],
): { class: string; key: string | null }[] {
  const [one, other] = [classes[random.integer(classes.length)]!, classes[random.integer(classes.length)]!];
  return one === other
    ? []
    : [
        { class: one.id, key: other.key },
        { class: other.id, key: one.key },
      ];
}

/** Merges one copy, by its folder, into another. */
export async function mergeInto(session: ProjectSession, other: string): Promise<MergeReport> {
  return mergeCopy(session, other, { signal: new AbortController().signal, progress: () => undefined });
}

const dumped: Readonly<Record<string, string>> = {
  reader: 'SELECT id, name, kind FROM reader ORDER BY id',
  patient: 'SELECT id, key, sex FROM patient ORDER BY id',
  study: 'SELECT id, patient_id, uid FROM study ORDER BY id',
  series: 'SELECT id, study_id, uid, modality FROM series ORDER BY id',
  image: `SELECT image.id, byte_sha256, frame, series_id, patient_id, imported_part, import_id, removed
    FROM image JOIN file ON file.id = image.file_id ORDER BY image.id`,
  import: 'SELECT id, what, images, removed FROM import ORDER BY id',
  class: 'SELECT id, name, position, key, retired_at, heir FROM class ORDER BY id',
  setting: 'SELECT label_schema, label_rule, clinical_table FROM project',
  clinicalTable: 'SELECT id, patients FROM clinical_table ORDER BY id',
  clinicalColumn: 'SELECT * FROM clinical_column ORDER BY id',
  clinicalRow: 'SELECT * FROM clinical_row ORDER BY id',
  event: `SELECT id, replica_id, sequence, clock, batch, actor_id, reader_id, round, kind, target_kind, target_id,
    from_value, to_value, undoes, given, at FROM event ORDER BY clock, replica_id`,
  label: 'SELECT * FROM label ORDER BY target_kind, target_id, reader_id, round',
  annotation: 'SELECT * FROM annotation ORDER BY id',
  record: 'SELECT * FROM record ORDER BY image_id',
  round: 'SELECT * FROM reading_round ORDER BY id',
  worklist: 'SELECT * FROM worklist ORDER BY round_id, reader_id, place',
  readingTime: 'SELECT * FROM reading_time ORDER BY event_id',
  action: `SELECT batch, actor_id, round, kind, events, reverses,
    (SELECT id FROM event WHERE position = action.head) AS head FROM action ORDER BY action.position`,
};

/** Everything that copies agree on once they merged, as text a table. */
export function dump(folder: string): Record<string, string[]> {
  const database = openForReading(path.join(folder, 'project.sqlite'));
  try {
    return Object.fromEntries(
      Object.entries(dumped).map(([table, sql]) => [
        table,
        database.handle
          .prepare<[]>(sql)
          .all()
          .map((row) => JSON.stringify(row)),
      ]),
    );
  } finally {
    database.close();
  }
}

/** What is wrong in a project's database whatever merged into it; sentences. */
export function faults(folder: string): string[] {
  const database = openForReading(path.join(folder, 'project.sqlite'));
  const { handle } = database;
  const count = (sql: string): number => handle.prepare<[], number>(sql).pluck().get()!;
  try {
    const wrong: [string, number][] = [
      ['broken references', (handle.pragma('foreign_key_check') as unknown[]).length],
      [
        'gaps in the sequences of replicas',
        count(
          'SELECT count(*) FROM (SELECT replica_id FROM event GROUP BY replica_id HAVING max(sequence) <> count(*))',
        ),
      ],
      [
        'actions with other events than they say',
        count(
          'SELECT count(*) FROM action WHERE events <> (SELECT count(*) FROM event WHERE event.batch = action.batch)',
        ),
      ],
      [
        'labels of classes out of use',
        count('SELECT count(*) FROM record JOIN class ON class.id = class_id WHERE retired_at IS NOT NULL'),
      ],
      [
        'records of images that are not there',
        count('SELECT count(*) FROM record JOIN image ON image.id = image_id WHERE removed = 1'),
      ],
      ['two keys alike', count('SELECT count(*) - count(DISTINCT key) FROM class WHERE key IS NOT NULL')],
    ];
    return wrong.flatMap(([what, found]) => (found === 0 ? [] : [`${found} ${what}`]));
  } finally {
    database.close();
  }
}
