import type { LayerRow } from '../contract/run.ts';
import { count } from '../core/words.ts';
import {
  type Activation,
  inputsOf,
  type Layer,
  type Network,
  outputShapes,
  sizeOf,
  weightSpecs,
} from './network.ts';
import { stagesOf } from './stages.ts';

/**
 * What a reader wants to know of each layer, in order of computation. Multiply-adds count one forward pass of one
 * picture: a product and its addition are one, biases, activations, pooling and normalisation none. Running means of
 * batch normalisation are no parameters: nothing is learnt in them.
 */
export function layerTable(network: Network): LayerRow[] {
  const shapes = outputShapes(network);
  const weights = weightSpecs(network).filter(({ trainable }) => trainable);
  const stages = stagesOf(network);
  const stageOf = (name: string): number => stages.findIndex(({ layers }) => layers.includes(name));
  return network.layers.map((layer) => {
    const shape = shapes.get(layer.name)!;
    const own = weights.filter(({ name }) => name.startsWith(`${layer.name}/`));
    const kernel = own.find(({ role }) => role === 'kernel');
    return {
      name: layer.name,
      kind: kindWords[layer.kind],
      layerKind: layer.kind,
      stage: own.length === 0 ? null : stageOf(layer.name),
      detail: detailOf(layer),
      inputs: [...inputsOf(layer)],
      shape: [...shape],
      parameters: own.reduce((sum, spec) => sum + sizeOf(spec.shape), 0),
      multiplyAdds: kernel ? placesOf(layer, shapes) * sizeOf(kernel.shape) : 0,
    };
  });
}

/** How often a layer's kernel is applied. */
function placesOf(layer: Layer, shapes: ReadonlyMap<string, readonly number[]>): number {
  const at = layer.kind === 'conv2d' ? layer.name : layer.kind === 'convTranspose2d' ? layer.input : null;
  const shape = at === null ? null : shapes.get(at)!;
  return shape ? shape[0]! * shape[1]! : 1;
}

const kindWords: Readonly<Record<Layer['kind'], string>> = {
  conv2d: 'Convolution',
  convTranspose2d: 'Transposed convolution',
  zeroPad2d: 'Zero padding',
  maxPool2d: 'Max pooling',
  averagePool2d: 'Average pooling',
  globalAveragePool2d: 'Global average pooling',
  adaptiveAveragePool2d: 'Adaptive average pooling',
  upsample2d: 'Bilinear enlarging',
  batchNormalization: 'Batch normalisation',
  localResponseNormalization: 'Local response normalisation',
  add: 'Sum',
  concat: 'Channels joined',
  flatten: 'Flatten',
  dense: 'Dense',
  dropout: 'Dropout',
};

const activationWords: Readonly<Record<Activation, string>> = {
  linear: '',
  relu: 'ReLU',
  sigmoid: 'sigmoid',
  softmax: 'softmax',
};

function detailOf(layer: Layer): string {
  switch (layer.kind) {
    case 'conv2d':
      return phrases(
        byWords(layer.kernelSize),
        strideWords(layer.strides),
        `${count(layer.filters)} filters`,
        layer.groups > 1 && `${layer.groups} groups`,
        layer.padding === 'same' && 'same padding',
        activationWords[layer.activation],
      );
    case 'convTranspose2d':
      return phrases(
        byWords(layer.kernelSize),
        strideWords(layer.strides),
        `${count(layer.filters)} filters`,
        activationWords[layer.activation],
      );
    case 'zeroPad2d': {
      const { top, bottom, left, right } = layer.padding;
      const even = top === bottom && left === right && top === left;
      return even ? `${top} on every side` : `${top} above, ${bottom} below, ${left} left, ${right} right`;
    }
    case 'maxPool2d':
    case 'averagePool2d':
      return phrases(
        byWords(layer.poolSize),
        strideWords(layer.strides),
        layer.padding === 'same' && 'same padding',
      );
    case 'adaptiveAveragePool2d':
      return `to ${byWords(layer.outputSize)}`;
    case 'upsample2d':
      return phrases(`${layer.factor} times`, activationWords[layer.activation]);
    case 'localResponseNormalization':
      return `over ${2 * layer.depthRadius + 1} channels`;
    case 'batchNormalization':
    case 'add':
      return activationWords[layer.activation];
    case 'dense':
      return phrases(`${count(layer.units)} units`, activationWords[layer.activation]);
    case 'dropout':
      return `rate ${layer.rate}`;
    case 'concat':
    case 'globalAveragePool2d':
    case 'flatten':
      return '';
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
