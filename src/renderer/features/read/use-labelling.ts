import { onBeforeUnmount, type Ref, ref } from 'vue';

import type { ViewRow } from '../../../contract/dataset.ts';
import type { LabelClass } from '../../../contract/project.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { changeWord, withClassIds, type WordChange } from '../../word-change.ts';
import type { ReadingList } from './use-reading-list.ts';

const confirmationMs = 600;

/** What was just said, shown for a moment. */
export interface Confirmation {
  readonly id: number;
  readonly text: string;
  readonly of: LabelClass | null;
}

export interface Labelling {
  readonly confirmation: Ref<Confirmation | null>;
  /** Shows a change at once and sends it; what cannot be kept is shown as it was, and said. */
  change(
    row: ViewRow,
    change: WordChange,
    confirm?: { text: string; of?: LabelClass },
    /** How long the image was in view. */
    milliseconds?: number,
  ): void;
}

/** The reader's words on images. */
export function useLabelling(
  project: string,
  list: ReadingList,
  classId: (name: string) => string,
): Labelling {
  const workspace = useWorkspace();
  const store = useProject();
  const toasts = useToasts();
  const confirmation = ref<Confirmation | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let nextId = 1;

  function confirm(text: string, of: LabelClass | null): void {
    confirmation.value = { id: nextId++, text, of };
    clearTimeout(timer);
    timer = setTimeout(() => (confirmation.value = null), confirmationMs);
  }

  async function send(
    image: string,
    before: ViewRow['mine'],
    change: WordChange,
    milliseconds: number | undefined,
  ): Promise<void> {
    list.hold(image);
    const { round } = store;
    try {
      const client = await engine();
      await client.label.assign({
        project,
        reader: workspace.reader,
        round,
        images: { ids: [image] },
        change: withClassIds(change, classId),
        ...(milliseconds !== undefined && { milliseconds }),
      });
    } catch (error) {
      confirmation.value = null;
      list.setMine(image, before);
      toasts.showError(error);
    }
    // What the engine says now is the truth, whichever way it went.
    await list.release(image).catch(() => undefined);
  }

  onBeforeUnmount(() => clearTimeout(timer));
  return {
    confirmation,
    change(row, change, shown, milliseconds) {
      const before = list.rowOf(row.image)?.mine ?? row.mine;
      list.setMine(row.image, changeWord(before, change));
      if (shown) confirm(shown.text, shown.of ?? null);
      void send(row.image, before, change, milliseconds);
    },
  };
}
