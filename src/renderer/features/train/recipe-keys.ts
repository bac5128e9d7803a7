import { tissueWindows } from '../../../core/value-windows.ts';
import { networks } from '../../../nn/models/index.ts';

/** What a key of a recipe is called and means. */
export interface RecipeWords {
  readonly title: string;
  /** One sentence. */
  readonly about: string;
  readonly unit?: string;
  /** What stands for nothing entered. */
  readonly empty?: string;
  /** Names of the values that may be chosen. */
  readonly choices?: Readonly<Record<string, string>>;
}

export const groupWords: Readonly<Record<string, string>> = {
  network: 'Network',
  input: 'Input',
  output: 'What is said',
  table: 'Clinical table',
  transfer: 'Starting weights',
  augmentation: 'Augmentation',
  optimizer: 'Optimiser',
  schedule: 'Learning rate over time',
  loss: 'Loss',
  earlyStopping: 'Stopping early',
  checkpoint: 'Checkpoints',
  backend: 'Computing',
};
/** Of the keys that lie in no group. */
export const topWords = 'Training';

export const recipeWords: Readonly<Record<string, RecipeWords>> = {
  name: {
    title: 'Name of the recipe',
    about: 'Tells recipes apart in files and tables; it changes nothing.',
  },
  'network.id': {
    title: 'Network',
    about: 'What is trained. The guide’s page “What AlexNet is” says when to prefer which.',
    choices: Object.fromEntries(networks.map(({ id, name }) => [id, name])),
  },
  'network.scale': {
    title: 'Width',
    unit: '× published',
    about: 'Multiplies the filters of every layer; a quarter is some ten times faster and often enough.',
  },
  'network.dropout': {
    title: 'Dropout',
    about:
      'Share of the hidden dense layers that is switched off at random in each step, against overfitting.',
    empty: "The network's own at this width",
  },
  'input.size': {
    title: 'Input size',
    unit: 'pixels',
    about:
      'Edge of the square that every picture, or each of its tiles, becomes; finer detail needs more, and time grows with its square.',
    empty: "The network's own",
  },
  'input.tiles': {
    title: 'Tiles along an edge',
    about:
      'Cuts a picture into overlapping squares of the input size, so that fine lines stay; time grows with their number. 1 shows the picture whole, made smaller.',
  },
  'input.channels': {
    title: 'Colour',
    about: 'Grey uses one channel; colour three.',
    empty: 'Grey when every image is grey',
    choices: { '1': 'Grey', '3': 'Colour' },
  },
  'input.fit': {
    title: 'Shape',
    about: 'How a picture that is not square becomes one.',
    choices: { stretch: 'Stretch to the square', pad: 'Keep the shape, black bars' },
  },
  'input.kernel': {
    title: 'Resampling',
    about: 'How pixels are computed when a picture is made smaller.',
    choices: { nearest: 'Nearest pixel', linear: 'Linear', cubic: 'Cubic', lanczos3: 'Lanczos' },
  },
  'input.normalization': {
    title: 'Normalisation',
    about: 'Which range the network sees the pixels in.',
    choices: { unit: 'From 0 to 1', dataset: 'Mean and deviation of the training images' },
  },
  'input.window': {
    title: 'Grey window',
    about: 'Which values become black and white; the named ones are of CT, in Hounsfield units.',
    choices: {
      file: 'As the file says',
      full: 'Full range of each picture',
      ...Object.fromEntries(Object.entries(tissueWindows).map(([id, { title }]) => [id, title])),
    },
  },
  'output.twoClasses': {
    title: 'Two classes',
    about:
      'One output says how probable the second class is; two outputs say it of each, with the same result.',
    choices: { softmax: 'Two outputs', sigmoid: 'One output' },
  },
  'output.grades': {
    title: 'Grades',
    about:
      'Whether each next grade is reached keeps their order; as classes a near miss costs as much as a far one.',
    choices: { ordinal: 'Whether the next grade is reached', softmax: 'As classes without an order' },
  },
  'table.use': {
    title: 'Clinical table',
    about: 'What is read of a patient; the table alone shows what the picture adds.',
    choices: { none: 'Picture alone', both: 'Picture and table', only: 'Table alone' },
  },
  'table.units': {
    title: 'Units for the table',
    about: 'Size of the dense layer that reads the table before it is joined with the picture.',
  },
  'transfer.weights': {
    title: 'Starting weights',
    about:
      'What the network knows when it begins; the last layer begins by chance where it says something else.',
    empty: 'None: from scratch',
  },
  'transfer.frozenStages': {
    title: 'Frozen stages',
    about: 'Stages from the picture on that stay as they came, their batch normalisation too.',
  },
  'transfer.unfreezeEvery': {
    title: 'Unfreeze every',
    unit: 'epochs',
    about: 'After so many epochs the last frozen stage learns too, and so on; 0 keeps them frozen.',
  },
  'transfer.stageRate': {
    title: 'Rate of earlier stages',
    unit: '× the next one’s',
    about: 'Learning rate of a stage as a share of the next one’s; 1 lets all learn alike.',
  },
  'augmentation.rotationDegrees': {
    title: 'Rotation',
    unit: '°',
    about: 'Largest rotation to either side.',
  },
  'augmentation.widthShift': {
    title: 'Shift sideways',
    unit: 'of the width',
    about: 'Largest shift to the left or right.',
  },
  'augmentation.heightShift': {
    title: 'Shift up and down',
    unit: 'of the height',
    about: 'Largest shift up or down.',
  },
  'augmentation.shearDegrees': { title: 'Shear', unit: '°', about: 'Largest slant to either side.' },
  'augmentation.zoom': {
    title: 'Zoom',
    unit: 'of the size',
    about: 'How much larger or smaller a picture may become, width and height apart.',
  },
  'augmentation.horizontalFlip': {
    title: 'Mirror left and right',
    about:
      'Shows half of the pictures mirrored; left is not right in a body, so it is off unless you know better.',
  },
  'augmentation.brightness': {
    title: 'Brightness',
    unit: 'of the value',
    about: 'How much brighter or darker a picture may become.',
  },
  'augmentation.fill': {
    title: 'Uncovered border',
    about: 'What fills the border that a shift or rotation uncovers.',
    choices: { nearest: 'The nearest pixel', constant: 'Black' },
  },
  'augmentation.verticalFlip': {
    title: 'Mirror up and down',
    about: 'Shows half of the pictures upside down; for samples without an up.',
  },
  'augmentation.crop': {
    title: 'Crop',
    unit: 'of the size',
    about: 'How much of width and height a random window leaves out; the AlexNet paper took an eighth.',
  },
  'augmentation.contrast': {
    title: 'Contrast',
    unit: 'of the value',
    about: 'How much stronger or weaker the contrast may become.',
  },
  'augmentation.gamma': {
    title: 'Gamma',
    about: 'How far the exponent on the pixel values may be from one.',
  },
  'augmentation.pcaColour': {
    title: 'Colour shift',
    about:
      'Shifts colours the way they vary in the training images, as the AlexNet paper did with 0.1; colour only.',
  },
  'augmentation.noise': {
    title: 'Noise',
    unit: 'of the range',
    about: 'Deviation of the noise that is added.',
  },
  'augmentation.blur': { title: 'Blur', about: 'How much of a blurred copy may be mixed in.' },
  'augmentation.cutOut': {
    title: 'Cut-out',
    unit: 'of the size',
    about: 'Largest square that is blanked out.',
  },
  'augmentation.mixup': {
    title: 'Mix-up',
    about: 'Mixes pairs of pictures and their labels; 0.2 is usual, 0 mixes none.',
  },
  'optimizer.id': {
    title: 'Optimiser',
    about:
      'Adam and AdamW adapt the steps of each weight by themselves, RMSprop as well; SGD with momentum is that of the AlexNet paper.',
    choices: { adam: 'Adam', adamw: 'AdamW', sgd: 'SGD with momentum', rmsprop: 'RMSprop' },
  },
  'optimizer.learningRate': {
    title: 'Learning rate',
    about: 'Size of a step: too large and the loss jumps, too small and it crawls.',
    empty: "The network's own",
  },
  'optimizer.momentum': {
    title: 'Momentum',
    about: 'How much of the last step is kept in the next one.',
  },
  'optimizer.nesterov': {
    title: 'Nesterov',
    about: 'Looks ahead by the momentum before it steps, which brakes earlier.',
  },
  'optimizer.rho': { title: 'Rho', about: "How long the gradient's size is remembered." },
  'optimizer.clipNorm': {
    title: 'Gradient clipping',
    about: 'Shortens a gradient of all weights that is longer than this; against rare steps that undo much.',
    empty: 'Never',
  },
  'optimizer.beta1': { title: 'Beta 1', about: "How long the gradient's mean is remembered." },
  'optimizer.beta2': { title: 'Beta 2', about: "How long the gradient's size is remembered." },
  'optimizer.epsilon': { title: 'Epsilon', about: 'Keeps a step from being divided by zero.' },
  'optimizer.weightDecay': {
    title: 'Weight decay',
    about:
      'Pulls kernels towards zero, against overfitting: SGD through its gradient (the AlexNet paper took 0.0005), AdamW beside it (0.01 is usual).',
  },
  'schedule.id': {
    title: 'Course',
    about: 'How the learning rate changes while the training goes on.',
    choices: {
      constant: 'Constant',
      cosine: 'Falling along a cosine',
      step: 'Dropping in steps',
      oneCycle: 'One cycle, up and down',
      plateau: 'Dropping at a plateau',
    },
  },
  'schedule.warmupEpochs': {
    title: 'Warm-up',
    unit: 'epochs',
    about: 'How long the learning rate rises from zero at the start.',
  },
  'schedule.dropEpochs': {
    title: 'Epochs to a drop',
    unit: 'epochs',
    about: 'From one drop to the next, or without a better watched value before the rate drops.',
  },
  'schedule.dropFactor': {
    title: 'Drop',
    unit: '× the rate',
    about: 'What a drop multiplies the learning rate by.',
  },
  'loss.id': {
    title: 'Loss',
    about:
      'What the training makes small. Focal lets count less what is decided well, for rare findings; Huber and absolute error mind outliers less.',
    empty: 'The usual one',
    choices: {
      crossEntropy: 'Cross-entropy',
      focal: 'Focal',
      dice: 'Dice',
      diceCrossEntropy: 'Dice and cross-entropy',
      squared: 'Squared error',
      huber: 'Huber',
      absolute: 'Absolute error',
    },
  },
  'loss.gamma': {
    title: 'Focus',
    about: 'How much less a case counts that is decided well; 2 is usual, 0 makes it cross-entropy.',
  },
  'loss.labelSmoothing': {
    title: 'Label smoothing',
    about: 'Share of each label that is spread over all classes, against overconfidence.',
  },
  microBatchSize: {
    title: 'Images at once',
    unit: 'images',
    about:
      'Computes a batch in pieces of this size: less memory, a little slower, the same result but for rounding, the pairs of mix-up, and batch normalisation.',
    empty: 'Whole batch',
  },
  sampling: {
    title: 'Images of an epoch',
    about:
      'Which images an epoch shows; with balanced classes those of small ones come again and again, and class weights would count twice.',
    choices: { shuffled: 'Every image once', balanced: 'Classes equally often' },
  },
  weightAveraging: {
    title: 'Weight averaging',
    about:
      'Share of a running mean of the weights that a step keeps, which is then validated and kept; 0.999 is usual, 0 takes the weights as they are.',
  },
  epochs: { title: 'Epochs', about: 'How often the training looks at every image.' },
  batchSize: {
    title: 'Batch size',
    unit: 'images',
    about: 'Images a step; more is smoother and needs more memory.',
  },
  classWeights: {
    title: 'Class weights',
    about: 'Balanced makes each class count the same in the loss, however many images it has.',
    choices: { none: 'None', balanced: 'Balanced' },
  },
  'earlyStopping.patience': {
    title: 'Patience',
    unit: 'epochs',
    about: 'Stops after so many epochs without a better validation value; 0 never stops early.',
  },
  'earlyStopping.monitor': {
    title: 'Watched value',
    about: 'Decides which epoch is the best, when to stop early, and when a plateau drops the rate.',
    choices: {
      valLoss: 'Validation loss',
      valAccuracy: 'Validation accuracy',
      valBalancedAccuracy: 'Validation balanced accuracy',
      valAuc: 'Validation AUC',
      valF1: 'Validation macro F1',
      valMae: 'Mean absolute validation error',
      valDice: 'Validation pooled Dice',
    },
  },
  'earlyStopping.restoreBest': {
    title: 'Keep the best epoch',
    about: 'The model is that of the best epoch rather than of the last.',
  },
  'checkpoint.everySeconds': {
    title: 'Longest time between checkpoints',
    unit: 's',
    about: 'How much work a power cut can cost; one is also written when the run is stopped or paused.',
  },
  seed: {
    title: 'Seed',
    about: 'Start of everything random: the same seed on the same data gives the same weights.',
  },
  'backend.id': {
    title: 'Computes with',
    about: 'Automatic takes the first that answers on this machine.',
    choices: { auto: 'Automatic', tensorflow: 'TensorFlow', webgpu: 'WebGPU', cpu: 'Plain JavaScript' },
  },
  'backend.threads': {
    title: 'Threads',
    about: 'Weights are the same to the bit at one number of threads only.',
    empty: 'All cores',
  },
};
