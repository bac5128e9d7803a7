import { notJudged } from '../contract/learning-task.ts';
import type { RunMask } from './api/media.ts';

/** Of a class that was renamed or merged since the run. */
export const unknownClassColor = '#8d969f';

/** The pixels of a class (1 is the first one; null: of any) as the path of an SVG, in pixels of the mask. */
export function fillPath(mask: RunMask, label: number | null): string {
  const { width, height } = mask;
  const isIn = membership(mask, label);
  let path = '';
  for (let y = 0; y < height; y += 1)
    for (const { start, length } of runs(width, (x) => isIn(x, y)))
      path += `M${start},${y}h${length}v1h${-length}Z`;
  return path;
}

/** The border of a class, those around what is left out inside of it too. */
export function borderPath(mask: RunMask, label: number | null): string {
  const { width, height } = mask;
  const isIn = membership(mask, label);
  let path = '';
  for (let y = 0; y <= height; y += 1)
    for (const { start, length } of runs(width, (x) => isIn(x, y - 1) !== isIn(x, y)))
      path += `M${start},${y}h${length}`;
  for (let x = 0; x <= width; x += 1)
    for (const { start, length } of runs(height, (y) => isIn(x - 1, y) !== isIn(x, y)))
      path += `M${x},${start}v${length}`;
  return path;
}

function membership({ width, height, classes }: RunMask, label: number | null) {
  return (x: number, y: number): boolean => {
    if (x < 0 || y < 0 || x >= width || y >= height) return false;
    const value = classes[y * width + x]!;
    return label === null ? value !== 0 && value !== notJudged : value === label;
  };
}

/** Where something holds, one after another. */
function runs(length: number, holds: (at: number) => boolean): { start: number; length: number }[] {
  const found: { start: number; length: number }[] = [];
  for (let at = 0; at < length; at += 1) {
    if (!holds(at)) continue;
    const start = at;
    while (at < length && holds(at)) at += 1;
    found.push({ start, length: at - start });
  }
  return found;
}
