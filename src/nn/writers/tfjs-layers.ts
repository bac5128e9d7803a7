import { type Activation, inputsOf, type Network } from '../network.ts';
import { littleEndianBytes } from '../weights.ts';
import { type CheckedWeight } from './checked-weights.ts';
import { type GraphInput, graphInputs } from './graph-inputs.ts';
import { type KerasLayer } from './tfjs-form.ts';
import { type TfjsModel } from './tfjs-model.ts';

/** Keras' functional topology. Its layers' names are the network's, so weights go by the network's names too. */
export function layersModel(
  network: Network,
  layers: readonly KerasLayer[],
  weights: readonly CheckedWeight[],
): TfjsModel {
  // What a layer gives may come from the Keras layer that has its activation.
  const fed = graphInputs(network);
  const givers = new Map(fed.map(({ name }) => [name, name]));
  const written = layers.flatMap((layer) => {
    const inputs = inputsOf(layer).map((name) => givers.get(name)!);
    const own = kerasLayer(layer.name, inputs, kerasConfig(layer));
    const activation = separateActivation(layer);
    const giver = activation ? `${layer.name}_${activation}` : layer.name;
    givers.set(layer.name, giver);
    return activation
      ? [own, kerasLayer(giver, [layer.name], { className: 'Activation', config: { activation } })]
      : [own];
  });
  const modelTopology = {
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
    model_config: {
      class_name: 'Model',
      config: {
        name: network.id,
        layers: [...fed.map(inputLayer), ...written],
        input_layers: fed.map(({ name }) => [name, 0, 0]),
        output_layers: [[givers.get(layers.at(-1)!.name)!, 0, 0]],
      },
    },
  };
  const tensors = weights.map(({ spec: { name, shape }, values }) => ({
    ...{ name, shape, dtype: 'float32' as const },
    bytes: littleEndianBytes(values),
  }));
  return { head: { format: 'layers-model', modelTopology }, tensors };
}

/** The activation of a layer whose like in Keras has none. */
function separateActivation(layer: KerasLayer): Activation | null {
  const has = layer.kind === 'batchNormalization' || layer.kind === 'add';
  return has && layer.activation !== 'linear' ? layer.activation : null;
}

function inputLayer({ name, shape }: GraphInput): object {
  return {
    class_name: 'InputLayer',
    name,
    config: {
      name,
      batch_input_shape: [null, ...shape],
      dtype: 'float32',
      sparse: false,
    },
    inbound_nodes: [],
  };
}

interface KerasConfig {
  readonly className: string;
  readonly config: object;
}

function kerasLayer(name: string, inputs: readonly string[], { className, config }: KerasConfig): object {
  return {
    class_name: className,
    name,
    config: { name, trainable: true, dtype: 'float32', ...config },
    inbound_nodes: [inputs.map((input) => [input, 0, 0, {}])],
  };
}

function kerasConfig(layer: KerasLayer): KerasConfig {
  const channelsLast = { data_format: 'channels_last' };
  switch (layer.kind) {
    case 'conv2d':
      return {
        className: 'Conv2D',
        config: {
          filters: layer.filters,
          kernel_size: layer.kernelSize,
          strides: layer.strides,
          padding: layer.padding,
          ...channelsLast,
          dilation_rate: [1, 1],
          activation: layer.activation,
          use_bias: layer.bias,
        },
      };
    case 'convTranspose2d':
      return {
        className: 'Conv2DTranspose',
        config: {
          filters: layer.filters,
          kernel_size: layer.kernelSize,
          strides: layer.strides,
          padding: 'same',
          ...channelsLast,
          activation: layer.activation,
          use_bias: true,
        },
      };
    case 'zeroPad2d': {
      const { top, bottom, left, right } = layer.padding;
      const padding = [
        [top, bottom],
        [left, right],
      ];
      return { className: 'ZeroPadding2D', config: { padding, ...channelsLast } };
    }
    case 'maxPool2d':
    case 'averagePool2d':
      return {
        className: layer.kind === 'maxPool2d' ? 'MaxPooling2D' : 'AveragePooling2D',
        config: {
          pool_size: layer.poolSize,
          strides: layer.strides,
          padding: layer.padding,
          ...channelsLast,
        },
      };
    case 'globalAveragePool2d':
      return { className: 'GlobalAveragePooling2D', config: channelsLast };
    case 'batchNormalization':
      return {
        className: 'BatchNormalization',
        config: {
          ...{ axis: -1, momentum: layer.momentum, epsilon: layer.epsilon },
          ...{ center: true, scale: true },
        },
      };
    case 'add':
      return { className: 'Add', config: {} };
    case 'concat':
      return { className: 'Concatenate', config: { axis: -1 } };
    case 'flatten':
      return { className: 'Flatten', config: channelsLast };
    case 'dense':
      return {
        className: 'Dense',
        config: { units: layer.units, activation: layer.activation, use_bias: true },
      };
    case 'dropout':
      return { className: 'Dropout', config: { rate: layer.rate } };
  }
}
