import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { ExportFormat } from '../../contract/run.ts';
import { pictureEdgeOf, tileCount } from '../../core/tiles.ts';
import { normalizePixels, repeatChannels } from '../../core/preprocess.ts';
import { diskError } from '../../files/disk-error.ts';
import { headLayer, outputShapes } from '../../nn/network.ts';
import { graphInputs } from '../../nn/writers/graph-inputs.ts';
import {
  examplesFolder,
  maxAbsDiff,
  openRows,
  outputTolerance,
  writeExamples,
  predictExamples,
} from './examples.ts';
import { packageFormat } from './formats.ts';
import type { Predict, TrainedModel } from './package-format.ts';

export interface WriteFormatsRequest {
  /** The package's folder, which exists. */
  readonly to: string;
  readonly formats: readonly ExportFormat[];
  /** File of uint8 inputs; `slots` are the rows that become examples, one at least. */
  readonly inputs: string;
  /** Of the inputs: 1 where grey pictures stand in one for a network that sees three. */
  readonly channels: 1 | 3;
  readonly slots: readonly number[];
  /** Features of the clinical table of these rows, one after another; null for a model that reads none. */
  readonly table?: readonly number[] | null;
}

/** Pictures of the slots that become examples; of a model that sees tiles another tile of each. */
async function readExamples(
  { inputs, channels, slots }: WriteFormatsRequest,
  model: TrainedModel['model'],
): Promise<Uint8Array> {
  const { tiles = null } = model;
  const each = tileCount(tiles);
  const pictures = await openRows(inputs, { size: pictureEdgeOf(model), channels, tiles });
  try {
    return await pictures.read(slots.map((slot, index) => slot * each + (index % each)));
  } finally {
    await pictures.close();
  }
}

export type RoundTrip = Record<string, { maxAbsDiff: number; n: number }>;

/**
 * Writes one folder a format and `examples/`, then predicts the examples with each format's own runtime.
 * @param trained the run's chosen weights
 * @param predict probabilities by those weights on the backend that trained them; what the formats are held against.
 *   TensorFlow.js is checked on the tensor backend that is set while this runs.
 * @returns largest difference per format
 * @throws ReadroomError `badPackage` when a format predicts otherwise than the training did
 */
export async function writeFormats(
  trained: TrainedModel,
  request: WriteFormatsRequest,
  predict: Predict,
): Promise<RoundTrip> {
  const { geometry, normalization } = trained.model;
  const shape = [geometry.size, geometry.size, geometry.channels] as const;
  const n = request.slots.length;
  const pixels = await readExamples(request, trained.model);
  const inputs = normalizePixels(repeatChannels(pixels, shape[2] / request.channels), normalization);
  const table = request.table ? Float32Array.from(request.table) : null;
  const expected = await predictExamples(predict, inputs, n, table);
  const { network } = trained;
  const output = outputShapes(network).get(headLayer(network).name)!;
  const tolerance = outputTolerance(network.head.activation, expected);
  try {
    await writeExamples(join(request.to, examplesFolder), { inputs, table }, shape, expected, output);
    for (const id of request.formats) {
      await mkdir(join(request.to, id), { recursive: true });
      await packageFormat(id).write(join(request.to, id), trained);
    }
  } catch (error) {
    throw diskError(error);
  }

  const roundTrip: RoundTrip = {};
  for (const id of request.formats) {
    const format = packageFormat(id);
    const opened = await format.open(join(request.to, id), { inputs: graphInputs(network), output });
    try {
      const difference = maxAbsDiff(await predictExamples(opened.predict, inputs, n, table), expected);
      if (difference > tolerance) {
        throw new ReadroomError(
          'badPackage',
          `What the ${format.name} model says differs from the training's by up to ${difference}.`,
          `At most ${tolerance} is allowed. Leave this format out with --formats, and report the fault.`,
        );
      }
      roundTrip[id] = { maxAbsDiff: difference, n };
    } finally {
      await opened.close();
    }
  }
  return roundTrip;
}
