import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';

import canonicalize from 'canonicalize';

import {
  type CertifiedRun,
  type ReproductionCertificate,
  reproductionCertificateSchema,
} from '../../contract/certificate.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { recipeSchema } from '../../contract/recipe.ts';
import type { RunResult } from '../../contract/run.ts';
import { reproductionCertificate } from '../../core/certificate.ts';
import { microBatchOf } from '../../core/micro-batch.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { readJson } from '../files.ts';
import type { ProjectSession } from '../project/session.ts';
import { environmentOf } from './run-environment.ts';
import { readManifest, readPredictions, type RunFolder, runFolderOf } from './run-folder.ts';
import { readRunMemory } from './run-memory.ts';

/**
 * The certificate of a run that trained another one's recipe again: the one in its folder, else one that is made, and
 * kept there where that can be written. Null for every other run, and for one that has not ended. A run that ends
 * asks for its own.
 *
 * @param notKept told why it could not be written
 */
export async function certificateOf(
  session: ProjectSession,
  reference: string,
  notKept: (sentence: string) => void = () => undefined,
): Promise<ReproductionCertificate | null> {
  const run = session.runs.get(session.runs.find(reference));
  if (run.status !== 'completed') return null;
  const folder = runFolderOf(session.folder, run.run);
  const kept = readCertificate(folder);
  // What was kept outlasts the run that it compares with.
  if (kept !== null || run.rerunOf === null) return kept;
  const certificate = makeCertificate(session, session.runs.get(run.rerunOf), run);
  if (session.readOnly) return certificate;
  try {
    await writeFileWhole(folder.certificate, JSON.stringify(certificate, null, 2));
  } catch (error) {
    // It is made again whenever it is asked for.
    if (!(error instanceof ReadroomError)) throw error;
    notKept(`The certificate could not be written: ${error.message} ${error.hint}`);
  }
  return certificate;
}

function readCertificate({ certificate }: RunFolder): ReproductionCertificate | null {
  if (!existsSync(certificate)) return null;
  try {
    return reproductionCertificateSchema.safeParse(readJson(certificate)).data ?? null;
  } catch {
    // What is damaged is made again.
    return null;
  }
}

/** Of two finished runs, the second of which trained the recipe of the first again. */
function makeCertificate(
  session: ProjectSession,
  first: RunResult,
  second: RunResult,
): ReproductionCertificate {
  const { generated, splitBy } = readManifest(runFolderOf(session.folder, second.run));
  const recipe = recipeSchema.parse(second.recipe);
  return reproductionCertificate({
    madeAt: new Date().toISOString(),
    generated,
    splitBy,
    datasetVersion: second.datasetVersion,
    fold: second.fold,
    recipe,
    recipeSha256: sha256(recipe),
    first: certified(session, first),
    second: certified(session, second),
  });
}

function certified(session: ProjectSession, run: RunResult): CertifiedRun {
  const folder = runFolderOf(session.folder, run.run);
  const memory = readRunMemory(folder);
  return {
    run: run.run,
    name: run.name,
    createdAt: run.createdAt,
    endedAt: session.runs.endedAt(run.run),
    backend: run.backend,
    backendVersion: run.backendVersion,
    // Threads are told on their own.
    device: run.device?.replace(/, \d+ threads?$/, '') ?? null,
    threads: run.threads,
    ...environmentOf(folder),
    imagesAtOnce: microBatchOf(run.recipe, memory),
    memoryHalvings: memory?.halvings ?? 0,
    epochs: run.epochs,
    keptEpoch: run.bestEpoch,
    weightsSha256: run.weightsSha256,
    validationSha256: validationSha256(folder),
  };
}

/** Null where there are no validation predictions, or they cannot be read. */
function validationSha256(folder: RunFolder): string | null {
  try {
    const predictions = readPredictions(folder, 'val');
    return predictions && sha256(predictions.rows);
  } catch {
    return null;
  }
}

function sha256(value: unknown): string {
  return createHash('sha256').update(canonicalize(value)!).digest('hex');
}
