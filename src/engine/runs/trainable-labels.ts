import { ReadroomError } from '../../contract/errors.ts';
import type { ProjectSession } from '../project/session.ts';

/** Refuses labels that no network here learns yet. @throws ReadroomError `notImplementedYet` */
export function requireTrainableLabels({ projects }: ProjectSession): void {
  const { kind } = projects.labelSchema();
  if (kind === 'single' || kind === 'ordinal') return;
  const what = kind === 'multi' ? 'sets of classes' : 'numbers';
  throw new ReadroomError(
    'notImplementedYet',
    `Training on labels that are ${what} is not implemented yet.`,
    'Labels can be given, exported and compared; to train, use a project whose labels are one class or grades.',
  );
}
