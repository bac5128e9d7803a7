import type { Ref } from 'vue';

import type { ViewRow } from '../../../contract/image.ts';
import type { LabelClass } from '../../../contract/project.ts';
import { pixelsUrl } from '../../api/media.ts';
import { labelText } from '../../label-text.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { pictures } from '../../viewer/pictures.ts';
import { changeWord, classChange, isLabelled, sameWord, type WordChange } from '../../word-change.ts';
import { createLabelTiming, type LabelTiming } from './timing.ts';
import { type Confirmation, useLabelling } from './use-labelling.ts';
import type { Reading } from './use-reading.ts';

export interface Answers {
  readonly confirmation: Ref<Confirmation | null>;
  readonly timing: LabelTiming;
  /**
   * A class's key or button: the label, or in a multi-label project one of several. `startMs`: when the key was
   * pressed, by the page's clock.
   */
  choose(of: LabelClass, startMs?: number): void;
  setNumber(value: number): void;
  /** Goes on; in a multi-label project an image without classes has none of them then. */
  done(): void;
  skip(): void;
  toggleUnsure(): void;
  toggleBookmark(): void;
  unlabel(): void;
  comment(image: string, text: string): void;
}

export interface AnswerOptions {
  /** Why nothing can be said now; null: it can. */
  readonly hindrance: () => string | null;
  /** How long the image has been in view, in milliseconds. */
  readonly timeInView: () => number;
}

/** What the reader can say of the image in view, and going on afterwards. */
export function useAnswers(
  projectId: string,
  reading: Reading,
  { hindrance, timeInView }: AnswerOptions,
): Answers {
  const project = useProject();
  const workspace = useWorkspace();
  const toasts = useToasts();
  const { list, position, current, atEnd } = reading;
  const labelling = useLabelling(projectId, list, (name) => project.classByName.get(name)?.id ?? name);
  const timing = createLabelTiming();

  function mayWrite(): boolean {
    if (project.canWrite) return true;
    toasts.show({
      text: 'This project was opened for reading: no label can be given.',
      hint: 'Close it where it is open for writing, then open it here again.',
    });
    return false;
  }
  /** The image that an answer is about; null where there is none, or none may be given. */
  function answered(): ViewRow | null {
    const row = atEnd.value ? null : current.value;
    if (row === null || !mayWrite()) return null;
    const why = hindrance();
    if (why !== null) toasts.show({ text: why });
    return why === null ? row : null;
  }
  function say(row: ViewRow, change: WordChange, text: string, of?: LabelClass): void {
    labelling.change(row, change, { text, ...(of && { of }) }, timeInView());
  }
  /** Goes on to the next image, measured from `startMs`. */
  function goOn(startMs: number): void {
    if (position.value === null) return;
    const next = list.rowAt(position.value + 1);
    if (next) {
      const url = pixelsUrl(projectId, next.image);
      timing.begin(startMs, url, pictures.ready(url) !== null);
    }
    reading.move(1);
  }
  /** Goes on by itself where the reader wants that. */
  function goOnAlone(startMs: number): void {
    if (!workspace.settings.autoNext) return;
    // Others may have decided what comes next.
    if (project.isAdjudicating) void reading.goToNextUnread();
    else goOn(startMs);
  }

  return {
    confirmation: labelling.confirmation,
    timing,
    choose(entry, startMs = performance.now()) {
      const { kind } = project.labels;
      const row = kind === 'number' ? null : answered();
      if (row === null) return;
      const change = classChange(row.mine, entry.name, kind === 'multi');
      if (kind === 'multi') {
        const chosen = changeWord(row.mine, change)?.classes ?? null;
        const isChosen = chosen?.includes(entry.name) === true;
        say(row, change, isChosen ? entry.name : `Not ${entry.name}`, entry);
        return;
      }
      say(row, change, entry.name, entry);
      goOnAlone(startMs);
    },
    setNumber(number) {
      const row = answered();
      if (row === null) return;
      say(row, { number }, labelText({ class: null, classes: null, number }, project.unit)!);
      goOnAlone(performance.now());
    },
    done() {
      const startMs = performance.now();
      if (project.labels.kind === 'multi' && !isLabelled(current.value?.mine ?? null)) {
        const row = answered();
        if (row === null) return;
        say(row, { classes: { set: [] } }, 'None of the classes');
      }
      goOn(startMs);
    },
    skip() {
      const row = answered();
      if (row === null) return;
      say(row, { skipped: true }, 'Skipped');
      goOnAlone(performance.now());
    },
    toggleUnsure() {
      const row = answered();
      if (row === null) return;
      const unsure = row.mine?.unsure !== true;
      say(row, { unsure }, unsure ? 'Unsure' : 'No longer unsure');
    },
    toggleBookmark() {
      const row = answered();
      if (row === null) return;
      const bookmarked = row.mine?.bookmarked !== true;
      say(row, { bookmarked }, bookmarked ? 'Bookmarked' : 'Bookmark taken away');
    },
    unlabel() {
      const row = answered();
      if (row === null) return;
      const change = { ...noLabel[project.labels.kind], ...(row.mine?.skipped && { skipped: false }) };
      if (!sameWord(changeWord(row.mine, change), row.mine)) say(row, change, 'Label taken away');
    },
    comment(image, text) {
      const row = list.rowOf(image);
      if (row !== null && mayWrite()) labelling.change(row, { comment: text });
    },
  };
}

const noLabel: Readonly<Record<'single' | 'ordinal' | 'multi' | 'number', WordChange>> = {
  single: { class: null },
  ordinal: { class: null },
  multi: { classes: null },
  number: { number: null },
};
