import { ref } from 'vue';

import type { LabelClass } from '../../../contract/project.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';

type Change = Partial<Pick<LabelClass, 'name' | 'color' | 'key'>>;

/** What is wrong with a change of classes before the engine is asked; empty when nothing is. */
export function keyConflict(classes: readonly LabelClass[], id: string, key: string | null): string {
  const holder = classes.find((entry) => entry.id !== id && key !== null && entry.key === key);
  return holder === undefined ? '' : `${key!.toUpperCase()} labels ${holder.name} already`;
}

/** The order after one class took the place of another. */
export function movedTo(classes: readonly LabelClass[], from: number, to: number): string[] {
  const ids = classes.map(({ id }) => id);
  const [taken] = ids.splice(from, 1);
  if (taken !== undefined) ids.splice(to, 0, taken);
  return ids;
}

/** Changes of the project's classes. The engine tells every window of them, this one too. */
export function useClasses() {
  const project = useProject();
  const toasts = useToasts();
  const busy = ref(false);

  /** Whether it worked. */
  async function attempt(act: (client: Awaited<ReturnType<typeof engine>>, id: string) => Promise<unknown>) {
    if (project.id === null) return false;
    busy.value = true;
    try {
      await act(await engine(), project.id);
      await project.refresh();
      return true;
    } catch (error) {
      toasts.showError(error);
      return false;
    } finally {
      busy.value = false;
    }
  }

  const add = (name: string) => attempt((client, id) => client.class.add({ project: id, name }));
  const change = (entry: LabelClass, to: Change) =>
    attempt((client, id) => client.class.change({ project: id, class: entry.id, ...to }));
  const reorder = (ids: string[]) =>
    attempt((client, id) => client.class.reorder({ project: id, classes: ids }));

  async function retire(entry: LabelClass): Promise<void> {
    const order = project.classes.map(({ id }) => id);
    const done = await attempt((client, id) => client.class.retire({ project: id, class: entry.id }));
    if (!done) return;
    const bringBack = async (): Promise<void> => {
      const { name, color, key } = entry;
      const taken = keyConflict(project.classes, entry.id, key) !== '';
      const added = await attempt((client, id) =>
        client.class.add({ project: id, name, color, key: taken ? null : key }),
      );
      if (added) await reorder(order);
    };
    toasts.show({
      text: `${entry.name} was taken out of use.`,
      action: { label: 'Undo', run: () => void bringBack() },
    });
  }

  return { busy, add, change, reorder, retire };
}
