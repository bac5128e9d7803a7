import { type Layer, type Network, type NetworkOptions, scaled } from '../network.ts';
import { denseHead } from './alexnet-plan.ts';

/** What tells one residual network from another. */
export interface ResnetPlan {
  readonly id: string;
  /** `basic`: two 3×3 convolutions; `bottleneck`: 1×1, 3×3, 1×1, the last four times as wide. */
  readonly block: 'basic' | 'bottleneck';
  /** Blocks of each of the four stages. */
  readonly blocks: readonly [number, number, number, number];
}

/** Widths of the stages; the last convolution of a bottleneck has four times as many. */
const widths = [64, 128, 256, 512] as const;

/**
 * He et al. 2016 as torchvision has it: symmetric padding, in bottlenecks the stride on the 3×3 convolution. Layer names
 * are torchvision's with underscores for dots; paddings and sums have names of their own.
 */
export function buildResnet(plan: ResnetPlan, options: NetworkOptions): Network {
  const { size, channels, head, scale } = options;
  const layers: Layer[] = [...stem(scaled(widths[0], scale))];
  let input = 'maxpool';
  let inputWidth = scaled(widths[0], scale);
  plan.blocks.forEach((count, stage) => {
    const width = scaled(widths[stage]!, scale);
    const outputWidth = plan.block === 'basic' ? width : 4 * width;
    for (let index = 0; index < count; index++) {
      const name = `layer${stage + 1}_${index}`;
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const body = plan.block === 'basic' ? basicBlock : bottleneckBlock;
      layers.push(...body({ name, input, width, stride }));
      const projected = stride !== 1 || inputWidth !== outputWidth;
      if (projected) layers.push(...projection({ name, input, width: outputWidth, stride }));
      const last = plan.block === 'basic' ? `${name}_bn2` : `${name}_bn3`;
      const shortcut = projected ? `${name}_downsample_1` : input;
      layers.push({ kind: 'add', name: `${name}_add`, inputs: [last, shortcut], activation: 'relu' });
      input = `${name}_add`;
      inputWidth = outputWidth;
    }
  });
  return {
    id: plan.id,
    inputShape: [size, size, channels],
    head,
    layers: [...layers, { kind: 'globalAveragePool2d', name: 'avgpool', input }, denseHead(head, 'avgpool')],
  };
}

/** Residual networks need no dropout; their batch normalisation bears Adam's usual rate. */
export const resnetDefaults = (): { dropout: number; learningRate: number } => ({
  dropout: 0,
  learningRate: 1e-3,
});

/** The 7×7 convolution and the pool, each of stride 2, that torchvision's larger networks begin with. */
function stem(filters: number): Layer[] {
  return [
    ...convolution({ name: 'conv1', input: 'image', filters, kernel: 7, stride: 2 }),
    normalization({ name: 'bn1', input: 'conv1' }, 'relu'),
    // After ReLU a zero beside the picture is the least that there can be, as PyTorch's minus infinity is.
    {
      kind: 'zeroPad2d',
      name: 'maxpool_pad',
      input: 'bn1',
      padding: { top: 1, bottom: 1, left: 1, right: 1 },
    },
    {
      ...{ kind: 'maxPool2d', name: 'maxpool', input: 'maxpool_pad', padding: 'valid' },
      ...{ poolSize: [3, 3], strides: [2, 2] },
    },
  ];
}

interface Block {
  readonly name: string;
  readonly input: string;
  readonly width: number;
  readonly stride: 1 | 2;
}

function basicBlock({ name, input, width, stride }: Block): Layer[] {
  const at = (part: string): string => `${name}_${part}`;
  return [
    ...convolution({ name: at('conv1'), input, filters: width, kernel: 3, stride }),
    normalization({ name: at('bn1'), input: at('conv1') }, 'relu'),
    ...convolution({ name: at('conv2'), input: at('bn1'), filters: width, kernel: 3, stride: 1 }),
    normalization({ name: at('bn2'), input: at('conv2') }, 'linear'),
  ];
}

function bottleneckBlock({ name, input, width, stride }: Block): Layer[] {
  const at = (part: string): string => `${name}_${part}`;
  return [
    ...convolution({ name: at('conv1'), input, filters: width, kernel: 1, stride: 1 }),
    normalization({ name: at('bn1'), input: at('conv1') }, 'relu'),
    ...convolution({ name: at('conv2'), input: at('bn1'), filters: width, kernel: 3, stride }),
    normalization({ name: at('bn2'), input: at('conv2') }, 'relu'),
    ...convolution({ name: at('conv3'), input: at('bn2'), filters: 4 * width, kernel: 1, stride: 1 }),
    normalization({ name: at('bn3'), input: at('conv3') }, 'linear'),
  ];
}

/** What makes a shortcut as wide and as small as the block beside it. */
function projection({ name, input, width, stride }: Block): Layer[] {
  return [
    ...convolution({ name: `${name}_downsample_0`, input, filters: width, kernel: 1, stride }),
    normalization({ name: `${name}_downsample_1`, input: `${name}_downsample_0` }, 'linear'),
  ];
}

/**
 * A convolution without bias and with PyTorch's padding of half a kernel on every side. Without stride that is
 * TensorFlow's `same`; with one TensorFlow would put the odd pixel below and right.
 */
export function convolution(of: {
  name: string;
  input: string;
  filters: number;
  kernel: number;
  stride: 1 | 2;
}): Layer[] {
  const { name, filters, kernel, stride } = of;
  const around = stride === 1 ? 0 : (kernel - 1) / 2;
  const input = around === 0 ? of.input : `${name}_pad`;
  const padding = { top: around, bottom: around, left: around, right: around };
  return [
    ...(around === 0 ? [] : [{ kind: 'zeroPad2d', name: input, input: of.input, padding } as const]),
    {
      ...{ kind: 'conv2d', name, input, filters, groups: 1, bias: false, activation: 'linear' },
      kernelSize: [kernel, kernel],
      strides: [stride, stride],
      padding: stride === 1 ? 'same' : 'valid',
    },
  ];
}

/** Batch normalisation with PyTorch's constants. */
export function normalization(of: { name: string; input: string }, activation: 'linear' | 'relu'): Layer {
  return { kind: 'batchNormalization', ...of, epsilon: 1e-5, momentum: 0.9, activation };
}
