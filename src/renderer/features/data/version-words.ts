import type { VersionDifference } from '../../../contract/split.ts';
import { partNames } from './data-charts.ts';

/** One line of a comparison: so many images, what happened to them, and some of them. */
export interface VersionChange {
  readonly text: string;
  readonly n: number;
  readonly images: string[];
}

/** A comparison of two versions as lines, those that matter to results first. */
export function versionChanges({ added, removed, moved, relabelled }: VersionDifference): VersionChange[] {
  const label = (name: string | null): string => name ?? 'no label';
  return [
    ...relabelled.map(({ from, to, ...rest }) => ({
      text: `Label ${label(from)} became ${label(to)}`,
      ...rest,
    })),
    ...moved.map(({ from, to, ...rest }) => ({
      text: `Moved from ${partNames[from].toLowerCase()} to ${partNames[to].toLowerCase()}`,
      ...rest,
    })),
    { text: 'Came into the dataset', ...added },
    { text: 'Left the dataset', ...removed },
  ].filter(({ n }) => n > 0);
}
