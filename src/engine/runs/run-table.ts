import { existsSync } from 'node:fs';

import { ReadroomError } from '../../contract/errors.ts';
import type { Recipe } from '../../contract/recipe.ts';
import type { Manifest } from '../../contract/run-folder.ts';
import type { SplitPart } from '../../contract/split.ts';
import type { TableFeatures } from '../../contract/table-features.ts';
import { featureRows, tableFeatures } from '../../core/table-features.ts';
import { counted, listed } from '../../core/words.ts';
import { clinicalFeatures } from '../clinical/clinical-table.ts';
import type { ProjectSession } from '../project/session.ts';
import { readManifest, runFolderOf } from './run-folder.ts';

/** What a run takes of the clinical table. */
export interface RunTable {
  readonly table: TableFeatures;
  /** Id of the clinical table, made of its content; absent: it was not kept. */
  readonly tableId?: string | undefined;
  /** Features of an image's patient; of an unknown one those of missing values. */
  featuresOf(image: string): number[];
  /** What became of the table of the run that is trained again, where another one stands now; else null. */
  readonly note: string | null;
}

type TableUse = Pick<Recipe, 'table'>;

interface TableRequest {
  readonly parts: Readonly<Record<SplitPart, readonly { readonly image: string }[]>>;
  /** The run that this one trains again, whose features it takes. */
  readonly rerunOf: string | null;
}

/**
 * The clinical table as features, made by the patients of training images alone; null where a recipe does not use it. Of
 * a run that trains another one again they are that one's, whatever was imported since.
 *
 * @throws ReadroomError `badTable` where there is none, or nothing of training patients in it
 */
export async function runTable(
  session: ProjectSession,
  { table: { use } }: TableUse,
  request: TableRequest,
): Promise<RunTable | null> {
  if (use === 'none') return null;
  const earlier = earlierManifest(session, request.rerunOf);
  return (earlier && earlierTable(session, earlier, request)) ?? tableNow(session, use, request, earlier);
}

async function tableNow(
  session: ProjectSession,
  use: Recipe['table']['use'],
  { parts }: TableRequest,
  earlier: Manifest | null,
): Promise<RunTable> {
  const patientOf = session.dataset.patientKeys();
  const patients = [...new Set(patientOf.values())];
  const placeOf = new Map(patients.map((patient, place) => [patient, place]));
  const known = await clinicalFeatures(session, patients);
  if (!known) throw noTable(use);
  const trained = new Set(parts.train.flatMap(({ image }) => patientOf.get(image) ?? []));
  const table = tableFeatures(
    known.columns,
    [...trained].map((patient) => known.rows[placeOf.get(patient)!]!),
    known.missing,
  );
  if (!table) throw saysNothing(use);
  const names = known.columns.map(({ name }) => name);
  const { width, values } = featureRows(table, names, [...known.rows, null]);
  const isOther = earlier?.clinicalTable !== undefined && earlier.clinicalTable !== known.table;
  return {
    table,
    tableId: known.table,
    note: isOther
      ? `The clinical table was replaced since run ${earlier.run}, and not all images were in that run: features are made of the table that stands now, so the weights may be others.`
      : null,
    featuresOf(image) {
      const place = placeOf.get(patientOf.get(image) ?? '') ?? patients.length;
      return [...values.subarray(place * width, (place + 1) * width)];
    },
  };
}

function earlierManifest(session: ProjectSession, rerunOf: string | null): Manifest | null {
  if (rerunOf === null) return null;
  const folder = runFolderOf(session.folder, rerunOf);
  return existsSync(folder.manifest) ? readManifest(folder) : null;
}

/** Features of the run that is trained again; null where it has none of some image. */
function earlierTable(
  session: ProjectSession,
  { run, table, clinicalTable, rows }: Manifest,
  { parts }: TableRequest,
): RunTable | null {
  if (!table) return null;
  const all = [...rows.train, ...rows.val, ...rows.test];
  const features = new Map(all.map((row) => [row.image, row.features]));
  if (!Object.values(parts).every((part) => part.every(({ image }) => features.get(image)))) return null;
  const isOther = clinicalTable !== undefined && clinicalTable !== session.clinical.current()?.id;
  return {
    table,
    tableId: clinicalTable,
    note: isOther
      ? `The clinical table was replaced since run ${run}: this one learns from what stood then, as that run did.`
      : null,
    featuresOf: (image) => [...features.get(image)!],
  };
}

const planned = new WeakMap<ProjectSession, { as: string; features: TableFeatures | null }>();

/**
 * What of the clinical table a training would read, by all patients: which of them train is not looked at. Read once,
 * until patients or the table change.
 *
 * @throws ReadroomError `badTable` as `runTable`
 */
export async function plannedTable(
  session: ProjectSession,
  { table: { use } }: TableUse,
): Promise<TableFeatures | null> {
  if (use === 'none') return null;
  const table = session.clinical.current();
  if (table === null) throw noTable(use);
  const { images, patients, rules } = session.stamp();
  const as = [table.id, images, patients, rules, session.index.invalidations()].join(' ');
  const known = planned.get(session);
  const features = known?.as === as ? known.features : await featuresOfAll(session);
  planned.set(session, { as, features });
  if (features === null) throw saysNothing(use);
  return features;
}

/** What a training does with the clinical table, in sentences; none where there is no table to use. */
export function tableRemarks(
  { table: { use } }: TableUse,
  features: TableFeatures | null,
  isThere: boolean,
): string[] {
  if (use === 'none') return isThere ? ['The picture alone is read: the clinical table is left out.'] : [];
  if (features === null) return [];
  const columns = features.columns.map(({ column }) => column);
  const read = `${counted(columns.length, 'column')} of the clinical table (${listed(columns)}), as ${counted(features.features.length, 'number')} a patient`;
  return use === 'only'
    ? [`The clinical table alone is read, not the picture: ${read}.`]
    : [`The picture is read together with ${read}, put beside its features before the last layer.`];
}

async function featuresOfAll(session: ProjectSession): Promise<TableFeatures | null> {
  const patients = session.clinical.patients().map(({ key }) => key);
  const found = await clinicalFeatures(session, patients);
  return found && tableFeatures(found.columns, found.rows, found.missing);
}

const wayOut = 'Import one with: readroom table import PROJECT FILE.csv, or take --set table.use=none.';
const noTable = (use: string): ReadroomError =>
  new ReadroomError('badTable', `table.use is ${use}, but this project has no clinical table.`, wayOut);
const saysNothing = (use: string): ReadroomError =>
  new ReadroomError(
    'badTable',
    `table.use is ${use}, but the clinical table says nothing of the training patients.`,
    wayOut,
  );
