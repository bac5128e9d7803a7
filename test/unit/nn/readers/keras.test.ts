import { describe, expect, it } from 'vitest';

import { openWeightFile } from '../../../../src/nn/readers/index.ts';
import { kerasLayers } from '../../../../src/nn/readers/keras-config.ts';
import { openKerasH5 } from '../../../../src/nn/readers/keras-h5.ts';
import type { Hdf5File } from '../../../../src/nn/readers/weight-file.ts';
import { placeOf } from '../../../support/weight-files.ts';
import { writeZip } from '../../../support/zip-files.ts';

const model = (...layers: unknown[]) => ({ class_name: 'Functional', config: { layers } });

/** One layer within so many models. */
function nested(depth: number): unknown {
  let inner: unknown = { class_name: 'Dense', config: { name: 'a' } };
  for (let i = 0; i < depth; i++) inner = model(inner);
  return inner;
}

// Would catch: a reader that follows models within models until its stack is full.
describe('a model within a model', () => {
  it('is read in its place', () => {
    expect(kerasLayers(nested(32), 'model.keras')).toMatchObject([{ name: 'a', className: 'Dense' }]);
  });

  it.each([33, 20_000])('%i deep is refused', (depth) => {
    expect(() => kerasLayers(nested(depth), 'model.keras')).toThrow(
      'model.keras has models within models, more than 32 deep: no model has so many.',
    );
  });
});

it('refuses a config.json of 17 MB before it is read', async () => {
  const data = Buffer.alloc(17 * 2 ** 20, ' ');
  const zip = writeZip([{ name: 'config.json', data, stored: true }]);
  const noHdf5 = () => Promise.reject(new Error('no HDF5 here'));
  await expect(openWeightFile(placeOf(zip, 'model.keras'), noHdf5)).rejects.toMatchObject({
    code: 'badWeights',
    message: `model.keras describes its model in ${data.length} bytes: no model needs so many.`,
  });
});

/** HDF5 with these texts as attributes (`path@name`), whose datasets are all alike. */
function hdf5(texts: (place: string) => readonly string[] | null): Hdf5File {
  return {
    entries: () => [],
    texts: (path, name) => texts(`${path}@${name}`),
    dataset: () => ({ shape: [1], type: 'float32', read: () => Promise.resolve(new Float32Array(1)) }),
    close: () => undefined,
  };
}
const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `kernel${i}`);
const open = (file: Hdf5File) =>
  openKerasH5(placeOf(new Uint8Array(9), 'a.h5'), () => Promise.resolve(file), null);

// A list of a few megabytes that is named over and over would fill the memory.
describe('HDF5 that lists its tensors', () => {
  it('in two groups is read', async () => {
    const file = hdf5(
      (place) =>
        ({ '@layer_names': ['a', 'b'], 'a@weight_names': ['a/k:0'], 'b@weight_names': ['b/k:0'] })[place] ??
        null,
    );
    expect((await open(file)).tensors).toMatchObject([{ name: 'a/k' }, { name: 'b/k' }]);
  });

  const list = names(60_000);
  it.each([
    ['in two groups of 60000', (place: string) => (place === '@layer_names' ? ['a', 'b'] : list)],
    ['in 100001 groups', (place: string) => (place === '@layer_names' ? names(100_001) : [])],
    ['in parts without end', (place: string) => (/names\d+$/.test(place) ? list : null)],
  ])('%s is refused', async (_what, texts) => {
    await expect(open(hdf5(texts))).rejects.toMatchObject({
      code: 'badWeights',
      message: 'a.h5 lists more than 100000 tensors: it is damaged, or made to mislead.',
    });
  });
});
