import { classesOf, taskOf } from '../../contract/learning-task.ts';
import type { Manifest } from '../../contract/run-folder.ts';
import { splitParts } from '../../contract/split.ts';
import { quantity } from '../../core/figures.ts';
import { count } from '../../core/words.ts';
import { type Markup, markup } from './markup.ts';

export const partNames = { train: 'training', val: 'validation', test: 'test' } as const;

/** What the labels of each part are: images by class, of numbers their spread; nothing of masks, which a manifest does not hold. */
export function labelCounts(manifest: Manifest): Markup | null {
  const task = taskOf(manifest);
  if (task.kind === 'segmentation') return null;
  if (task.kind === 'regression') return numberSpread(manifest, task.unit);
  const has = (label: number) => (row: Manifest['rows']['train'][number]) =>
    typeof row.label === 'number' ? row.label === label : row.label.includes(label);
  const isSet = task.kind === 'multiLabel';
  const rows = classesOf(task).map((name, label) => ({
    name,
    cells: splitParts.map((part) => count(manifest.rows[part].filter(has(label)).length)),
  }));
  return byPart(
    isSet ? 'Images by label; one image may show several' : 'Images by class',
    isSet ? 'Label' : 'Class',
    rows,
  );
}

function numberSpread({ rows }: Manifest, unit: string): Markup {
  const parts = splitParts.map((part) => rows[part].map(({ label }) => label as number));
  const cells = (figure: (values: readonly number[]) => number): string[] =>
    parts.map((values) => (values.length === 0 ? 'none' : quantity(figure(values), 4)));
  return byPart(`True numbers${unit === '' ? '' : ` in ${unit}`}`, '', [
    { name: 'images', cells: parts.map(({ length }) => count(length)) },
    { name: 'mean', cells: cells(meanOf) },
    { name: 'standard deviation', cells: cells(deviationOf) },
    { name: 'lowest', cells: cells((values) => values.reduce((a, b) => Math.min(a, b))) },
    { name: 'highest', cells: cells((values) => values.reduce((a, b) => Math.max(a, b))) },
  ]);
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

function byPart(
  heading: string,
  first: string,
  rows: readonly { name: string; cells: readonly string[] }[],
): Markup {
  return markup`<h3>${heading}</h3><div class="scroll"><table><thead><tr><th>${first}</th>${splitParts.map((part) => markup`<th class="n">${partNames[part]}</th>`)}</tr></thead><tbody>${rows.map(
    ({ name, cells }) =>
      markup`<tr><th scope="row">${name}</th>${cells.map((cell) => markup`<td class="n">${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
}
