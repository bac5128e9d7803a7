import { badWeights } from './fault.ts';
import { mostPickleParts, PickleName, type PickleRules, type PickleValue, tooManyParts } from './pickle.ts';
import { type ByteSource, readRange, type WeightPlace } from './source.ts';
import { bytesOf, floatsOf, type TensorType } from './tensor-types.ts';
import { shown } from './text.ts';
import type { StoredTensor } from './weight-file.ts';

/** A run of numbers that tensors lie in. */
class Storage {
  readonly type: TensorType;
  readonly key: string;
  /** Values. */
  readonly length: number;
  constructor(type: TensorType, key: string, length: number) {
    this.type = type;
    this.key = key;
    this.length = length;
  }
}

/** A tensor as a view of a storage. */
class StridedTensor {
  readonly storage: Storage;
  /** In values, as the strides. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

const storageKinds: Readonly<Record<string, { readonly type: TensorType; readonly bytes: number }>> = {
  'torch.FloatStorage': { type: 'float32', bytes: 4 },
  'torch.HalfStorage': { type: 'float16', bytes: 2 },
  'torch.BFloat16Storage': { type: 'bfloat16', bytes: 2 },
  'torch.DoubleStorage': { type: 'float64', bytes: 8 },
  'torch.LongStorage': { type: 'whole', bytes: 8 },
  'torch.IntStorage': { type: 'whole', bytes: 4 },
  'torch.ShortStorage': { type: 'whole', bytes: 2 },
  'torch.CharStorage': { type: 'whole', bytes: 1 },
  'torch.ByteStorage': { type: 'whole', bytes: 1 },
  'torch.BoolStorage': { type: 'whole', bytes: 1 },
};

const callable = [
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  'torch.Size',
];

/**
 * What a state dict is made of, and nothing else.
 *
 * @param sizes takes the bytes of every storage that is mentioned, by its key
 */
export function torchRules(file: string, sizes = new Map<string, number>()): PickleRules {
  const bad = (what: string): Error => badWeights(`${file} is damaged: ${what}.`);
  let copied = 0;
  return {
    file,
    allows: (name) => callable.includes(name) || name in storageKinds,
    call: (name, args) => {
      switch (name) {
        case 'collections.OrderedDict':
          // The same list may be named over and over.
          copied += Array.isArray(args[0]) ? args[0].length : 0;
          if (copied > mostPickleParts) throw tooManyParts(file);
          return new Map(entriesOf(args[0]));
        case 'torch.Size':
          return args[0] ?? null;
        case 'torch._utils._rebuild_parameter':
          return args[0] ?? null;
        case 'torch._utils._rebuild_tensor_v2':
          return tensorOf(args, bad);
        default:
          throw bad(`it calls ${name}, which is a type`);
      }
    },
    persistent: (id) => {
      const { storage, size } = storageOf(id, bad);
      sizes.set(storage.key, size);
      return storage;
    },
  };
}

/** Pairs of a list of pairs; none for anything else. */
function entriesOf(value: unknown): [unknown, unknown][] {
  return Array.isArray(value)
    ? value.flatMap((pair) => (Array.isArray(pair) ? [[pair[0], pair[1]] as [unknown, unknown]] : []))
    : [];
}

/** `('storage', torch.FloatStorage, '0', 'cpu', 512)`; legacy files have a sixth part, of views. */
function storageOf(id: PickleValue, bad: (what: string) => Error): { storage: Storage; size: number } {
  if (!Array.isArray(id) || id[0] !== 'storage')
    throw bad('it refers to something outside that is no storage');
  const [, named, key, , length, view = null] = id as unknown[];
  const kind = named instanceof PickleName ? storageKinds[named.name] : undefined;
  if (kind === undefined || typeof key !== 'string' || !isCount(length))
    throw bad('it describes a storage of tensors wrongly');
  if (view !== null) throw bad('it has storages within storages, which no PyTorch of the last years writes');
  return { storage: new Storage(kind.type, key, length), size: length * kind.bytes };
}

function tensorOf(args: readonly PickleValue[], bad: (what: string) => Error): StridedTensor {
  const [storage, offset, shape, strides] = args;
  const counts = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length <= 16 && value.every(isCount);
  if (!(storage instanceof Storage) || !isCount(offset) || !counts(shape) || !counts(strides))
    throw bad('it describes a tensor wrongly');
  if (shape.length !== strides.length) throw bad('it describes a tensor wrongly');
  const values = shape.reduce((product, length) => product * length, 1);
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  if (values > storage.length || (values > 0 && last >= storage.length))
    throw bad(`a tensor of ${values} values does not lie in its storage of ${storage.length}`);
  return new StridedTensor(storage, offset, shape, strides);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Under which name programs keep the state dict beside an optimiser's state and the epoch. */
const wrappers = ['state_dict', 'model_state_dict', 'model_state', 'model', 'net', 'network', 'weights'];

/**
 * The tensors of a state dict, or of a checkpoint that holds one: an optimiser's state beside it is left out.
 *
 * @param bytesAt where a storage's values stand, by its key; null where the file lacks it
 * @throws ReadroomError `badWeights` when the value is neither
 */
export function torchTensors(
  value: PickleValue,
  place: Pick<WeightPlace, 'name'>,
  bytesAt: (key: string) => Promise<ByteSource | null>,
): StoredTensor[] {
  const state = stateDict(value);
  if (!state) {
    throw badWeights(
      `${place.name} holds no state dict, but ${whatItIs(value)}.`,
      'Save it with torch.save(model.state_dict(), "weights.pth").',
    );
  }
  return [...state].flatMap(([name, tensor]) =>
    typeof name === 'string' && tensor instanceof StridedTensor
      ? [storedTensor(name, tensor, place, bytesAt)]
      : [],
  );
}

function whatItIs(value: PickleValue): string {
  if (!(value instanceof Map)) return 'something else';
  const names = [...value.keys()].filter((key) => typeof key === 'string').slice(0, 5);
  return names.length > 0 ? `a dictionary with ${names.map(shown).join(', ')}` : 'a dictionary without names';
}

function stateDict(value: PickleValue): ReadonlyMap<PickleValue, PickleValue> | null {
  if (!(value instanceof Map)) return null;
  const inner = wrappers.map((key) => value.get(key) as unknown).find(hasTensors);
  if (inner) return inner as ReadonlyMap<PickleValue, PickleValue>;
  return hasTensors(value) ? value : null;
}

function hasTensors(value: unknown): boolean {
  return value instanceof Map && [...value.values()].some((item) => item instanceof StridedTensor);
}

function storedTensor(
  name: string,
  tensor: StridedTensor,
  place: Pick<WeightPlace, 'name'>,
  bytesAt: (key: string) => Promise<ByteSource | null>,
): StoredTensor {
  const { storage, shape } = tensor;
  const { type, key } = storage;
  return {
    ...{ name, shape, type },
    read: async () => {
      if (type === 'whole')
        throw badWeights(`${name} in ${place.name} holds whole numbers, which no weight is.`);
      const bytes = await bytesAt(key);
      const what = `the values of ${shown(name)}`;
      if (!bytes || bytes.size < storage.length * bytesOf[type])
        throw badWeights(`${place.name} lacks ${what}.`);
      const size = bytesOf[type];
      const last = shape.reduce((sum, length, axis) => sum + (length - 1) * tensor.strides[axis]!, 0);
      if (shape.includes(0)) return new Float32Array(0);
      const range = await readRange(
        { name: place.name, bytes },
        tensor.offset * size,
        (last + 1) * size,
        what,
      );
      return rowMajor(floatsOf(range, type), tensor);
    },
  };
}

/** A view's values in row-major order: the same memory where they stand so. */
function rowMajor(values: Float32Array, { shape, strides }: StridedTensor): Float32Array {
  const count = shape.reduce((product, length) => product * length, 1);
  let dense = 1;
  const isRowMajor = shape.every((_, i) => {
    const axis = shape.length - 1 - i;
    const fits = shape[axis] === 1 || strides[axis] === dense;
    dense *= shape[axis]!;
    return fits;
  });
  if (isRowMajor) return values.length === count ? values : values.subarray(0, count);
  const ordered = new Float32Array(count);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let i = 0; i < count; i++) {
    ordered[i] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= shape[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return ordered;
}
