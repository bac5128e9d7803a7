import { onBeforeUnmount, shallowRef, watch } from 'vue';

import type { ViewRow } from '../../../contract/image.ts';
import { engine } from '../../api/engine.ts';
import { useProject } from '../../stores/project.ts';
import { classesOfRow } from './label-words.ts';
import { contains, type Range, type Ranges } from './ranges.ts';
import type { ImageView } from './use-image-view.ts';

export interface SelectionCounts {
  readonly images: number;
  readonly patients: number;
  readonly unsure: number;
  /** Something is drawn on them. */
  readonly annotated: number;
  /** Of the label of record, each of several classes counted; null: none. */
  readonly byClass: ReadonlyMap<string | null, number>;
  /** Of the labels of record that are numbers; null without any. */
  readonly numbers: { readonly n: number; readonly low: number; readonly high: number } | null;
}

/** Beyond so many images the rows would take too long to fetch. */
export const mostCounted = 5000;
const pageSize = 500;
/** A lasso that grows is counted when it rests. */
const restMs = 200;

/** Windows of at most `size` positions that together hold the first `most` positions of ranges. */
export function windowsOver(ranges: Ranges, most: number, size: number): Range[] {
  const windows: [number, number][] = [];
  let left = most;
  for (const [from, to] of ranges) {
    const last = windows.at(-1);
    let start = last === undefined ? from : Math.max(from, Math.min(to, last[0] + size));
    const end = Math.min(to, from + left);
    // What still fits into the window before needs no other one.
    if (last !== undefined && start > from) last[1] = Math.min(end, start);
    for (; start < end; start += size) windows.push([start, Math.min(end, start + size)]);
    left -= end - from;
    if (left <= 0) break;
  }
  return windows;
}

/** Sums up rows of a selection. */
export function countRows(rows: readonly ViewRow[]): SelectionCounts {
  const byClass = new Map<string | null, number>();
  const patients = new Set<string>();
  const numbers: number[] = [];
  let [unsure, annotated] = [0, 0];
  for (const row of rows) {
    if (row.number !== null) numbers.push(row.number);
    const classes = classesOfRow(row) ?? [];
    for (const id of classes) byClass.set(id, (byClass.get(id) ?? 0) + 1);
    if (classes.length === 0 && row.number === null) byClass.set(null, (byClass.get(null) ?? 0) + 1);
    patients.add(row.patient === null ? `image ${row.image}` : `patient ${row.patient}`);
    if (row.unsure) unsure += 1;
    if (row.annotated) annotated += 1;
  }
  return {
    ...{ images: rows.length, patients: patients.size, unsure, annotated },
    ...{ byClass, numbers: rangeOf(numbers) },
  };
}

function rangeOf(numbers: readonly number[]): SelectionCounts['numbers'] {
  if (numbers.length === 0) return null;
  const low = numbers.reduce((least, number) => Math.min(least, number));
  const high = numbers.reduce((most, number) => Math.max(most, number));
  return { n: numbers.length, low, high };
}

/** Labels of what is selected, as far as `mostCounted`; null until they are known. */
export function useSelectionCounts(ranges: () => Ranges, view: ImageView) {
  const project = useProject();
  const counts = shallowRef<SelectionCounts | null>(null);
  const error = shallowRef<unknown>(null);
  let newest = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function read(): Promise<void> {
    const mine = ++newest;
    const opened = view.view.value;
    if (opened === null || project.id === null) return;
    try {
      const client = await engine();
      const rows: ViewRow[] = [];
      const asked = ranges();
      for (const [from, to] of windowsOver(asked, mostCounted, pageSize)) {
        const input = { project: project.id, view: opened.view, offset: from, limit: to - from };
        const answer = await client.dataset.viewRows(input);
        if (mine !== newest) return;
        rows.push(...answer.rows.filter((_, at) => contains(asked, from + at)));
      }
      counts.value = countRows(rows.slice(0, mostCounted));
      error.value = null;
    } catch (reason) {
      if (mine === newest) error.value = reason;
    }
  }

  watch(
    [ranges, () => project.labelRevision, view.view],
    () => {
      clearTimeout(timer);
      timer = setTimeout(() => void read(), restMs);
    },
    { immediate: true },
  );
  onBeforeUnmount(() => {
    newest = -1;
    clearTimeout(timer);
  });
  return { counts, error };
}
