import { type Layer, type Network, inputName } from '../network.ts';
import { type Weights, littleEndianBytes } from '../weights.ts';
import { checkedWeights } from './checked-weights.ts';

/** Name of the one weight file that `model.json` points to. */
export const tfjsWeightsFile = 'weights.bin';

/** What a written model says of its maker and its meaning. */
export interface TfjsOptions {
  readonly producerVersion: string;
  /** Written as `userDefinedMetadata`, e.g. class names; any keys. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface TfjsFiles {
  readonly modelJson: string;
  /** Contents of `weights.bin`, to be written one after the other: views of the caller's weights, no copies. */
  readonly weights: readonly Uint8Array[];
}

/**
 * Writes a network as a TensorFlow.js layers model: Keras' functional topology with the network's own layer names,
 * which `tf.loadLayersModel` opens without custom code. Input `image`, float32, batch × height × width × channels;
 * output batch × classes. One weight file instead of TensorFlow.js' 4 MB shards, which serve browsers' caches only.
 * @throws Error when the weights are not this network's
 */
export function writeTfjs(network: Network, weights: Weights, options: TfjsOptions): TfjsFiles {
  const checked = checkedWeights(network, weights);
  const last = network.layers.at(-1);
  if (!last) throw new Error(`${network.id} has no layers`);
  const model = {
    format: 'layers-model',
    generatedBy: `Readroom ${options.producerVersion}`,
    convertedBy: null,
    modelTopology: {
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
      model_config: {
        class_name: 'Model',
        config: {
          name: network.id,
          layers: [inputLayer(network), ...network.layers.map(kerasLayer)],
          input_layers: [[inputName, 0, 0]],
          output_layers: [[last.name, 0, 0]],
        },
      },
    },
    weightsManifest: [
      {
        paths: [tfjsWeightsFile],
        weights: checked.map(({ spec }) => ({ name: spec.name, shape: spec.shape, dtype: 'float32' })),
      },
    ],
    userDefinedMetadata: { ...options.metadata },
  };
  return {
    modelJson: JSON.stringify(model, null, 1),
    weights: checked.map(({ values }) => littleEndianBytes(values)),
  };
}

function inputLayer(network: Network): object {
  return {
    class_name: 'InputLayer',
    name: inputName,
    config: {
      name: inputName,
      batch_input_shape: [null, ...network.inputShape],
      dtype: 'float32',
      sparse: false,
    },
    inbound_nodes: [],
  };
}

function kerasLayer(layer: Layer): object {
  const { className, config } = kerasConfig(layer);
  return {
    class_name: className,
    name: layer.name,
    config: { name: layer.name, trainable: true, dtype: 'float32', ...config },
    inbound_nodes: [[[layer.input, 0, 0, {}]]],
  };
}

function kerasConfig(layer: Layer): { className: string; config: object } {
  switch (layer.kind) {
    case 'conv2d':
      return {
        className: 'Conv2D',
        config: {
          filters: layer.filters,
          kernel_size: layer.kernelSize,
          strides: layer.strides,
          padding: layer.padding,
          data_format: 'channels_last',
          dilation_rate: [1, 1],
          activation: layer.activation,
          use_bias: true,
        },
      };
    case 'maxPool2d':
      return {
        className: 'MaxPooling2D',
        config: {
          pool_size: layer.poolSize,
          strides: layer.strides,
          padding: layer.padding,
          data_format: 'channels_last',
        },
      };
    case 'flatten':
      return { className: 'Flatten', config: { data_format: 'channels_last' } };
    case 'dense':
      return {
        className: 'Dense',
        config: { units: layer.units, activation: layer.activation, use_bias: true },
      };
    case 'dropout':
      return { className: 'Dropout', config: { rate: layer.rate } };
  }
}
