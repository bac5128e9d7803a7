import type { RecentProject } from '../../../contract/project.ts';
import { counted } from '../../../core/words.ts';

/** What stands still in a project, a sentence each; none where nothing does. */
export function restSentences(
  { runs: { waiting, interrupted }, project }: Pick<RecentProject, 'runs' | 'project'>,
  isQueuePaused: boolean,
): string[] {
  const sentences: string[] = [];
  if (waiting > 0) {
    const wait = `${counted(waiting, 'run')} ${waiting === 1 ? 'waits' : 'wait'}`;
    if (isQueuePaused) sentences.push(`${wait}: the queue is paused.`);
    else
      sentences.push(
        project === null ? `${wait} until the project is open.` : `${wait} for a turn to train.`,
      );
  }
  if (interrupted > 0)
    sentences.push(
      `${counted(interrupted, 'run')} ${interrupted === 1 ? 'was' : 'were'} interrupted and can be resumed.`,
    );
  return sentences;
}
