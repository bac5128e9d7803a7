import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { type StepSeries, stepSeriesSchema } from '../../contract/events.ts';
import { filterFileEpoch } from '../../contract/run-folder.ts';
import type { ProjectSession } from '../project/session.ts';
import { runFolderOf } from './run-folder.ts';

const noSteps: StepSeries = { stride: 1, points: [] };

/** The steps that a run's trainer kept; none where it kept none, or they cannot be read. */
export async function stepsOf(session: ProjectSession, reference: string): Promise<StepSeries> {
  const { steps } = runFolderOf(session.folder, session.runs.find(reference));
  try {
    return stepSeriesSchema.parse(JSON.parse(await readFile(steps, 'utf8')));
  } catch {
    return noSteps;
  }
}

/** Epochs of which a run's folder holds a picture of the first layer, ascending. */
export async function filterEpochsOf(session: ProjectSession, reference: string): Promise<number[]> {
  const { root } = runFolderOf(session.folder, session.runs.find(reference));
  const names = await readdir(path.join(root, 'filters')).catch(() => []);
  return names.flatMap((name) => filterFileEpoch(name) ?? []).sort((a, b) => a - b);
}
