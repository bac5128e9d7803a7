import { ReadroomError } from '../../contract/errors.ts';
import type { LabelSchema } from '../../contract/project.ts';
import { openReading } from '../../contract/round-id.ts';
import { checkedLabels } from './checked-labels.ts';
import type { ProjectSession } from './session.ts';

/**
 * Changes what labels are, which an undo takes back. Labels of another kind stay, and count again when it is changed
 * back. Returns whether that was a change. @throws ReadroomError `usage`, `unknownReader`, `projectReadOnly`
 */
export function changeLabels(session: ProjectSession, labels: LabelSchema, readerName: string): boolean {
  const { journal } = session.writing();
  const to = checkedLabels(labels);
  if (JSON.stringify(to) === JSON.stringify(session.projects.labelSchema())) return false;
  const now = session.projects.labelSchema();
  if ((to.kind !== now.kind || to.level !== now.level) && session.rounds.isAnyOpen()) {
    throw new ReadroomError(
      'usage',
      'A round of reading is open: what labels are stays as it is until it is closed.',
      'Close the round first.',
    );
  }
  const actor = session.projects.readerNamed(readerName, 'person').id;
  journal.set([{ target: { kind: 'setting', id: 'labels' }, to }], { actor, round: openReading });
  return true;
}
