import type { Task } from '../../contract/project.ts';

/** What pictures of a template's projects are called; of one's own simply pictures. */
const pictureWords: Readonly<Record<string, string>> = {
  skin: 'photographs',
  retina: 'photographs',
  brain: 'slices',
  'mri-segmentation': 'slices',
  ...Object.fromEntries(
    [
      ...['pneumonia', 'xray', 'dental', 'bone-age', 'privacy', 'multimodal', 'augmentation-study'],
      ...['transfer-learning', 'benchmark'],
    ].map((template) => [template, 'films']),
  ),
};

const answerWords: Readonly<Record<Task, string>> = {
  classification: 'Label one',
  multiLabel: 'Label one',
  ordinal: 'Grade one',
  regression: 'Give one its number',
  segmentation: 'Draw on one',
};

/** What the first two steps of a sample project are called: `Look at the slices`, `Draw on one`. */
export function guideWords({ template, task }: { template: string; task: Task }): {
  look: string;
  answer: string;
} {
  return { look: `Look at the ${pictureWords[template] ?? 'pictures'}`, answer: answerWords[task] };
}
