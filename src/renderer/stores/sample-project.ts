import { defineStore } from 'pinia';
import { computed, ref, watch } from 'vue';
import { useRouter } from 'vue-router';

import type { ProjectSummary } from '../../contract/project.ts';
import { engine } from '../api/engine.ts';
import { useJobs } from './jobs.ts';
import { useProject } from './project.ts';
import { useToasts } from './toasts.ts';

/** What is to be made, as `project.createSample` takes it. */
export interface SampleRequest {
  readonly template: string;
  readonly path?: string;
  readonly name?: string;
}

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
  /** A form stands over Home: it is not to be taken away from who fills it in. */
  const isFormOpen = ref(false);

  const job = computed(() => jobs.running.find((one) => one.job === own.value));
  const isMaking = computed(() => asked.value || job.value !== undefined);
  /** Not before it is known what runs: a second one would be made beside the first. */
  const canMake = computed(() => jobs.isLoaded && !isMaking.value);

  async function show({ project: id }: ProjectSummary): Promise<void> {
    await project.show(id);
    await router.push({ name: 'images', params: { project: id } });
  }
  /** Shows it from an idle Home; elsewhere tells of it. */
  async function present(made: ProjectSummary): Promise<void> {
    if (router.currentRoute.value.name === 'home' && !isFormOpen.value) return show(made);
    toasts.show({
      kind: 'good',
      text: `${made.name} is made.`,
      action: { label: 'Open it', run: () => void show(made).catch(toasts.showError) },
    });
  }
  /** Makes one and waits for it; null: another one is being made. @throws what went wrong with it */
  async function make(request: SampleRequest): Promise<ProjectSummary | null> {
    if (!canMake.value) return null;
    asked.value = true;
    template.value = request.template;
    sessionStorage.setItem(templateStoredAs, request.template);
    try {
      const { job: id } = await (await engine()).project.createSample(request);
      followed.add(id);
      own.value = id;
      sessionStorage.setItem(storedAs, id);
      return await jobs.result<ProjectSummary>(id);
    } finally {
      asked.value = false;
    }
  }
  /** Presents what comes of work, or says why nothing does. */
  async function presentOnceMade(making: Promise<ProjectSummary | null>): Promise<void> {
    try {
      const made = await making;
      if (made !== null) await present(made);
    } catch (error) {
      toasts.showError(error);
    }
  }
  const makeUsual = (): Promise<void> => presentOnceMade(make({ template: usualTemplate }));
  watch(
    () => job.value?.job,
    (id) => {
      if (id === undefined || followed.has(id)) return;
      followed.add(id);
      void presentOnceMade(jobs.result<ProjectSummary>(id));
    },
    { immediate: true },
  );
  function cancel(): void {
    if (job.value !== undefined) void jobs.cancel(job.value.job).catch(() => undefined);
  }
  return { job, isMaking, canMake, template, isFormOpen, make, makeUsual, show, present, cancel };
});
