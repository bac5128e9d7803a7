import type { Job } from '../../contract/job.ts';
import type { ProjectDatabase } from './open.ts';

/** A job's row; which project it belongs to is known by where it lies. */
export type StoredJob = Omit<Job, 'project'>;

interface JobColumns extends Omit<StoredJob, 'result' | 'error'> {
  result: string | null;
  error: string | null;
}

/**
 * Long work as rows of the project it belongs to.
 * @param isWritten whether some process writes the project: if none does, nothing that claims to run does
 */
export function createJobRepository({ handle, readOnly }: ProjectDatabase, isWritten: () => boolean) {
  const columns = `id AS job, kind, status, done, total, note, result, error, started_at AS startedAt,
    ended_at AS endedAt FROM job`;
  const put = handle.prepare(
    `INSERT INTO job (id, kind, status, done, total, note, result, error, started_at, ended_at)
     VALUES (@job, @kind, @status, @done, @total, @note, @result, @error, @startedAt, @endedAt)
     ON CONFLICT DO UPDATE SET status = excluded.status, done = excluded.done, total = excluded.total,
       note = excluded.note, result = excluded.result, error = excluded.error, ended_at = excluded.ended_at`,
  );
  const remove = handle.prepare('DELETE FROM job WHERE id = ?');
  const select = handle.prepare<[string], JobColumns>(`SELECT ${columns} WHERE id = ?`);
  const toJob = (row: JobColumns): StoredJob => ({
    ...row,
    status: row.status === 'running' && !isWritten() ? 'interrupted' : row.status,
    result: row.result === null ? null : (JSON.parse(row.result) as unknown),
    error: row.error === null ? null : (JSON.parse(row.error) as Job['error']),
  });
  return {
    /** Keeps a job as it stands; nothing in a project that was opened for reading. */
    put: ({ project: _, result, error, ...row }: Job): void => {
      if (readOnly) return;
      put.run({
        ...row,
        result: result === undefined || result === null ? null : JSON.stringify(result),
        error: error === null ? null : JSON.stringify(error),
      });
    },
    remove: (job: string): void => {
      if (!readOnly) remove.run(job);
    },
    get(job: string): StoredJob | null {
      const row = select.get(job);
      return row ? toJob(row) : null;
    },
    /** The newest, newest first. */
    list: (): StoredJob[] =>
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
