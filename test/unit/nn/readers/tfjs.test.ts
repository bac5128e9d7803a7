import { expect, it } from 'vitest';

import { openWeightFile } from '../../../../src/nn/readers/index.ts';
import type { WeightFile } from '../../../../src/nn/readers/weight-file.ts';
import { placeOf } from '../../../support/weight-files.ts';

/** A model.json of these weights, and files beside it. */
function open(
  weights: readonly object[],
  files: Readonly<Record<string, Uint8Array>>,
  more = {},
): Promise<WeightFile> {
  const model = { format: 'graph-model', weightsManifest: [{ paths: Object.keys(files), weights }], ...more };
  const place = placeOf(Buffer.from(JSON.stringify(model)), 'model.json');
  const beside = (name: string) => Promise.resolve(files[name]?.length ? placeOf(files[name]).bytes : null);
  return openWeightFile({ ...place, beside }, () => Promise.reject(new Error('no HDF5 here')));
}

const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);
const floats = { name: 'a/kernel', shape: [3], dtype: 'float32' };

// TensorFlow.js parts weights into files of 4 MB wherever that falls, also within a value.
it('reads a tensor that goes over from one file to the next', async () => {
  const bytes = bytesOf(Float32Array.of(1, 2, 3));
  const { tensors } = await open([floats], {
    one: bytes.slice(0, 5),
    two: bytes.slice(5, 6),
    three: bytes.slice(6),
  });
  expect([...(await tensors[0]!.read())]).toEqual([1, 2, 3]);
});

it('reads what was made smaller for the network’s way', async () => {
  const weights = [
    { ...floats, quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
    { ...floats, name: 'b/kernel', shape: [1], quantization: { dtype: 'uint16', scale: 0.5, min: 1 } },
    { ...floats, name: 'c/kernel', shape: [2], quantization: { dtype: 'float16' } },
  ];
  const { tensors } = await open(weights, { bin: Uint8Array.of(0, 1, 255, 0, 1, 0, 0x3c, 1, 0) });
  const values = await Promise.all(tensors.map(async (tensor) => [...(await tensor.read())]));
  expect(values).toEqual([[-1, -0.5, 126.5], [129], [1, 2 ** -24]]);
});

it.each([
  ['a file that is missing', [floats], { bin: new Uint8Array() }, 'needs bin, which is not beside it'],
  ['a file that is shorter', [floats], { bin: new Uint8Array(11) }, 'end inside a/kernel'],
  ['a file elsewhere', [floats], { '../../etc/passwd': new Uint8Array(12) }, 'is not a file beside it'],
  ['a file above', [floats], { '..': new Uint8Array(12) }, 'is not a file beside it'],
  [
    'a shape without end',
    [{ ...floats, shape: [2 ** 40, 2 ** 40] }],
    { bin: new Uint8Array(12) },
    'end inside a/kernel',
  ],
  [
    'an unknown type',
    [{ ...floats, dtype: 'constructor' }],
    { bin: new Uint8Array(12) },
    'of the type constructor',
  ],
])('refuses %s', async (_what, weights, files, message) => {
  await expect(open(weights, files as Record<string, Uint8Array>)).rejects.toMatchObject({
    code: 'badWeights',
    message: expect.stringContaining(message) as string,
  });
});

it('refuses layers whose channels come first, which would be read in another order', async () => {
  const layer = {
    class_name: 'Conv2D',
    config: { name: 'a', kernel_size: [3, 3], data_format: 'channels_first' },
  };
  const modelTopology = { model_config: { class_name: 'Sequential', config: { layers: [layer] } } };
  await expect(open([floats], { bin: new Uint8Array(12) }, { modelTopology })).rejects.toMatchObject({
    message: 'model.json: layer a has its channels first, which changes the order of weights.',
  });
});

it('refuses a model.json of 17 MB before it is read', async () => {
  const place = placeOf(Buffer.alloc(17 * 2 ** 20, '{'), 'model.json');
  await expect(openWeightFile(place, () => Promise.reject(new Error('no HDF5 here')))).rejects.toMatchObject({
    code: 'badWeights',
    message: expect.stringContaining('no model.json needs so many') as string,
  });
});

it('refuses JSON of something else', async () => {
  for (const text of ['{"a":1}', '{"a":', '{}'])
    await expect(
      openWeightFile(placeOf(Buffer.from(text), 'model.json'), () =>
        Promise.reject(new Error('no HDF5 here')),
      ),
    ).rejects.toMatchObject({ code: 'badWeights' });
});
