import { badWeights } from './fault.ts';
import { kerasLayers } from './keras-config.ts';
import { openKerasH5 } from './keras-h5.ts';
import { readRange } from './source.ts';
import { textOf } from './text.ts';
import type { WeightReader } from './weight-file.ts';
import { isZip, openEntry, readZipDirectory } from './zip.ts';

const mostConfigBytes = 16 * 2 ** 20;
const weightsName = 'model.weights.h5';

/** Keras 3's own file: a ZIP of the model's configuration and its weights. Layers with Python code in them are not run. */
export const kerasZip: WeightReader = {
  name: 'Keras (.keras)',
  recognises: async (place) => (await isZip(place)) && (await readZipDirectory(place)).has('config.json'),
  open: async (place, openHdf5) => {
    const { name } = place;
    const directory = await readZipDirectory(place);
    const config = await openEntry(place, directory, 'config.json');
    if (config.size > mostConfigBytes)
      throw badWeights(`${name} describes its model in ${config.size} bytes: no model needs so many.`);
    const text = textOf(await readRange({ name, bytes: config }, 0, config.size, 'config.json'));
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw badWeights(`${name} is damaged: its config.json is not JSON.`);
    }
    const layers = kerasLayers(json, name);
    const bytes = await openEntry(place, directory, weightsName);
    return openKerasH5({ name: `${weightsName} in ${name}`, bytes }, openHdf5, layers);
  },
};
