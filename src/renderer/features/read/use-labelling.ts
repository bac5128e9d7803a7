import { onBeforeUnmount, type Ref, ref } from 'vue';

import type { ViewRow } from '../../../contract/image.ts';
import type { LabelClass } from '../../../contract/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWords } from '../../stores/words.ts';
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
  /** Shows a change at once and sends it; what the engine refuses is shown as it was, and said. */
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
  const words = useWords();
  const toasts = useToasts();
  const confirmation = ref<Confirmation | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let nextId = 1;

  function confirm(text: string, of: LabelClass | null): void {
    confirmation.value = { id: nextId++, text, of };
    clearTimeout(timer);
    timer = setTimeout(() => (confirmation.value = null), confirmationMs);
  }

  function send(
    image: string,
    before: ViewRow['mine'],
    change: WordChange,
    milliseconds: number | undefined,
  ): void {
    list.hold(image);
    words.change(project, { image, change: withClassIds(change, classId), milliseconds }, (failure) => {
      if (failure !== null) {
        confirmation.value = null;
        list.setMine(image, before);
        toasts.showError(failure);
      }
      // What the engine says now is the truth, whichever way it went.
      list.release(image).catch(() => undefined);
    });
  }

  onBeforeUnmount(() => clearTimeout(timer));
  return {
    confirmation,
    change(row, change, shown, milliseconds) {
      const before = list.rowOf(row.image)?.mine ?? row.mine;
      list.setMine(row.image, changeWord(before, change));
      if (shown) confirm(shown.text, shown.of ?? null);
      send(row.image, before, change, milliseconds);
    },
  };
}
