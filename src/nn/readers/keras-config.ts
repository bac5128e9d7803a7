import { z } from 'zod';

import { badWeights } from './fault.ts';
import { shown } from './text.ts';
import type { StoredLayer } from './weight-file.ts';

const layerSchema = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.looseObject({ name: z.string().optional() }),
  inbound_nodes: z.unknown().optional(),
});
/** Of Functional and Sequential models, and of Sequential ones of old, whose `config` is the list itself. */
const modelSchema = z.object({
  class_name: z.string(),
  config: z.union([z.looseObject({ layers: z.array(layerSchema) }), z.array(layerSchema)]),
});
type LayerConfig = z.output<typeof layerSchema>;

/** Numbers of a layer's own configuration that matter to its weights. */
const detailsSchema = z.object({
  strides: z.union([z.int(), z.tuple([z.int(), z.int()])]).optional(),
  dilation_rate: z.union([z.int(), z.tuple([z.int(), z.int()])]).optional(),
  padding: z.union([z.string(), z.int(), z.array(z.union([z.int(), z.array(z.int())]))]).optional(),
  kernel_size: z.union([z.int(), z.tuple([z.int(), z.int()])]).optional(),
  groups: z.int().optional(),
  epsilon: z.number().optional(),
  data_format: z.string().nullable().optional(),
});
type Details = z.output<typeof detailsSchema>;

/** Models within models; published ones have two or three. */
const deepest = 32;

/**
 * The layers that a Keras model's configuration lists, models within it in their place.
 *
 * @param config what `Model.to_json` writes
 * @throws ReadroomError `badWeights` when it is no configuration of layers, or has its channels first
 */
export function kerasLayers(config: unknown, file: string): StoredLayer[] {
  return layersWithin(config, file, 1);
}

function layersWithin(config: unknown, file: string, depth: number): StoredLayer[] {
  if (depth > deepest)
    throw badWeights(`${file} has models within models, more than ${deepest} deep: no model has so many.`);
  const parsed = modelSchema.safeParse(config);
  if (!parsed.success)
    throw badWeights(
      `${file} describes its model in a way that is not Keras'.`,
      'Save a Sequential or Functional model with model.save("model.keras").',
    );
  const model = parsed.data.config;
  const layers = Array.isArray(model) ? model : model.layers;
  const byName = new Map(layers.map((layer) => [nameOf(layer), layer]));
  return layers.flatMap((layer, i) => {
    if (modelSchema.safeParse(layer).success) return layersWithin(layer, file, depth + 1);
    const [before] = inputNames(layer.inbound_nodes);
    const input = before === undefined ? layers[i - 1] : byName.get(before);
    return [storedLayer(layer, input, file)];
  });
}

function nameOf({ name, config }: LayerConfig): string {
  return config.name ?? name ?? '';
}

function storedLayer(layer: LayerConfig, input: LayerConfig | undefined, file: string): StoredLayer {
  const name = nameOf(layer);
  const details = detailsOf(layer);
  if (details.data_format === 'channels_first')
    throw badWeights(
      `${file}: layer ${shown(name)} has its channels first, which changes the order of weights.`,
      'Save the model with data_format "channels_last".',
    );
  if (pair(details.dilation_rate ?? 1).some((rate) => rate !== 1))
    throw badWeights(`${file}: layer ${shown(name)} is dilated, which no network here is.`);
  return {
    name,
    className: layer.class_name,
    strides: details.strides === undefined ? null : pair(details.strides),
    padding: paddingOf(layer, details, input),
    groups: details.groups ?? null,
    epsilon: details.epsilon ?? null,
  };
}

function detailsOf(layer: LayerConfig): Details {
  return detailsSchema.safeParse(layer.config).data ?? {};
}

function pair(value: number | readonly [number, number]): [number, number] {
  return typeof value === 'number' ? [value, value] : [...value];
}

/** Zeros around what a convolution sees, in numbers where they do not depend on its size. */
function paddingOf(layer: LayerConfig, details: Details, input: LayerConfig | undefined): string | null {
  if (details.kernel_size === undefined) return null;
  if (details.padding === 'same') {
    const [height, width] = pair(details.kernel_size);
    if (pair(details.strides ?? 1).some((stride) => stride !== 1)) return 'same';
    return [height - 1, height, width - 1, width].map((n) => Math.floor(n / 2)).join();
  }
  if (input?.class_name !== 'ZeroPadding2D') return '0,0,0,0';
  const padding = detailsOf(input).padding;
  const sides = (
    typeof padding === 'number' ? [padding, padding] : Array.isArray(padding) ? padding : []
  ).flatMap((side) => (typeof side === 'number' ? [side, side] : side));
  return sides.join();
}

/** Names of the layers that feed one, in the three ways in which Keras has written them. */
function inputNames(nodes: unknown): string[] {
  if (!Array.isArray(nodes)) return [];
  const names: string[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (depth > 8) return;
    if (Array.isArray(value)) {
      if (typeof value[0] === 'string' && typeof value[1] === 'number') names.push(value[0]);
      else value.forEach((item) => visit(item, depth + 1));
    } else if (typeof value === 'object' && value !== null) {
      const { args, config, keras_history: history } = value as Record<string, unknown>;
      visit(args ?? config ?? history, depth + 1);
    }
  };
  visit(nodes, 0);
  return names;
}
