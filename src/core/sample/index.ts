import { ReadroomError } from '../../contract/errors.ts';
import { augmentationStudySample } from './augmentation-study.ts';
import { boneAgeSample } from './bone-age.ts';
import { brainSample } from './brain.ts';
import { dentalSample } from './dental.ts';
import { mriSegmentationSample } from './mri-segmentation.ts';
import { multimodalSample } from './multimodal.ts';
import { pneumoniaSample } from './pneumonia.ts';
import { privacySample } from './privacy.ts';
import { retinaSample } from './retina.ts';
import { skinSample } from './skin.ts';
import type { SampleTemplate } from './template.ts';
import { transferSourceSample } from './transfer-source.ts';
import { benchmarkSample, transferLearningSample, xraySample } from './xray.ts';

/** Every template that files can be generated for. */
const sampleTemplates: readonly SampleTemplate[] = [
  augmentationStudySample,
  benchmarkSample,
  boneAgeSample,
  brainSample,
  dentalSample,
  mriSegmentationSample,
  multimodalSample,
  pneumoniaSample,
  privacySample,
  retinaSample,
  skinSample,
  transferLearningSample,
  transferSourceSample,
  xraySample,
];

/** The generator of a project template's pictures. @throws ReadroomError `unknownTemplate` */
export function findSampleTemplate(id: string): SampleTemplate {
  const template = sampleTemplates.find((candidate) => candidate.id === id);
  if (template) return template;
  const known = sampleTemplates.map((candidate) => candidate.id).join(', ');
  throw new ReadroomError(
    'unknownTemplate',
    `There are no sample files for the template "${id}".`,
    `Templates with samples: ${known}.`,
  );
}
