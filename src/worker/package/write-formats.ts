import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ReadroomError } from '../../contract/errors.ts';
import type { ExportFormat } from '../../contract/run.ts';
import { normalizePixels, repeatChannels } from '../../core/preprocess.ts';
import { diskError } from '../../files/disk-error.ts';
import { examplesFolder, maxAbsDiff, probabilityTolerance, readRows, writeExamples } from './examples.ts';
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
  const { geometry, normalization, classes } = trained.model;
  const shape = [geometry.size, geometry.size, geometry.channels] as const;
  const n = request.slots.length;
  const pixels = await readRows(request.inputs, request.slots, shape[0] * shape[1] * request.channels);
  const inputs = normalizePixels(repeatChannels(pixels, shape[2] / request.channels), normalization);
  const expected = await predict(inputs, n);
  try {
    await writeExamples(join(request.to, examplesFolder), inputs, shape, expected, classes.length);
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
    const opened = await format.open(join(request.to, id), { ...geometry, classes: classes.length });
    try {
      const difference = maxAbsDiff(await opened.predict(inputs, n), expected);
      if (difference > probabilityTolerance) {
        throw new ReadroomError(
          'badPackage',
          `The ${format.name} model's probabilities differ from the training's by up to ${difference}.`,
          `At most ${probabilityTolerance} is allowed. Leave this format out with --formats, and report the fault.`,
        );
      }
      roundTrip[id] = { maxAbsDiff: difference, n };
    } finally {
      await opened.close();
    }
  }
  return roundTrip;
}
