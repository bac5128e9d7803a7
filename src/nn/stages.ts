import type { Recipe } from '../contract/recipe.ts';
import { type Network, weightSpecs } from './network.ts';

/** Layers that are frozen, or learn at one rate, together. */
export interface Stage {
  readonly name: string;
  /** Names of its layers that have weights. */
  readonly layers: readonly string[];
}

/** The name of every network's last stage, which says what the network is for. */
const headStage = 'head';

/**
 * The stages of a network from the picture on, the last one its head: of AlexNets a layer each with its
 * normalisation, of residual and dense networks what torchvision calls `layer1` or `denseblock1`, of U-Net each depth.
 */
export function stagesOf(network: Network): Stage[] {
  const stages: { name: string; layers: string[] }[] = [];
  for (const layer of new Set(weightSpecs(network).map(({ name }) => name.split('/')[0]!))) {
    const name = stageName(layer) ?? stages.at(-1)?.name ?? headStage;
    const known = stages.find((stage) => stage.name === name);
    if (known) known.layers.push(layer);
    else stages.push({ name, layers: [layer] });
  }
  return stages;
}

/** Null: the layer belongs to what stands before it, as a normalisation does. */
function stageName(layer: string): string | null {
  const [whole] = /^(?:layer|denseblock|down|up|conv|fc)\d+(?=_|$)/.exec(layer) ?? [];
  if (whole !== undefined) return whole;
  if (/^(?:features|classifier)_\d+$/.test(layer)) return layer;
  if (/^(?:bn|norm|transition)\d/.test(layer)) return null;
  return headStage;
}

/** What of a recipe says which stages learn how. */
type Transfer = Recipe['transfer'];

/** The step from which each layer learns that was frozen at first, where it has begun to. */
export function layerStarts(
  network: Network,
  { weights, frozenStages, unfreezeEvery }: Transfer,
  stepsPerEpoch: number,
): Map<string, number> {
  if (weights === null || unfreezeEvery === 0) return new Map();
  const thawed = stagesOf(network).slice(0, frozenStages);
  return new Map(
    thawed.flatMap(({ layers }, index) => {
      const step = (frozenStages - index) * unfreezeEvery * stepsPerEpoch;
      return layers.map((layer) => [layer, step] as const);
    }),
  );
}

/**
 * What multiplies the learning rate of each layer with weights: 0 for a frozen one, else `stageRate` to the power of
 * how many stages lie between its own and the head (Howard, Ruder 2018).
 */
export function layerRates(
  network: Network,
  { weights, stageRate }: Transfer,
  frozenStages: number,
): Map<string, number> {
  const stages = stagesOf(network);
  const rateOf = (index: number): number => {
    if (weights === null) return 1;
    return index < frozenStages ? 0 : stageRate ** (stages.length - 1 - index);
  };
  return new Map(
    stages.flatMap(({ layers }, index) => layers.map((layer) => [layer, rateOf(index)] as const)),
  );
}
