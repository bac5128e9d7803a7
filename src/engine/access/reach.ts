import type { Needed, Reach, Role } from '../../contract/profile.ts';
import { type Grounds, neededFor, reaches } from './guard.ts';
import { type Access, permissions } from './permissions.ts';

/** Everything that a role is refused by the table, with who may call it. */
export function refusedTo(role: Role | null): Record<string, Needed> {
  const refused: Record<string, Needed> = {};
  for (const [domain, calls] of Object.entries(permissions)) {
    for (const [call, access] of Object.entries<Access>(calls)) {
      const needed = neededFor(access);
      if (needed !== null && !reaches(role, needed)) refused[`${domain}.${call}`] = needed;
    }
  }
  return refused;
}

/**
 * How far a person reaches in a project; without one, outside of any.
 *
 * @param name null: whoever uses the machine itself, to whom nothing is refused
 */
export function reachOf(name: string | null, project: string | undefined, grounds: Grounds): Reach {
  if (name === null) return { role: null, refused: {} };
  const role = project === undefined ? null : (grounds.project(project)?.role(name) ?? null);
  return { role, refused: refusedTo(role) };
}
