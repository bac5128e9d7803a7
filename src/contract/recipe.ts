import { z } from 'zod';

/** Schema version of a recipe file; raised when a key changes meaning. */
export const recipeFormatVersion = 1;

const unitInterval = z.number().min(0).max(1);

/** Ids of src/nn/models, in its order. */
export const networkIds = [
  'alexnet',
  'alexnet-2012',
  'alexnet-torchvision',
  'alexnet-batchnorm',
  'alexnet-small',
  'resnet18',
  'resnet34',
  'resnet50',
  'densenet121',
  'alexnet-fcn',
  'unet',
] as const;
export const optimizerIds = ['adam', 'adamw', 'sgd', 'rmsprop'] as const;
export const scheduleIds = ['constant', 'cosine', 'step', 'oneCycle', 'plateau'] as const;
/** Of classes, of masks, of numbers. */
export const classLossIds = ['crossEntropy', 'focal'] as const;
export const maskLossIds = ['crossEntropy', 'focal', 'dice', 'diceCrossEntropy'] as const;
export const numberLossIds = ['squared', 'huber', 'absolute'] as const;
export const lossIds = ['crossEntropy', 'focal', 'dice', 'diceCrossEntropy', ...numberLossIds] as const;
export type LossId = (typeof lossIds)[number];
/** Windows of Hounsfield units by what they show. */
export const tissueWindowIds = [
  'abdomen',
  'lung',
  'mediastinum',
  'bone',
  'brain',
  'stroke',
  'angio',
  'liver',
] as const;
export type TissueWindowId = (typeof tissueWindowIds)[number];
/** Validation values that can choose the best epoch. */
export const monitorIds = [
  'valLoss',
  'valAccuracy',
  'valBalancedAccuracy',
  'valAuc',
  'valF1',
  'valMae',
  'valDice',
] as const;
export type MonitorId = (typeof monitorIds)[number];

/** A window of values as DICOM counts them (PS3.3 C.11.2.1.2), in the pictures' own unit, HU for CT. */
const valueWindowSchema = z.strictObject({
  center: z.number().min(-1e9).max(1e9),
  width: z.number().positive().max(1e9),
});
export type ValueWindow = z.infer<typeof valueWindowSchema>;

/**
 * Everything that decides what a training run computes, before it is bound to a dataset.
 * Keys are the dotted keys of `train --set`. Unknown keys are refused.
 */
export const recipeSchema = z.strictObject({
  formatVersion: z.literal(recipeFormatVersion).default(recipeFormatVersion),
  name: z.string().max(200).default('default'),
  network: z
    .strictObject({
      id: z.enum(networkIds).default('alexnet'),
      /** Multiplies every layer's width; 1 is the published width. */
      scale: z.number().min(0.01).max(4).default(1),
      /** Dropout rate of the two hidden dense layers; null is the network's own at this scale (Krizhevsky 2012: 0.5). */
      dropout: z.number().min(0).max(0.95).nullable().default(null),
    })
    .prefault({}),
  input: z
    .strictObject({
      /** Edge of the square input in pixels; null is the network's own size. */
      size: z.int().min(8).max(1024).nullable().default(null),
      /**
       * Where masks are learned: tiles of `size` along each edge of a picture, which overlap by a quarter; 1 shows the
       * network the whole picture at once.
       */
      tiles: z.int().min(1).max(8).default(1),
      /** 1 grey, 3 colour; null is 1 when every image of the dataset is grey, else 3. */
      channels: z
        .union([z.literal(1), z.literal(3)])
        .nullable()
        .default(null),
      /** `stretch` ignores the aspect ratio as Keras' target_size does; `pad` keeps it with black bars. */
      fit: z.enum(['stretch', 'pad']).default('stretch'),
      /** Resampling kernel of libvips. */
      kernel: z.enum(['nearest', 'linear', 'cubic', 'lanczos3']).default('lanczos3'),
      /** `unit`: pixel/255. `dataset`: then minus mean, divided by deviation, both over training images, per channel. */
      normalization: z.enum(['unit', 'dataset']).default('dataset'),
      /**
       * Which values become black and white. `file`, and the same when it is left out: the file's first window; without
       * one an 8-bit picture as it is, a 16-bit one from its lowest to its highest value. `full`: from the lowest to the
       * highest value of each picture. Else a window of values, those of tissues in Hounsfield units.
       */
      window: z.union([z.enum(['file', 'full', ...tissueWindowIds]), valueWindowSchema]).optional(),
    })
    .prefault({}),
  output: z
    .strictObject({
      /** How one of two classes is said: two outputs with softmax, or one with a sigmoid. */
      twoClasses: z.enum(['softmax', 'sigmoid']).default('softmax'),
      /** How grades are said: one output less than there are, each on whether the next grade is reached, or as classes. */
      grades: z.enum(['ordinal', 'softmax']).default('ordinal'),
    })
    .prefault({}),
  /** The clinical table beside the picture. */
  table: z
    .strictObject({
      /** `both`: joined before the last layer; `only`: the picture is not looked at, to see what it adds. */
      use: z.enum(['none', 'both', 'only']).default('none'),
      /** Units of the dense layer that reads the table. */
      units: z.int().min(1).max(1024).default(16),
    })
    .prefault({}),
  /** Starting from weights that were trained before. */
  transfer: z
    .strictObject({
      /** Id of kept weights, or `run:` and a run's id; null: from scratch. */
      weights: z.string().max(300).nullable().default(null),
      /** Stages at the network's beginning that stay as they came, their batch normalisation too. */
      frozenStages: z.int().min(0).max(100).default(0),
      /** Epochs after which the last frozen stage learns too, and so on (Howard, Ruder 2018); 0: never. */
      unfreezeEvery: z.int().min(0).max(10_000).default(0),
      /** A stage's learning rate as a share of the next one's; 1: all alike. */
      stageRate: z.number().min(0.01).max(1).default(1),
    })
    .prefault({}),
  augmentation: z
    .strictObject({
      /** Largest rotation to either side, degrees. */
      rotationDegrees: z.number().min(0).max(180).default(10),
      /** Largest horizontal shift to either side, as a share of the width. */
      widthShift: unitInterval.default(0.08),
      /** Largest vertical shift to either side, as a share of the height. */
      heightShift: unitInterval.default(0.08),
      /** Largest shear angle to either side, degrees, as Keras' shear_range. */
      shearDegrees: z.number().min(0).max(60).default(8),
      /** Zoom is drawn from 1 - zoom to 1 + zoom, for width and height apart, as Keras' zoom_range. */
      zoom: z.number().min(0).max(0.9).default(0.12),
      /** Left is not right in a body, nor in a digit: off unless asked for. */
      horizontalFlip: z.boolean().default(false),
      /** Brightness factor is drawn from 1 - brightness to 1 + brightness, applied to pixel values. */
      brightness: unitInterval.default(0.1),
      /** What fills the border that a transform uncovers. */
      fill: z.enum(['nearest', 'constant']).default('nearest'),
      verticalFlip: z.boolean().default(false),
      /** A window of 1 - crop of width and height, at a random place, fills the input (Krizhevsky 2012: 224 of 256). */
      crop: z.number().min(0).max(0.9).default(0),
      /** Contrast factor about the picture's mean is drawn from 1 - contrast to 1 + contrast. */
      contrast: unitInterval.default(0),
      /** Exponent on pixel/255 is drawn from 1 - gamma to 1 + gamma. */
      gamma: z.number().min(0).max(0.9).default(0),
      /** Deviation of the weights of the training pixels' principal components (Krizhevsky 2012: 0.1); colour only. */
      pcaColour: unitInterval.default(0),
      /** Deviation of Gaussian noise on pixel/255. */
      noise: unitInterval.default(0),
      /** Largest share of a blurred copy (Gaussian, sigma 1.5 pixels) in the picture. */
      blur: unitInterval.default(0),
      /** Largest edge of a square that is set to the mean, as a share of the input's edge (DeVries 2017). */
      cutOut: z.number().min(0).max(0.9).default(0),
      /** Alpha of the beta distribution by which pairs of pictures are mixed (Zhang 2018); 0 mixes none. */
      mixup: z.number().min(0).max(4).default(0),
    })
    .prefault({}),
  optimizer: z
    .strictObject({
      id: z.enum(optimizerIds).default('adam'),
      /** null: the network's own at this scale (1e-4 at full width, 1e-3 scaled down); ten times that for SGD, 1 − momentum of it for RMSprop. */
      learningRate: z.number().positive().max(10).nullable().default(null),
      /** SGD and RMSprop. */
      momentum: z.number().min(0).max(0.999).default(0.9),
      /** SGD looks ahead by its momentum (Nesterov 1983, as Sutskever 2013). */
      nesterov: z.boolean().default(false),
      /** How long RMSprop remembers the gradient's square (Hinton 2012). */
      rho: z.number().min(0).max(0.9999).default(0.9),
      beta1: z.number().min(0).max(0.9999).default(0.9),
      beta2: z.number().min(0).max(0.99999).default(0.999),
      epsilon: z.number().positive().max(1).default(1e-7),
      /** On kernels. SGD: L2 penalty added to the gradient (Krizhevsky 2012: 5e-4). AdamW: w -= rate · decay · w (Loshchilov 2019). */
      weightDecay: z.number().min(0).max(1).default(0),
      /** A gradient of all weights together that is longer is shortened to this; null never (Pascanu 2013). */
      clipNorm: z.number().positive().max(1e6).nullable().default(null),
    })
    .prefault({}),
  schedule: z
    .strictObject({
      id: z.enum(scheduleIds).default('cosine'),
      /** Epochs, or a part of one, over which the rate rises from zero. */
      warmupEpochs: z.number().min(0).max(100).default(1),
      /** `step`: epochs between two drops. `plateau`: epochs without a better watched value before a drop. */
      dropEpochs: z.int().min(1).max(10_000).default(10),
      /** What a drop multiplies the rate by. */
      dropFactor: z.number().min(0.001).max(0.999).default(0.1),
    })
    .prefault({}),
  loss: z
    .strictObject({
      /**
       * Null: cross-entropy; of masks with Dice beside it (Isensee 2021), of numbers the squared error. `dice` is one
       * minus the mean soft Dice of the classes (Milletari 2016); numbers count in deviations of the training's.
       */
      id: z.enum(lossIds).nullable().default(null),
      /** `focal`: how much less a case counts that is classified well (Lin 2017). */
      gamma: z.number().min(0).max(10).default(2),
      /** Share of the target that is spread over all classes (Szegedy 2016). */
      labelSmoothing: z.number().min(0).max(0.9).default(0),
    })
    .prefault({}),
  epochs: z.int().min(1).max(10_000).default(20),
  batchSize: z.int().min(1).max(4096).default(16),
  /** Images computed at once; the gradient of a batch is summed over them. Null: the whole batch. */
  microBatchSize: z.int().min(1).max(4096).nullable().default(null),
  /** `balanced` draws every class equally often, images of small classes again and again. */
  sampling: z.enum(['shuffled', 'balanced']).default('shuffled'),
  /**
   * `balanced` weighs each class by n / (classes × n of class) over training images, over their pixels where these are
   * what has a class; of several classes at once what is present by n of absent / n of present.
   */
  classWeights: z.enum(['none', 'balanced']).default('none'),
  /** Decay a step of a running mean of the weights, which validation and model then use; 0 keeps none (Polyak 1992). */
  weightAveraging: z.number().min(0).max(0.99999).default(0),
  earlyStopping: z
    .strictObject({
      /** Epochs without a better validation value before stopping; 0 never stops early. */
      patience: z.int().min(0).max(10_000).default(8),
      monitor: z.enum(monitorIds).default('valLoss'),
      /** Keep the weights of the best epoch rather than the last. */
      restoreBest: z.boolean().default(true),
    })
    .prefault({}),
  checkpoint: z
    .strictObject({
      /** Longest time between two checkpoints, seconds, but for the step under way; 0 writes one after every step. */
      everySeconds: z.number().min(0).max(86_400).default(60),
    })
    .prefault({}),
  seed: z.int().min(0).max(0xffffffff).default(1),
  backend: z
    .strictObject({
      /** A backend id, or `auto` for the first that answers. */
      id: z.string().default('auto'),
      /** Threads of one operation; null is the number of cores. Weights are bit-identical at one thread count only. */
      threads: z.int().min(1).max(512).nullable().default(null),
    })
    .prefault({}),
});

/** A recipe as a user writes it, every key optional. */
export type RecipeInput = z.input<typeof recipeSchema>;
/** A complete recipe; nulls still stand for "decide from the data". */
export type Recipe = z.output<typeof recipeSchema>;

/** A recipe bound to its data: no nulls left, so the run folder alone reproduces the run. */
export interface ResolvedRecipe extends Recipe {
  network: Recipe['network'] & { dropout: number };
  input: Recipe['input'] & { size: number; channels: 1 | 3 };
  optimizer: Recipe['optimizer'] & { learningRate: number };
  loss: Recipe['loss'] & { id: LossId };
  backend: Recipe['backend'] & { threads: number };
}
