import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { stringify } from 'csv-stringify/sync';

import { ReadroomError } from '../../contract/errors.ts';
import type { SampleResult } from '../../contract/system.ts';
import { findSampleTemplate } from '../../core/sample/index.ts';
import type { SampleFilm, SampleRecord, SampleShare } from '../../core/sample/template.ts';
import { diskError } from '../../files/disk-error.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { makeFolder } from '../../files/make-folder.ts';
import type { SpawnWorker } from '../../rpc/child-process.ts';
import type { JobContext } from '../jobs.ts';

export interface SampleRequest {
  folder: string;
  template: string;
  images: number;
  seed: number;
}

/** A child starts within half a second, in which another one draws as many. */
const fewestFilmsPerChild = 20;
const mostChildren = 8;

/** What was written, and where an import finds it. */
export interface WrittenSample {
  result: SampleResult;
  /** Below which all pictures lie, and nothing else that looks like one. */
  pictures: string;
  /** What says the pictures' labels: the folders they lie in, or a number a picture in `labels.csv`; masks are no labels. */
  labels: { from: 'folder' } | { from: 'table'; file: string } | { from: 'none' };
  /** The folder of the masks, of pictures that are to be segmented. */
  masks: string | null;
  /** The table of what is known of patients, where it is. */
  clinical: string | null;
}

/**
 * Writes a template's generated pictures as CLASS/PATIENT/PATIENT-n.png, with `labels.csv` and
 * `readroom-sample.json`, into a folder that is new or empty. Where pictures are to be segmented they lie below
 * `images`, and below `masks` the masks of the same names; what is known of patients by column stands in
 * `clinical.csv`. The files are the same however many children draw.
 *
 * @throws ReadroomError `unknownTemplate`, `folderNotEmpty`, `permissionDenied`, `diskFull`, `cancelled`
 */
export async function writeSample(
  request: SampleRequest,
  spawn: SpawnWorker,
  context: JobContext,
): Promise<WrittenSample> {
  const template = findSampleTemplate(request.template);
  await makeEmptyFolder(request.folder);
  const films = await drawAll(request, spawn, context);
  const result: SampleResult = {
    folder: request.folder,
    images: films.length,
    patients: new Set(films.map(({ patient }) => patient)).size,
    classes: [...template.classes],
    generated: true,
    generatorVersion: template.generatorVersion,
  };
  const below = (name: string): string => path.join(request.folder, name);
  await writeFileWhole(below('labels.csv'), labelTable(films));
  const clinical = clinicalTable(films);
  if (clinical !== null) await writeFileWhole(below('clinical.csv'), clinical);
  await writeFileWhole(below('readroom-sample.json'), describe(result, request));
  return {
    ...{ result, clinical: clinical === null ? null : below('clinical.csv') },
    ...placesOf(films, request.folder),
  };
}

function placesOf(films: readonly SampleFilm[], folder: string): Omit<WrittenSample, 'result' | 'clinical'> {
  if (films.some(({ number }) => number !== undefined))
    return {
      pictures: folder,
      labels: { from: 'table', file: path.join(folder, 'labels.csv') },
      masks: null,
    };
  if (films.some(({ className }) => className !== ''))
    return { pictures: folder, labels: { from: 'folder' }, masks: null };
  return {
    pictures: path.join(folder, 'images'),
    labels: { from: 'none' },
    masks: path.join(folder, 'masks'),
  };
}

/** Every film in order, drawn by as many children as the machine has cores. */
async function drawAll(
  request: SampleRequest,
  spawn: SpawnWorker,
  { signal, progress }: JobContext,
): Promise<SampleFilm[]> {
  const wanted = Math.ceil(request.images / fewestFilmsPerChild);
  const children = Math.min(wanted, availableParallelism(), mostChildren);
  const done = Array.from({ length: children }, () => 0);
  const ending = new AbortController();
  const stop = AbortSignal.any([signal, ending.signal]);
  const shares = done.map((_, index) =>
    drawShare({ ...request, share: { index, of: children } }, spawn, stop, (drawn) => {
      done[index] = drawn;
      const total = done.reduce((sum, each) => sum + each, 0);
      progress(total, request.images, 'Drawing pictures');
    }),
  );
  try {
    return (await Promise.all(shares)).flat();
  } finally {
    // After a failure the others stop; the first one says why.
    ending.abort();
    await Promise.allSettled(shares);
  }
}

async function drawShare(
  request: SampleRequest & { share: SampleShare },
  spawn: SpawnWorker,
  signal: AbortSignal,
  drawn: (films: number) => void,
): Promise<SampleFilm[]> {
  const worker = spawn('decode');
  const kill = (): void => worker.kill();
  signal.addEventListener('abort', kill, { once: true });
  try {
    signal.throwIfAborted();
    for await (const event of await worker.client.writeSample(request)) {
      if (event.type === 'ended') return event.films;
      drawn(event.done);
    }
    throw new Error('The sample generator ended without a result');
  } finally {
    signal.removeEventListener('abort', kill);
    worker.kill();
    // Whoever removes the folder now meets nobody who writes into it.
    await worker.exited;
  }
}

async function makeEmptyFolder(folder: string): Promise<void> {
  try {
    makeFolder(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new ReadroomError(
        'folderNotEmpty',
        `${folder} is a file, or lies below one.`,
        'Choose another folder.',
      );
    }
    throw diskError(error, folder);
  }
  if ((await readdir(folder)).length > 0) {
    throw new ReadroomError(
      'folderNotEmpty',
      `The folder ${folder} is not empty.`,
      'Name a new or an empty folder.',
    );
  }
}

function labelTable(films: readonly SampleFilm[]): string {
  const numbered = films.some(({ number }) => number !== undefined);
  return stringify([
    ['file', 'class', 'patient', 'age', 'sex', ...(numbered ? ['number'] : [])],
    ...films.map(({ file, className, patient, ageYears, sex, number }) => [
      ...[file, className, patient, ageYears, sex],
      ...(numbered ? [number] : []),
    ]),
  ]);
}

/** A row a patient; an empty cell is a missing value. Null where nothing is known of the patients. */
function clinicalTable(films: readonly SampleFilm[]): string | null {
  const records = new Map<string, SampleRecord>();
  for (const { patient, record } of films) if (record) records.set(patient, record);
  const [first] = records.values();
  if (!first) return null;
  const columns = Object.keys(first);
  const rows = [...records].map(([patient, record]) => [patient, ...columns.map((column) => record[column])]);
  return stringify([['patient', ...columns], ...rows]);
}

function describe(result: SampleResult, request: SampleRequest): string {
  const { images, patients, classes, generatorVersion } = result;
  const content = {
    formatVersion: 1,
    generated: true,
    template: request.template,
    generatorVersion,
    seed: request.seed,
    images,
    patients,
    classes,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
