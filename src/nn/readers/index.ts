import { badWeights } from './fault.ts';
import { kerasH5 } from './keras-h5.ts';
import { kerasZip } from './keras-zip.ts';
import { safetensors } from './safetensors.ts';
import { readRange, type WeightPlace } from './source.ts';
import { tfjs } from './tfjs.ts';
import { torchLegacy } from './torch-legacy.ts';
import { torchZip } from './torch-zip.ts';
import type { OpenHdf5, WeightFile, WeightReader } from './weight-file.ts';

/** Every format, by its first bytes and never by the file's name. A new one is a file beside this and one line here. */
const weightReaders: readonly WeightReader[] = [torchZip, torchLegacy, kerasZip, kerasH5, safetensors, tfjs];

/**
 * Opens a weight file: its tensors are listed, none of their values is read.
 *
 * @throws ReadroomError `badWeights` when it is of no known format or damaged
 */
export async function openWeightFile(place: WeightPlace, openHdf5: OpenHdf5): Promise<WeightFile> {
  if (place.bytes.size === 0) throw badWeights(`${place.name} is empty.`);
  for (const reader of weightReaders) if (await reader.recognises(place)) return reader.open(place, openHdf5);
  if (await isBarePickle(place)) {
    throw badWeights(
      `${place.name} is a pickle of Python and no weight file. A pickle can hold code: nothing of it was run.`,
      'Save the weights alone, in Python: torch.save(model.state_dict(), "weights.pth").',
    );
  }
  throw badWeights(
    `${place.name} is no weight file that Readroom knows.`,
    `It reads ${weightReaders.map(({ name }) => name).join(', ')}, and Readroom's own runs.`,
  );
}

/** By the instruction that names the protocol, 2 to 5, which Python writes first. */
async function isBarePickle(place: WeightPlace): Promise<boolean> {
  if (place.bytes.size < 2) return false;
  const [first, protocol] = await readRange(place, 0, 2, 'its first bytes');
  return first === 0x80 && protocol! >= 2 && protocol! <= 5;
}
