import { classOf } from '../../contract/learning-task.ts';
import type { Predictions } from '../../contract/run-folder.ts';

type Row = Predictions['rows'][number];

/** What was predicted of an image that has one of the classes. */
export type ClassRow = Row & { readonly truth: number };
/** What was predicted of an image that shows any of the classes. */
export type LabelRow = Row & { readonly truth: number[] };
/** What number was predicted of an image. */
export type ValueRow = Row & { readonly truth: number; readonly value: number };

/** Rows of a task that says one class. @throws Error for sets of classes */
export function classRows<R extends Row>(rows: readonly R[]): (R & ClassRow)[] {
  return rows.map((row) => ({ ...row, truth: classOf(row.truth) }));
}

/** Rows of a multi-label task. @throws Error for single classes */
export function labelRows<R extends Row>(rows: readonly R[]): (R & LabelRow)[] {
  return rows.map((row) => {
    if (typeof row.truth === 'number') throw new Error('One class is not a set of classes');
    return { ...row, truth: row.truth };
  });
}

/** Rows of a regression. @throws Error for sets of classes */
export function valueRows<R extends Row>(rows: readonly R[]): (R & ValueRow)[] {
  return rows.map((row) => ({ ...row, truth: classOf(row.truth), value: row.probabilities[0]! }));
}
