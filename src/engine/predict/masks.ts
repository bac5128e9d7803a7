import path from 'node:path';

import type { MaskArea } from '../../contract/run.ts';
import { atOwnSize, likeliestClasses, outlinesOnPicture } from '../../core/predicted-mask.ts';
import { encodePng } from '../../files/encode-png.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { outputName } from '../export/named-outputs.ts';
import type { DecodePool } from '../media/decode-pool.ts';
import { labelOfSet, type Said } from './describe.ts';
import type { FoundPicture } from './pictures.ts';
import type { Predictor } from './predictor.ts';

export interface MaskRequest {
  readonly file: string;
  /** Among the files that were asked for. */
  readonly place: number;
  readonly picture: FoundPicture;
  /** Of the pixels of the input, those of the background first. */
  readonly answers: Float32Array;
  /** Without the background. */
  readonly classes: readonly string[];
  readonly geometry: Predictor['geometry'];
  readonly outlines: boolean;
  /** An empty folder for the mask; null: it is not written. */
  readonly to: string | null;
}

/** What masks say of a picture: which classes are there, and their areas on the picture's own pixels. */
export async function describeMask(
  request: MaskRequest,
  pool: DecodePool,
  signal: AbortSignal,
): Promise<Said> {
  const { file, place, picture, classes, geometry, outlines, to } = request;
  const fitted = likeliestClasses(request.answers, classes.length + 1);
  const own = atOwnSize(fitted, picture, geometry);
  const counts = new Array<number>(classes.length + 1).fill(0);
  for (const label of own) counts[label]! += 1;
  const found = await pool.readSpacing({ path: picture.path, frame: picture.frame }, signal);
  // What lies on a detector is larger than in the patient, by how much the file does not say.
  const pixelArea = found?.at === 'patient' ? found.row * found.column : null;
  const areas = classes.map((name, index): MaskArea => {
    const pixels = counts[index + 1]!;
    return {
      class: name,
      pixels,
      mm2: pixelArea && pixels * pixelArea,
      ...(outlines && { outlines: outlinesOnPicture(fitted, index + 1, picture, geometry) }),
    };
  });
  const labels = areas.flatMap((area) => (area.pixels > 0 ? [area.class] : []));
  const said: Said = { label: labelOfSet(labels), labels, probabilities: {}, areas };
  if (to === null) return said;
  const mask = path.join(to, outputName(place, file, 'png'));
  const { width, height } = picture;
  await writeFileWhole(mask, encodePng({ width, height, channels: 1, pixels: own }));
  return { ...said, mask };
}
