import { defaultShares, type Shares } from '../../../src/core/split-shares.ts';
import { projectTemplates } from '../../../src/core/templates/index.ts';

/** One training of a template, beside what it is compared with. */
export interface PlannedRun {
  /** What tells it from the template's others, in words; '' for the template's own recipe. */
  readonly name: string;
  readonly arguments: readonly string[];
  /** Trained on the same patients split by image instead, to show what leakage does. */
  readonly byImage?: true;
  /** What it is to show by being clearly worse than the first one, split by image by seeming better. */
  readonly shows?: string;
  /** Judged on other images, or of another task, so that it cannot stand beside the first on the same patients. */
  readonly notCompared?: true;
}

/** How a template is proved. */
export interface TemplatePlan {
  readonly template: string;
  readonly images: number;
  readonly shares: Shares;
  /** The metric that leads: a key of `evaluate`. */
  readonly metric: 'auc' | 'balancedAccuracy' | 'kappaQuadratic' | 'mae' | 'dice';
  readonly kind: 'classes' | 'number' | 'masks';
  readonly runs: readonly PlannedRun[];
}

const own: PlannedRun = { name: '', arguments: [] };
const quick: PlannedRun = { name: '', arguments: ['--recipe', 'quick'] };
const byImage = (run: PlannedRun): PlannedRun => ({
  ...run,
  name: 'split by image (leaks)',
  byImage: true,
  shows: 'a leak between the parts flatters',
  notCompared: true,
});

/** Stand-in weights: the id under which the run on the generated source set is kept. */
export const standIn = 'STAND-IN';

/** At the usual shares a class of a few hundred pictures has fewer than ten patients on test. */
const moreTest: Shares = { train: 0.55, val: 0.15, test: 0.3 };

const sharesOf = (template: string): Shares =>
  projectTemplates.find(({ id }) => id === template)?.sampleShares ?? defaultShares;

export const templatePlans: readonly TemplatePlan[] = [
  {
    template: 'xray',
    images: 600,
    shares: moreTest,
    metric: 'balancedAccuracy',
    kind: 'classes',
    runs: [own, byImage(own)],
  },
  {
    template: 'skin',
    images: 600,
    shares: moreTest,
    metric: 'balancedAccuracy',
    kind: 'classes',
    runs: [own],
  },
  {
    template: 'retina',
    images: 600,
    shares: moreTest,
    metric: 'balancedAccuracy',
    kind: 'classes',
    runs: [own],
  },
  {
    template: 'mri-segmentation',
    images: 400,
    shares: moreTest,
    metric: 'dice',
    kind: 'masks',
    runs: [
      own,
      {
        name: 'U-Net at 128 pixels, 25 epochs',
        arguments: [
          ...['--set', 'network.id=unet', '--set', 'network.scale=0.125'],
          ...['--set', 'input.size=128', '--set', 'epochs=25'],
        ],
        notCompared: true,
      },
    ],
  },
  {
    template: 'brain',
    images: 600,
    shares: moreTest,
    metric: 'kappaQuadratic',
    kind: 'classes',
    runs: [
      own,
      { name: 'stages as plain classes', arguments: ['--set', 'output.grades=softmax'], notCompared: true },
    ],
  },
  {
    template: 'pneumonia',
    images: 600,
    shares: moreTest,
    metric: 'auc',
    kind: 'classes',
    runs: [quick],
  },
  { template: 'bone-age', images: 600, shares: defaultShares, metric: 'mae', kind: 'number', runs: [own] },
  {
    template: 'dental',
    images: 750,
    shares: moreTest,
    metric: 'balancedAccuracy',
    kind: 'classes',
    runs: [own],
  },
  {
    template: 'augmentation-study',
    images: 600,
    shares: sharesOf('augmentation-study'),
    metric: 'auc',
    kind: 'classes',
    runs: [
      own,
      {
        name: 'without augmentation',
        arguments: ['--recipe', 'augmentation-study-plain'],
        shows: 'augmentation helps',
      },
    ],
  },
  {
    template: 'transfer-learning',
    images: 600,
    shares: sharesOf('transfer-learning'),
    metric: 'auc',
    kind: 'classes',
    runs: [
      { name: 'from stand-in weights', arguments: ['--set', `transfer.weights=${standIn}`] },
      {
        name: 'from stand-in weights, nothing frozen',
        arguments: ['--set', `transfer.weights=${standIn}`, '--set', 'transfer.frozenStages=0'],
      },
      {
        name: 'from scratch',
        arguments: [],
        shows: 'weights that were trained before help where pictures are few',
      },
    ],
  },
  { template: 'privacy', images: 400, shares: moreTest, metric: 'auc', kind: 'classes', runs: [own] },
  {
    template: 'benchmark',
    images: 600,
    shares: moreTest,
    metric: 'balancedAccuracy',
    kind: 'classes',
    runs: [
      { name: 'AlexNet with batch normalisation', arguments: [] },
      { name: 'AlexNet', arguments: ['--set', 'network.id=alexnet'] },
      { name: 'ResNet-18', arguments: ['--set', 'network.id=resnet18'] },
      // Ten times as slow as the others.
      {
        name: 'DenseNet-121, 15 epochs',
        arguments: ['--set', 'network.id=densenet121', '--set', 'epochs=15'],
      },
    ],
  },
  {
    template: 'multimodal',
    images: 1200,
    shares: moreTest,
    metric: 'auc',
    kind: 'classes',
    runs: [
      { name: 'image and table', arguments: [] },
      {
        name: 'image alone',
        arguments: ['--set', 'table.use=none'],
        shows: 'the table adds to the image',
      },
      { name: 'table alone', arguments: ['--set', 'table.use=only'] },
    ],
  },
];
