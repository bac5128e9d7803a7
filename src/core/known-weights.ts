import type { StartingWeights } from '../contract/weights.ts';

/** A published file, and by what its content is recognised. */
export interface KnownWeights extends Omit<StartingWeights, 'kept' | 'url'> {
  readonly url: string;
  /** The first eight digits of the file's SHA-256, which torchvision publishes in the file's name. */
  readonly sha256Start: string;
  /** torchvision says it in MiB to three decimals (`_file_size` of its weights), which this rounds to. */
  readonly bytes: number;
}

/** What torchvision's ImageNet weights were trained with (torchvision.transforms in its references). */
const imageNet = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

const torchvision = (
  network: NonNullable<StartingWeights['network']>,
  name: string,
  fileName: string,
  bytes: number,
): KnownWeights => ({
  id: fileName.startsWith('alexnet') ? 'torchvision-alexnet' : `torchvision-${network}`,
  name: `${name}, ImageNet`,
  network,
  source: 'torchvision, trained on ImageNet-1k (IMAGENET1K_V1)',
  licence: 'BSD 3-Clause (torchvision); ImageNet’s pictures are for non-commercial research',
  fileName,
  url: `https://download.pytorch.org/models/${fileName}`,
  normalization: { mean: [...imageNet.mean], deviation: [...imageNet.deviation] },
  inputSize: 224,
  generated: false,
  bytes,
  sha256Start: /-([0-9a-f]{8})\.pth$/.exec(fileName)![1]!,
});

/** Published weights that can be fetched, or dropped in, by name. */
export const knownWeights: readonly KnownWeights[] = [
  torchvision('alexnet-torchvision', 'AlexNet of torchvision', 'alexnet-owt-7be5be79.pth', 244_408_911),
  torchvision('resnet18', 'ResNet-18', 'resnet18-f37072fd.pth', 46_830_571),
  torchvision('resnet34', 'ResNet-34', 'resnet34-b627a593.pth', 87_319_819),
  torchvision('resnet50', 'ResNet-50', 'resnet50-0676ba61.pth', 102_530_333),
  torchvision('densenet121', 'DenseNet-121', 'densenet121-a639ec97.pth', 32_342_954),
];
