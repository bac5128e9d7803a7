import onnxProto from 'onnx-proto';

import { headLayer, inputName, inputsOf, type Network, outputShapes, tableName } from '../network.ts';
import type { Weights } from '../weights.ts';
import { checkedWeights } from './checked-weights.ts';
import { graphInputs } from './graph-inputs.ts';
import { addNode, type Graph, type GraphTensor, ints, valueInfo } from './onnx-graph.ts';
import { addLayer } from './onnx-layers.ts';

const { ModelProto } = onnxProto.onnx;

/** Name of the written graph's one output: n × outputs, or n × height × width × outputs, float32. */
export const onnxOutputName = 'probabilities';

/**
 * Opset 13 (November 2020) is the oldest in which Softmax has its present meaning; every operator used here reads
 * the same in all later ones. IR version 7 is the one that came with it. ONNX Runtime ≥ 1.6 opens such files.
 */
export const onnxOpset = 13;

const irVersion = 7;

/** What a written file says of its maker and its meaning. */
export interface OnnxOptions {
  readonly producerVersion: string;
  /** Written as `metadata_props`, e.g. class names; any keys. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a network as ONNX (github.com/onnx/onnx, onnx.proto). Input: `image`, float32, batch × height × width ×
 * channels with a free batch dimension, and of a network that reads the clinical table `table`, batch × features (in
 * place of the picture where that is not looked at); output: `probabilities`, float32, batch × outputs, of a network that segments
 * batch × height × width × outputs. Dropout is left out.
 * Peak memory: the weights, the file, and a transposed copy of the convolutions' kernels.
 * @throws Error when the weights are not this network's
 */
export function writeOnnx(network: Network, weights: Weights, options: OnnxOptions): Uint8Array {
  const inputs = graphInputs(network);
  const graph: Graph = {
    nodes: [],
    initializers: [],
    weights: new Map(
      checkedWeights(network, weights).map(({ spec, values }) => [spec.name, { shape: spec.shape, values }]),
    ),
  };
  const tensors = new Map<string, GraphTensor>();
  for (const { name, shape } of inputs) {
    if (name === tableName) {
      tensors.set(name, { name, layout: 'flat', shape });
      continue;
    }
    const channelsFirst = `${inputName}/channelsFirst`;
    addNode(graph, 'Transpose', channelsFirst, [inputName], { perm: ints([0, 3, 1, 2]) });
    tensors.set(inputName, { name: channelsFirst, layout: 'picture', shape });
  }

  const head = headLayer(network);
  for (const layer of network.layers) {
    const read = inputsOf(layer).map((name) => tensors.get(name)!);
    if (layer !== head && layer.name === onnxOutputName)
      throw new Error(`Only the last layer of ${network.id} may be called ${onnxOutputName}`);
    const isFlatHead = layer === head && layer.kind === 'dense';
    const name = layer === head && !isFlatHead ? `${layer.name}/channelsFirst` : layer.name;
    tensors.set(layer.name, addLayer(graph, layer, read, isFlatHead ? onnxOutputName : name));
  }
  const result = tensors.get(head.name)!;
  if (result.layout === 'picture')
    addNode(graph, 'Transpose', onnxOutputName, [result.name], { perm: ints([0, 2, 3, 1]) });

  return ModelProto.encode({
    irVersion,
    opsetImport: [{ domain: '', version: onnxOpset }],
    producerName: 'Readroom',
    producerVersion: options.producerVersion,
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: network.id,
      node: graph.nodes,
      initializer: graph.initializers,
      input: inputs.map(({ name, shape }) => valueInfo(name, shape)),
      output: [valueInfo(onnxOutputName, outputShapes(network).get(head.name)!)],
    },
  }).finish();
}
