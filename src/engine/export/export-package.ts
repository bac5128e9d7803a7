import { readdir, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { ExportFormat, ExportResult } from '../../contract/run.ts';
import type { Predictions } from '../../contract/run-folder.ts';
import { diskError } from '../../files/disk-error.ts';
import { syncFile, syncFolder, writeFolderWhole, writeSynced } from '../../files/durable.ts';
import type { Evaluated, RunFacts } from '../report/facts.ts';
import type { FindPicture } from '../report/gallery.ts';
import { reportHtml } from '../report/write-report.ts';
import { type FileSum, formatSums, listFiles, sha256File, sumsFile } from './checksums.ts';
import { decisionOf, type PooledAs, pooledDecisionOf } from './decision.ts';
import { exampleRows } from './example-rows.ts';
import { modelCard } from './model-card.ts';
import { packageFile } from './package-file.ts';

/** What an export needs of the compute child. */
export interface FormatWriter {
  writeFormats(input: {
    modelFolder: string;
    to: string;
    formats: ExportFormat[];
    inputs: string;
    channels: 1 | 3;
    slots: number[];
    table: number[] | null;
    backend: string;
  }): Promise<ExportResult['roundTrip']>;
}

export interface ExportRequest {
  /** A folder that is new or empty. */
  readonly to: string;
  readonly formats: readonly ExportFormat[];
  readonly facts: RunFacts;
  /** Of the run's chosen weights; the operating point and calibration come from here. */
  readonly validation: Predictions;
  /** Of the test part; null when it was never opened for this run. */
  readonly test: Evaluated | null;
  /** How the run was evaluated on studies or patients; null: it was not. */
  readonly pooledAs?: PooledAs | null;
  readonly modelFolder: string;
  /** The file of uint8 inputs that the manifest names, as a path. */
  readonly inputs: string;
  readonly backend: string;
  readonly client: FormatWriter;
  readonly findPicture: FindPicture;
}

/**
 * Writes a model package: formats, examples, `readroom.json`, `MODEL_CARD.md`, `report.html`, `SHA256SUMS`.
 * It is built in a temporary sibling and renamed, so that the folder is whole or not there.
 *
 * @throws ReadroomError `folderNotEmpty`, `diskFull`, `permissionDenied`, and what `writeFormats` refuses
 */
export async function exportPackage(request: ExportRequest): Promise<ExportResult> {
  const folder = resolve(request.to);
  const formats = [...new Set(request.formats)];
  await checkFree(folder);
  const build = async (temporary: string): Promise<ExportResult> => {
    const roundTrip = await fill(temporary, { ...request, formats });
    return { folder, files: await seal(temporary), formats, roundTrip };
  };
  // An empty folder in the way: rename replaces it on POSIX only. One that was filled meanwhile stays.
  return writeFolderWhole(folder, build, { makeWay: () => rmdir(folder).catch(ignoreAbsent) });
}

async function fill(folder: string, request: ExportRequest): Promise<ExportResult['roundTrip']> {
  const { facts, formats, validation, test, modelFolder, inputs, backend, client, findPicture } = request;
  const examples = exampleRows(facts.manifest);
  const positive = test?.evaluation.positive ?? undefined;
  const decision = {
    ...decisionOf(facts.manifest, validation, positive),
    ...(request.pooledAs && {
      pooled: {
        ...request.pooledAs,
        ...pooledDecisionOf(facts.manifest, validation, request.pooledAs, positive),
      },
    }),
  };
  const content = packageFile({ facts, formats, examples: examples.length, decision, test });
  await writeSynced(join(folder, 'readroom.json'), `${JSON.stringify(content, null, 2)}\n`);
  const roundTrip = await client.writeFormats({
    modelFolder,
    to: folder,
    formats: [...formats],
    inputs,
    channels: facts.manifest.inputs.geometry.channels,
    slots: examples.map(({ slot }) => slot),
    table: examples[0]?.features === undefined ? null : examples.flatMap(({ features }) => features!),
    backend,
  });
  await writeSynced(join(folder, 'MODEL_CARD.md'), modelCard(facts, content, roundTrip));
  await writeSynced(join(folder, 'report.html'), await reportHtml({ facts, evaluated: test, findPicture }));
  return roundTrip;
}

/** Sums of all files, which are on the disk then; `SHA256SUMS` itself is in the result and not in the file. */
async function seal(folder: string): Promise<FileSum[]> {
  const sums: FileSum[] = [];
  const entries = await listFiles(folder);
  for (const { path } of entries) {
    sums.push({ path, sha256: await sha256File(join(folder, path)) });
    await syncFile(join(folder, path));
  }
  await writeSynced(join(folder, sumsFile), formatSums(sums));
  for (const inner of new Set(entries.map(({ path }) => dirname(join(folder, path)))))
    await syncFolder(inner);
  await syncFolder(folder);
  return [...sums, { path: sumsFile, sha256: await sha256File(join(folder, sumsFile)) }];
}

async function checkFree(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    if (hasCode(error, 'ENOTDIR')) throw taken(`${folder} is a file, not a folder.`);
    throw diskError(error, folder);
  });
  if (entries.length > 0) throw taken(`${folder} is not empty (${entries.length} entries).`);
}

function taken(message: string): ReadroomError {
  return new ReadroomError(
    'folderNotEmpty',
    message,
    'Name a folder that is new or empty; nothing is overwritten.',
  );
}

function ignoreAbsent(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
