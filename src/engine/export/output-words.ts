import type { LearningTask } from '../../contract/learning-task.ts';
import type { ModelPackage } from '../../contract/package.ts';
import type { InputTiles } from '../../contract/tiles.ts';
import { overlapOf, strideOf, wholeEdge } from '../../core/tiles.ts';
import { listed } from '../../core/words.ts';

const grades = (classes: readonly string[]): string => classes.map((name) => `"${name}"`).join(' < ');
const quoted = (classes: readonly string[]): string =>
  listed(
    classes.map((name) => `"${name}"`),
    classes.length,
  );

/** How a model's output becomes an answer, in words that a programmer can follow without Readroom. */
export function outputMeaning(
  task: LearningTask,
  operatingPoint: ModelPackage['operatingPoint'],
  tiles: InputTiles | null,
): string {
  switch (task.kind) {
    case 'multiClass':
      return operatingPoint
        ? `Probabilities of ${quoted(task.classes)}; the operating point decides.`
        : `Probabilities of ${quoted(task.classes)}; the largest decides.`;
    case 'binary':
      return `One number p, the probability of "${task.classes[1]}"; that of "${task.classes[0]}" is 1 − p. The operating point decides.`;
    case 'multiLabel':
      return `A probability for each of ${quoted(task.classes)}, each on its own; a class is given from its threshold on.`;
    case 'ordinal':
      return `Grades ${grades(task.classes)}. Output k, from 0, is the probability of being above grade k for what is at least grade k. P(at least grade k) is the product of outputs 0 to k − 1; P(grade k) = P(at least grade k) × (1 − output k), of the last grade P(at least it). The largest decides.`;
    case 'regression':
      return `The number itself${task.unit === '' ? ', which has no unit' : `, in ${task.unit}`}.`;
    case 'segmentation':
      return `For every pixel of the input the probabilities of the background, which comes first, and of ${quoted(task.classes)}; the largest decides${tiles === null ? '' : ', once those of all tiles that show the pixel are averaged'}. Undo the resizing to come back to the picture's own pixels.`;
  }
}

/** How a picture is cut into a model's inputs, and their answers put together, in words that a programmer can follow. */
export function tilesMeaning(tiles: InputTiles): string {
  const { edge, grid } = tiles;
  const [whole, stride, overlap] = [wholeEdge(tiles), strideOf(tiles), overlapOf(tiles)];
  return [
    `The picture of ${whole} × ${whole} pixels is cut into ${grid} × ${grid} tiles of ${edge} × ${edge}, each an input of the model. Tile (r, c), both from 0, begins at line ${stride} × r and column ${stride} × c, so that neighbours share ${overlap} pixels.`,
    `The probabilities of a pixel are the weighted mean of those that the tiles which show it give. In a tile the pixel at (y, x) weighs w(y) × w(x), where w(i) = min(i + 1, ${edge} − i, ${overlap + 1}).`,
    'Examples are single tiles.',
  ].join(' ');
}
