import { ReadroomError } from '../../contract/errors.ts';
import {
  type EpochRecord,
  epochRecordSchema,
  type EpochSamples,
  type RunStatus,
  runStatuses,
} from '../../contract/events.ts';
import type { RunPriority } from '../../contract/queue.ts';
import { recipeSchema, type ResolvedRecipe } from '../../contract/recipe.ts';
import { type Evaluation, isTooFew, type Metric, type RunResult, type RunRow } from '../../contract/run.ts';
import type { QueueRank } from '../../core/run-queue.ts';
import { hasProcess } from '../../core/run-state.ts';
import type { ProjectDatabase } from './open.ts';
import { createEvaluationRepository } from './evaluation-repository.ts';
import { countAtRest, type RunsAtRest } from './runs-at-rest.ts';

/** A class as it was called when a run was planned. */
export interface RunClass {
  /** Null in runs from before ids were kept. */
  id: string | null;
  name: string;
}

export interface NewRun {
  id: string;
  name: string;
  recipe: ResolvedRecipe;
  /** In the network's order. */
  classes: readonly RunClass[];
  datasetVersion: string;
  fold: number | null;
  rerunOf: string | null;
  network: string;
  parameters: number;
  warnings: string[];
  priority: RunPriority;
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
  endedAt?: string | null;
  warnings?: readonly string[];
}

interface RunColumns extends Omit<
  RunResult,
  'recipe' | 'warnings' | 'error' | 'history' | 'epochs' | 'job' | 'classes'
> {
  recipe: string;
  classes: string | null;
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
  warnings: 'warnings',
};

const unfinishedStatuses: readonly RunStatus[] = runStatuses.filter(hasProcess);
const isUnfinished = `status IN (${unfinishedStatuses.map((status) => `'${status}'`).join(', ')})`;

/**
 * Training runs, their epochs, evaluations and the test set's opening counter.
 * @param isWritten whether some process writes the project: if none does, nobody trains what claims to be training
 */
export function createRunRepository({ handle }: ProjectDatabase, isWritten: () => boolean) {
  const statusNow = (status: RunStatus): RunStatus =>
    unfinishedStatuses.includes(status) && !isWritten() ? 'interrupted' : status;
  const selectRun = handle.prepare<[string], RunColumns>(
    `SELECT id AS run, name, status, recipe, classes, dataset_version AS datasetVersion, fold,
       (SELECT first.id FROM run AS first WHERE first.id = run.rerun_of AND first.removed_at IS NULL) AS rerunOf,
       network, parameters, warnings, backend,
       device, backend_version AS backendVersion, threads, stopped_because AS stoppedBecause, best_epoch AS bestEpoch,
       images_per_second AS imagesPerSecond, seconds, weights_sha256 AS weightsSha256, error, created_at AS createdAt
     FROM run WHERE id = ? AND removed_at IS NULL`,
  );
  const selectEpochs = handle
    .prepare<[string], string>('SELECT record FROM run_epoch WHERE run_id = ? ORDER BY epoch')
    .pluck();
  const putEpoch = handle.prepare(
    'INSERT INTO run_epoch (run_id, epoch, record) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET record = excluded.record',
  );

  const putSamples = handle.prepare(
    'INSERT INTO run_sample (run_id, epoch, rows) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET rows = excluded.rows',
  );
  const selectClasses = handle
    .prepare<[string], string | null>('SELECT classes FROM run WHERE id = ?')
    .pluck();

  return {
    ...createEvaluationRepository(handle),

    add(run: NewRun): void {
      handle
        .prepare(
          `INSERT INTO run (id, name, status, recipe, classes, dataset_version, fold, rerun_of, network, parameters,
             warnings, priority, created_at)
           VALUES (@id, @name, 'queued', @recipe, @classes, @datasetVersion, @fold, @rerunOf, @network, @parameters,
             @warnings, @priority, @createdAt)`,
        )
        .run({
          ...run,
          recipe: JSON.stringify(run.recipe),
          classes: JSON.stringify(run.classes),
          warnings: JSON.stringify(run.warnings),
          createdAt: new Date().toISOString(),
        });
    },

    update(run: string, change: RunChange): void {
      const keys = (Object.keys(change) as (keyof RunChange)[]).filter((key) => change[key] !== undefined);
      const values = keys.map((key) => {
        const value = change[key];
        return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
      });
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
          ? handle.prepare('SELECT id FROM run WHERE removed_at IS NULL ORDER BY id DESC LIMIT 1')
          : handle.prepare(
              `SELECT id FROM run WHERE substr(id, 1, length(@reference)) = @reference AND removed_at IS NULL
               ORDER BY id = @reference DESC LIMIT 2`,
            )
      )
        .pluck()
        .all(reference === 'latest' ? {} : { reference }) as string[];
      if (found.length === 1 || found[0] === reference) return found[0]!;
      const what =
        found.length === 0
          ? `There is no run "${reference}".`
          : `More than one run begins with "${reference}".`;
      throw new ReadroomError('unknownRun', what, 'List them with: readroom runs PROJECT');
    },

    /** `job` is null: who trains it now is known to its queue. @throws ReadroomError `unknownRun` */
    get(run: string): RunResult {
      const row = selectRun.get(run);
      if (!row) throw unknownRun(run);
      const history = selectEpochs.all(run).map((record) => JSON.parse(record) as EpochRecord);
      return {
        ...row,
        status: statusNow(row.status),
        recipe: recipeSchema.parse(JSON.parse(row.recipe)),
        classes: parseClasses(row.classes).map(({ name }) => name),
        warnings: JSON.parse(row.warnings) as string[],
        error: row.error === null ? null : (JSON.parse(row.error) as RunResult['error']),
        job: null,
        history,
        epochs: history.length,
      };
    },

    /** When its last sitting ended; null while it trains. */
    endedAt: (run: string): string | null =>
      handle.prepare<[string], string | null>('SELECT ended_at FROM run WHERE id = ?').pluck().get(run) ??
      null,

    /** In the network's order; empty for a run from before they were kept. */
    classesOf: (run: string): RunClass[] => parseClasses(selectClasses.get(run) ?? null),

    /** Keeps the classes of a run from before they were kept. */
    putClasses(run: string, names: readonly string[]): void {
      const classes: RunClass[] = names.map((name) => ({ id: null, name }));
      handle.prepare('UPDATE run SET classes = ? WHERE id = ?').run(JSON.stringify(classes), run);
    },

    putSamples: (run: string, { epoch, rows }: EpochSamples): void => {
      putSamples.run(run, epoch, JSON.stringify(rows));
    },

    /** The run that learned those weights; null: none of this project. */
    withWeights: (sha256: string): string | null =>
      handle
        .prepare<[string], string>('SELECT id FROM run WHERE weights_sha256 = ? AND removed_at IS NULL')
        .pluck()
        .get(sha256) ?? null,

    samples: (run: string): EpochSamples[] =>
      handle
        .prepare<[string], { epoch: number; rows: string }>(
          'SELECT epoch, rows FROM run_sample WHERE run_id = ? ORDER BY epoch',
        )
        .all(run)
        .map(({ epoch, rows }) => ({ epoch, rows: JSON.parse(rows) as EpochSamples['rows'] })),

    /** Newest first. `queued` is null: places are known to the queue. */
    list(): RunRow[] {
      const runs = handle.prepare<[], ListColumns>(listSql).all();
      return runs.map(({ done, planned, best, evaluated, task, unit, classCount, metrics, ...run }) => ({
        ...run,
        status: statusNow(run.status),
        epochs: { done, planned },
        best: best === null ? null : bestOf(JSON.parse(best) as EpochRecord),
        test: evaluated === 0 ? null : testFigure({ task, unit, classCount, metrics }),
        queued: null,
      }));
    },

    /** Queued runs with their ranks, and whether they train another run again. */
    waiting: (): WaitingRun[] =>
      handle
        .prepare<[], WaitingRun>(
          `SELECT id AS run, priority, queue_order AS "order",
             (SELECT first.id FROM run AS first WHERE first.id = run.rerun_of AND first.removed_at IS NULL) AS rerunOf
           FROM run WHERE status = 'queued' AND removed_at IS NULL ORDER BY queue_order, id`,
        )
        .all(),

    /** @throws ReadroomError `unknownRun` */
    rankOf(run: string): QueueRank {
      const rank = handle
        .prepare<[string], QueueRank>('SELECT priority, queue_order AS "order" FROM run WHERE id = ?')
        .get(run);
      if (!rank) throw unknownRun(run);
      return rank;
    },

    /** Keeps when runs have their turn, all or none. */
    putRanks(ranks: ReadonlyMap<string, QueueRank>): void {
      const put = handle.prepare('UPDATE run SET priority = ?, queue_order = ? WHERE id = ?');
      handle
        .transaction(() => {
          for (const [run, { priority, order }] of ranks) put.run(priority, order, run);
        })
        .immediate();
    },

    rename(run: string, name: string): void {
      handle.prepare('UPDATE run SET name = ? WHERE id = ?').run(name, run);
    },

    /** Takes a run off the list, with what is known of it but for how often it opened the test set. */
    remove(run: string): void {
      handle
        .transaction(() => {
          for (const table of ['run_epoch', 'run_sample', 'evaluation'])
            handle.prepare(`DELETE FROM ${table} WHERE run_id = ?`).run(run);
          handle.prepare('UPDATE run SET removed_at = ? WHERE id = ?').run(new Date().toISOString(), run);
        })
        .immediate();
    },

    atRest: (): RunsAtRest => countAtRest(handle, isWritten),

    /** Runs that claim to have a trainer; after a crash of the engine nobody trains them. */
    unfinished: (): string[] =>
      handle
        .prepare<[], string>(`SELECT id FROM run WHERE ${isUnfinished} AND removed_at IS NULL`)
        .pluck()
        .all(),
  };
}
export type RunRepository = ReturnType<typeof createRunRepository>;

interface ListColumns extends Omit<RunRow, 'best' | 'epochs' | 'test' | 'queued'> {
  done: number;
  planned: number;
  /** Record of the epoch with the least validation loss, the first of equals. */
  best: string | null;
  evaluated: number;
  /** Of the evaluation; null in those of before there were several tasks. */
  task: Evaluation['task'] | null;
  unit: string | null;
  classCount: number | null;
  /** Those that a list may show, by name, as JSON. */
  metrics: string;
}

const listSql = `
  SELECT run.id AS run, run.name, run.status, run.network, run.parameters, run.seconds, run.backend,
    run.images_per_second AS imagesPerSecond, run.dataset_version AS datasetVersion, run.created_at AS createdAt,
    run.priority,
    (SELECT first.id FROM run AS first WHERE first.id = run.rerun_of AND first.removed_at IS NULL) AS rerunOf,
    run.recipe ->> '$.network.scale' AS scale, run.recipe ->> '$.input.size' AS size,
    run.recipe ->> '$.batchSize' AS batchSize, run.recipe ->> '$.optimizer.learningRate' AS learningRate,
    run.recipe ->> '$.epochs' AS planned, coalesce(run.recipe ->> '$.table.use', 'none') AS "table",
    (SELECT count(*) FROM run_epoch WHERE run_id = run.id) AS done,
    (SELECT record FROM run_epoch WHERE run_id = run.id ORDER BY record ->> '$.valLoss', epoch LIMIT 1) AS best,
    test.run_id IS NOT NULL AS evaluated, json_array_length(test.result, '$.classes') AS classCount,
    test.result ->> '$.task' AS task, test.result ->> '$.unit' AS unit,
    json_object('auc', test.result -> '$.metrics.auc', 'accuracy', test.result -> '$.metrics.accuracy',
      'mae', test.result -> '$.metrics.mae', 'dice', test.result -> '$.metrics.dice') AS metrics
  FROM run LEFT JOIN evaluation AS test ON test.run_id = run.id AND test.split = 'test'
  WHERE run.removed_at IS NULL ORDER BY run.id DESC`;

/** Without a figure that is not to be shown: a list has no room for why. */
function testFigure(of: Pick<ListColumns, 'task' | 'unit' | 'classCount' | 'metrics'>): RunRow['test'] {
  const name = metricInList(of.task ?? 'multiClass', of.classCount);
  const metric = (JSON.parse(of.metrics) as Record<string, Metric | null>)[name] ?? null;
  const unit = name === 'mae' ? of.unit : null;
  if (metric === null || isTooFew(metric)) return { metric: name, value: null, low: null, high: null, unit };
  const { value, low, high } = metric;
  return { metric: name, value, low, high, unit };
}

function metricInList(task: Evaluation['task'], classes: number | null): 'auc' | 'accuracy' | 'mae' | 'dice' {
  if (task === 'regression') return 'mae';
  if (task === 'segmentation') return 'dice';
  if (task === 'multiLabel') return 'auc';
  return classes === 2 && task !== 'ordinal' ? 'auc' : 'accuracy';
}

/** Records of before there were several tasks lack some values. */
function bestOf(record: EpochRecord): NonNullable<RunRow['best']> {
  const { epoch, valLoss, valAccuracy, valMae, valDice } = epochRecordSchema.parse(record);
  return { epoch, valLoss, valAccuracy, valMae, valDice };
}

/** A run that waits for its turn. */
export interface WaitingRun extends QueueRank {
  readonly run: string;
  /** The run that it trains again, where that still is there. */
  readonly rerunOf: string | null;
}

function unknownRun(run: string): ReadroomError {
  return new ReadroomError(
    'unknownRun',
    `There is no run "${run}".`,
    'List them with: readroom runs PROJECT',
  );
}

function parseClasses(classes: string | null): RunClass[] {
  return classes === null ? [] : (JSON.parse(classes) as RunClass[]);
}
