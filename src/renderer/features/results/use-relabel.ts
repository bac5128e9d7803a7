import { computed, type Ref } from 'vue';

import type { Case } from '../../../contract/run.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWords } from '../../stores/words.ts';

/** Giving the chosen case another class, with a toast that takes it back. */
export function useRelabel(selected: Ref<Case | null>) {
  const project = useProject();
  const toasts = useToasts();
  const words = useWords();

  /** One key gives one class to one image; anything else is said in Read. */
  const canRelabel = computed(() => selected.value?.kind === 'class' && selected.value.images.length === 1);
  /** The newest one says enough: many relabels in a row must not pile up. */
  let relabelToast: number | null = null;
  function relabel(to: string): void {
    const one = selected.value;
    if (one === null || project.id === null || !canRelabel.value) return;
    if (!project.canWrite) {
      toasts.show({ text: 'The label was not changed.', hint: 'This project is open for reading only.' });
      return;
    }
    words.change(project.id, { image: one.image, change: { class: to } }, (failure) => {
      if (failure !== null) {
        toasts.showError(failure);
        return;
      }
      const name = project.classById.get(to)?.name ?? to;
      if (relabelToast !== null) toasts.close(relabelToast);
      relabelToast = toasts.show({
        kind: 'good',
        text: `${one.fileName} is labelled ${name} now.`,
        hint: 'The run keeps the labels that it was trained and judged on.',
        action: { label: 'Undo', run: () => void project.reverse('undo') },
      });
    });
  }

  return { relabel };
}
