import { computed, type ComputedRef } from 'vue';

import type { Annotation } from '../../../../contract/annotation.ts';
import { engine } from '../../../api/engine.ts';
import { useLoaded } from '../../../api/use-loaded.ts';
import { useProject } from '../../../stores/project.ts';
import { useWorkspace } from '../../../stores/workspace.ts';
import { readPanelSettings } from '../panel-settings.ts';

/** Shapes that others drew or imports brought, while they are asked for; none in a blinded round. */
export function useOthersShapes(
  image: () => string | null,
): ComputedRef<(Annotation & { reader: string })[]> {
  const project = useProject();
  const workspace = useWorkspace();
  const wanted = (): string | null =>
    readPanelSettings.othersShown && !project.isBlinded && project.id !== null ? image() : null;
  const loaded = useLoaded(
    async () => {
      const asked = wanted();
      if (asked === null) return null;
      const shapes = await (await engine()).annotation.all({ project: project.id!, image: asked });
      return { asked, shapes };
    },
    () => [wanted(), project.datasetRevision, project.labelRevision],
  );
  return computed(() => {
    const found = loaded.value.value;
    if (!found || found.asked !== wanted()) return [];
    return found.shapes.filter(({ reader }) => reader !== workspace.reader);
  });
}
