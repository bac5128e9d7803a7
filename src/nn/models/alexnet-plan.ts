import {
  type Head,
  type Layer,
  type Network,
  type NetworkDefinition,
  type NetworkOptions,
  outputName,
  scaled,
} from '../network.ts';

/** What tells one network of AlexNet's plan from another, at full width. */
export interface AlexnetPlan {
  readonly id: string;
  /** The first convolution: edge of its kernel, stride and padding; the others are 5×5, then three times 3×3. */
  readonly first: { readonly kernel: number; readonly stride: number; readonly padding: 'valid' | 'same' };
  /** Of the five convolutions. */
  readonly filters: readonly [number, number, number, number, number];
  /** Units of each of the two hidden dense layers. */
  readonly hidden: number;
  /** `towers`: as published, two groups in the second, fourth and fifth convolution and local response normalisation. */
  readonly variant: 'plain' | 'towers' | 'batchNormalized';
}

/** Five convolutions, pools of 3×3 and stride 2 after the first, second and fifth, three dense layers, dropout between. */
export function buildAlexnet(plan: AlexnetPlan, options: NetworkOptions): Network {
  const { size, channels, head, scale, dropout } = options;
  const units = scaled(plan.hidden, scale);
  return {
    id: plan.id,
    inputShape: [size, size, channels],
    head,
    layers: [
      ...convolutions(plan, scale),
      { kind: 'flatten', name: 'flatten', input: 'pool5' },
      ...dense(plan, 6, 'flatten', units),
      { kind: 'dropout', name: 'dropout6', input: lastOf(plan, 'fc', 6), rate: dropout },
      ...dense(plan, 7, 'dropout6', units),
      { kind: 'dropout', name: 'dropout7', input: lastOf(plan, 'fc', 7), rate: dropout },
      denseHead(head, 'dropout7'),
    ],
  };
}

/** Learning rate and dropout of AlexNets: at full width 1e-3 easily loses the network; a narrow one is slow at 1e-4 and has less to drop. */
export const alexnetDefaults: NetworkDefinition['defaults'] = (scale) =>
  scale > 0.5 ? { dropout: 0.5, learningRate: 1e-4 } : { dropout: 0.3, learningRate: 1e-3 };

/** The last layer of a network that says something of the whole picture. */
export function denseHead({ outputs, activation }: Head, input: string): Layer {
  return { kind: 'dense', name: outputName, input, units: outputs, activation };
}

function convolutions(plan: AlexnetPlan, scale: number): Layer[] {
  const pool = { kind: 'maxPool2d', poolSize: [3, 3], strides: [2, 2], padding: 'valid' } as const;
  const of = (index: number, input: string): Layer[] => convolution(plan, index, input, scale);
  const end = (index: number): string => lastOf(plan, 'conv', index);
  return [
    ...of(1, 'image'),
    { ...pool, name: 'pool1', input: end(1) },
    ...of(2, 'pool1'),
    { ...pool, name: 'pool2', input: end(2) },
    ...of(3, 'pool2'),
    ...of(4, end(3)),
    ...of(5, end(4)),
    { ...pool, name: 'pool5', input: end(5) },
  ];
}

function convolution(plan: AlexnetPlan, index: number, input: string, scale: number): Layer[] {
  const { kernel, stride, padding } =
    index === 1 ? plan.first : { kernel: index === 2 ? 5 : 3, stride: 1, padding: 'same' as const };
  const groups = plan.variant === 'towers' && [2, 4, 5].includes(index) ? 2 : 1;
  // Every convolution of the towers has two halves, of which a later one may see only its own.
  const halves = plan.variant === 'towers' ? 2 : 1;
  const normalized = plan.variant === 'batchNormalized';
  const name = `conv${index}`;
  return [
    {
      ...{ kind: 'conv2d', name, input, groups, padding, bias: !normalized },
      filters: halves * scaled(plan.filters[index - 1]! / halves, scale),
      kernelSize: [kernel, kernel],
      strides: [stride, stride],
      activation: normalized ? 'linear' : 'relu',
    },
    ...(normalized ? [batchNormalization(name)] : []),
    ...(plan.variant === 'towers' && index <= 2 ? [responseNormalization(name)] : []),
  ];
}

function dense(plan: AlexnetPlan, index: number, input: string, units: number): Layer[] {
  const name = `fc${index}`;
  const normalized = plan.variant === 'batchNormalized';
  const layer = { kind: 'dense', name, input, units, activation: normalized ? 'linear' : 'relu' } as const;
  return normalized ? [layer, batchNormalization(name)] : [layer];
}

/** The name of the last of the layers that make up a convolution or a hidden dense layer. */
function lastOf({ variant }: AlexnetPlan, kind: 'conv' | 'fc', index: number): string {
  const name = `${kind}${index}`;
  if (variant === 'batchNormalized') return `${name}_bn`;
  return variant === 'towers' && kind === 'conv' && index <= 2 ? `${name}_lrn` : name;
}

function batchNormalization(of: string): Layer {
  return {
    kind: 'batchNormalization',
    name: `${of}_bn`,
    input: of,
    epsilon: 1e-5,
    momentum: 0.9,
    activation: 'relu',
  };
}

/** Section 3.3 of Krizhevsky et al.: n = 5, k = 2, alpha = 1e-4, beta = 0.75. */
function responseNormalization(of: string): Layer {
  return {
    kind: 'localResponseNormalization',
    name: `${of}_lrn`,
    input: of,
    depthRadius: 2,
    bias: 2,
    alpha: 1e-4,
    beta: 0.75,
  };
}
