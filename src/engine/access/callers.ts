import type { CallContext } from '../../contract/profile.ts';
import type { EngineEvent } from '../../contract/events.ts';
import type { ProjectSummary } from '../../contract/project.ts';
import type { ProjectSession } from '../project/session.ts';
import { includes } from './guard.ts';

type Identity = CallContext['identity'];

/** The open projects that concern a caller: all, or those in which the person has at least a role. */
export const projectsOf = (
  sessions: readonly ProjectSession[],
  identity: Identity,
  least: Parameters<typeof includes>[1] = 'reader',
): ProjectSession[] =>
  sessions.filter(
    ({ projects }) => identity === undefined || includes(projects.roleOf(identity.name), least),
  );

/** A project's summary without where it lies on the machine, for those who do not work at it. */
export const shownSummary = (summary: ProjectSummary, identity: Identity): ProjectSummary =>
  identity === undefined ? summary : { ...summary, path: '' };

/** Whether a caller is told of an event. */
export function isTold(
  event: EngineEvent,
  identity: Identity,
  sessions: () => readonly ProjectSession[],
): boolean {
  if (identity === undefined) return true;
  if (!('project' in event)) return true;
  // A closed one has no members to be asked for; its id says nothing.
  if (event.type === 'project.closed') return true;
  const least = /^(job|run)\./.test(event.type) ? 'owner' : 'reader';
  return projectsOf(sessions(), identity, least).some(({ id }) => id === event.project);
}
