import { computed, onBeforeUnmount, reactive, ref, shallowRef, watch } from 'vue';

import type { SplitReport } from '../../../contract/split.ts';
import type { ReadroomError } from '../../../contract/errors.ts';
import { engine } from '../../api/engine.ts';
import { useLoaded } from '../../api/use-loaded.ts';
import { errorOnScreen } from '../../on-screen.ts';
import { useJobs } from '../../stores/jobs.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { formFault, toSplitInput, usualForm } from './split-form.ts';

/** A pause in changing the form after which the preview is made. */
const restMs = 250;

/** The form of a split, what it would give, and the making of it. */
export function useSplitMaker() {
  const project = useProject();
  const jobs = useJobs();
  const toasts = useToasts();
  const form = reactive(usualForm());
  const fault = computed(() => formFault(form));
  const preview = shallowRef<SplitReport | null>(null);
  /** The preview is what the form, as it stands, would give. */
  const isPreviewed = ref(false);
  const failure = shallowRef<ReadroomError | null>(null);
  let previewJob: string | null = null;
  const making = ref<string | null>(null);
  let newest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const current = useLoaded(
    async () => (await engine()).dataset.currentSplit({ project: project.id! }),
    () => project.datasetRevision,
  );

  function dropPreview(): void {
    newest += 1;
    if (previewJob !== null) void jobs.cancel(previewJob).catch(() => undefined);
    previewJob = null;
  }

  async function look(): Promise<void> {
    dropPreview();
    if (fault.value !== '' || project.id === null) return;
    const mine = newest;
    try {
      const client = await engine();
      const { job } = await client.dataset.split(toSplitInput(project.id, form, true));
      if (mine !== newest) {
        void jobs.cancel(job).catch(() => undefined);
        return;
      }
      previewJob = job;
      const report = await jobs.result<SplitReport>(job);
      if (mine !== newest) return;
      preview.value = report;
      isPreviewed.value = true;
      failure.value = null;
    } catch (error) {
      if (mine !== newest) return;
      preview.value = null;
      failure.value = errorOnScreen(error);
    } finally {
      if (mine === newest) previewJob = null;
    }
  }

  watch(
    [form, () => project.datasetRevision, () => project.labelRevision],
    () => {
      isPreviewed.value = false;
      clearTimeout(timer);
      timer = setTimeout(() => void look(), restMs);
    },
    { immediate: true },
  );
  onBeforeUnmount(() => {
    clearTimeout(timer);
    dropPreview();
  });

  async function make(): Promise<void> {
    if (project.id === null) return;
    try {
      const client = await engine();
      making.value = (await client.dataset.split(toSplitInput(project.id, form, false))).job;
      const report = await jobs.result<SplitReport>(making.value);
      toasts.show({ kind: 'good', text: `The split was made: version ${report.version.slice(0, 12)}.` });
    } catch (error) {
      toasts.showError(error);
    } finally {
      making.value = null;
    }
  }
  const cancelMaking = (): void => {
    if (making.value !== null) void jobs.cancel(making.value).catch(toasts.showError);
  };

  return { form, fault, preview, isPreviewed, failure, making, current, make, cancelMaking };
}
