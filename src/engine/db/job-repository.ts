import type { Job } from '../../contract/job.ts';
import type { ProjectDatabase } from './open.ts';

interface JobColumns extends Omit<Job, 'project' | 'result' | 'error'> {
  result: string | null;
  error: string | null;
}

/** Long work as rows of the project it belongs to. */
export function createJobRepository({ handle }: ProjectDatabase) {
  const columns = `id AS job, kind, status, done, total, note, result, error, started_at AS startedAt,
    ended_at AS endedAt FROM job`;
  const put = handle.prepare(
    `INSERT INTO job (id, kind, status, done, total, note, result, error, started_at, ended_at)
     VALUES (@job, @kind, @status, @done, @total, @note, @result, @error, @startedAt, @endedAt)
     ON CONFLICT DO UPDATE SET status = excluded.status, done = excluded.done, total = excluded.total,
       note = excluded.note, result = excluded.result, error = excluded.error, ended_at = excluded.ended_at`,
  );
  const toJob = (row: JobColumns): Omit<Job, 'project'> => ({
    ...row,
    result: row.result === null ? null : (JSON.parse(row.result) as unknown),
    error: row.error === null ? null : (JSON.parse(row.error) as Job['error']),
  });
  return {
    put: ({ project: _, result, error, ...row }: Job): void => {
      put.run({
        ...row,
        result: result === undefined || result === null ? null : JSON.stringify(result),
        error: error === null ? null : JSON.stringify(error),
      });
    },
    list: (): Omit<Job, 'project'>[] =>
      handle.prepare<[], JobColumns>(`SELECT ${columns} ORDER BY id DESC LIMIT 200`).all().map(toJob),
    /** Jobs whose engine is gone. */
    interruptUnfinished: (): void => {
      handle
        .prepare(`UPDATE job SET status = 'interrupted', ended_at = ? WHERE status = 'running'`)
        .run(new Date().toISOString());
    },
  };
}
export type JobRepository = ReturnType<typeof createJobRepository>;
