import { onBeforeUnmount, onMounted, ref } from 'vue';
import { useRouter } from 'vue-router';

import { readDrop } from '../../api/media.ts';
import { usePendingDrop } from '../../stores/pending-drop.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';

const bringsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;

/** Files dropped anywhere on the window go to Import. */
export function useFileDrop() {
  const router = useRouter();
  const project = useProject();
  const pending = usePendingDrop();
  const toasts = useToasts();
  const over = ref(false);

  function dragged(event: DragEvent): void {
    if (!bringsFiles(event)) return;
    event.preventDefault();
    over.value = true;
  }
  function left(event: DragEvent): void {
    // Null when the pointer left the window, not merely an element of it.
    if (event.relatedTarget === null) over.value = false;
  }
  async function dropped(event: DragEvent): Promise<void> {
    over.value = false;
    if (!bringsFiles(event) || event.dataTransfer === null || event.defaultPrevented) return;
    event.preventDefault();
    if (!project.can('dataset.import')) {
      toasts.show({ text: 'Nothing can be imported.', hint: project.whyNot('dataset.import') });
      return;
    }
    try {
      const items = await readDrop(event.dataTransfer);
      if (items.length === 0) return;
      pending.put(items);
      await router.push({ name: 'import', params: { project: project.id } });
    } catch (error) {
      toasts.showError(error);
    }
  }
  const drop = (event: DragEvent): void => void dropped(event);

  onMounted(() => {
    window.addEventListener('dragover', dragged);
    window.addEventListener('dragleave', left);
    window.addEventListener('drop', drop);
  });
  onBeforeUnmount(() => {
    window.removeEventListener('dragover', dragged);
    window.removeEventListener('dragleave', left);
    window.removeEventListener('drop', drop);
  });
  return over;
}
