import { computed, onBeforeUnmount, ref, shallowRef, watch } from 'vue';

import { ReadroomError } from '../../../contract/errors.ts';
import type { AugmentationPreview } from '../../../contract/run.ts';
import { engine } from '../../api/engine.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useProject } from '../../stores/project.ts';
import { previewSettings, type RecipeDraft } from './recipe-draft.ts';

/** A slider that is moved, or a number that is typed, asks once. */
const quietMs = 500;

/**
 * Pictures of what the network will see. Once asked for, they follow what they depend on; newer settings cancel what is
 * made for older ones. Cancelled by a person, they wait to be asked for again.
 */
export function useAugmentationPreview(of: {
  draft: () => RecipeDraft;
  isReadable: () => boolean;
  /** Changed pictures beside each plain one. */
  copies: number;
}) {
  const project = useProject();
  const jobs = useJobs();
  /** The job that makes them now. */
  const jobId = ref<string | null>(null);
  const preview = shallowRef<AugmentationPreview | null>(null);
  const failure = shallowRef<unknown>(null);
  const madeWith = ref('');
  const settings = computed(() => previewSettings(of.draft()));
  const isStale = computed(() => preview.value !== null && madeWith.value !== settings.value);
  let follows = false;
  let newest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Ends what is under way; its answer counts no more. */
  function drop(): number {
    clearTimeout(timer);
    if (jobId.value !== null) void jobs.cancel(jobId.value).catch(() => undefined);
    jobId.value = null;
    return ++newest;
  }
  async function show(): Promise<void> {
    if (project.id === null) return;
    follows = true;
    const mine = drop();
    failure.value = null;
    const used = settings.value;
    const { base, changes } = of.draft();
    try {
      const client = await engine();
      const { job } = await client.run.previewAugmentation({
        ...{ project: project.id, recipe: base, set: { ...changes }, copies: of.copies },
      });
      if (mine !== newest) {
        await jobs.cancel(job);
        return;
      }
      jobId.value = job;
      const made = await jobs.result<AugmentationPreview>(job);
      if (mine !== newest) return;
      preview.value = made;
      madeWith.value = used;
    } catch (error) {
      const isCancelled = error instanceof ReadroomError && error.code === 'cancelled';
      if (mine === newest && !isCancelled) failure.value = error;
    } finally {
      if (mine === newest) jobId.value = null;
    }
  }
  function cancel(): void {
    follows = false;
    drop();
  }
  watch([settings, of.isReadable], () => {
    if (!follows) return;
    drop();
    if (of.isReadable() && project.canWrite && madeWith.value !== settings.value)
      timer = setTimeout(() => void show(), quietMs);
  });
  onBeforeUnmount(cancel);
  return { preview, failure, jobId, isStale, show, cancel };
}
