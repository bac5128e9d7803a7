import { existsSync } from 'node:fs';

import { taskOf } from '../../contract/learning-task.ts';
import type { RunResult } from '../../contract/run.ts';
import type { RunClass } from '../db/run-repository.ts';
import type { ProjectSession } from '../project/session.ts';
import { hasModel, readModelFile } from './predictions.ts';
import { readManifest, runFolderOf } from './run-folder.ts';

/** The project's classes as a run that is planned now keeps them. */
export function classesNow(session: ProjectSession): RunClass[] {
  return session.projects.classes().map(({ id, name }) => ({ id, name }));
}

/** The classes that a run was planned with. */
export function classesOfRun(session: ProjectSession, run: string): RunClass[] {
  const kept = session.runs.classesOf(run);
  return kept.length > 0 ? kept : classesNow(session);
}

/** A run with its classes, and with its task where it has a model, which says it however labels are called by now. */
export function withTask(session: ProjectSession, result: RunResult): RunResult {
  const run = withClasses(session, result);
  const folder = runFolderOf(session.folder, run.run);
  return hasModel(folder) ? { ...run, task: taskOf(readModelFile(folder)) } : run;
}

/** A run with its classes, which one from before they were kept has in its manifest only. */
export function withClasses(session: ProjectSession, run: RunResult): RunResult {
  if (run.classes.length > 0) return run;
  const folder = runFolderOf(session.folder, run.run);
  if (!existsSync(folder.manifest)) return { ...run, classes: classesNow(session).map(({ name }) => name) };
  const { classes } = readManifest(folder);
  if (!session.readOnly) session.runs.putClasses(run.run, classes);
  return { ...run, classes };
}
