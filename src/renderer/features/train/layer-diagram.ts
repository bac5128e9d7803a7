import type { LayerRow } from '../../../contract/run.ts';

/** A block of the drawing: a feature map as a box, or a row of units as a bar. Pixels. */
export interface DiagramBlock {
  readonly name: string;
  readonly kind: string;
  readonly shape: readonly number[];
  readonly x: number;
  /** Of the front face. */
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** How far the far side is moved right and up; 0 for a bar. */
  readonly depth: number;
}

const gap = 14;
const tallest = 118;
const lowest = 6;
const margin = 8;

/** Layers without a picture of their own: their shape is that of the layer before. */
const undrawn = new Set(['Flatten', 'Dropout']);

/**
 * Blocks from left to right: height by the map's edge (square root, so that small maps stay visible), breadth by
 * the number of channels or units (logarithm).
 */
export function diagramBlocks(
  inputShape: readonly number[],
  layers: readonly LayerRow[],
): { blocks: DiagramBlock[]; width: number; height: number } {
  const drawn = [
    { name: 'input', kind: 'Input', shape: inputShape },
    ...layers.filter(({ kind }) => !undrawn.has(kind)),
  ];
  const largestEdge = Math.max(...drawn.map(({ shape }) => (shape.length === 3 ? shape[0]! : 1)));
  const mostUnits = Math.max(2, ...drawn.map(({ shape }) => (shape.length === 1 ? shape[0]! : 1)));
  const middle = margin + tallest / 2 + tallest * 0.18;
  let x = margin;
  const blocks = drawn.map(({ name, kind, shape }) => {
    const isMap = shape.length === 3;
    const height = isMap
      ? Math.max(lowest, tallest * Math.sqrt(shape[0]! / largestEdge))
      : Math.max(lowest, (tallest * Math.log2(1 + shape[0]!)) / Math.log2(1 + mostUnits));
    const width = isMap ? 3 + 3.2 * Math.log2(1 + shape[2]!) : 9;
    const depth = isMap ? height * 0.22 : 0;
    const block = { name, kind, shape, x, y: middle - height / 2, width, height, depth };
    x += width + depth + gap;
    return block;
  });
  return { blocks, width: x - gap + margin, height: middle + tallest / 2 + margin };
}

/** `227×227×3`. */
export const shapeWords = (shape: readonly number[]): string => shape.join('×');
