import { maskLabels, type ProjectTemplate } from './template.ts';

export const mriSegmentation: ProjectTemplate = {
  id: 'mri-segmentation',
  name: 'MRI segmentation',
  description: 'Outline tumour and oedema on slices of the brain.',
  explanation: [
    'Labels are drawings: masks, polygons or freehand outlines of a class, drawn in Read or imported. A slice without a drawing counts as free of findings once somebody has labelled it so.',
    'The network is AlexNet made fully convolutional; U-Net is offered beside it. Dice and the 95 % Hausdorff distance are told for each class; slices of one patient stay in one part.',
  ],
  task: 'segmentation',
  labels: maskLabels,
  classes: ['tumour', 'oedema'],
  recipe: {
    name: 'mri-segmentation',
    // Outlines are known to about eight pixels of the input, which at 128 is half a tumour.
    network: { id: 'alexnet-fcn', scale: 0.125 },
    input: { size: 256 },
    augmentation: {
      ...{ rotationDegrees: 12, widthShift: 0.05, heightShift: 0.05, shearDegrees: 0, zoom: 0.1 },
      ...{ brightness: 0.15, contrast: 0.1 },
    },
    optimizer: { id: 'adam', learningRate: 1e-3 },
    epochs: 40,
    batchSize: 8,
    earlyStopping: { patience: 0, monitor: 'valDice' },
  },
  recipeReason: 'Masks are turned and moved with their slices; brightness differs between scanners.',
  metrics: ['dice', 'iou', 'hausdorff95'],
  intendedUse: 'outlining tumour and oedema on slices of the brain',
  caveats: [
    'The outlines are those that were drawn in this project, of one reader unless several drew: how far readers differ from each other is not part of these figures.',
    'Slices are judged one by one: volumes, and growth from scan to scan, are not measured.',
  ],
  sample: true,
  toCome: null,
};
