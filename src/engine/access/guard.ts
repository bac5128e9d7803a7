import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { isRecord } from '../../contract/is-record.ts';
import { type CallContext, type Role, roleSchema } from '../../contract/profile.ts';
import { adjudicationMark } from '../../contract/round.ts';
import { incomingRoot } from '../media/incoming.ts';
import type { Access, ProjectAccess } from './permissions.ts';

type Identity = NonNullable<CallContext['identity']>;

/** What is asked of the engine to judge a call. */
export interface Grounds {
  /** Folder of an open project, and what a person may do in it; null for one that is not open. */
  project(id: string): { readonly folder: string; role(name: string): Role | null } | null;
  /** The project of a job. @throws ReadroomError `unknownJob` */
  projectOfJob(job: string): string | null;
}

const refused = (message: string, hint: string): ReadroomError =>
  new ReadroomError('notPermitted', message, hint);

/** Whether a role includes another one. */
export const includes = (role: Role | null, least: Role): boolean =>
  role !== null && roleSchema.options.indexOf(role) >= roleSchema.options.indexOf(least);

/**
 * Refuses a call that a person may not make. The input is judged before it is parsed, so only exact values pass: the
 * project and reader that the procedure then sees are the same ones. @throws ReadroomError `notPermitted`
 */
export function requirePermission(
  access: Access,
  { identity }: CallContext,
  input: unknown,
  grounds: Grounds,
): void {
  if (identity === undefined) return;
  if (access === 'machine') {
    throw refused('This is for who works at the machine itself.', 'Ask whoever started Readroom there.');
  }
  const given = isRecord(input) ? input : {};
  requireOwnName(identity, given);
  if (access === 'signedIn') return;
  const asked: ProjectAccess = typeof access === 'string' ? { least: access } : access;
  const project = grounds.project(projectOf(asked, given, grounds) ?? '');
  const role = project?.role(identity.name) ?? null;
  if (project === null || role === null) {
    throw refused(
      `${identity.name} is no reader of this project.`,
      'Ask an owner of the project to add you under Settings, Readers.',
    );
  }
  const least = isAdjudication(given) && asked.least === 'reader' ? 'adjudicator' : asked.least;
  if (!includes(role, least)) {
    throw refused(
      `${identity.name} takes part as ${role}; this needs the role ${least}.`,
      'Ask an owner of the project for it.',
    );
  }
  if (asked.uploads) requireUploads(asked.uploads(given), project.folder);
}

function requireOwnName({ name }: Identity, { reader }: Readonly<Record<string, unknown>>): void {
  if (reader === undefined || reader === name) return;
  throw refused(
    `You are signed in as ${name}, and act under that name only.`,
    'Sign out to be somebody else.',
  );
}

function projectOf(
  { of }: ProjectAccess,
  { project, job }: Readonly<Record<string, unknown>>,
  grounds: Grounds,
): string | null {
  if (of === 'job') return typeof job === 'string' ? grounds.projectOfJob(job) : null;
  return typeof project === 'string' ? project : null;
}

const isAdjudication = ({ round }: Readonly<Record<string, unknown>>): boolean =>
  typeof round === 'string' && round.endsWith(adjudicationMark);

function requireUploads(paths: readonly unknown[], folder: string): void {
  const root = incomingRoot(folder) + path.sep;
  if (paths.every((one) => typeof one === 'string' && path.isAbsolute(one) && isBelow(one, root))) return;
  throw refused(
    'Paths of the machine can be named only by who works at it.',
    'Choose files of your own machine: they are sent to the project first.',
  );
}

const isBelow = (file: string, root: string): boolean => path.resolve(file).startsWith(root);
