import { findNetwork } from '../models/index.ts';
import {
  classHead,
  type Layer,
  type Network,
  outputShapes,
  sizeOf,
  type WeightSpec,
  weightSpecs,
} from '../network.ts';
import { shown } from '../readers/text.ts';
import type { Convention, StoredTensor } from '../readers/weight-file.ts';
import type { FileLayer } from './file-layers.ts';
import { applicationsEpsilon } from './keras-names.ts';
import { partIn, shapeIn } from './layouts.ts';
import type { LayerMatch } from './match-layers.ts';
import { flattenedShape, headNames, paddingAround, readsPicture, weightedLayers } from './structure.ts';

/** One tensor of a network and the file's that it is made from. */
export interface Planned {
  readonly spec: WeightSpec;
  readonly layer: Layer;
  readonly tensor: StoredTensor;
  /** Its shape, that of a dense kernel that becomes a convolution's included. */
  readonly fileShape: readonly number[];
  readonly flattened: readonly [number, number, number] | null;
  /** `amount`: the file's channels; of `epsilon` what is added to the variance. */
  readonly adapted: {
    readonly how: 'channelsSummed' | 'channelsSpread' | 'epsilon';
    readonly amount: number;
  } | null;
}

interface Plan {
  readonly planned: readonly Planned[];
  /** The file's tensors of its own head, where that has no place. */
  readonly headOfFile: readonly StoredTensor[];
  /** Sentences. */
  readonly problems: readonly string[];
}

/** Which tensor comes from which, or what hinders it. Nothing is read. */
export function planTransfer(
  network: Network,
  convention: Convention,
  match: LayerMatch,
  keepsHead: boolean,
): Plan {
  const planned: Planned[] = [];
  const problems: string[] = [];
  const { pairs, headOfFile, unmatched } = withHead(network, convention, match, keepsHead);
  const specs = Map.groupBy(weightSpecs(network), ({ name }) => name.slice(0, name.lastIndexOf('/')));
  for (const layer of weightedLayers(network)) {
    const from = pairs.get(layer.name);
    if (from === null) continue;
    if (!from) {
      problems.push(`It lacks layer ${layer.name}.`);
      continue;
    }
    const of = { network, convention, layer, from, specs: specs.get(layer.name)! };
    const epsilon = epsilonOf(of, match);
    const facts = [...differences(of), ...(typeof epsilon === 'string' ? [epsilon] : [])];
    problems.push(...facts);
    const added = typeof epsilon === 'number' ? epsilon : 0;
    for (const result of plannedTensors(of, added)) {
      if (typeof result === 'string') problems.push(result);
      else planned.push(result);
    }
  }
  for (const { tensors } of unmatched)
    for (const { name, shape } of tensors.values())
      problems.push(`It has ${shown(name)} (${shape.join('×')}), for which the network has no place.`);
  return { planned, headOfFile, problems };
}

/**
 * Pairs with the head's: null for a layer of the head that starts by chance, because the file has no head or one for
 * another number of outputs.
 */
function withHead(
  network: Network,
  convention: Convention,
  { pairs, unmatched }: LayerMatch,
  keepsHead: boolean,
): {
  pairs: Map<string, FileLayer | null>;
  headOfFile: readonly StoredTensor[];
  unmatched: readonly FileLayer[];
} {
  const heads = weightedLayers(network).filter(({ name }) => headNames(network).has(name));
  const known = new Map<string, FileLayer | null>(pairs);
  const [only] = heads;
  const candidate = unmatched.length === 1 ? unmatched[0]! : null;
  const isHead = candidate !== null && heads.every(({ name }) => !pairs.has(name));
  if (isHead && heads.length === 1) known.set(only!.name, candidate);
  const rest = isHead ? [] : unmatched;
  const found = heads.map(({ name }) => known.get(name) ?? null);
  const fits =
    keepsHead &&
    heads.every((head, i) => found[i] && fitsHead({ network, convention, layer: head, from: found[i] }));
  if (fits) return { pairs: known, headOfFile: [], unmatched: rest };
  const left = [
    ...found.filter((layer) => layer !== null),
    ...(isHead && heads.length > 1 ? [candidate] : []),
  ];
  for (const { name } of heads) known.set(name, null);
  return { pairs: known, headOfFile: left.flatMap(({ tensors }) => [...tensors.values()]), unmatched: rest };
}

/** Whether a file's layer tells as many things apart; beside a clinical table what it reads must be the same too. */
function fitsHead({ network, convention, layer, from }: Omit<LayerPair, 'specs'>): boolean {
  const spec = weightSpecs(network).find(({ name }) => name === `${layer.name}/kernel`)!;
  const wanted = shapeIn(convention, layer, spec);
  const found = from.tensors.get(partIn(convention, spec))?.shape ?? [];
  if (network.tableSize !== undefined) return equal(found, wanted);
  const axis = shapeIn(convention, layer, { ...spec, shape: spec.shape.map((_, i) => i) }).indexOf(
    layer.kind === 'convTranspose2d' ? 2 : spec.shape.length - 1,
  );
  return found[axis] === wanted[axis];
}

interface LayerPair {
  readonly network: Network;
  readonly convention: Convention;
  readonly layer: Layer;
  readonly from: FileLayer;
  readonly specs: readonly WeightSpec[];
}

/** What the file tells of a layer beside its tensors and the network has otherwise; sentences. */
function differences({ network, layer, from }: LayerPair): string[] {
  const { facts } = from;
  if (!facts || layer.kind !== 'conv2d') return [];
  const told: string[] = [];
  const found = (what: string, there: string, here: string): void => {
    if (there !== here)
      told.push(`Layer ${shown(from.name)} has ${what} ${there}; ${layer.name} has ${here}.`);
  };
  if (facts.strides) found('strides', facts.strides.join('×'), layer.strides.join('×'));
  if (facts.groups !== null) found('groups', String(facts.groups), String(layer.groups));
  if (facts.padding !== null) found('a padding of', facts.padding, paddingAround(network, layer));
  return told;
}

/** What is added to the variance in the file beyond the network's own; a sentence where the file does not tell it. */
function epsilonOf({ convention, layer, from }: LayerPair, match: LayerMatch): number | string {
  if (layer.kind !== 'batchNormalization' || convention !== 'keras') return 0;
  const epsilon = from.facts?.epsilon ?? (match.byApplicationNames ? applicationsEpsilon : null);
  if (epsilon !== null) return epsilon - layer.epsilon;
  return `It does not tell what batch normalisation ${shown(from.name)} adds to the variance: save the whole model (model.save("model.keras")), not its weights alone.`;
}

/** Every tensor of a layer with the file's, or a sentence. */
function plannedTensors(of: LayerPair, addedEpsilon: number): (Planned | string)[] {
  const { convention, layer, from, specs } = of;
  const flattened = layer.kind === 'dense' ? flattenedShape(of.network, layer) : null;
  const parts = new Set(specs.map((spec) => partIn(convention, spec)));
  const extra = [...from.tensors]
    .filter(([part]) => !parts.has(part))
    .map(
      ([, { name, shape }]) =>
        `It has ${shown(name)} (${shape.join('×')}), which layer ${layer.name} does not have.`,
    );
  const tensors = specs.map((spec): Planned | string => {
    const tensor = from.tensors.get(partIn(convention, spec));
    if (!tensor) return `It lacks ${shown(from.name)}'s ${partIn(convention, spec)} for ${spec.name}.`;
    const wanted = shapeIn(convention, layer, spec);
    const fileShape = asConvolution(tensor.shape, wanted, layer, convention);
    const adapted = adaptation(of, spec, fileShape, wanted, addedEpsilon);
    if (adapted || equal(fileShape, wanted)) return { spec, layer, tensor, fileShape, flattened, adapted };
    const sizes = flattened && picturesOf(of, fileShape, flattened);
    return `${shown(tensor.name)} is ${tensor.shape.join('×') || 'one number'}; ${layer.name} needs ${wanted.join('×')}.${sizes ?? ''}`;
  });
  return [...extra, ...tensors];
}

/** A dense layer over a flattened map is a convolution whose kernel is as large as the map (Long et al. 2015). */
function asConvolution(
  shape: readonly number[],
  wanted: readonly number[],
  { kind }: Layer,
  convention: Convention,
): readonly number[] {
  const isDense = kind === 'conv2d' && shape.length === 2 && sizeOf(shape) === sizeOf(wanted);
  const outputs = convention === 'torch' ? shape[0] === wanted[0] : shape[1] === wanted[3];
  return isDense && outputs ? wanted : shape;
}

function adaptation(
  { network, convention, layer }: LayerPair,
  { role }: WeightSpec,
  found: readonly number[],
  wanted: readonly number[],
  addedEpsilon: number,
): Planned['adapted'] {
  if (role === 'movingVariance' && addedEpsilon !== 0 && equal(found, wanted))
    return { how: 'epsilon', amount: addedEpsilon };
  if (role !== 'kernel' || layer.kind !== 'conv2d' || !readsPicture(network, layer)) return null;
  const axis = convention === 'torch' ? 1 : 2;
  const [there, here] = [found[axis], wanted[axis]];
  if (!equal(found.with(axis, here!), wanted)) return null;
  if (there === 3 && here === 1) return { how: 'channelsSummed', amount: 3 };
  if (there === 1 && here === 3) return { how: 'channelsSpread', amount: 1 };
  return null;
}

/** Which pictures a dense layer after a flattened map was made for; null where that is not what differs. */
function picturesOf(
  { network, convention, specs }: LayerPair,
  found: readonly number[],
  [height, width, channels]: readonly [number, number, number],
): string | null {
  const inputs = found[convention === 'torch' ? 1 : 0]!;
  const outputs = found[convention === 'torch' ? 0 : 1]!;
  const edge = Math.sqrt(inputs / channels);
  if (outputs !== specs[0]!.shape[1] || !Number.isInteger(edge) || edge * edge === height * width)
    return null;
  const sizes = sizesWithMap(network, edge);
  const pictures =
    sizes.length === 0 ? 'pictures of another size' : `pictures of ${sizes[0]} to ${sizes.at(-1)} pixels`;
  const size = network.inputShape[0];
  return ` It was trained on ${pictures} (a map of ${edge}×${edge}); yours have ${size} (${height}×${width}).`;
}

const largestSize = 1024;

/** Input sizes at which the map that is flattened has this edge. */
function sizesWithMap(network: Network, edge: number): number[] {
  const { build, minimumSize, sizeStep } = findNetwork(network.id);
  const sizes: number[] = [];
  for (let size = minimumSize; size <= largestSize; size += sizeStep) {
    // Width does not matter to edges, and little is quick.
    const at = build({ size, channels: 1, head: classHead(2), scale: 0.01, dropout: 0 });
    const flatten = at.layers.find(({ kind }) => kind === 'flatten');
    const found = flatten && 'input' in flatten ? outputShapes(at).get(flatten.input)![0]! : 0;
    if (found === edge) sizes.push(size);
    if (found > edge) break;
  }
  return sizes;
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}
