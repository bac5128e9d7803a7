import { useRouter } from 'vue-router';

import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import { useRuns } from '../../stores/runs.ts';
import { useToasts } from '../../stores/toasts.ts';

/** What can be done with a run, each told as a toast when it fails. */
export function useRunActions() {
  const project = useProject();
  const runs = useRuns();
  const toasts = useToasts();
  const router = useRouter();

  /** Runs something and says whether it worked. */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      await runs.load();
      return true;
    } catch (error) {
      toasts.showError(error);
      return false;
    }
  }
  const of = (run: string) => ({ project: project.id!, run });

  return {
    pause: (run: string) => attempt(async () => (await engine()).run.pause(of(run))),
    resume: (run: string) => attempt(async () => (await engine()).run.resume(of(run))),
    stop: (run: string) => attempt(async () => (await engine()).run.stop(of(run))),
    rename: (run: string, name: string) =>
      attempt(async () => (await engine()).run.rename({ ...of(run), name })),
    remove: (run: string) => attempt(async () => (await engine()).run.remove(of(run))),
    /** Trains the same recipe again to see whether the weights are the same, and shows that run. */
    rerun: (run: string) =>
      attempt(async () => {
        const started = await (await engine()).run.rerun(of(run));
        await router.push({ name: 'train', params: of(started.run) });
      }),
    again: (run: string) =>
      router.push({ name: 'train', params: { project: project.id!, run: '' }, query: { from: run } }),
    show: (run: string) => router.push({ name: 'train', params: of(run) }),
    results: (run: string) => router.push({ name: 'results', params: of(run) }),
  };
}
