import { badWeights } from './fault.ts';
import { readPickle, type PickleValue } from './pickle.ts';
import { PickleTooShort } from './pickle-cursor.ts';
import { partOf, readRange, type ByteSource, type WeightPlace } from './source.ts';
import { torchRules, torchTensors } from './torch-tensors.ts';
import type { WeightReader } from './weight-file.ts';

/** A pickle of the number 0x1950a86a20f9469cfc6c; the byte behind the first is the protocol. */
const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const mostPickleBytes = 16 * 2 ** 20;
const mostStorages = 100_000;

/** What torch.save wrote before PyTorch 1.6, and torchvision's older files are: five pickles, then the storages. */
export const torchLegacy: WeightReader = {
  name: 'PyTorch (.pth, .pt) of before version 1.6',
  recognises: async ({ bytes }) => {
    if (bytes.size < 15) return false;
    const head = await bytes.read(0, 15);
    return head[0] === 0x80 && magic.every((byte, i) => head[i + 2] === byte);
  },
  open: async (place) => {
    const description = await readDescription(place);
    const places = await storagePlaces(place, description);
    return {
      source: 'torch',
      convention: 'torch',
      tensors: torchTensors(description.value, place, (key) => Promise.resolve(places.get(key) ?? null)),
      layers: null,
      close: () => undefined,
    };
  },
};

interface Description {
  readonly value: PickleValue;
  /** Storages in the order in which they follow, and the bytes of each. */
  readonly keys: readonly string[];
  readonly sizes: ReadonlyMap<string, number>;
  /** Where the first of them begins. */
  readonly end: number;
}

async function readDescription(place: WeightPlace): Promise<Description> {
  const { name, bytes } = place;
  const most = Math.min(mostPickleBytes, bytes.size);
  // Descriptions are small and of unknown length: a little is tried first.
  for (let length = Math.min(2 ** 18, most); ; length = Math.min(length * 8, most)) {
    const head = await readRange(place, 0, length, 'its description of tensors');
    try {
      return parsePickles(head, name);
    } catch (error) {
      if (!(error instanceof PickleTooShort)) throw error;
      if (length === most) throw badWeights(`${name} is damaged: its description of tensors is cut off.`);
    }
  }
}

function parsePickles(head: Uint8Array, name: string): Description {
  const sizes = new Map<string, number>();
  const rules = torchRules(name, sizes);
  let at = 0;
  const next = (): PickleValue => {
    const { value, end } = readPickle(head, at, rules);
    at = end;
    return value;
  };
  next();
  if (next() !== 1001) throw badWeights(`${name} is of another version of PyTorch's format.`);
  const machine = next();
  if (machine instanceof Map && machine.get('little_endian') === false)
    throw badWeights(`${name} was written on a big-endian machine.`, 'Save it in the safetensors format.');
  const value = next();
  const keys = next();
  if (!Array.isArray(keys) || keys.length > mostStorages || !keys.every((key) => typeof key === 'string'))
    throw badWeights(`${name} is damaged: it does not list its storages.`);
  return { value, keys, sizes, end: at };
}

/** Storages follow each other, each as its number of values, which the description gives too, and these. */
async function storagePlaces(
  place: WeightPlace,
  { keys, sizes, end }: Description,
): Promise<Map<string, ByteSource>> {
  const places = new Map<string, ByteSource>();
  let at = end;
  for (const key of keys) {
    const size = sizes.get(key);
    if (size === undefined)
      throw badWeights(`${place.name} is damaged: it has a storage that no tensor lies in.`);
    if (at + 8 + size > place.bytes.size)
      throw badWeights(
        `${place.name} is cut off: it has ${place.bytes.size} bytes, and at least ${at + 8 + size} would be needed.`,
      );
    places.set(key, partOf(place.bytes, at + 8, size));
    at += 8 + size;
  }
  return places;
}
