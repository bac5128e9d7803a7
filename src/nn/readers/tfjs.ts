import { z } from 'zod';

import { badWeights } from './fault.ts';
import { kerasLayers } from './keras-config.ts';
import { type ByteSource, readRange, type WeightPlace } from './source.ts';
import { bytesOf, floatsOf } from './tensor-types.ts';
import { shown, textOf } from './text.ts';
import type { StoredTensor, WeightReader } from './weight-file.ts';

const mostJsonBytes = 16 * 2 ** 20;

const quantizationSchema = z.union([
  z.object({ dtype: z.literal('float16') }),
  z.object({ dtype: z.enum(['uint8', 'uint16']), scale: z.number(), min: z.number() }),
]);
const weightSchema = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)).max(16),
  dtype: z.string(),
  quantization: quantizationSchema.optional(),
});
type Weight = z.output<typeof weightSchema>;
const modelSchema = z.object({
  format: z.enum(['layers-model', 'graph-model']).optional(),
  modelTopology: z.looseObject({ model_config: z.unknown().optional() }).nullish(),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()).min(1), weights: z.array(weightSchema) })),
});

/** Bytes of a value as it stands in the file. */
const widths: ReadonlyMap<string, number> = new Map([
  ['float32', 4],
  ['int32', 4],
  ['bool', 1],
  ['float16', 2],
  ['uint8', 1],
  ['uint16', 2],
]);

/** `model.json` and the files of weights beside it; of graph models those that keep a layer's name, as Readroom's do. */
export const tfjs: WeightReader = {
  name: 'TensorFlow.js (model.json)',
  recognises: async ({ bytes }) => {
    const head = textOf(await bytes.read(0, Math.min(bytes.size, 64)));
    return head.trimStart().startsWith('{');
  },
  open: async (place) => {
    const { name, bytes } = place;
    if (bytes.size > mostJsonBytes)
      throw badWeights(`${name} has ${bytes.size} bytes: no model.json needs so many.`);
    const model = parsed(textOf(await readRange(place, 0, bytes.size, 'the model')), name);
    const config = model.modelTopology?.model_config;
    const groups = await Promise.all(
      model.weightsManifest.map(async ({ paths, weights }) => {
        const shards = await openShards(place, paths);
        return tensorsOf(weights, shards, name);
      }),
    );
    return {
      source: 'tfjs',
      convention: 'keras',
      tensors: groups.flat(),
      layers: config === undefined ? null : kerasLayers(config, name),
      close: () => undefined,
    };
  },
};

function parsed(text: string, name: string): z.output<typeof modelSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw badWeights(`${name} is damaged: it is not JSON.`);
  }
  const result = modelSchema.safeParse(json);
  if (!result.success)
    throw badWeights(`${name} is JSON, but no TensorFlow.js model.`, 'Choose the model.json.');
  return result.data;
}

/** Files of one group, one after the other, as one. */
async function openShards(place: WeightPlace, paths: readonly string[]): Promise<ByteSource> {
  const shards: ByteSource[] = [];
  for (const path of paths) {
    if (/[\\/]|^\.{0,2}$/.test(path))
      throw badWeights(`${place.name} names ${shown(path)}, which is not a file beside it.`);
    const shard = await place.beside(path);
    if (!shard)
      throw badWeights(
        `${place.name} needs ${shown(path)}, which is not beside it.`,
        'Put all files of the model into one folder.',
      );
    shards.push(shard);
  }
  return joined(shards);
}

function joined(shards: readonly ByteSource[]): ByteSource {
  if (shards.length === 1) return shards[0]!;
  return {
    size: shards.reduce((sum, { size }) => sum + size, 0),
    read: async (offset, length) => {
      const bytes = new Uint8Array(length);
      let start = 0;
      for (const shard of shards) {
        const [from, to] = [Math.max(offset, start), Math.min(offset + length, start + shard.size)];
        if (from < to) bytes.set(await shard.read(from - start, to - from), from - offset);
        start += shard.size;
      }
      return bytes;
    },
  };
}

/** Tensors stand one after the other in the manifest's order. */
function tensorsOf(weights: readonly Weight[], bytes: ByteSource, file: string): StoredTensor[] {
  let at = 0;
  return weights.map((weight) => {
    const { name, shape, dtype, quantization } = weight;
    const width = widths.get(quantization?.dtype ?? dtype);
    if (width === undefined)
      throw badWeights(`${shown(name)} in ${file} is of the type ${shown(dtype)}; weights are float32.`);
    const start = at;
    const length = width * shape.reduce((product, n) => product * n, 1);
    at += length;
    if (at > bytes.size)
      throw badWeights(
        `The weights of ${file} end inside ${shown(name)}: they have ${bytes.size} bytes, and at least ${at} would be needed.`,
      );
    return {
      // Keras' converter leaves a number at names of old.
      name: name.replace(/:\d+$/, ''),
      ...{ shape, type: dtype === 'float32' ? 'float32' : 'whole' },
      read: async () =>
        valuesOf(
          await readRange({ name: file, bytes }, start, length, `the values of ${shown(name)}`),
          quantization,
        ),
    };
  });
}

function valuesOf(bytes: Uint8Array, quantization: Weight['quantization']): Float32Array {
  if (!quantization) return floatsOf(bytes, 'float32');
  if (quantization.dtype === 'float16') return floatsOf(bytes, 'float16');
  const { dtype, scale, min } = quantization;
  const count = bytes.length / (dtype === 'uint8' ? 1 : bytesOf.float16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from(
    { length: count },
    (_, i) => min + scale * (dtype === 'uint8' ? view.getUint8(i) : view.getUint16(2 * i, true)),
  );
}
