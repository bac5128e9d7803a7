import { type OptimizerOptions, weightDecayOf } from '../../nn/optimizers.ts';
import type { StepWeight } from '../../nn/step.ts';
import { addConstant, type Graph, type NodeOptions, type Output } from './graph.ts';
import { elementwise, sameShape } from './tracing-kernels.ts';
import { addRead, assign, type Variable } from './variables.ts';

/** A weight with what belongs to it, as variables of a session. */
export interface WeightVariables {
  readonly spec: StepWeight;
  readonly value: Variable;
  readonly slots: readonly Variable[];
  readonly average: Variable | null;
}

/** What the update of one weight is fed; scalars. */
interface UpdateFeeds {
  readonly learningRate: Output;
  readonly beta1Power: Output;
  readonly beta2Power: Output;
  /** 1 − the share that a running mean keeps. */
  readonly averagingRate: Output;
}

/** What a step feeds its updates; scalars. */
export interface StepUpdateFeeds extends Pick<UpdateFeeds, 'learningRate' | 'averagingRate'> {
  /** By the step from which weights learn (`StepWeight.since`): Adam's bias correction counts from there. */
  readonly powers: ReadonlyMap<number, Pick<UpdateFeeds, 'beta1Power' | 'beta2Power'>>;
}

const float = { type: 'float32' } as const;

/** Half the sum of squares. */
export function addHalfSquares(graph: Graph, x: Output): Output {
  return graph.add('L2Loss', [x], { attributes: { T: float }, outputs: [{ shape: [], dtype: 'float32' }] });
}

/** The length of all gradients together. */
export function addNorm(graph: Graph, gradients: readonly Output[]): Output {
  const halves = gradients.map((gradient) => addHalfSquares(graph, gradient));
  const half = graph.add('AddN', halves, {
    attributes: { T: float, N: { int: halves.length } },
    outputs: [{ shape: [], dtype: 'float32' }],
  });
  return sameShape(graph, 'Sqrt', [elementwise(graph, 'Mul', half, scalar(graph, 2))]);
}

/** Gradients no longer than `clipNorm` together; what moves running means stays as it is. */
export function addClipped(
  graph: Graph,
  weights: readonly WeightVariables[],
  gradients: readonly Output[],
  norm: Output,
  clipNorm: number,
): Output[] {
  const limit = scalar(graph, clipNorm);
  const factor = elementwise(graph, 'RealDiv', limit, elementwise(graph, 'Maximum', norm, limit));
  return gradients.map((gradient, i) =>
    weights[i]!.spec.trainable ? elementwise(graph, 'Mul', gradient, factor) : gradient,
  );
}

/**
 * Updates every weight that is given, at its own rate, its slots and its running mean in place, in one pass over memory each: TensorFlow's fused
 * operation for the optimiser. A weight is updated after its last reader of the backward pass: else the reader
 * would hold the old values and TensorFlow would have to copy them.
 *
 * @returns what is to be waited for
 */
export function addUpdates(
  graph: Graph,
  options: OptimizerOptions,
  weights: readonly WeightVariables[],
  gradients: readonly Output[],
  feeds: StepUpdateFeeds,
  backwardFrom: number,
): Output[] {
  return weights.map((weight, i) => {
    const after = graph.readersSince(weight.value.value, backwardFrom);
    const rule = weight.spec.trainable ? rules[options.id] : takeFrom;
    const { rate, since } = weight.spec;
    const { learningRate, averagingRate } = feeds;
    const own: UpdateFeeds = {
      ...feeds.powers.get(since)!,
      averagingRate,
      learningRate: rate === 1 ? learningRate : elementwise(graph, 'Mul', learningRate, scalar(graph, rate)),
    };
    const updated = rule(graph, options, weight, gradients[i]!, own, after);
    return weight.average ? addAverage(graph, weight.value, weight.average, own, updated) : updated;
  });
}

type Rule = (
  graph: Graph,
  options: OptimizerOptions,
  weight: WeightVariables,
  gradient: Output,
  feeds: UpdateFeeds,
  after: Output[],
) => Output;

const rules: Readonly<Record<OptimizerOptions['id'], Rule>> = {
  adam,
  adamw: (graph, options, weight, gradient, feeds, after) => {
    const decay = weightDecayOf(options, weight.spec);
    if (decay === 0) return adam(graph, options, weight, gradient, feeds, after);
    const share = elementwise(graph, 'Mul', feeds.learningRate, scalar(graph, decay));
    const lost = elementwise(graph, 'Mul', weight.value.value, share);
    const decayed = assign(graph, 'AssignSubVariableOp', weight.value.handle, lost, after);
    return adam(graph, options, weight, gradient, feeds, [decayed]);
  },
  sgd: (graph, options, weight, gradient, { learningRate }, after) => {
    const decay = weightDecayOf(options, weight.spec);
    const pull = (): Output => elementwise(graph, 'Mul', weight.value.value, scalar(graph, decay));
    const decayed = decay === 0 ? gradient : elementwise(graph, 'AddV2', gradient, pull());
    const inputs = [...handlesOf(weight), learningRate, decayed, scalar(graph, options.momentum)];
    return graph.add('ResourceApplyKerasMomentum', inputs, {
      ...fused({ use_nesterov: { bool: options.nesterov } }),
      after,
    });
  },
  rmsprop: (graph, { rho, momentum, epsilon }, weight, gradient, { learningRate }, after) => {
    const constants = [rho, momentum, epsilon].map((value) => scalar(graph, value));
    const inputs = [...handlesOf(weight), learningRate, ...constants, gradient];
    return graph.add('ResourceApplyRMSProp', inputs, { ...fused(), after });
  },
};

/** The rule of running means: the change is taken from them as it is. */
function takeFrom(
  graph: Graph,
  _options: OptimizerOptions,
  { value }: WeightVariables,
  change: Output,
  _feeds: UpdateFeeds,
  after: Output[],
): Output {
  return assign(graph, 'AssignSubVariableOp', value.handle, change, after);
}

function adam(
  graph: Graph,
  { beta1, beta2, epsilon }: OptimizerOptions,
  weight: WeightVariables,
  gradient: Output,
  { learningRate, beta1Power, beta2Power }: UpdateFeeds,
  after: Output[],
): Output {
  const constants = [beta1, beta2, epsilon].map((value) => scalar(graph, value));
  const inputs = [...handlesOf(weight), beta1Power, beta2Power, learningRate, ...constants, gradient];
  return graph.add('ResourceApplyAdam', inputs, { ...fused({ use_nesterov: { bool: false } }), after });
}

/** average −= (average − new value) · rate. */
function addAverage(
  graph: Graph,
  value: Variable,
  average: Variable,
  { averagingRate }: UpdateFeeds,
  updated: Output,
): Output {
  const now = addRead(graph, value.handle, value.shape, [updated]);
  const step = elementwise(graph, 'Mul', elementwise(graph, 'Sub', average.value, now), averagingRate);
  return assign(graph, 'AssignSubVariableOp', average.handle, step);
}

function handlesOf({ value, slots }: WeightVariables): Output[] {
  return [value.handle, ...slots.map(({ handle }) => handle)];
}

function fused(more: NodeOptions['attributes'] = {}): Pick<NodeOptions, 'attributes'> {
  return { attributes: { T: float, use_locking: { bool: false }, ...more } };
}

function scalar(graph: Graph, value: number): Output {
  return addConstant(graph, Float32Array.of(value), []);
}
