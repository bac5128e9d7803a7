import { type Network, type NetworkOptions, scaled } from '../network.ts';

/** What tells one network of AlexNet's plan from another, at full width. */
export interface AlexnetPlan {
  readonly id: string;
  /** The first convolution: edge of its kernel, stride and padding; the others are 5×5, then three times 3×3. */
  readonly first: { readonly kernel: number; readonly stride: number; readonly padding: 'valid' | 'same' };
  /** Of the five convolutions. */
  readonly filters: readonly [number, number, number, number, number];
  /** Units of each of the two hidden dense layers. */
  readonly hidden: number;
}

/** Five convolutions, pools of 3×3 and stride 2 after the first, second and fifth, three dense layers, dropout between. */
export function buildAlexnet(
  plan: AlexnetPlan,
  { size, channels, classes, scale, dropout }: NetworkOptions,
): Network {
  const { kernel, stride, padding } = plan.first;
  const filters = plan.filters.map((width) => scaled(width, scale));
  const conv = {
    kind: 'conv2d',
    kernelSize: [3, 3],
    strides: [1, 1],
    padding: 'same',
    activation: 'relu',
  } as const;
  const pool = { kind: 'maxPool2d', poolSize: [3, 3], strides: [2, 2], padding: 'valid' } as const;
  const dense = { kind: 'dense', units: scaled(plan.hidden, scale), activation: 'relu' } as const;
  return {
    id: plan.id,
    inputShape: [size, size, channels],
    classes,
    layers: [
      {
        ...conv,
        name: 'conv1',
        input: 'image',
        filters: filters[0]!,
        kernelSize: [kernel, kernel],
        strides: [stride, stride],
        padding,
      },
      { ...pool, name: 'pool1', input: 'conv1' },
      { ...conv, name: 'conv2', input: 'pool1', filters: filters[1]!, kernelSize: [5, 5] },
      { ...pool, name: 'pool2', input: 'conv2' },
      { ...conv, name: 'conv3', input: 'pool2', filters: filters[2]! },
      { ...conv, name: 'conv4', input: 'conv3', filters: filters[3]! },
      { ...conv, name: 'conv5', input: 'conv4', filters: filters[4]! },
      { ...pool, name: 'pool5', input: 'conv5' },
      { kind: 'flatten', name: 'flatten', input: 'pool5' },
      { ...dense, name: 'fc6', input: 'flatten' },
      { kind: 'dropout', name: 'dropout6', input: 'fc6', rate: dropout },
      { ...dense, name: 'fc7', input: 'dropout6' },
      { kind: 'dropout', name: 'dropout7', input: 'fc7', rate: dropout },
      { kind: 'dense', name: 'probabilities', input: 'dropout7', units: classes, activation: 'softmax' },
    ],
  };
}
