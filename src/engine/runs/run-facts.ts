import { existsSync } from 'node:fs';
import path from 'node:path';

import type { RunResult } from '../../contract/run.ts';
import { sqliteVersion } from '../db/open.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { ensureThumbnail } from '../media/thumbnails.ts';
import type { ProjectSession } from '../project/session.ts';
import type { RunFacts } from '../report/facts.ts';
import type { FindPicture } from '../report/gallery.ts';
import { readModelFile } from './predictions.ts';
import { readManifest, runFolderOf } from './run-folder.ts';
import { refuseCancelled } from './with-compute.ts';

/** How rules for the label of record are called in reports; a rule's version follows its name. */
const ruleWords: Readonly<Record<string, string>> = { 'single-reader/1': 'single reader' };

/** Everything that a report or a package says of a run, gathered once. */
export function gatherFacts(session: ProjectSession, run: RunResult, readroomVersion: string): RunFacts {
  const folder = runFolderOf(session.folder, run.run);
  const { name, template } = session.summary();
  const { readers, ...data } = session.dataset.dataFlow();
  const version = session.dataset.versionByHash(run.datasetVersion);
  return {
    project: { name, template },
    run,
    manifest: readManifest(folder),
    model: readModelFile(folder),
    data: { ...data, refused: null },
    labels: { rule: ruleWords[session.projects.labelRule()] ?? session.projects.labelRule(), readers },
    split: { seed: version.seed, imported: session.dataset.hasImportedParts(version) },
    versions: {
      readroom: readroomVersion,
      node: process.version,
      sqlite: sqliteVersion(),
      ...(run.backend !== null && run.backendVersion !== null && { [run.backend]: run.backendVersion }),
    },
    createdAt: new Date().toISOString(),
  };
}

/** Looks up names and thumbnails; a picture that cannot be read has none. @throws ReadroomError `cancelled` */
export function pictureFinder(session: ProjectSession, pool: DecodePool, signal: AbortSignal): FindPicture {
  const cacheFolder = path.join(session.folder, 'cache');
  return async (image) => {
    refuseCancelled(signal);
    const { path: file, frame, fileName, pixelSha256 } = session.dataset.file(image);
    if (!existsSync(file)) return { fileName, thumbnail: null };
    const tools = { cacheFolder, pool, signal };
    const thumbnail = await ensureThumbnail({ path: file, frame, pixelSha256 }, tools).catch(() => null);
    refuseCancelled(signal);
    return { fileName, thumbnail };
  };
}
