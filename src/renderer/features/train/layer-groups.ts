import type { LayerRow } from '../../../contract/run.ts';

/** One layer, or as many as a shortcut leads past. */
export type LayerBlock = readonly LayerRow[];

/** What stands in a row: single layers, or blocks of one size that follow one another and are folded into one. */
export interface LayerGroup {
  /** The first layer's name. */
  readonly id: string;
  /** What the blocks' names begin with; a single layer's own. */
  readonly name: string;
  /** One block of one layer where nothing repeats. */
  readonly blocks: readonly LayerBlock[];
}

/**
 * Layers with what repeats put together. A block ends where all that came before flows through one layer, and holds what
 * a shortcut leads past: two or more whose maps have one edge are a group, a stage of a residual or dense network.
 */
export function layerGroups(layers: readonly LayerRow[]): LayerGroup[] {
  const groups: LayerGroup[] = [];
  let stage: LayerBlock[] = [];
  const close = (): void => {
    if (stage.length > 1) groups.push(groupOf(stage));
    // One alone, as the whole of a U-Net is, is no repetition: its layers say more.
    else for (const layer of stage.flat()) groups.push(groupOf([[layer]]));
    stage = [];
  };
  for (const block of blocksOf(layers)) {
    const fits = stage.length === 0 || edgeOf(stage.at(-1)!) === edgeOf(block);
    if (block.length === 1 || !fits) close();
    if (block.length === 1) groups.push(groupOf([block]));
    else stage.push(block);
  }
  close();
  return groups;
}

/** Whether a group stands for more than it shows. */
export const isFoldable = ({ blocks }: LayerGroup): boolean => blocks.length > 1;

/** Cut after each layer that no connection leads past. */
function blocksOf(layers: readonly LayerRow[]): LayerBlock[] {
  const indexOf = new Map(layers.map(({ name }, index) => [name, index]));
  const lastReader = layers.map((_, index) => index);
  layers.forEach(({ inputs }, reader) => {
    for (const input of inputs) {
      const index = indexOf.get(input);
      if (index !== undefined) lastReader[index] = reader;
    }
  });
  const blocks: LayerRow[][] = [];
  let furthest = -1;
  let open: LayerRow[] = [];
  layers.forEach((layer, index) => {
    open.push(layer);
    // What ends a block is read behind it; only what came before may not be.
    if (furthest <= index) {
      blocks.push(open);
      open = [];
    }
    furthest = Math.max(furthest, lastReader[index]!);
  });
  return open.length > 0 ? [...blocks, open] : blocks;
}

function groupOf(blocks: readonly LayerBlock[]): LayerGroup {
  const layers = blocks.flat();
  const [first] = layers as [LayerRow];
  const name = layers.length === 1 ? first.name : commonStart(layers.map((layer) => layer.name));
  return { id: first.name, name: name || first.name, blocks };
}

function commonStart(names: readonly string[]): string {
  const [first = '', ...others] = names;
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--;
  }
  const whole = first.slice(0, length);
  const end = whole.lastIndexOf('_');
  return end < 0 ? whole : whole.slice(0, end);
}

const edgeOf = (block: LayerBlock): number => block.at(-1)!.shape[0]!;

/** The set with this one taken out, or put in. */
export function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return ids.has(id) ? new Set([...ids].filter((other) => other !== id)) : new Set([...ids, id]);
}
