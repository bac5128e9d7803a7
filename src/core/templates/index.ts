import { augmentationStudy } from './augmentation-study.ts';
import { benchmark } from './benchmark.ts';
import { boneAge } from './bone-age.ts';
import { brain } from './brain.ts';
import { classification } from './classification.ts';
import { dental } from './dental.ts';
import { mriSegmentation } from './mri-segmentation.ts';
import { multimodal } from './multimodal.ts';
import { pneumonia } from './pneumonia.ts';
import { privacy } from './privacy.ts';
import { retina } from './retina.ts';
import { skin } from './skin.ts';
import type { ProjectTemplate } from './template.ts';
import { transferLearning } from './transfer-learning.ts';
import { xray } from './xray.ts';

/** Every template. A new one is a file beside this and one line here; its generator is listed in `core/sample`. */
export const projectTemplates: readonly ProjectTemplate[] = [
  classification,
  xray,
  skin,
  retina,
  mriSegmentation,
  brain,
  pneumonia,
  boneAge,
  dental,
  augmentationStudy,
  transferLearning,
  privacy,
  benchmark,
  multimodal,
];
