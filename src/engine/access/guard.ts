import path from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import { isRecord } from '../../contract/is-record.ts';
import { type CallContext, type Needed, type Role, roleSchema } from '../../contract/profile.ts';
import { adjudicatedRound } from '../../contract/round-id.ts';
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

/** Who it takes for what an entry of the table is about; null: anybody who is signed in. */
export function neededFor(access: Access): Needed | null {
  if (access === 'signedIn') return null;
  return typeof access === 'string' ? access : access.least;
}

/** Whether a person with this role in a project is who it takes. */
export const reaches = (role: Role | null, needed: Needed | null): boolean =>
  needed === null || (needed !== 'machine' && includes(role, needed));

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
  if (asked.without?.some((name) => given[name] !== undefined)) throw namesPlaces();
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
  typeof round === 'string' && adjudicatedRound(round) !== null;

function requireUploads(paths: readonly unknown[], folder: string): void {
  const root = incomingRoot(folder) + path.sep;
  if (paths.every((one) => typeof one === 'string' && path.isAbsolute(one) && isBelow(one, root))) return;
  throw namesPlaces('Choose files of your own machine: they are sent to the project first.');
}

const namesPlaces = (hint = 'Leave the place out: it is made in the project.'): ReadroomError =>
  refused('Paths of the machine can be named only by who works at it.', hint);

const isBelow = (file: string, root: string): boolean => path.resolve(file).startsWith(root);
