import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import type { InputWindow } from '../../../../src/contract/decode.ts';
import { preprocessingStepSchema } from '../../../../src/contract/package.ts';
import type { ModelFile } from '../../../../src/contract/run-folder.ts';
import { packageFile } from '../../../../src/engine/export/package-file.ts';
import { readPackageModel } from '../../../../src/engine/export/read-package.ts';
import { preprocessingSteps, stepText } from '../../../../src/engine/export/preprocessing.ts';
import { madeUpRun } from '../../../support/run-facts.ts';

type Kernel = ModelFile['geometry']['kernel'];

function resizing(kernel: Kernel) {
  const geometry = { size: 227, channels: 3, fit: 'stretch', kernel } as const;
  const normalization = { mean: [0, 0, 0], deviation: [1, 1, 1] };
  const steps = preprocessingSteps({ geometry, normalization } as ModelFile);
  return preprocessingStepSchema.parse(steps.find(({ kind }) => kind === 'resize'));
}

it('names for each kernel the library that gives the same values', () => {
  expect(resizing('nearest')).toMatchObject({ kernel: 'nearest', library: 'pillow' });
  expect(stepText(resizing('nearest'))).toBe(
    'Resize to 227 × 227 as Pillow does, kernel nearest, stretching both edges, on 8-bit values.',
  );
  for (const kernel of ['linear', 'cubic', 'lanczos3'] as const)
    expect(resizing(kernel)).toMatchObject({ kernel, library: 'libvips' });
});

/** Of a run whose recipe chose this window, what the package says and what is read of it. */
async function packaged(window: InputWindow | undefined) {
  const { facts } = madeUpRun();
  const geometry = { ...facts.model.geometry, ...(window !== undefined && { window }) };
  const content = packageFile({
    facts: { ...facts, model: { ...facts.model, geometry } },
    formats: ['onnx'],
    examples: 1,
    decision: { operatingPoint: null, calibration: null },
    test: null,
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'readroom-steps-'));
  await writeFile(path.join(folder, 'readroom.json'), JSON.stringify(content));
  const model = await readPackageModel(folder).finally(() => rm(folder, { recursive: true }));
  return { steps: content.preprocessing.map((step) => ({ ...step })), read: model.geometry, geometry };
}

it('says the window that a recipe chose, and reads it back', async () => {
  const windows: [InputWindow, object, string][] = [
    [
      { center: -600, width: 1500, unit: 'HU' },
      { kind: 'window', center: -600, width: 1500, unit: 'HU', bits: 8, rounding: 'halfUp' },
      'Map grey values in HU through the window of center -600 and width 1500, as DICOM means it (PS3.3 C.11.2.1.2), to 0–255, rounding half up; leave windows that the file names aside.',
    ],
    [
      'full',
      { kind: 'fullRange', bits: 8, rule: 'minimumMaximumOfPicture', rounding: 'halfUp' },
      'Map every picture linearly from its own minimum and maximum to 0–255, rounding half up; leave windows that its file names aside.',
    ],
  ];
  for (const [window, step, text] of windows) {
    const { steps, read, geometry } = await packaged(window);
    expect(steps[4]).toEqual(step);
    expect(stepText(preprocessingStepSchema.parse(step))).toBe(text);
    expect(read).toEqual(geometry);
  }
});

it('says of a recipe without a window what it always said', async () => {
  const { steps, read, geometry } = await packaged(undefined);
  expect(steps[4]).toEqual({
    kind: 'depth',
    bits: 8,
    rule: 'minimumMaximumOfPicture',
    rounding: 'halfUp',
  });
  expect(read).toEqual(geometry);
  expect(read).not.toHaveProperty('window');
});
