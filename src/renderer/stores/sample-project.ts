import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { useRouter } from 'vue-router';

import type { ProjectSummary } from '../../contract/project.ts';
import { engine } from '../api/engine.ts';
import { useJobs } from './jobs.ts';
import { useProject } from './project.ts';
import { useToasts } from './toasts.ts';

/** In the session storage, which is a window's own. */
const storedAs = 'readroom.sampleJob';
const templateStoredAs = 'readroom.sampleTemplate';
const usualTemplate = 'pneumonia';

/** The sample project that this window makes, found again after a reload; what other windows make is theirs. */
export const useSampleProject = defineStore('sample-project', () => {
  const jobs = useJobs();
  const project = useProject();
  const toasts = useToasts();
  const router = useRouter();
  const asked = ref(false);
  const own = ref(sessionStorage.getItem(storedAs));
  /** Of the one that is made now, or was made last. */
  const template = ref(sessionStorage.getItem(templateStoredAs) ?? usualTemplate);
  const followed = new Set<string>();

  const job = computed(() => jobs.running.find((one) => one.job === own.value));
  const isMaking = computed(() => asked.value || job.value !== undefined);
  /** Not before it is known what runs: a second one would be made beside the first. */
  const canMake = computed(() => jobs.isLoaded && !isMaking.value);

  async function show({ project: id }: ProjectSummary): Promise<void> {
    await project.show(id);
    await router.push({ name: 'images', params: { project: id } });
  }
  async function follow(id: string): Promise<void> {
    if (followed.has(id)) return;
    followed.add(id);
    try {
      const made = await jobs.result<ProjectSummary>(id);
      if (router.currentRoute.value.name === 'home') await show(made);
      else
        toasts.show({
          kind: 'good',
          text: 'The sample project is made.',
          action: { label: 'Open it', run: () => void show(made) },
        });
    } catch (error) {
      toasts.showError(error);
    }
  }
  /** @param folder null: one is chosen */
  async function make(of = usualTemplate, folder: string | null = null): Promise<void> {
    if (!canMake.value) return;
    asked.value = true;
    template.value = of;
    sessionStorage.setItem(templateStoredAs, of);
    try {
      const { job: id } = await (
        await engine()
      ).project.createSample({
        template: of,
        ...(folder !== null && { path: folder }),
      });
      own.value = id;
      sessionStorage.setItem(storedAs, id);
      await follow(id);
    } catch (error) {
      toasts.showError(error);
    } finally {
      asked.value = false;
    }
  }
  watch(
    () => job.value?.job,
    (id) => id !== undefined && void follow(id),
    { immediate: true },
  );
  function cancel(): void {
    if (job.value !== undefined) void jobs.cancel(job.value.job).catch(() => undefined);
  }
  return { job, isMaking, canMake, template, make, cancel };
});
