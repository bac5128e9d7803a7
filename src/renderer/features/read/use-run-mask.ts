import { computed, reactive, type Ref, watch } from 'vue';

import { engine } from '../../api/engine.ts';
import { fetchRunMask, type RunMask, runMaskUrl } from '../../api/media.ts';
import { useLoaded } from '../../api/use-loaded.ts';
import { networkSays } from '../../run-words.ts';
import { useAccess } from '../../stores/access.ts';
import { useProject } from '../../stores/project.ts';
import { useRuns } from '../../stores/runs.ts';

/** A mask that a run predicts of the image in view, and the part that it was judged in. */
export interface ShownRunMask {
  readonly mask: RunMask;
  readonly split: 'val' | 'test';
  /** Names of what the mask's classes are, from class 1 on. */
  readonly classes: readonly string[];
}

/** How masks of runs are shown, for all images of this window. */
const settings = reactive({ shown: false, opacity: 0.4, run: null as string | null });

/** The predicted mask of a chosen run over the image in view; only of images of parts that were evaluated. */
export function useRunMask(image: Ref<string | null>) {
  const project = useProject();
  const access = useAccess();
  const runs = useRuns();
  /** Runs that say masks, newest first. What a model says has no place in a blinded reading. */
  const choices = computed(() =>
    project.isBlinded || !access.may('run.cases')
      ? []
      : runs.completed.filter(({ network }) => networkSays(network) === 'pixels'),
  );
  watch(
    choices,
    (now) => {
      if (!now.some(({ run }) => run === settings.run)) settings.run = now[0]?.run ?? null;
    },
    { immediate: true },
  );
  const loaded = useLoaded(
    async (): Promise<{ of: string; found: ShownRunMask | null } | null> => {
      const of = image.value;
      const { run, shown } = settings;
      if (of === null || run === null || !shown || project.id === null) return null;
      return { of, found: await predictedMask(project.id, run, of) };
    },
    () => [image.value, settings.run, settings.shown, project.isBlinded],
  );
  /** Undefined while it is read, null where the run was not evaluated on the image. */
  const shown = computed(() => {
    const answer = loaded.value.value;
    return answer === null || answer.of !== image.value || choices.value.length === 0
      ? undefined
      : answer.found;
  });
  return { settings, choices, shown, failure: loaded.error };
}
export type RunMaskView = ReturnType<typeof useRunMask>;

async function predictedMask(project: string, run: string, image: string): Promise<ShownRunMask | null> {
  const client = await engine();
  for (const split of ['val', 'test'] as const) {
    const of = { project, run, split };
    const evaluation = await client.run.evaluation(of);
    if (evaluation === null) continue;
    const { total } = await client.run.cases({ ...of, image, limit: 1 });
    if (total === 0) continue;
    const mask = await fetchRunMask(runMaskUrl(project, run, { split, image, which: 'predicted' }));
    return { mask, split, classes: evaluation.classes };
  }
  return null;
}
