import { badWeights } from './fault.ts';
import { kerasLayers } from './keras-config.ts';
import type { WeightPlace } from './source.ts';
import { shown } from './text.ts';
import type {
  Hdf5File,
  OpenHdf5,
  StoredLayer,
  StoredTensor,
  WeightFile,
  WeightReader,
} from './weight-file.ts';

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
const mostGroups = 20_000;
const mostTensors = 100_000;
const deepest = 12;

/** Keras' weights and whole models in HDF5: of versions 1 and 2 and of `save(….h5)`, and `.weights.h5` of version 3. */
export const kerasH5: WeightReader = {
  name: 'Keras (.h5, .weights.h5)',
  recognises: async ({ bytes }) => {
    if (bytes.size < signature.length) return false;
    const head = await bytes.read(0, signature.length);
    return signature.every((byte, i) => head[i] === byte);
  },
  open: (place, openHdf5) => openKerasH5(place, openHdf5, null),
};

/**
 * Weights in HDF5.
 *
 * @param layers what stands beside them, of a `.keras` file; null: what the file itself tells
 */
export async function openKerasH5(
  place: Pick<WeightPlace, 'name' | 'bytes'>,
  openHdf5: OpenHdf5,
  layers: readonly StoredLayer[] | null,
): Promise<WeightFile> {
  const file = await openHdf5(place);
  try {
    const root = file.texts('', 'layer_names') || !hasGroup(file, '', 'model_weights') ? '' : 'model_weights';
    const names = listedTexts(file, root, 'layer_names', place.name);
    const tensors = names
      ? legacyTensors(file, root, names, place.name)
      : numberedTensors(file, layers, place.name);
    if (tensors.length === 0)
      throw badWeights(`${place.name} is HDF5, but holds no weights of a Keras model.`);
    return {
      source: 'keras',
      convention: 'keras',
      tensors,
      layers: layers ?? layersOf(file, place.name),
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

function hasGroup(file: Hdf5File, path: string, name: string): boolean {
  return file.entries(path).some((entry) => entry.isGroup && entry.name === name);
}

/** An attribute that Keras parts into `name0`, `name1`, … where it is long. */
function listedTexts(file: Hdf5File, path: string, name: string, called: string): readonly string[] | null {
  const whole = file.texts(path, name);
  if (whole) return whole;
  const parts: string[] = [];
  for (let i = 0; i < mostGroups; i++) {
    const part = file.texts(path, `${name}${i}`);
    if (!part) break;
    refuseMany(parts.length + part.length, called);
    parts.push(...part);
  }
  return parts.length > 0 ? parts : null;
}

function layersOf(file: Hdf5File, name: string): StoredLayer[] | null {
  const [text] = file.texts('', 'model_config') ?? [];
  if (text === undefined) return null;
  try {
    return kerasLayers(JSON.parse(text), name);
  } catch (error) {
    if (error instanceof SyntaxError) throw badWeights(`${name} is damaged: its model_config is not JSON.`);
    throw error;
  }
}

function refuseMany(tensors: number, name: string): void {
  if (tensors > mostTensors)
    throw badWeights(`${name} lists more than ${mostTensors} tensors: it is damaged, or made to mislead.`);
}

/** A group a layer, whose `weight_names` name its tensors: `conv1/kernel:0`, `model/conv1/kernel`. */
function legacyTensors(
  file: Hdf5File,
  root: string,
  layers: readonly string[],
  called: string,
): StoredTensor[] {
  refuseMany(layers.length, called);
  let count = 0;
  return layers.flatMap((layer) => {
    const group = join(root, layer);
    const names = listedTexts(file, group, 'weight_names', called) ?? [];
    refuseMany((count += names.length), called);
    const split = names.map((name) => /^(?:(.*)\/)?([^/]*?)(?::\d+)?$/.exec(name) ?? [name, '', name]);
    // A model within the model is a group whose tensors name their own layers.
    const nested = new Set(split.map(([, own]) => own)).size > 1;
    return split.map(([name, own, part]) => ({
      name: `${nested && own ? own : layer}/${part}`,
      ...file.dataset(join(group, name!)),
    }));
  });
}

/** Keras' order of a layer's own tensors. */
const numbered: Readonly<Record<string, readonly string[]>> = {
  conv2d: ['kernel', 'bias'],
  conv2d_transpose: ['kernel', 'bias'],
  dense: ['kernel', 'bias'],
  batch_normalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};

/**
 * Keras 3: groups are called by class and number, `layers/conv2d_1/vars/0`; newer versions write the layer's name
 * beside, and a `.keras` file lists the layers.
 */
function numberedTensors(
  file: Hdf5File,
  layers: readonly StoredLayer[] | null,
  name: string,
): StoredTensor[] {
  const names = layers && namesByNumber(layers);
  const tensors: StoredTensor[] = [];
  let groups = 0;
  const visit = (path: string, depth: number): void => {
    if (++groups > mostGroups || depth > deepest)
      throw badWeights(`${name} has more groups than any model: it is damaged, or made to mislead.`);
    for (const entry of file.entries(path)) {
      // Of the optimiser no weight is wanted.
      if (
        !entry.isGroup ||
        (depth === 0 && !['layers', '_layer_checkpoint_dependencies'].includes(entry.name))
      )
        continue;
      const inner = join(path, entry.name);
      if (entry.name === 'vars') addTensors(path, inner);
      else visit(inner, depth + 1);
    }
  };
  const addTensors = (path: string, group: string): void => {
    const key = path.split('/').at(-1)!;
    const parts = numbered[key.replace(/_\d+$/, '')];
    const values = file.entries(group).filter(({ isGroup }) => !isGroup);
    if (values.length === 0) return;
    refuseMany(tensors.length + values.length, name);
    const [own] = file.texts(group, 'name') ?? [];
    const layer = own ?? names?.get(path.split('/').slice(1).join('/')) ?? key;
    for (const { name: index } of values) {
      const part = parts?.[Number(index)] ?? `vars ${shown(index)}`;
      tensors.push({ name: `${layer}/${part}`, ...file.dataset(join(group, index)) });
    }
  };
  visit('', 0);
  return tensors;
}

/** `conv2d`, `conv2d_1`, … by the layers' order. */
function namesByNumber(layers: readonly StoredLayer[]): Map<string, string> {
  const used = new Map<string, number>();
  return new Map(
    layers.map(({ name, className }) => {
      const base = snakeCase(className);
      const count = used.get(base) ?? 0;
      used.set(base, count + 1);
      return [count === 0 ? base : `${base}_${count}`, name];
    }),
  );
}

/** As Keras' `to_snake_case`. */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function join(group: string, name: string): string {
  return group === '' ? name : `${group}/${name}`;
}
