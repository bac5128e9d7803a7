import { v7 as uuid } from 'uuid';

import { ReadroomError } from '../../contract/errors.ts';
import type { EpochRecord, RunStatus } from '../../contract/events.ts';
import type { ResolvedRecipe } from '../../contract/recipe.ts';
import type { Evaluation, RunResult, RunRow } from '../../contract/run.ts';
import type { ProjectDatabase } from './open.ts';

export interface NewRun {
  id: string;
  recipe: ResolvedRecipe;
  datasetVersion: string;
  fold: number | null;
  rerunOf: string | null;
  network: string;
  parameters: number;
  warnings: string[];
}

/** Columns that change while a run goes on; what is absent stays. */
export interface RunChange {
  status?: RunStatus;
  backend?: string;
  device?: string;
  backendVersion?: string;
  threads?: number;
  stoppedBecause?: RunResult['stoppedBecause'];
  bestEpoch?: number | null;
  imagesPerSecond?: number;
  seconds?: number;
  weightsSha256?: string | null;
  error?: RunResult['error'];
  endedAt?: string;
}

interface RunColumns extends Omit<RunResult, 'recipe' | 'warnings' | 'error' | 'history' | 'epochs'> {
  recipe: string;
  warnings: string;
  error: string | null;
}

const columnOf: Record<keyof RunChange, string> = {
  status: 'status',
  backend: 'backend',
  device: 'device',
  backendVersion: 'backend_version',
  threads: 'threads',
  stoppedBecause: 'stopped_because',
  bestEpoch: 'best_epoch',
  imagesPerSecond: 'images_per_second',
  seconds: 'seconds',
  weightsSha256: 'weights_sha256',
  error: 'error',
  endedAt: 'ended_at',
};

const unfinishedStatuses: readonly RunStatus[] = ['queued', 'starting', 'running', 'paused', 'stopping'];

/**
 * Training runs, their epochs, evaluations and the test set's opening counter.
 * @param isWritten whether some process writes the project: if none does, nobody trains what claims to be training
 */
export function createRunRepository({ handle }: ProjectDatabase, isWritten: () => boolean) {
  const statusNow = (status: RunStatus): RunStatus =>
    unfinishedStatuses.includes(status) && !isWritten() ? 'interrupted' : status;
  const selectRun = handle.prepare<[string], RunColumns>(
    `SELECT id AS run, status, recipe, dataset_version AS datasetVersion, fold, network, parameters, warnings, backend,
       device, backend_version AS backendVersion, threads, stopped_because AS stoppedBecause, best_epoch AS bestEpoch,
       images_per_second AS imagesPerSecond, seconds, weights_sha256 AS weightsSha256, error, created_at AS createdAt
     FROM run WHERE id = ?`,
  );
  const selectEpochs = handle
    .prepare<[string], string>('SELECT record FROM run_epoch WHERE run_id = ? ORDER BY epoch')
    .pluck();
  const putEpoch = handle.prepare(
    'INSERT INTO run_epoch (run_id, epoch, record) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record',
  );

  return {
    add(run: NewRun): void {
      handle
        .prepare(
          `INSERT INTO run (id, status, recipe, dataset_version, fold, rerun_of, network, parameters, warnings, created_at)
           VALUES (@id, 'queued', @recipe, @datasetVersion, @fold, @rerunOf, @network, @parameters, @warnings, @createdAt)`,
        )
        .run({
          ...run,
          recipe: JSON.stringify(run.recipe),
          warnings: JSON.stringify(run.warnings),
          createdAt: new Date().toISOString(),
        });
    },

    update(run: string, change: RunChange): void {
      const keys = (Object.keys(change) as (keyof RunChange)[]).filter((key) => change[key] !== undefined);
      const values = keys.map((key) =>
        key === 'error' && change.error ? JSON.stringify(change.error) : change[key],
      );
      handle
        .prepare(`UPDATE run SET ${keys.map((key) => `${columnOf[key]} = ?`).join(', ')} WHERE id = ?`)
        .run(...values, run);
    },

    putEpoch: (run: string, record: EpochRecord): void => {
      putEpoch.run(run, record.epoch, JSON.stringify(record));
    },

    /** The run with this id, a unique beginning of one, or `latest`. @throws ReadroomError `unknownRun` */
    find(reference: string): string {
      const found = (
        reference === 'latest'
          ? handle.prepare('SELECT id FROM run ORDER BY id DESC LIMIT 1')
          : handle.prepare('SELECT id FROM run WHERE substr(id, 1, length(@reference)) = @reference LIMIT 2')
      )
        .pluck()
        .all(reference === 'latest' ? {} : { reference }) as string[];
      if (found.length === 1) return found[0]!;
      const what =
        found.length === 0
          ? `There is no run "${reference}".`
          : `More than one run begins with "${reference}".`;
      throw new ReadroomError('unknownRun', what, 'List them with: readroom runs PROJECT');
    },

    get(run: string): RunResult {
      const row = selectRun.get(run);
      if (!row)
        throw new ReadroomError(
          'unknownRun',
          `There is no run "${run}".`,
          'List them with: readroom runs PROJECT',
        );
      const history = selectEpochs.all(run).map((record) => JSON.parse(record) as EpochRecord);
      return {
        ...row,
        status: statusNow(row.status),
        recipe: JSON.parse(row.recipe) as RunResult['recipe'],
        warnings: JSON.parse(row.warnings) as string[],
        error: row.error === null ? null : (JSON.parse(row.error) as RunResult['error']),
        history,
        epochs: history.length,
      };
    },

    list(): RunRow[] {
      const runs = handle
        .prepare<[], Omit<RunRow, 'best'>>(
          'SELECT id AS run, status, network, seconds, created_at AS createdAt FROM run ORDER BY id DESC',
        )
        .all();
      return runs.map((run) => ({
        ...run,
        status: statusNow(run.status),
        best: bestOf(selectEpochs.all(run.run)),
      }));
    },

    /** Runs that claim to be alive; after a crash of the engine nobody trains them. */
    unfinished: (): string[] =>
      handle
        .prepare<[], string>(
          `SELECT id FROM run WHERE status IN (${unfinishedStatuses.map((status) => `'${status}'`).join(', ')})`,
        )
        .pluck()
        .all(),

    /** Counts one more look at the test set and returns how many there have been. */
    openTestSet(run: string): number {
      handle
        .prepare('INSERT INTO test_opening (id, run_id, at) VALUES (?, ?, ?)')
        .run(uuid(), run, new Date().toISOString());
      return handle.prepare('SELECT count(*) FROM test_opening').pluck().get() as number;
    },

    testOpenings: (): number => handle.prepare('SELECT count(*) FROM test_opening').pluck().get() as number,

    putEvaluation(evaluation: Evaluation): void {
      handle
        .prepare(
          `INSERT INTO evaluation (run_id, split, result, at) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET result = excluded.result, at = excluded.at`,
        )
        .run(evaluation.run, evaluation.split, JSON.stringify(evaluation), new Date().toISOString());
    },

    evaluation(run: string, split: 'val' | 'test'): Evaluation | null {
      const result = handle
        .prepare<[string, string], string>('SELECT result FROM evaluation WHERE run_id = ? AND split = ?')
        .pluck()
        .get(run, split);
      return result === undefined ? null : (JSON.parse(result) as Evaluation);
    },
  };
}
export type RunRepository = ReturnType<typeof createRunRepository>;

function bestOf(records: string[]): RunRow['best'] {
  const epochs = records.map((record) => JSON.parse(record) as EpochRecord);
  const best = epochs.reduce<EpochRecord | null>(
    (least, epoch) => (least === null || epoch.valLoss < least.valLoss ? epoch : least),
    null,
  );
  return best && { epoch: best.epoch, valLoss: best.valLoss, valAccuracy: best.valAccuracy };
}
