import { between, noRanges, type Ranges, toggled, union } from './ranges.ts';

/** What is selected as in a file manager: `focus` is where the keyboard is, `anchor` where a range starts. */
export interface Selection {
  readonly ranges: Ranges;
  readonly anchor: number | null;
  readonly focus: number | null;
}

export const emptySelection: Selection = { ranges: noRanges, anchor: null, focus: null };

/** What Control (⌘) and Shift make of a click or a movement. */
export interface Modifiers {
  readonly toggle: boolean;
  readonly extend: boolean;
}

/** A click on a picture, or the keyboard's arrival at one. */
export function selectAt(selection: Selection, position: number, { toggle, extend }: Modifiers): Selection {
  if (extend) {
    const anchor = selection.anchor ?? selection.focus ?? position;
    const range: Ranges = [between(anchor, position)];
    return { ranges: toggle ? union(selection.ranges, range) : range, anchor, focus: position };
  }
  return {
    ranges: toggle ? toggled(selection.ranges, position) : [[position, position + 1]],
    anchor: position,
    focus: position,
  };
}

/** Everything that a lasso touches, beside what `before` held when it adds. */
export function selectLasso(before: Selection, touched: Ranges, adds: boolean): Selection {
  const first = touched[0]?.[0] ?? null;
  return {
    ranges: adds ? union(before.ranges, touched) : touched,
    anchor: first ?? (adds ? before.anchor : null),
    focus: first ?? before.focus,
  };
}

export function selectAll(selection: Selection, total: number): Selection {
  return { ...selection, ranges: total === 0 ? noRanges : [[0, total]] };
}

/** Nothing is selected; the keyboard stays where it is. */
export const selectNothing = (selection: Selection): Selection => ({ ...selection, ranges: noRanges });

/** What an action applies to: the selection, or without one the picture with the focus. */
export function actedOn({ ranges, focus }: Selection): Ranges {
  return ranges.length > 0 || focus === null ? ranges : [[focus, focus + 1]];
}
