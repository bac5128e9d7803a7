import { computed, type ComputedRef } from 'vue';

import type { PatientValues } from '../../contract/table.ts';
import { useProject } from '../stores/project.ts';
import { engine } from './engine.ts';
import { useLoaded } from './use-loaded.ts';

/** What the clinical table says of an image's patient; null where there is no table, and until it is known. */
export function usePatientValues(image: () => string | null): ComputedRef<PatientValues | null> {
  const project = useProject();
  const loaded = useLoaded(
    async () => {
      const asked = image();
      if (asked === null || project.id === null) return null;
      const of = { image: asked };
      return { asked, values: await (await engine()).table.values({ project: project.id, of }) };
    },
    () => [image(), project.datasetRevision],
  );
  return computed(() => (loaded.value.value?.asked === image() ? loaded.value.value.values : null));
}
