import type { Ref } from 'vue';

import type { LabelChangeInput } from '../../../contract/label.ts';
import type { LabelClass } from '../../../contract/project.ts';
import { counted } from '../../../core/words.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { changedRow } from './label-words.ts';
import { countIn, firstIn, type Ranges } from './ranges.ts';
import { actedOn, type Selection } from './selection.ts';
import type { ImageView } from './use-image-view.ts';

/** Labelling of what is selected: on screen at once, then on disk, with an undo. */
export function useAssign(view: ImageView, selection: Ref<Selection>) {
  const project = useProject();
  const workspace = useWorkspace();
  const toasts = useToasts();

  async function change(ranges: Ranges, input: LabelChangeInput, told: (images: string) => string) {
    const opened = view.view.value;
    if (project.id === null || opened === null) return;
    if (!project.canWrite) {
      toasts.show({ text: 'This project is open for reading only: labels cannot be changed.' });
      return;
    }
    if (countIn(ranges) === 0) {
      toasts.show({ text: 'Select images first.', hint: 'Click one, or move to it with the arrow keys.' });
      return;
    }
    const className = input.class == null ? null : (project.classById.get(input.class)?.name ?? null);
    view.update(ranges, (row) => changedRow(row, input, className));
    try {
      const client = await engine();
      const { count } = await client.label.assign({
        project: project.id,
        reader: workspace.reader,
        images: { view: opened.view, ranges: ranges.map(([from, to]) => [from, to]) },
        change: input,
      });
      if (count === 0) toasts.show({ text: 'Nothing had to change: the labels were so already.' });
      else {
        toasts.show({
          kind: 'good',
          text: told(counted(count, 'image')),
          action: { label: 'Undo', run: () => void project.reverse('undo') },
        });
      }
      await project.refreshReversible();
    } catch (error) {
      toasts.showError(error);
      view.refresh();
    }
  }

  const selected = (): Ranges => actedOn(selection.value);
  return {
    label: (to: LabelClass) =>
      void change(selected(), { class: to.id }, (images) => `${to.name} on ${images}.`),
    unlabel: () => void change(selected(), { class: null }, (images) => `Label taken away from ${images}.`),
    /** Marks all as unsure; when the first one is so already, none. */
    unsure: () => {
      const [first] = firstIn(selected(), 1);
      const to = first === undefined || view.rowAt(first)?.mine?.unsure !== true;
      void change(selected(), { unsure: to }, (images) =>
        to ? `Unsure on ${images}.` : `No longer unsure on ${images}.`,
      );
    },
    skip: () => void change(selected(), { skipped: true }, (images) => `Skipped ${images}.`),
    comment: (position: number, comment: string) =>
      void change(
        [[position, position + 1]],
        { comment: comment.trim() === '' ? null : comment.trim() },
        (images) => (comment.trim() === '' ? `Comment taken away from ${images}.` : `Comment on ${images}.`),
      ),
  };
}
export type Assign = ReturnType<typeof useAssign>;
