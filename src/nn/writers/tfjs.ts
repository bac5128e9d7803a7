import { type Network } from '../network.ts';
import { type Weights } from '../weights.ts';
import { checkedWeights } from './checked-weights.ts';
import { isKerasLayer } from './tfjs-form.ts';
import { graphModel } from './tfjs-graph.ts';
import { layersModel } from './tfjs-layers.ts';
import { type TfjsModel } from './tfjs-model.ts';

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
  /** Contents of `weights.bin`, to be written one after the other: views of the caller's weights, and a graph's few constants. */
  readonly weights: readonly Uint8Array[];
}

/**
 * Writes a network as a TensorFlow.js model that stock TensorFlow.js opens without custom code. `format` in the file
 * says how: a `layers-model` (`tf.loadLayersModel`; Keras' layers under the network's own names, which can be trained
 * further) wherever Keras and TensorFlow.js have a layer for every one of the network's; else a `graph-model`
 * (`tf.loadGraphModel`; TensorFlow's operations). The latter is for local response normalisation, groups, uneven
 * adaptive pooling and bilinear enlarging: the first three have no layer in TensorFlow.js, and its `UpSampling2D` lays
 * pixels by their corners where Keras' lays them by their centres. TensorFlow has an operation for each of them.
 *
 * Input `image`, float32, batch × height × width × channels, and of a network that reads the clinical table `table`,
 * batch × features (in place of the picture where that is not looked at); one output, batch × outputs, of a network that segments
 * batch × height × width × outputs. One weight file instead of TensorFlow.js' 4 MB shards, which serve browsers'
 * caches only.
 * @throws Error when the weights are not this network's
 */
export function writeTfjs(network: Network, weights: Weights, options: TfjsOptions): TfjsFiles {
  const checked = checkedWeights(network, weights);
  const { head, tensors } = modelOf(network, checked);
  const model = {
    ...{ format: head.format, generatedBy: `Readroom ${options.producerVersion}`, convertedBy: null },
    ...head,
    weightsManifest: [
      {
        paths: [tfjsWeightsFile],
        weights: tensors.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
      },
    ],
    userDefinedMetadata: { ...options.metadata },
  };
  return { modelJson: JSON.stringify(model, null, 1), weights: tensors.map(({ bytes }) => bytes) };
}

function modelOf(network: Network, weights: ReturnType<typeof checkedWeights>): TfjsModel {
  const { layers } = network;
  return layers.every(isKerasLayer) ? layersModel(network, layers, weights) : graphModel(network, weights);
}
