import { z } from 'zod';

import { badWeights } from './fault.ts';
import { readRange } from './source.ts';
import { bytesOf, floatsOf, type TensorType } from './tensor-types.ts';
import { shown, textOf } from './text.ts';
import type { StoredTensor, WeightReader } from './weight-file.ts';

/** As the format's own reader has it. */
const mostKnownBytes = 100_000_000;
/** That of a hundred thousand tensors has fewer. */
const mostHeaderBytes = 16 * 2 ** 20;

const types: ReadonlyMap<string, TensorType> = new Map<string, TensorType>([
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['F64', 'float64'],
  ...['I64', 'I32', 'I16', 'I8', 'U64', 'U32', 'U16', 'U8', 'BOOL'].map((name) => [name, 'whole'] as const),
]);

const count = z.int().min(0);
const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(count).max(16),
  data_offsets: z.tuple([count, count]),
});
const metadataSchema = z.object({ format: z.string().optional() });

/** A table of tensors in JSON and their values behind it: there is nothing in it that could be run. */
export const safetensors: WeightReader = {
  name: 'safetensors',
  recognises: async ({ bytes }) => {
    if (bytes.size < 10) return false;
    const head = await bytes.read(0, 9);
    return head[8] === 0x7b && headerLength(head) <= mostKnownBytes;
  },
  open: async (place) => {
    const { name } = place;
    const length = headerLength(await readRange(place, 0, 8, 'its table'));
    if (length > mostHeaderBytes)
      throw badWeights(`${name} describes its tensors in ${length} bytes: no weights need so many.`);
    const text = textOf(await readRange(place, 8, length, 'its table'));
    const table = tableOf(text, name);
    const metadata = metadataSchema.safeParse(table.get('__metadata__'));
    const format = metadata.data?.format ?? 'pt';
    if (format !== 'pt')
      throw badWeights(
        `${name} was saved from ${shown(format)}, whose layouts of tensors are not PyTorch's.`,
        'Save the weights from PyTorch, or as .keras.',
      );
    return {
      source: 'safetensors',
      convention: 'torch',
      tensors: [...table]
        .filter(([key]) => key !== '__metadata__')
        .map(([key, entry]) => storedTensor(key, entry, place, 8 + length)),
      layers: null,
      close: () => undefined,
    };
  },
};

function headerLength(head: Uint8Array): number {
  return Number(new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true));
}

function tableOf(text: string, name: string): Map<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return new Map(Object.entries(json));
  } catch {
    // Told below.
  }
  throw badWeights(`${name} is damaged: its table of tensors is not JSON.`);
}

function storedTensor(
  key: string,
  entry: unknown,
  place: Parameters<WeightReader['open']>[0],
  start: number,
): StoredTensor {
  const { data } = entrySchema.safeParse(entry);
  if (!data) throw badWeights(`${place.name} is damaged: it describes ${shown(key)} wrongly.`);
  const { shape, dtype } = data;
  const type = types.get(dtype);
  if (!type)
    throw badWeights(
      `${shown(key)} in ${place.name} is of the type ${shown(dtype)}; weights are F64, F32, F16 or BF16.`,
      'Save the weights in float32.',
    );
  const [from, to] = data.data_offsets;
  const what = `the values of ${shown(key)}`;
  if (type !== 'whole' && to - from !== bytesOf[type] * shape.reduce((product, n) => product * n, 1))
    throw badWeights(`${place.name} is damaged: ${what} have another length than their shape.`);
  return {
    ...{ name: key, shape, type },
    read: async () => {
      if (type === 'whole')
        throw badWeights(`${what} in ${place.name} are whole numbers, which no weight is.`);
      return floatsOf(await readRange(place, start + from, to - from, what), type);
    },
  };
}
