import type { LayerRow } from '../../../contract/run.ts';
import { isFoldable, type LayerGroup, layerGroups } from './layer-groups.ts';

/** A block of the drawing: a feature map as a box, or a row of units as a bar. Pixels. */
export interface DiagramBlock {
  readonly name: string;
  readonly kind: string;
  readonly shape: readonly number[];
  /** Of blocks with a shortcut: how many it stands for. */
  readonly repeats: number | null;
  /** The group that a click on it folds or unfolds. */
  readonly group: string | null;
  readonly x: number;
  /** Of the front face. */
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** How far the far side is moved right and up; 0 for a bar. */
  readonly depth: number;
}

/** The drawing, with the lines of connections that lead past blocks, as SVG paths. */
export interface Diagram {
  readonly blocks: readonly DiagramBlock[];
  readonly skips: readonly string[];
  /** Where it begins: below zero where lines lead over the tallest block. */
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const gap = 14;
const tallest = 118;
const lowest = 6;
const margin = 8;
/** Between a line and what it leads over. */
const clearance = 6;

/** Layers without a picture of their own: their shape is that of the layer before, or nearly. */
const undrawn = new Set([
  'flatten',
  'dropout',
  'batchNormalization',
  'localResponseNormalization',
  'zeroPad2d',
]);

type Drawn = Pick<DiagramBlock, 'name' | 'kind' | 'shape' | 'repeats' | 'group'> & {
  /** What is drawn as this one block. */
  readonly layers: readonly LayerRow[];
};

/**
 * Blocks from left to right: height by the map's edge (square root, so that small maps stay visible), breadth by
 * the number of channels or units (logarithm). What repeats is one block unless it is `unfolded`.
 */
export function layerDiagram(
  inputShape: readonly number[],
  layers: readonly LayerRow[],
  unfolded: ReadonlySet<string>,
): Diagram {
  const input: Drawn = {
    ...{ name: 'input', kind: 'Input', shape: inputShape },
    ...{ repeats: null, group: null, layers: [] },
  };
  const drawn = [input, ...layerGroups(layers).flatMap((group) => drawnOf(group, unfolded))];
  const largestEdge = Math.max(...drawn.map(({ shape }) => (shape.length === 3 ? shape[0]! : 1)));
  const mostUnits = Math.max(2, ...drawn.map(({ shape }) => (shape.length === 1 ? shape[0]! : 1)));
  const middle = margin + tallest / 2 + tallest * 0.18;
  let x = margin;
  const blocks = drawn.map(({ name, kind, shape, repeats, group }): DiagramBlock => {
    const isMap = shape.length === 3;
    const height = isMap
      ? Math.max(lowest, tallest * Math.sqrt(shape[0]! / largestEdge))
      : Math.max(lowest, (tallest * Math.log2(1 + shape[0]!)) / Math.log2(1 + mostUnits));
    const width = isMap ? 3 + 3.2 * Math.log2(1 + shape[2]!) : 9;
    const depth = isMap ? height * 0.22 : 0;
    const place = { x, y: middle - height / 2, width, height, depth };
    x += width + depth + gap;
    return { name, kind, shape, repeats, group, ...place };
  });
  const around = blocks.flatMap((block) => (block.repeats === null ? [] : [pathAround(block)]));
  const over = pathsOver(blocks, connectionsOver(drawn, layers));
  return {
    blocks,
    skips: [...around, ...over.paths],
    top: Math.min(0, over.top - margin),
    width: x - gap + margin,
    height: middle + tallest / 2 + margin,
  };
}

function drawnOf(group: LayerGroup, unfolded: ReadonlySet<string>): Drawn[] {
  const { id, name, blocks } = group;
  const layers = blocks.flat();
  const { shape, kind, layerKind } = layers.at(-1)!;
  if (!isFoldable(group))
    return undrawn.has(layerKind) ? [] : [{ name, kind, shape, repeats: null, group: null, layers }];
  if (!unfolded.has(id)) return [{ name, kind: 'Blocks', shape, repeats: blocks.length, group: id, layers }];
  return blocks.map((block, index) => ({
    ...{ name: `${name}, ${index + 1} of ${blocks.length}`, kind: 'Block', shape: block.at(-1)!.shape },
    ...{ repeats: 1, group: id, layers: block },
  }));
}

type Connection = readonly [from: number, to: number];

/** Connections of single layers that lead past a drawn block, the short ones first. */
function connectionsOver(drawn: readonly Drawn[], layers: readonly LayerRow[]): Connection[] {
  const ownPlace = new Map(drawn.flatMap((one, index) => one.layers.map(({ name }) => [name, index])));
  const places = new Map<string, number>();
  const connections: Connection[] = [];
  for (const { name, inputs } of layers) {
    const sources = inputs.map((input) => places.get(input) ?? 0);
    const own = ownPlace.get(name);
    places.set(name, own ?? sources[0]!);
    if (own !== undefined && drawn[own]!.repeats === null)
      connections.push(...sources.filter((from) => own - from > 1).map((from) => [from, own] as const));
  }
  return connections.sort(([a, b], [c, d]) => b - a - (d - c));
}

/** A line past one block, from the gap before it to the gap behind. */
function pathAround({ x, y, width, height, depth }: DiagramBlock): string {
  const middle = y + height / 2;
  return bracket(
    { x: x - gap / 2, y: middle },
    { x: x + width + depth + gap / 2, y: middle },
    y - depth - clearance,
  );
}

/** Lines from top to top, each above all that lies beneath it. */
function pathsOver(
  blocks: readonly DiagramBlock[],
  connections: readonly Connection[],
): { paths: string[]; top: number } {
  const levels: { readonly of: Connection; readonly level: number }[] = [];
  const paths = connections.map((connection) => {
    const [from, to] = connection;
    const beneath = [
      ...blocks.slice(from, to + 1).map(({ y, depth }) => y - depth),
      ...levels.filter(({ of }) => of[0] < to && of[1] > from).map(({ level }) => level),
    ];
    const level = Math.min(...beneath) - clearance;
    levels.push({ of: connection, level });
    return bracket(topOf(blocks[from]!), topOf(blocks[to]!), level);
  });
  return { paths, top: Math.min(Infinity, ...levels.map(({ level }) => level)) };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const topOf = ({ x, y, width, depth }: DiagramBlock): Point => ({
  x: x + (width + depth) / 2,
  y: y - depth / 2,
});

/** Up, across at a height, and down again, with rounded corners. */
function bracket(from: Point, to: Point, level: number): string {
  const bend = 4;
  return `M${from.x},${from.y}V${level + bend}q0,${-bend} ${bend},${-bend}H${to.x - bend}q${bend},0 ${bend},${bend}V${to.y}`;
}

/** `227×227×3`. */
export const shapeWords = (shape: readonly number[]): string => shape.join('×');
