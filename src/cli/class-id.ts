import { ReadroomError } from '../contract/errors.ts';
import type { ProjectSummary } from '../contract/project.ts';

/** The id of the class with this name in any case. @throws ReadroomError `unknownClass` */
export function classId({ classes }: ProjectSummary, name: string): string {
  const found = classes.find((entry) => entry.name.toLowerCase() === name.toLowerCase());
  if (found) return found.id;
  const known = classes.map((entry) => entry.name).join(', ') || 'none yet';
  throw new ReadroomError('unknownClass', `There is no class "${name}".`, `The project's classes: ${known}.`);
}
