import { type Activation, type Layer } from '../network.ts';
import { adaptiveWindows } from '../windows.ts';
import {
  type AttributeFields,
  addInitializer,
  addIntegers,
  addNode,
  float,
  type Graph,
  type GraphTensor,
  int,
  ints,
  text,
} from './onnx-graph.ts';
import { transposedAttributes, windowAttributes, windowedLengths } from './onnx-windows.ts';

/**
 * Adds a layer's operators, the last of them with `output` as its name.
 *
 * @returns what the layer gives; of one that ONNX needs no operator for, what it reads
 * @throws Error when the layer cannot read what stands before it
 */
export function addLayer(
  graph: Graph,
  layer: Layer,
  inputs: readonly GraphTensor[],
  output: string,
): GraphTensor {
  const [input] = inputs as [GraphTensor];
  const [height, width, channels] = input.shape as [number, number, number];
  const picture = (shape: readonly number[]): GraphTensor => ({ name: output, layout: 'picture', shape });
  switch (layer.kind) {
    case 'conv2d': {
      requireLayout(layer, input, 'picture');
      addConvolutionKernel(graph, layer.name);
      if (layer.bias) addBias(graph, layer.name);
      const attributes = { ...windowAttributes(layer, layer.kernelSize, input), group: int(layer.groups) };
      const parameters = [`${layer.name}/kernel`, ...(layer.bias ? [`${layer.name}/bias`] : [])];
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'Conv', name, [input.name, ...parameters], attributes);
      });
      return picture([...windowedLengths(layer, layer.kernelSize, input), layer.filters]);
    }
    case 'convTranspose2d': {
      requireLayout(layer, input, 'picture');
      addConvolutionKernel(graph, layer.name);
      addBias(graph, layer.name);
      const attributes = transposedAttributes(layer, input);
      addActivated(graph, layer, output, (name) => {
        const parameters = [`${layer.name}/kernel`, `${layer.name}/bias`];
        addNode(graph, 'ConvTranspose', name, [input.name, ...parameters], attributes);
      });
      return picture([height * layer.strides[0], width * layer.strides[1], layer.filters]);
    }
    case 'zeroPad2d': {
      requireLayout(layer, input, 'picture');
      const { top, bottom, left, right } = layer.padding;
      addIntegers(graph, `${layer.name}/pads`, [0, 0, top, left, 0, 0, bottom, right]);
      addNode(graph, 'Pad', output, [input.name, `${layer.name}/pads`], {});
      return picture([height + top + bottom, width + left + right, channels]);
    }
    case 'maxPool2d':
    case 'averagePool2d': {
      requireLayout(layer, input, 'picture');
      const operator = layer.kind === 'maxPool2d' ? 'MaxPool' : 'AveragePool';
      addNode(graph, operator, output, [input.name], windowAttributes(layer, layer.poolSize, input));
      return picture([...windowedLengths(layer, layer.poolSize, input), channels]);
    }
    case 'globalAveragePool2d': {
      requireLayout(layer, input, 'picture');
      addNode(graph, 'ReduceMean', output, [input.name], { axes: ints([2, 3]), keepdims: int(0) });
      return { name: output, layout: 'flat', shape: [channels] };
    }
    case 'adaptiveAveragePool2d': {
      requireLayout(layer, input, 'picture');
      const [down, across] = layer.outputSize;
      const columns = adaptiveWindows(width, across);
      addInitializer(graph, `${layer.name}/across`, [width, across], transposed(columns, across, width));
      addInitializer(graph, `${layer.name}/down`, [down, height], adaptiveWindows(height, down));
      const narrow = `${layer.name}/narrow`;
      addNode(graph, 'MatMul', narrow, [input.name, `${layer.name}/across`], {});
      addNode(graph, 'MatMul', output, [`${layer.name}/down`, narrow], {});
      return picture([down, across, channels]);
    }
    case 'upsample2d': {
      requireLayout(layer, input, 'picture');
      const { factor } = layer;
      addInitializer(graph, `${layer.name}/scales`, [4], Float32Array.of(1, 1, factor, factor));
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'Resize', name, [input.name, '', `${layer.name}/scales`], {
          mode: text('linear'),
          coordinate_transformation_mode: text('half_pixel'),
        });
      });
      return picture([height * factor, width * factor, channels]);
    }
    case 'batchNormalization': {
      const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map(
        (part) => `${layer.name}/${part}`,
      );
      for (const name of names) {
        const { shape, values } = graph.weights.get(name)!;
        addInitializer(graph, name, shape, values);
      }
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'BatchNormalization', name, [input.name, ...names], { epsilon: float(layer.epsilon) });
      });
      return { ...input, name: output };
    }
    case 'localResponseNormalization': {
      requireLayout(layer, input, 'picture');
      const size = 2 * layer.depthRadius + 1;
      // ONNX divides the sum of squares by the number of channels; the paper and TensorFlow do not.
      addNode(graph, 'LRN', output, [input.name], {
        size: int(size),
        alpha: float(layer.alpha * size),
        beta: float(layer.beta),
        bias: float(layer.bias),
      });
      return picture(input.shape);
    }
    case 'add':
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'Sum', name, namesOf(inputs), {});
      });
      return { ...input, name: output };
    case 'concat': {
      addNode(graph, 'Concat', output, namesOf(inputs), { axis: int(1) });
      const together = inputs.reduce((sum, { shape }) => sum + shape.at(-1)!, 0);
      return { ...input, name: output, shape: [...input.shape.slice(0, -1), together] };
    }
    case 'flatten': {
      if (input.layout === 'flat') return input;
      // Back to height-width-channels first, so that dense kernels keep TensorFlow's row order.
      const channelsLast = `${layer.name}/channelsLast`;
      addNode(graph, 'Transpose', channelsLast, [input.name], { perm: ints([0, 2, 3, 1]) });
      addNode(graph, 'Flatten', output, [channelsLast], { axis: int(1) });
      return { name: output, layout: 'flat', shape: [height * width * channels] };
    }
    case 'dense': {
      requireLayout(layer, input, 'flat');
      const kernel = graph.weights.get(`${layer.name}/kernel`)!;
      addInitializer(graph, `${layer.name}/kernel`, kernel.shape, kernel.values);
      addBias(graph, layer.name);
      addActivated(graph, layer, output, (name) => {
        addNode(graph, 'Gemm', name, [input.name, `${layer.name}/kernel`, `${layer.name}/bias`], {});
      });
      return { name: output, layout: 'flat', shape: [layer.units] };
    }
    case 'dropout':
      return input;
  }
}

function namesOf(tensors: readonly GraphTensor[]): string[] {
  return tensors.map(({ name }) => name);
}

const activationOperators: Readonly<Record<Exclude<Activation, 'linear'>, string>> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  softmax: 'Softmax',
};

/** Adds a layer's linear part and, as a node of its own, its activation; the last of them is called `output`. */
function addActivated(
  graph: Graph,
  { name, activation }: { name: string; activation: Activation },
  output: string,
  addLinear: (name: string) => void,
): void {
  if (activation === 'linear') {
    addLinear(output);
    return;
  }
  const linear = `${name}/linear`;
  addLinear(linear);
  // Channels come second in pictures and in rows of numbers alike.
  const attributes: Record<string, AttributeFields> = activation === 'softmax' ? { axis: int(1) } : {};
  addNode(graph, activationOperators[activation], output, [linear], attributes);
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return matrix.map((_, at) => matrix[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** A convolution's kernel, H-W-I-O as O-I-H-W; a transposed one's, H-W-O-I as I-O-H-W. */
function addConvolutionKernel(graph: Graph, layerName: string): void {
  const name = `${layerName}/kernel`;
  const { shape, values } = graph.weights.get(name)!;
  const [height, width, second, first] = shape as [number, number, number, number];
  addInitializer(
    graph,
    name,
    [first, second, height, width],
    outputInputHeightWidth(values, height * width, second, first),
  );
}

/** H-W-I-O to O-I-H-W; `area` is height × width. */
function outputInputHeightWidth(
  values: Float32Array,
  area: number,
  inputs: number,
  outputs: number,
): Float32Array {
  const transposed = new Float32Array(values.length);
  let from = 0;
  for (let position = 0; position < area; position++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) {
        transposed[(output * inputs + input) * area + position] = values[from++]!;
      }
    }
  }
  return transposed;
}

function requireLayout(layer: Layer, input: GraphTensor, layout: GraphTensor['layout']): void {
  if (input.layout !== layout)
    throw new Error(`Layer ${layer.name} (${layer.kind}) cannot read ${input.name}`);
}

function addBias(graph: Graph, layerName: string): void {
  const bias = graph.weights.get(`${layerName}/bias`)!;
  addInitializer(graph, `${layerName}/bias`, bias.shape, bias.values);
}
