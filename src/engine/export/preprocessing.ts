import type { PreprocessingStep } from '../../contract/package.ts';
import type { ModelFile } from '../../contract/run-folder.ts';
import { pictureGeometry } from '../../core/tiles.ts';

const grey: PreprocessingStep = { kind: 'grey', coefficients: [0.299, 0.587, 0.114], rounding: 'halfUp' };
const repeatGrey: PreprocessingStep = { kind: 'repeatGrey', channels: 3 };

function depthStep({ window }: ModelFile['geometry']): PreprocessingStep {
  if (window === undefined)
    return { kind: 'depth', bits: 8, rule: 'minimumMaximumOfPicture', rounding: 'halfUp' };
  return window === 'full'
    ? { kind: 'fullRange', bits: 8, rule: 'minimumMaximumOfPicture', rounding: 'halfUp' }
    : { kind: 'window', ...window, bits: 8, rounding: 'halfUp' };
}

/** What `worker/decode` and `core/preprocess.ts` do to a picture for this model, step by step, before tiles are cut from it. */
export function preprocessingSteps(model: ModelFile): PreprocessingStep[] {
  const { normalization } = model;
  const geometry = pictureGeometry(model);
  const { size, channels, fit, kernel } = geometry;
  return [
    { kind: 'decode', frame: 'first', colourProfiles: 'ignoredExceptCmyk', cmykTo: 'sRGB' },
    { kind: 'orientation', rule: 'exif' },
    { kind: 'alpha', over: 0, rounding: 'halfUp' },
    { kind: 'collapseGrey' },
    depthStep(geometry),
    ...(channels === 1 ? [grey] : []),
    {
      kind: 'resize',
      size,
      fit,
      kernel,
      library: kernel === 'nearest' ? 'pillow' : 'libvips',
      rounding: 'nearest',
      padding: fit === 'pad' ? 0 : null,
    },
    ...(channels === 3 ? [repeatGrey] : []),
    { kind: 'scale', divisor: 255 },
    { kind: 'normalize', mean: [...normalization.mean], deviation: [...normalization.deviation] },
  ];
}

/** Smallest and largest value that an input tensor can hold. */
export function inputRange({ normalization }: ModelFile): [number, number] {
  const ends = normalization.mean.flatMap((mean, channel) => {
    const deviation = normalization.deviation[channel]!;
    return [(0 - mean) / deviation, (1 - mean) / deviation];
  });
  return [Math.fround(Math.min(...ends)), Math.fround(Math.max(...ends))];
}

/** One step as a sentence for people. */
export function stepText(step: PreprocessingStep): string {
  switch (step.kind) {
    case 'decode':
      return 'Decode the first frame; expand palettes; leave colour profiles aside, except CMYK, which goes to sRGB.';
    case 'orientation':
      return 'Turn the picture as its EXIF orientation says.';
    case 'alpha':
      return 'Lay transparent pixels over black.';
    case 'collapseGrey':
      return 'Take a colour picture whose channels are equal everywhere as grey.';
    case 'depth':
      return 'Map a picture through the first window that its file names, and other 16-bit pictures linearly from their own minimum and maximum, to 0–255, rounding half up.';
    case 'fullRange':
      return 'Map every picture linearly from its own minimum and maximum to 0–255, rounding half up; leave windows that its file names aside.';
    case 'window':
      return `Map grey values${step.unit === null ? '' : ` in ${step.unit}`} through the window of center ${step.center} and width ${step.width}, as DICOM means it (PS3.3 C.11.2.1.2), to 0–255, rounding half up; leave windows that the file names aside.`;
    case 'grey':
      return `Make colour grey: ${step.coefficients.join(', ')} × (red, green, blue), rounding half up.`;
    case 'resize': {
      const how =
        step.fit === 'pad' ? 'keeping the aspect ratio, centred between black bars' : 'stretching both edges';
      const library = step.library === 'pillow' ? 'Pillow' : 'libvips';
      return `Resize to ${step.size} × ${step.size} as ${library} does, kernel ${step.kernel}, ${how}, on 8-bit values.`;
    }
    case 'repeatGrey':
      return 'Repeat grey in three channels.';
    case 'scale':
      return `Divide by ${step.divisor}.`;
    case 'normalize':
      return `Subtract the mean (${step.mean.join(', ')}) and divide by the deviation (${step.deviation.join(', ')}).`;
  }
}
