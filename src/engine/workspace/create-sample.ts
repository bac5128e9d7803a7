import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { importInput } from '../../contract/import.ts';
import { tableReadingInput } from '../../contract/table.ts';
import { splitInput } from '../../contract/split.ts';
import type { ProjectSummary } from '../../contract/project.ts';
import { importTable } from '../clinical/clinical-table.ts';
import { importImages, importTarget } from '../dataset/import.ts';
import { importLabels } from '../interchange/import-labels.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { findTemplate } from '../project/templates.ts';
import type { EngineServices } from '../services.ts';
import { splitProject } from '../split/split-service.ts';
import { type WrittenSample, writeSample } from '../system/sample.ts';

export interface SampleProject {
  /** New or empty. */
  folder: string;
  name: string;
  template: string;
  images: number;
  seed: number;
}

const filmsName = 'films';

/**
 * Makes a project of a template's generated pictures: drawn into its own `films` folder, imported from there with
 * their classes or numbers and their patients, and split. When it fails or is cancelled, nothing of it stays.
 */
export async function createSampleProject(
  { folder, name, template, images, seed }: SampleProject,
  services: EngineServices,
  context: JobContext,
): Promise<ProjectSummary> {
  const { projects, workspace, events, pool, options } = services;
  const wasThere = existsSync(folder);
  const session = await projects.create({ path: folder, name, template });
  const changed = (): void => {
    session.index.invalidate();
    events.publish({ type: 'dataset.changed', project: session.id });
  };
  try {
    const films = path.join(session.folder, filmsName);
    const phase = phases(images, context);
    const sample = await writeSample({ folder: films, template, images, seed }, options.spawn, phase.draw);
    await importFilms(session, sample, pool, phase.import);
    if (sample.masks !== null) await importMasks(session, sample.masks, pool, context);
    // What others know of their patients is there to be looked for, not to be learned from.
    const { recipe, sampleShares } = findTemplate(template);
    const learnsTable = recipe?.table?.use !== undefined;
    if (learnsTable && sample.clinical !== null) await importClinical(session, sample.clinical);
    changed();
    context.signal.throwIfAborted();
    await splitProject(session, splitInput.parse({ project: session.id, seed: 1, ...sampleShares }));
    changed();
    const summary = session.summary();
    workspace.noteOpened(summary);
    return summary;
  } catch (error) {
    await projects.close(session.id);
    await workspace.forget(session.folder);
    await removeProject(session.folder, wasThere);
    throw error;
  }
}

/** Shares of one bar, about as the phases take time. */
const weights = { draw: 3, import: 1 };

/** The job's context for drawing and then importing `images` films. */
function phases(images: number, context: JobContext): Record<keyof typeof weights, JobContext> {
  const phase = (before: number, weight: number, note: string): JobContext => ({
    signal: context.signal,
    progress: (done) =>
      context.progress(images * before + Math.min(done, images) * weight, images * total, note),
  });
  const total = weights.draw + weights.import;
  return {
    draw: phase(0, weights.draw, 'Drawing pictures'),
    import: phase(weights.draw, weights.import, 'Importing pictures'),
  };
}

async function importFilms(
  session: ProjectSession,
  { pictures, labels }: WrittenSample,
  pool: EngineServices['pool'],
  context: JobContext,
): Promise<void> {
  const input = importInput.parse({
    project: session.id,
    sources: [pictures],
    labels,
    patient: { from: 'folder' },
  });
  await importImages({ ...importTarget(session, false), input, pool, context });
}

async function importMasks(
  session: ProjectSession,
  source: string,
  pool: EngineServices['pool'],
  context: JobContext,
): Promise<void> {
  const input = { project: session.id, format: 'mask-png' as const, source, reader: null, dryRun: false };
  await importLabels(session, input, { ...context, progress: () => undefined }, { pool });
}

async function importClinical(session: ProjectSession, file: string): Promise<void> {
  const reading = tableReadingInput.parse({ project: session.id, file });
  await importTable(session, { ...reading, reader: null });
}

async function removeProject(folder: string, keepFolder: boolean): Promise<void> {
  if (!keepFolder) return rm(folder, { recursive: true, force: true, maxRetries: 3 });
  for (const name of await readdir(folder))
    await rm(path.join(folder, name), { recursive: true, force: true });
}
