import { statSync } from 'node:fs';
import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { Case, CaseRequest, Evaluation, EvaluationCurves } from '../../contract/evaluation.ts';
import { taskOf } from '../../contract/learning-task.ts';
import type { Predictions } from '../../contract/run-folder.ts';
import type { CaseFacts } from '../db/evaluation-repository.ts';
import { pageOfCases } from '../evaluate/cases.ts';
import { cachedCurves } from '../evaluate/curves.ts';
import { type JudgedRow, judgedRows } from '../evaluate/levels.ts';
import type { ProjectSession } from '../project/session.ts';
import { classesOfRun } from './run-classes.ts';
import { readManifest, readPredictions, runFolderOf } from './run-folder.ts';

type Part = 'val' | 'test';

const partWords = { val: 'validation', test: 'test' } as const;

/** A part of a run that was evaluated, from what is stored: nothing is opened or predicted. */
export interface EvaluatedPart {
  run: string;
  evaluation: Evaluation;
  /** As the evaluation judges them. */
  rows: JudgedRow[];
  weightsSha256: string;
}

/** The stored evaluation of a run's part, or null. */
export function storedEvaluation(session: ProjectSession, reference: string, split: Part): Evaluation | null {
  return session.runs.evaluation(session.runs.find(reference), split);
}

/** Curves of a part that was evaluated. @throws ReadroomError `usage` before it was */
export function curvesOf(session: ProjectSession, reference: string, split: Part): Promise<EvaluationCurves> {
  const { run, evaluation, ...judged } = evaluatedPart(session, reference, split);
  const predictionsFile = runFolderOf(session.folder, run).predictions(split);
  const file = path.join(path.dirname(predictionsFile), `curves-${split}.json`);
  return cachedCurves(evaluation, judged, file, !session.readOnly);
}

/** A page of the images of a part that was evaluated. @throws ReadroomError `usage` before it was */
export function casesOf(
  session: ProjectSession,
  reference: string,
  split: Part,
  request: CaseRequest,
): { total: number; rows: Case[] } {
  const { run, evaluation, rows: judged } = evaluatedPart(session, reference, split);
  const { total, page } = pageOfCases(judged, evaluation, request);
  // A class that was renamed since is called here as the run calls it, so that it can be compared with the truth.
  const nameInRun = new Map(classesOfRun(session, run).map(({ id, name }) => [id, name]));
  const rows = page.map((row): Case => {
    const facts = session.runs.caseFacts(row.image);
    return {
      ...row,
      images: [...row.images],
      fileName: facts?.fileName ?? row.image,
      patient: facts?.patient ?? null,
      labelNow: facts && labelNowOf(facts, nameInRun),
    };
  });
  return { total, rows };
}

function labelNowOf(
  { says, classes, number }: CaseFacts,
  nameInRun: ReadonlyMap<string | null, string>,
): string | null {
  if (says === 'number') return String(number);
  return says && classes.map(({ id, name }) => nameInRun.get(id) ?? name).join(', ');
}

/** @throws ReadroomError `usage` before it was evaluated, `badCheckpoint` where its predictions are gone */
export function evaluatedPart(session: ProjectSession, reference: string, split: Part): EvaluatedPart {
  const run = session.runs.find(reference);
  const evaluation = session.runs.evaluation(run, split);
  if (!evaluation) {
    throw new ReadroomError(
      'usage',
      `Run ${run} was not evaluated on its ${partWords[split]} part yet.`,
      'Evaluate it first.',
    );
  }
  const kept = keptPredictions(session, run, split);
  if (kept) {
    const { weightsSha256 } = kept.predictions;
    return { run, evaluation, rows: rowsOf(session, kept, evaluation), weightsSha256 };
  }
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
  /** Made at the first evaluation that asks. */
  judged: { as: string; rows: JudgedRow[] } | null;
}

/** What was read last of each project: a screen asks for page after page of one file. */
const lastRead = new WeakMap<ProjectSession, KeptPredictions>();

function keptPredictions(session: ProjectSession, run: string, split: Part): KeptPredictions | null {
  const folder = runFolderOf(session.folder, run);
  const file = folder.predictions(split);
  const modifiedMs = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (modifiedMs === undefined) return null;
  const kept = lastRead.get(session);
  if (kept?.file === file && kept.modifiedMs === modifiedMs) return kept;
  const read = { file, modifiedMs, predictions: readPredictions(folder, split)!, judged: null };
  lastRead.set(session, read);
  return read;
}

/** The rows as an evaluation judges them, kept with the predictions. */
function rowsOf(
  session: ProjectSession,
  kept: KeptPredictions,
  { level, pooling, positive, classes }: Evaluation,
): JudgedRow[] {
  const as = JSON.stringify([level, pooling, positive]);
  if (kept.judged?.as !== as) {
    const task = taskOf(readManifest(runFolderOf(session.folder, kept.predictions.run)));
    const place = positive === null ? null : classes.indexOf(positive);
    kept.judged = { as, rows: judgedRows(kept.predictions, task, { level, pooling, positive: place }) };
  }
  return kept.judged.rows;
}
