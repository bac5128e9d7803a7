import type { LayerRow } from '../contract/run.ts';
import { count } from '../core/words.ts';
import { type Activation, type Layer, type Network, outputShapes, sizeOf, weightSpecs } from './network.ts';

/**
 * What a reader wants to know of each layer, in order of computation. Multiply-adds count one forward pass of one
 * picture: a product and its addition are one, biases, activations and pooling none.
 */
export function layerTable(network: Network): LayerRow[] {
  const shapes = outputShapes(network);
  const weights = weightSpecs(network);
  return network.layers.map((layer) => {
    const shape = shapes.get(layer.name)!;
    const own = weights.filter(({ name }) => name.startsWith(`${layer.name}/`));
    const kernel = own.find(({ role }) => role === 'kernel');
    const places = layer.kind === 'conv2d' ? shape[0]! * shape[1]! : 1;
    return {
      name: layer.name,
      kind: kindWords[layer.kind],
      detail: detailOf(layer),
      shape: [...shape],
      parameters: own.reduce((sum, spec) => sum + sizeOf(spec.shape), 0),
      multiplyAdds: kernel ? places * sizeOf(kernel.shape) : 0,
    };
  });
}

const kindWords: Readonly<Record<Layer['kind'], string>> = {
  conv2d: 'Convolution',
  maxPool2d: 'Max pooling',
  flatten: 'Flatten',
  dense: 'Dense',
  dropout: 'Dropout',
};

const activationWords: Readonly<Record<Activation, string>> = {
  linear: '',
  relu: 'ReLU',
  softmax: 'softmax',
};

function detailOf(layer: Layer): string {
  switch (layer.kind) {
    case 'conv2d':
      return phrases(
        byWords(layer.kernelSize),
        strideWords(layer.strides),
        `${count(layer.filters)} filters`,
        layer.padding === 'same' && 'same padding',
        activationWords[layer.activation],
      );
    case 'maxPool2d':
      return phrases(
        byWords(layer.poolSize),
        strideWords(layer.strides),
        layer.padding === 'same' && 'same padding',
      );
    case 'flatten':
      return '';
    case 'dense':
      return phrases(`${count(layer.units)} units`, activationWords[layer.activation]);
    case 'dropout':
      return `rate ${layer.rate}`;
  }
}

function byWords([height, width]: readonly [number, number]): string {
  return `${height}×${width}`;
}

function strideWords([down, across]: readonly [number, number]): string {
  if (down !== across) return `stride ${byWords([down, across])}`;
  return down === 1 ? '' : `stride ${down}`;
}

function phrases(...parts: (string | false)[]): string {
  return parts.filter(Boolean).join(', ');
}
