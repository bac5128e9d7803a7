import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import Database from 'better-sqlite3';

import type { RunStatus } from '../../contract/events.ts';
import type { RecentProject } from '../../contract/project.ts';
import { hasProcess } from '../../core/run-state.ts';
import { lockHolder } from './lock.ts';

/** How many runs of a project wait for their turn, and how many were interrupted, with those that lost their trainer. */
export type RunsAtRest = RecentProject['runs'];

/** What the rows say, whoever may still train. */
interface Claims extends RunsAtRest {
  /** Runs that claim to have a process. */
  readonly training: number;
}

const none: Claims = { waiting: 0, interrupted: 0, training: 0 };

function claimsIn(handle: Database.Database): Claims {
  const counts = handle
    .prepare<[], { status: RunStatus; n: number }>(
      'SELECT status, count(*) AS n FROM run WHERE removed_at IS NULL GROUP BY status',
    )
    .all();
  const sum = (counted: (status: RunStatus) => boolean): number =>
    counts.filter(({ status }) => counted(status)).reduce((total, { n }) => total + n, 0);
  return {
    waiting: sum((status) => status === 'queued'),
    interrupted: sum((status) => status === 'interrupted'),
    training: sum(hasProcess),
  };
}

function atRest({ waiting, interrupted, training }: Claims, isWritten: () => boolean): RunsAtRest {
  return { waiting, interrupted: interrupted + (training > 0 && !isWritten() ? training : 0) };
}

/**
 * How many runs wait for their turn, and how many lost their trainer.
 * @param isWritten whether some process writes the project: if none does, nobody trains what claims to be training
 */
export function countAtRest(handle: Database.Database, isWritten: () => boolean): RunsAtRest {
  return atRest(claimsIn(handle), isWritten);
}

/** What was read of each database, with what it was then. */
const known = new Map<string, { readonly trace: string; readonly claims: Claims }>();

/**
 * Of a project that is not open here. None where its database cannot be read, or is of before runs were removed.
 * A database is opened only when it changed since the last time, and no more than one file in a turn of the event
 * loop: a caller with many projects asks for one after the other.
 */
export async function runsAtRestIn(folder: string): Promise<RunsAtRest> {
  const claims = await claimsOf(path.join(folder, 'project.sqlite'));
  // A writer that ends leaves no trace in the database.
  if (claims.training > 0) await turn();
  return atRest(claims, () => lockHolder(folder) !== null);
}

async function claimsOf(file: string): Promise<Claims> {
  // Before the rows are read: what is written meanwhile is read again.
  const trace = await traceOf(file);
  if (trace === null) {
    known.delete(file);
    return none;
  }
  const before = known.get(file);
  if (before?.trace === trace) return before.claims;
  const claims = readClaims(file);
  if (claims === null) return none;
  known.set(file, { trace, claims });
  return claims;
}

/** Changes with every commit: in the database, or in the log beside it. Null where there is no database. */
async function traceOf(file: string): Promise<string | null> {
  const facts = async (of: string): Promise<string | null> => {
    const found = await stat(of, { bigint: true }).catch(() => null);
    // Reading alone can leave an empty log behind.
    return found === null || found.size === 0n ? null : `${found.size} ${found.mtimeNs}`;
  };
  const database = await facts(file);
  return database && `${database}, ${await facts(`${file}-wal`)}`;
}

/** Null where they cannot be read. */
function readClaims(file: string): Claims | null {
  let handle: Database.Database | undefined;
  try {
    handle = new Database(file, { readonly: true, fileMustExist: true, timeout: 0 });
    return claimsIn(handle);
  } catch (error) {
    if (error instanceof Database.SqliteError || error instanceof TypeError) return null;
    throw error;
  } finally {
    handle?.close();
  }
}
