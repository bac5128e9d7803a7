import { setTimeout as wait } from 'node:timers/promises';

import { ReadroomError } from '../../contract/errors.ts';
import type { JobContext } from '../jobs.ts';
import type { ProjectSession } from '../project/session.ts';
import { translateSystemError } from '../system-errors.ts';
import type { DecodePool } from './decode-pool.ts';
import { findWithoutThumbnail, storeThumbnails } from './store-thumbnails.ts';

/** Sees to it that the images of open projects get their thumbnails. */
export interface ThumbnailKeeper {
  /** Looks after a while whether thumbnails are lacking, and makes them in a job. */
  look(session: ProjectSession, delayMs: number): void;
  /** Ends what is under way for a project's id, all when null, but not its job. */
  stop(project: string | null): void;
}

interface Watch {
  controller: AbortController;
  /** Asked for meanwhile: images may have come that this round did not see. */
  again: boolean;
}

/** @param start starts a job of a project and resolves with its end, whatever that is */
export function createThumbnailKeeper(
  pool: DecodePool,
  start: (session: ProjectSession, work: (context: JobContext) => Promise<unknown>) => Promise<void>,
): ThumbnailKeeper {
  const watches = new Map<string, Watch>();

  async function keep(session: ProjectSession, watch: Watch, delayMs: number): Promise<void> {
    const { signal } = watch.controller;
    await wait(delayMs, null, { signal, ref: false });
    do {
      watch.again = false;
      const rows = await findWithoutThumbnail(session, signal);
      if (rows.length > 0)
        await start(session, (context) => storeThumbnails(session, rows, { pool, context }));
      signal.throwIfAborted();
    } while (watch.again as boolean);
  }

  return {
    look(session, delayMs) {
      if (session.readOnly) return;
      const known = watches.get(session.id);
      if (known) {
        known.again = true;
        return;
      }
      const watch = { controller: new AbortController(), again: false };
      watches.set(session.id, watch);
      void keep(session, watch, delayMs)
        .catch((error: unknown) => {
          // A full disk or a drive that is gone: the next opening looks again.
          const isExpected = translateSystemError(error) instanceof ReadroomError;
          if (!watch.controller.signal.aborted && !isExpected) throw error;
        })
        .finally(() => {
          if (watches.get(session.id) === watch) watches.delete(session.id);
        });
    },
    stop(project) {
      for (const [id, { controller }] of watches) {
        if (project !== null && id !== project) continue;
        watches.delete(id);
        controller.abort();
      }
    },
  };
}
