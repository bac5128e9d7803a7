import { ref } from 'vue';

import type { LabelClass } from '../../../contract/project.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { useToasts } from '../../stores/toasts.ts';

type Change = Partial<Pick<LabelClass, 'name' | 'color' | 'key'>>;
type KeyChange = { class: string; key: string | null };

/** The order after one class took the place of another. */
export function movedTo(classes: readonly LabelClass[], from: number, to: number): string[] {
  const ids = classes.map(({ id }) => id);
  const [taken] = ids.splice(from, 1);
  if (taken !== undefined) ids.splice(to, 0, taken);
  return ids;
}

/** Gives a class a key; the class that had it gets the key of the first in return. */
export function keySwap(classes: readonly LabelClass[], id: string, key: string | null): KeyChange[] {
  const own = classes.find((entry) => entry.id === id)?.key ?? null;
  const holder = classes.find((entry) => entry.id !== id && key !== null && entry.key === key);
  return [{ class: id, key }, ...(holder === undefined ? [] : [{ class: holder.id, key: own }])];
}

/** These keys in the order of the classes; classes beyond them have none. */
export const keysInOrder = (classes: readonly LabelClass[], keys: readonly string[]): KeyChange[] =>
  classes.map(({ id }, index) => ({ class: id, key: keys[index] ?? null }));

/** Changes of the project's classes, each with an undo. The engine tells every window of them, this one too. */
export function useClasses() {
  const project = useProject();
  const workspace = useWorkspace();
  const toasts = useToasts();
  const busy = ref(false);

  /** Whether it worked. Who does it, and in which project, is added to what the call needs. */
  async function attempt(
    act: (
      client: Awaited<ReturnType<typeof engine>>,
      by: { project: string; reader: string },
    ) => Promise<unknown>,
    told: string,
  ): Promise<boolean> {
    if (project.id === null) return false;
    busy.value = true;
    try {
      await act(await engine(), { project: project.id, reader: workspace.reader });
      await Promise.all([project.refresh(), project.refreshReversible()]);
      toasts.show({ text: told, action: { label: 'Undo', run: () => void project.reverse('undo') } });
      return true;
    } catch (error) {
      toasts.showError(error);
      return false;
    } finally {
      busy.value = false;
    }
  }
  const name = (id: string): string => project.classById.get(id)?.name ?? id;

  return {
    busy,
    add: (added: string) =>
      attempt((client, by) => client.class.add({ ...by, name: added }), `${added} was added.`),
    bringBack: (name: string) =>
      attempt((client, by) => client.class.add({ ...by, name }), `${name} was brought back.`),
    change: (entry: LabelClass, to: Change) =>
      attempt(
        (client, by) => client.class.change({ ...by, class: entry.id, ...to }),
        to.name === undefined ? `${entry.name} was changed.` : `${entry.name} is now ${to.name}.`,
      ),
    reorder: (ids: string[]) =>
      attempt((client, by) => client.class.reorder({ ...by, classes: ids }), 'The order was changed.'),
    setKeys: (keys: KeyChange[]) =>
      attempt((client, by) => client.class.setKeys({ ...by, keys }), 'The keys were changed.'),
    retire: (entry: LabelClass) =>
      attempt(
        (client, by) => client.class.retire({ ...by, class: entry.id }),
        `${entry.name} was taken out of use.`,
      ),
    merge: (classes: string[], into: string) =>
      attempt(
        (client, by) => client.class.merge({ ...by, classes, into }),
        `${classes.map(name).join(', ')} merged into ${name(into)}.`,
      ),
    split: (of: LabelClass, names: string[]) =>
      attempt(
        (client, by) =>
          client.class.split({
            ...by,
            class: of.id,
            into: names.map((made) => ({ name: made, images: [] })),
          }),
        `${of.name} split into ${names.join(', ')}.`,
      ),
  };
}
