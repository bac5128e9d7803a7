import type { Ref } from 'vue';

import type { ViewRow } from '../../../contract/dataset.ts';
import type { LabelClass } from '../../../contract/project.ts';
import { pixelsUrl } from '../../api/media.ts';
import { useProject } from '../../stores/project.ts';
import { useToasts } from '../../stores/toasts.ts';
import { useWorkspace } from '../../stores/workspace.ts';
import { pictures } from '../../viewer/pictures.ts';
import { changeWord } from '../../word-change.ts';
import { createLabelTiming, type LabelTiming } from './timing.ts';
import { type Confirmation, useLabelling } from './use-labelling.ts';
import type { Reading } from './use-reading.ts';

export interface Answers {
  readonly confirmation: Ref<Confirmation | null>;
  readonly timing: LabelTiming;
  /** `startMs`: when the key was pressed, by the page's clock. */
  assign(of: LabelClass, startMs?: number): void;
  skip(): void;
  toggleUnsure(): void;
  unlabel(): void;
  comment(image: string, text: string): void;
}

/** What the reader can say of the image in view, and going on afterwards. */
export function useAnswers(projectId: string, reading: Reading): Answers {
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
    return row !== null && mayWrite() ? row : null;
  }
  /** Goes on by itself where the reader wants that. */
  function goOn(startMs: number): void {
    if (!workspace.settings.autoNext || position.value === null) return;
    const next = list.rowAt(position.value + 1);
    if (next) {
      const url = pixelsUrl(projectId, next.image);
      timing.begin(startMs, url, pictures.ready(url) !== null);
    }
    reading.move(1);
  }

  return {
    confirmation: labelling.confirmation,
    timing,
    assign(entry, startMs = performance.now()) {
      const row = answered();
      if (row === null) return;
      labelling.change(row, { class: entry.name }, { text: entry.name, of: entry });
      goOn(startMs);
    },
    skip() {
      const row = answered();
      if (row === null) return;
      labelling.change(row, { skipped: true }, { text: 'Skipped' });
      goOn(performance.now());
    },
    toggleUnsure() {
      const row = answered();
      if (row === null) return;
      const unsure = row.mine?.unsure !== true;
      labelling.change(row, { unsure }, { text: unsure ? 'Unsure' : 'No longer unsure' });
    },
    unlabel() {
      const row = answered();
      if (row === null) return;
      const change = row.mine?.skipped ? { class: null, skipped: false } : { class: null };
      if (JSON.stringify(changeWord(row.mine, change)) === JSON.stringify(row.mine)) return;
      labelling.change(row, change, { text: 'Label taken away' });
    },
    comment(image, text) {
      const row = list.rowOf(image);
      if (row !== null && mayWrite()) labelling.change(row, { comment: text });
    },
  };
}
