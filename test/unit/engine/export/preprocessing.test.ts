import { expect, it } from 'vitest';

import { preprocessingStepSchema } from '../../../../src/contract/package.ts';
import type { ModelFile } from '../../../../src/contract/run-folder.ts';
import { preprocessingSteps, stepText } from '../../../../src/engine/export/preprocessing.ts';

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
