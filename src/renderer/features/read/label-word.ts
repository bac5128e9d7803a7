import type { ReaderLabel } from '../../../contract/dataset.ts';

/** Whether its reader is done with the image. */
export function isRead(word: ReaderLabel | null): boolean {
  return word !== null && (word.class !== null || word.number !== null || word.skipped);
}

/** `PNEUMONIA, unsure`; `skipped`; `no label`. */
export function wordText(word: ReaderLabel | null): string {
  const label = word?.class ?? (word?.number == null ? null : String(word.number));
  if (label === null) return word?.skipped ? 'skipped' : word?.unsure ? 'unsure' : 'no label';
  return word?.unsure ? `${label}, unsure` : label;
}
