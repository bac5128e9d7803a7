import { computed, ref, watch } from 'vue';

import type { Duplicates } from '../../../contract/dataset.ts';
import { engine } from '../../api/engine.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';

const kind = 'findDuplicates';
export const mostDistance = 16;
const usualDistance = 4;

/** The search for duplicates: a job, so its newest result is there again after a reload. */
export function useDuplicates() {
  const project = useProject();
  const jobs = useJobs();
  const toasts = useToasts();
  const distance = ref(usualDistance);
  const job = ref<string | null>(null);

  const ours = computed(() =>
    [...jobs.running, ...jobs.ended].filter((entry) => entry.kind === kind && entry.project === project.id),
  );
  const running = computed(() =>
    ours.value.find(
      (entry) => entry.status === 'running' || (entry.job === job.value && entry.endedAt === null),
    ),
  );
  const newest = computed(() => ours.value.find(({ status }) => status === 'completed'));
  const found = computed(() => (newest.value?.result as Duplicates | null | undefined) ?? null);
  /** Images or split changed since: the flags may be wrong now. */
  const outdated = ref(false);
  watch(
    () => [project.datasetRevision, project.labelRevision],
    () => (outdated.value = true),
  );

  async function find(): Promise<void> {
    if (project.id === null) return;
    try {
      const client = await engine();
      job.value = (
        await client.dataset.findDuplicates({ project: project.id, distance: distance.value })
      ).job;
      await jobs.result(job.value);
      outdated.value = false;
    } catch (error) {
      toasts.showError(error);
    } finally {
      job.value = null;
    }
  }
  const cancel = (): void => {
    if (running.value) void jobs.cancel(running.value.job).catch(toasts.showError);
  };

  return { distance, running, found, outdated, find, cancel };
}
