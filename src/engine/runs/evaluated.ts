import { statSync } from 'node:fs';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { Predictions } from '../../contract/run-folder.ts';
import type { Case, Evaluation, EvaluationCurves } from '../../contract/run.ts';
import { type CaseRequest, deciderOf, pageOfCases } from '../evaluate/cases.ts';
import { cachedCurves } from '../evaluate/curves.ts';
import type { ProjectSession } from '../project/session.ts';
import { classesOfRun } from './run-classes.ts';
import { readPredictions, runFolderOf } from './run-folder.ts';

type Part = 'val' | 'test';

const partWords = { val: 'validation', test: 'test' } as const;

/** A part of a run that was evaluated, from what is stored: nothing is opened or predicted. */
interface EvaluatedPart {
  run: string;
  evaluation: Evaluation;
  predictions: Predictions;
}

/** The stored evaluation of a run's part, or null. */
export function storedEvaluation(session: ProjectSession, reference: string, split: Part): Evaluation | null {
  return session.runs.evaluation(session.runs.find(reference), split);
}

/** Curves of a part that was evaluated. @throws ReadroomError `usage` before it was */
export function curvesOf(session: ProjectSession, reference: string, split: Part): Promise<EvaluationCurves> {
  const { run, evaluation, predictions } = evaluatedPart(session, reference, split);
  const predictionsFile = runFolderOf(session.folder, run).predictions(split);
  const file = path.join(path.dirname(predictionsFile), `curves-${split}.json`);
  return cachedCurves(evaluation, predictions, file, !session.readOnly);
}

/** A page of the images of a part that was evaluated. @throws ReadroomError `usage` before it was */
export function casesOf(
  session: ProjectSession,
  reference: string,
  split: Part,
  request: CaseRequest,
): { total: number; rows: Case[] } {
  const { run, evaluation, predictions } = evaluatedPart(session, reference, split);
  const { total, page } = pageOfCases(predictions.rows, deciderOf(evaluation), request);
  // A class that was renamed since is called here as the run calls it, so that it can be compared with the truth.
  const nameInRun = new Map(classesOfRun(session, run).map(({ id, name }) => [id, name]));
  const rows = page.map((row): Case => {
    const facts = session.runs.caseFacts(row.image);
    return {
      ...row,
      fileName: facts?.fileName ?? row.image,
      patient: facts?.patient ?? null,
      labelNow: facts === null ? null : (nameInRun.get(facts.classId) ?? facts.className),
    };
  });
  return { total, rows };
}

function evaluatedPart(session: ProjectSession, reference: string, split: Part): EvaluatedPart {
  const run = session.runs.find(reference);
  const evaluation = session.runs.evaluation(run, split);
  if (!evaluation) {
    throw new ReadroomError(
      'usage',
      `Run ${run} was not evaluated on its ${partWords[split]} part yet.`,
      'Evaluate it first.',
    );
  }
  const predictions = keptPredictions(session, run, split);
  if (predictions) return { run, evaluation, predictions };
  throw new ReadroomError(
    'badCheckpoint',
    `Run ${run} lacks its ${partWords[split]} predictions.`,
    'Evaluate it again.',
  );
}

interface KeptPredictions {
  file: string;
  modifiedMs: number;
  predictions: Predictions;
}

/** What was read last of each project: a screen asks for page after page of one file. */
const lastRead = new WeakMap<ProjectSession, KeptPredictions>();

function keptPredictions(session: ProjectSession, run: string, split: Part): Predictions | null {
  const folder = runFolderOf(session.folder, run);
  const file = folder.predictions(split);
  const modifiedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (modifiedMs === undefined) return null;
  const kept = lastRead.get(session);
  if (kept?.file === file && kept.modifiedMs === modifiedMs) return kept.predictions;
  const predictions = readPredictions(folder, split)!;
  lastRead.set(session, { file, modifiedMs, predictions });
  return predictions;
}
