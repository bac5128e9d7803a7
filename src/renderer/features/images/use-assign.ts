import { type Ref, ref } from 'vue';

import type { LabelClass } from '../../../contract/project.ts';
import { counted } from '../../../core/words.ts';
import { engine } from '../../api/engine.ts';
import { askBeforeLeaving } from '../../api/unsaved.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { withClassIds, type WordChange } from '../../word-change.ts';
import { changedRow } from './label-words.ts';
import { countIn, firstIn, type Ranges } from './ranges.ts';
import { actedOn, type Selection } from './selection.ts';
import type { ImageView } from './use-image-view.ts';

/** Labelling of what is selected: on screen at once, then on disk, with an undo. */
export function useAssign(
  view: ImageView,
  selection: Ref<Selection>,
  /** Why nothing can be labelled now; null: it can. */
  hindrance: () => string | null,
) {
  const project = useProject();
  const workspace = useWorkspace();
  const toasts = useToasts();

  const sending = ref(0);
  askBeforeLeaving(() => sending.value > 0);

  const idOf = (name: string): string => project.classByName.get(name)?.id ?? name;

  async function change(ranges: Ranges, word: WordChange, told: (images: string) => string) {
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
    const why = hindrance();
    if (why !== null) {
      toasts.show({ text: why });
      return;
    }
    view.update(ranges, (row) => changedRow(row, word, idOf));
    sending.value += 1;
    try {
      await project.afterReversals();
      const client = await engine();
      const { count } = await client.label.assign({
        project: project.id,
        reader: workspace.reader,
        images: { view: opened.view, ranges: ranges.map(([from, to]) => [from, to]) },
        change: withClassIds(word, idOf),
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
    } finally {
      sending.value -= 1;
    }
  }

  const selected = (): Ranges => actedOn(selection.value);
  const first = () => {
    const [position] = firstIn(selected(), 1);
    return position === undefined ? null : (view.rowAt(position)?.mine ?? null);
  };
  /** A class joins all, or leaves them when the first one has it already. */
  function toggle(to: LabelClass): void {
    const leaves = first()?.classes?.includes(to.name) === true;
    const classes = leaves ? { remove: [to.name] } : { add: [to.name] };
    void change(selected(), { classes }, (images) =>
      leaves ? `${to.name} taken away from ${images}.` : `${to.name} on ${images}.`,
    );
  }
  return {
    label(to: LabelClass): void {
      const { kind } = project.labels;
      if (kind === 'multi') toggle(to);
      else if (kind !== 'number')
        void change(selected(), { class: to.name }, (images) => `${to.name} on ${images}.`);
    },
    number: (number: number) =>
      void change(selected(), { number }, (images) => `${number} ${project.unit} on ${images}.`),
    unlabel: () => {
      const noLabel = { single: 'class', ordinal: 'class', multi: 'classes', number: 'number' } as const;
      void change(
        selected(),
        { [noLabel[project.labels.kind]]: null },
        (images) => `Label taken away from ${images}.`,
      );
    },
    /** Marks all as unsure; when the first one is so already, none. */
    unsure: () => {
      const to = first()?.unsure !== true;
      void change(selected(), { unsure: to }, (images) =>
        to ? `Unsure on ${images}.` : `No longer unsure on ${images}.`,
      );
    },
    bookmark: () => {
      const to = first()?.bookmarked !== true;
      void change(selected(), { bookmarked: to }, (images) =>
        to ? `Bookmark on ${images}.` : `Bookmark taken away from ${images}.`,
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
