import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { InputGeometry } from '../../contract/decode.ts';
import { ReadroomError } from '../../contract/errors.ts';
import { type ModelPackage, modelPackageSchema, type PreprocessingStep } from '../../contract/package.ts';
import type { ModelFile } from '../../contract/run-folder.ts';

/** What prediction needs of a package. */
export interface PackageModel {
  geometry: ModelFile['geometry'];
  normalization: ModelFile['normalization'];
  classes: string[];
  operatingPoint: { threshold: number; positiveIndex: number } | null;
  generated: boolean;
}

/** Reads how a package's model is fed and how it decides. @throws ReadroomError `badPackage` */
export async function readPackageModel(folder: string): Promise<PackageModel> {
  const content = await readContent(folder);
  const { input, classes, operatingPoint, generated } = content;
  const resize = stepOf(content, 'resize');
  const normalize = content.preprocessing.find((step) => step.kind === 'normalize');
  return {
    geometry: {
      size: input.size,
      channels: input.channels,
      fit: resize.fit,
      kernel: resize.kernel,
      ...windowOf(content),
    },
    normalization: {
      mean: normalize?.mean ?? Array<number>(input.channels).fill(0),
      deviation: normalize?.deviation ?? Array<number>(input.channels).fill(1),
    },
    classes,
    generated,
    operatingPoint: operatingPoint && {
      threshold: operatingPoint.threshold,
      positiveIndex: classes.indexOf(operatingPoint.positive),
    },
  };
}

/** Absent where a picture is seen as its file says. */
function windowOf({ preprocessing }: ModelPackage): Pick<InputGeometry, 'window'> {
  const window = preprocessing.find((step) => step.kind === 'window');
  if (window) return { window: { center: window.center, width: window.width, unit: window.unit } };
  return preprocessing.some(({ kind }) => kind === 'fullRange') ? { window: 'full' } : {};
}

async function readContent(folder: string): Promise<ModelPackage> {
  const text = await readFile(join(folder, 'readroom.json'), 'utf8').catch(() => {
    throw new ReadroomError(
      'badPackage',
      `${folder} holds no model package.`,
      'Give a folder that "readroom export" wrote, or PROJECT:RUN.',
    );
  });
  try {
    return modelPackageSchema.parse(JSON.parse(text));
  } catch {
    throw new ReadroomError(
      'badPackage',
      `The readroom.json of ${folder} does not read.`,
      'Check it with: readroom verify',
    );
  }
}

function stepOf<K extends PreprocessingStep['kind']>(
  { preprocessing }: ModelPackage,
  kind: K,
): Extract<PreprocessingStep, { kind: K }> {
  const step = preprocessing.find((one): one is Extract<PreprocessingStep, { kind: K }> => one.kind === kind);
  if (!step)
    throw new ReadroomError('badPackage', `The package does not say how to ${kind}.`, 'Export it again.');
  return step;
}
