import { ReadroomError } from '../../contract/errors.ts';
import type { WeightTransfer } from '../../contract/weight-transfer.ts';
import { findNetwork } from '../models/index.ts';
import { type Network, sizeOf, weightSpecs } from '../network.ts';
import type { Convention, StoredTensor, WeightFile } from '../readers/weight-file.ts';
import { shown } from '../readers/text.ts';
import { allFinite, initialWeight, type Weights } from '../weights.ts';
import { isKerasResnet } from './keras-names.ts';
import { fileLayers } from './file-layers.ts';
import { spreadChannels, summedChannels, toOwnLayout } from './layouts.ts';
import { matchLayers, namedNetwork } from './match-layers.ts';
import { planTransfer, type Planned } from './plan-transfer.ts';

const mostTold = 4;

export interface TransferOptions {
  /** What messages call the file. */
  readonly file: string;
  /** Of the layers that start by chance. */
  readonly seed: number;
  /** Whether the head is taken where it fits: it says the same of a picture. Else it starts by chance. */
  readonly keepsHead: boolean;
}

/** Which tensor of a file becomes which of a network's, and what is told of it. */
interface CheckedTransfer {
  readonly planned: readonly Planned[];
  readonly report: WeightTransfer;
}

/**
 * What would become of a file's weights in a network, by names and shapes alone.
 *
 * @throws ReadroomError `wrongWeights` as `transferWeights`
 */
export function checkTransfer(
  network: Network,
  file: WeightFile,
  { file: called, keepsHead }: Omit<TransferOptions, 'seed'>,
): CheckedTransfer {
  const { layers, noWeights } = fileLayers(file, network);
  const match = matchLayers(network, file.convention, layers);
  const plan = planTransfer(network, file.convention, match, keepsHead);
  if (plan.problems.length > 0) {
    const names = layers.map(({ name }) => name);
    const other = namedNetwork(network, file.convention, layers);
    const problems = match.pairs.size > 0 ? plan.problems : [noneOf(names)];
    throw misfit(network, problems, { file: called, names, other });
  }
  return { planned: plan.planned, report: reportOf(network, file, plan, noWeights) };
}

/**
 * A file's weights as a network's: names mapped, layouts converted, every tensor of either accounted for. Where the file
 * tells another number of outputs apart, the head starts by chance; nothing else may differ.
 *
 * @throws ReadroomError `wrongWeights` with a sentence for each tensor that does not fit, the shape found and the
 *   shape wanted; `badWeights` when values cannot be read or are not finite
 */
export async function transferWeights(
  network: Network,
  file: WeightFile,
  options: TransferOptions,
): Promise<{ weights: Weights; report: WeightTransfer }> {
  const { planned: pairs, report } = checkTransfer(network, file, options);
  const planned = new Map(pairs.map((one) => [one.spec.name, one]));
  const weights = new Map<string, Float32Array>();
  for (const spec of weightSpecs(network)) {
    const from = planned.get(spec.name);
    const values = from
      ? await valuesOf(from, file.convention, options.file)
      : initialWeight(spec, options.seed);
    weights.set(spec.name, values);
  }
  return { weights, report };
}

async function valuesOf(planned: Planned, convention: Convention, file: string): Promise<Float32Array> {
  const { spec, layer, tensor, flattened, adapted } = planned;
  const found = await tensor.read();
  if (found.length !== sizeOf(tensor.shape))
    throw new Error(`${tensor.name} gave ${found.length} values for ${tensor.shape.join('×')}`);
  if (!allFinite([found]))
    throw new ReadroomError(
      'badWeights',
      `${shown(tensor.name)} in ${file} holds values that are not finite.`,
      'Take an earlier checkpoint: such weights compute nothing.',
    );
  const values =
    spec.role === 'kernel' ? toOwnLayout(convention, layer, found, planned.fileShape, flattened) : found;
  const filters = spec.shape.at(-1)!;
  switch (adapted?.how) {
    case 'channelsSummed':
      return summedChannels(values, adapted.amount, filters);
    case 'channelsSpread':
      return spreadChannels(values, spec.shape[2]!, filters);
    case 'epsilon':
      return values.map((variance) => variance + adapted.amount);
    default:
      // Values may be a view of all of a file's piece.
      return values.byteLength === values.buffer.byteLength ? values : values.slice();
  }
}

function reportOf(
  network: Network,
  { source }: WeightFile,
  { planned, headOfFile }: ReturnType<typeof planTransfer>,
  noWeights: readonly StoredTensor[],
): WeightTransfer {
  const given = new Set(planned.map(({ spec }) => spec.name));
  const adapted = planned.flatMap(({ spec: { name }, adapted: by }) => (by ? [{ name, how: by.how }] : []));
  return {
    source,
    taken: planned.length - adapted.length,
    fresh: weightSpecs(network)
      .map(({ name }) => name)
      .filter((name) => !given.has(name)),
    ignored: [
      ...noWeights.map(({ name }) => ({ name, why: 'noWeight' as const })),
      ...headOfFile.map(({ name }) => ({ name, why: 'head' as const })),
    ],
    adapted,
  };
}

/** For a file whose layers are all unknown: that each of the network's is lacking would not help. */
function noneOf(names: readonly string[]): string {
  if (names.length === 0) return 'It holds no weights.';
  const some = names.slice(0, 3).map(shown).join(', ');
  return `None of its ${names.length} layers (${some}${names.length > 3 ? ', …' : ''}) is one of the network's.`;
}

function misfit(
  network: Network,
  problems: readonly string[],
  of: { file: string; names: readonly string[]; other: string | null },
): ReadroomError {
  const { name } = findNetwork(network.id);
  const hint =
    of.other === null
      ? 'Choose the network, its width and its input size that the weights were trained with.'
      : `The names are those of ${of.other}: choose it for these weights.`;
  if (isKerasResnet(of.names))
    return new ReadroomError(
      'wrongWeights',
      `${of.file} holds a residual network of Keras, which is another network than ${name}: its strides stand in the first convolution of a block and its convolutions have biases.`,
      'Take the ResNet weights of torchvision.',
    );
  const told = problems.slice(0, mostTold).join(' ');
  const more = problems.length > mostTold ? ` And ${problems.length - mostTold} more like these.` : '';
  return new ReadroomError('wrongWeights', `${of.file} does not fit ${name}. ${told}${more}`, hint, {
    problems: problems.slice(0, 100),
  });
}
