import { badWeights } from './fault.ts';
import { readPickle } from './pickle.ts';
import { PickleTooShort } from './pickle-cursor.ts';
import { readRange } from './source.ts';
import { textOf } from './text.ts';
import { torchRules, torchTensors } from './torch-tensors.ts';
import type { WeightReader } from './weight-file.ts';
import { isZip, openEntry, readZipDirectory } from './zip.ts';

const mostPickleBytes = 16 * 2 ** 20;

/** What torch.save has written since PyTorch 1.6: a ZIP of a pickle and one file a storage. */
export const torchZip: WeightReader = {
  name: 'PyTorch (.pth, .pt)',
  recognises: async (place) =>
    (await isZip(place)) &&
    [...(await readZipDirectory(place)).keys()].some((name) => name.endsWith('/data.pkl')),
  open: async (place) => {
    const { name } = place;
    const directory = await readZipDirectory(place);
    const pickleName = [...directory.keys()].find((entry) => entry.endsWith('/data.pkl'))!;
    const folder = pickleName.slice(0, -'data.pkl'.length);
    if (directory.has(`${folder}constants.pkl`))
      throw badWeights(
        `${name} is a TorchScript program, not weights.`,
        'Save the model’s state dict: torch.save(model.state_dict(), "weights.pth").',
      );
    if (directory.has(`${folder}byteorder`)) {
      const order = await openEntry(place, directory, `${folder}byteorder`);
      if (textOf(await order.read(0, Math.min(order.size, 16))).trim() === 'big')
        throw badWeights(
          `${name} was written on a big-endian machine.`,
          'Save it in the safetensors format.',
        );
    }
    const bytes = await openEntry(place, directory, pickleName);
    if (bytes.size > mostPickleBytes)
      throw badWeights(`${name} describes its tensors in ${bytes.size} bytes: no state dict needs so many.`);
    const pickle = await readRange({ name, bytes }, 0, bytes.size, 'its description of tensors');
    return {
      source: 'torch',
      convention: 'torch',
      tensors: torchTensors(valueOf(pickle, name), place, async (key) => {
        const entry = `${folder}data/${key}`;
        return directory.has(entry) ? openEntry(place, directory, entry) : null;
      }),
      layers: null,
      close: () => undefined,
    };
  },
};

function valueOf(pickle: Uint8Array, name: string): ReturnType<typeof readPickle>['value'] {
  try {
    return readPickle(pickle, 0, torchRules(name)).value;
  } catch (error) {
    if (error instanceof PickleTooShort)
      throw badWeights(`${name} is damaged: its description of tensors is cut off.`);
    throw error;
  }
}
