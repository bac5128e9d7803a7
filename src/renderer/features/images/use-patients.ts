import { ref, shallowRef, watch } from 'vue';

import { engine } from '../../api/engine.ts';
import { useLoaded } from '../../api/use-loaded.ts';
import { useProject } from '../../stores/project.ts';

const restMs = 150;

/** Patients whose key contains what was typed, most images first. */
export function usePatients() {
  const project = useProject();
  const text = ref('');
  const asked = shallowRef('');
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(text, (now) => {
    clearTimeout(timer);
    timer = setTimeout(() => (asked.value = now.trim()), restMs);
  });
  const patients = useLoaded(
    async () => (await engine()).dataset.patients({ project: project.id!, text: asked.value }),
    () => [asked.value, project.datasetRevision],
  );
  return { text, patients };
}
