import h5wasm, { type Dataset, type File } from 'h5wasm';

import { ReadroomError } from '../../contract/errors.ts';
import type { TensorType } from '../../nn/readers/tensor-types.ts';
import { shown } from '../../nn/readers/text.ts';
import type { Hdf5File, OpenHdf5 } from '../../nn/readers/weight-file.ts';
import { reasonOf } from '../package/damage.ts';

/** The file lies in memory once; a tensor beside it is at most as large again. */
const mostFileBytes = 2 ** 30;
const mostAttributeBytes = 16 * 2 ** 20;

/** The library's memory takes the bytes over instead of copying them; its types do not tell of it. */
const ownIt: object = { canOwn: true };

let opened = 0;

/**
 * Opens HDF5 with HDF5's own library in WebAssembly. It sees this one file in a memory of its own and no disk: a file
 * that points at others finds nothing, and what breaks the library does not reach beyond it.
 */
export const openHdf5: OpenHdf5 = async ({ name, bytes }) => {
  if (bytes.size > mostFileBytes)
    throw new ReadroomError(
      'badWeights',
      `${name} has ${bytes.size} bytes; HDF5 is read up to ${mostFileBytes}.`,
      'Save the weights alone, without the optimiser.',
    );
  const content = await bytes.read(0, bytes.size);
  const module = await h5wasm.ready;
  module.activate_throwing_error_handler();
  const place = `/weights-${++opened}.h5`;
  const remove = (): void => module.FS.unlink(place);
  return guarded(name, () => {
    module.FS.writeFile(place, content, ownIt);
    try {
      return hdf5File(new h5wasm.File(place, 'r'), name, remove);
    } catch (error) {
      remove();
      throw error;
    }
  });
};

function hdf5File(file: File, name: string, remove: () => void): Hdf5File {
  const of = <T>(work: () => T): T => guarded(name, work);
  return {
    entries: (path) =>
      of(() => {
        const group = path === '' ? file : file.get(path);
        if (!(group instanceof h5wasm.Group)) throw new Error(`${path} is no group`);
        return group.keys().flatMap((key) => {
          const type = file.get_type(path === '' ? key : `${path}/${key}`);
          return type === 0 || type === 1 ? [{ name: key, isGroup: type === 0 }] : [];
        });
      }),
    texts: (path, attribute) =>
      of(() => {
        const found = (path === '' ? file : file.get(path)) as File | null;
        const { metadata } = found?.attrs[attribute] ?? {};
        if (!metadata) return null;
        if (metadata.size * metadata.total_size > mostAttributeBytes)
          throw new Error(`${attribute} is too long`);
        const { json_value: value } = found!.attrs[attribute]!;
        const texts = Array.isArray(value) ? value.flat() : [value];
        return texts.every((text) => typeof text === 'string') ? texts : null;
      }),
    dataset: (path) =>
      of(() => {
        const dataset = file.get(path);
        if (!(dataset instanceof h5wasm.Dataset)) throw new Error(`${path} is no dataset`);
        const type = typeOf(dataset, path);
        return {
          shape: dataset.shape ?? [],
          type,
          read: () => Promise.resolve(of(() => Float32Array.from(valuesOf(dataset)))),
        };
      }),
    close: () => {
      file.close();
      remove();
    },
  };
}

/** HDF5 classes 0 (whole numbers) and 1 (floating point). */
function typeOf(dataset: Dataset, path: string): TensorType {
  const { type, size, littleEndian } = dataset.metadata;
  if (type === 0 || type === 8) return 'whole';
  if (type === 1 && littleEndian && size === 4) return 'float32';
  if (type === 1 && littleEndian && size === 8) return 'float64';
  throw new Error(`${shown(path)} is of a type that is not read: save the weights in float32`);
}

function valuesOf(dataset: Dataset): Float32Array | Float64Array | number[] {
  const { value } = dataset;
  if (value instanceof Float32Array || value instanceof Float64Array) return value;
  if (typeof value === 'number') return [value];
  throw new Error('its values are no numbers');
}

/** What the library throws, also what its memory does when it breaks, as a sentence. */
function guarded<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ReadroomError) throw error;
    throw new ReadroomError(
      'badWeights',
      `${name} cannot be read as HDF5: ${reasonOf(error)}`,
      'Fetch or save the file again; if it stays so, take the weights in another format.',
    );
  }
}
