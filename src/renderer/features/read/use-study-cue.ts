import { computed, onBeforeUnmount, type Ref, ref, watch } from 'vue';

import type { SeriesHeader } from '../../../contract/dataset.ts';
import type { ViewRow } from '../../../contract/image.ts';
import { studyWords } from './study-words.ts';

/** What is read, as far as it tells studies apart. */
export interface ReadStudy {
  readonly patient: string | null;
  readonly header: SeriesHeader;
  /** It is one of several slices. */
  readonly isSlice: boolean;
}

/**
 * What to say when another study comes into view than the one before, or null. Single pictures are of another study
 * each: nobody takes one for the next.
 */
export function studyCue(before: ReadStudy | null, now: ReadStudy): string | null {
  if (before === null || before.header.study === now.header.study) return null;
  if (!before.isSlice && !now.isSlice) return null;
  if (before.patient !== now.patient || now.patient === null)
    return `Another patient: ${now.patient ?? 'unknown'}`;
  const { header } = now;
  const hasWords = header.date !== null || header.description !== null;
  return `Another study of this patient${hasWords ? `: ${studyWords(header)}` : ''}`;
}

const cueMs = 4000;

/** Says for a moment that another study came into view; empty otherwise. */
export function useStudyCue(
  row: Readonly<Ref<ViewRow | null>>,
  header: Readonly<Ref<SeriesHeader | null>>,
): Readonly<Ref<string>> {
  const cue = ref('');
  let last: ReadStudy | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  watch(
    [row, header],
    ([shown, known]) => {
      if (shown === null || known === null) return;
      const isSlice = shown.series !== null && shown.series.total > 1;
      const now: ReadStudy = { patient: shown.patient, header: known, isSlice };
      const said = studyCue(last, now);
      last = now;
      if (said === null) return;
      cue.value = said;
      clearTimeout(timer);
      timer = setTimeout(() => (cue.value = ''), cueMs);
    },
    { immediate: true },
  );
  onBeforeUnmount(() => clearTimeout(timer));
  return computed(() => cue.value);
}
