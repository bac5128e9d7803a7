import { computed, onBeforeUnmount, type Ref, shallowRef, watch } from 'vue';

import type { ViewRow } from '../../../contract/image.ts';
import { engine } from '../../api/engine.ts';
import { useLoaded } from '../../api/use-loaded.ts';
import { useProject } from '../../stores/project.ts';

/** The keyboard may pass many images; only where it rests for so long the details are read. */
const restMs = 70;

/** Everything known of an image, read when the eye rests on it and again when it changes. */
export function useInspected(row: Ref<ViewRow | null>) {
  const project = useProject();
  const image = shallowRef<string | null>(row.value?.image ?? null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(
    () => row.value?.image ?? null,
    (next) => {
      clearTimeout(timer);
      timer = setTimeout(() => (image.value = next), restMs);
    },
  );
  onBeforeUnmount(() => clearTimeout(timer));

  const loaded = useLoaded(
    async () => {
      const asked = image.value;
      if (asked === null || project.id === null) return null;
      const client = await engine();
      const input = { project: project.id, image: asked };
      const [detail, history] = await Promise.all([client.dataset.image(input), client.label.history(input)]);
      return { detail, history };
    },
    () => [image.value, project.labelRevision, project.datasetRevision],
  );
  /** Null while what is loaded belongs to another image. */
  const inspected = computed(() =>
    loaded.value.value?.detail.image === row.value?.image ? loaded.value.value : null,
  );
  return { inspected, error: loaded.error };
}
