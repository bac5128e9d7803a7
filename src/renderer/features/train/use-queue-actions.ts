import type { QueuedRunRow, RunPriority } from '../../../contract/queue.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import { useRuns } from '../../stores/runs.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useTrainingQueue } from '../../stores/training-queue.ts';

/** What can be done with the queue and the runs in it, each told as a toast when it fails. */
export function useQueueActions() {
  const project = useProject();
  const runs = useRuns();
  const queue = useTrainingQueue();
  const toasts = useToasts();

  /** Does something, shows what became of it, and says whether it worked. */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      await Promise.all([queue.load(), runs.load()]);
      return true;
    } catch (error) {
      toasts.showError(error);
      return false;
    }
  }
  const of = ({ project: id, run }: QueuedRunRow) => ({ project: id, run });

  return {
    move: async (row: QueuedRunRow, place: number) => {
      const moved = await attempt(async () => (await engine()).run.moveInQueue({ ...of(row), place }));
      const now = queue.waiting.find(({ run }) => run === row.run);
      if (now && now.priority !== row.priority)
        toasts.show({ text: `“${row.name}” has ${now.priority} priority now, like the runs beside it.` });
      return moved;
    },
    setPriority: (row: QueuedRunRow, priority: RunPriority) =>
      attempt(async () => (await engine()).run.setPriority({ ...of(row), priority })),
    stop: (row: QueuedRunRow) => attempt(async () => (await engine()).run.stop(of(row))),
    pauseQueue: (paused: boolean) => attempt(async () => (await engine()).run.pauseQueue({ paused })),
    resumeInterrupted: () =>
      attempt(async () => (await engine()).run.resumeInterrupted({ project: project.id! })),
  };
}
