import type { Layer, Network } from '../network.ts';

/** How a TensorFlow.js model is opened: by `tf.loadLayersModel` or by `tf.loadGraphModel`. */
export type TfjsForm = 'layers-model' | 'graph-model';

/** A layer that Keras and TensorFlow.js both have, and mean the same by. */
export type KerasLayer = Exclude<
  Layer,
  { kind: 'localResponseNormalization' | 'adaptiveAveragePool2d' | 'upsample2d' }
>;

export function isKerasLayer(layer: Layer): layer is KerasLayer {
  switch (layer.kind) {
    case 'localResponseNormalization':
    case 'adaptiveAveragePool2d':
    case 'upsample2d':
      return false;
    case 'conv2d':
      return layer.groups === 1;
    default:
      return true;
  }
}

/** The form in which a network is written: layers, which can be trained further, where there is one for each. */
export function tfjsForm({ layers }: Pick<Network, 'layers'>): TfjsForm {
  return layers.every(isKerasLayer) ? 'layers-model' : 'graph-model';
}
