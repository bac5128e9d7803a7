import type { WeightSpec } from '../../nn/network.ts';
import { type OptimizerOptions, slotNames } from '../../nn/optimizers.ts';
import { averageOf, type TrainingState } from '../../nn/step.ts';
import { weightOf } from '../../nn/weights.ts';
import type { Output } from './graph.ts';
import type { Session } from './session.ts';
import type { WeightVariables } from './updates.ts';
import { runWith, type Variable } from './variables.ts';

/** A variable of the training state under the key that a checkpoint has it by. */
interface StateVariable {
  readonly key: string;
  readonly variable: Variable;
  /** Of the weight whose values stand in where the state has none; null: zeros do. */
  readonly standIn: WeightSpec | null;
}

/** Weights, slots and running means of a compiled step, in the order of the state. */
export function stateVariables(
  weights: readonly WeightVariables[],
  optimizer: OptimizerOptions['id'],
): StateVariable[] {
  return weights.flatMap(({ spec, value, slots, average }) => [
    { key: spec.name, variable: value, standIn: spec },
    ...slots.map((variable, i) => ({
      key: `${spec.name}#${slotNames(optimizer, spec)[i]!}`,
      variable,
      standIn: null,
    })),
    ...(average ? [{ key: averageOf(spec.name), variable: average, standIn: spec }] : []),
  ]);
}

/** Copies every variable to the host; in one run, for TensorFlow prepares the graph anew for every set of fetches. */
export function readVariables(
  session: Session,
  variables: readonly StateVariable[],
): Map<string, Float32Array> {
  return runWith(
    session,
    [],
    variables.map(({ variable }) => variable.value),
    (values) => new Map(variables.map(({ key }, i) => [key, values[i] as Float32Array])),
  );
}

/** @throws Error for a missing or misshapen weight */
export function writeVariables(
  session: Session,
  variables: readonly StateVariable[],
  state: TrainingState,
): void {
  const feeds: [Output, Float32Array][] = [];
  const fetches: Output[] = [];
  for (const { key, variable, standIn } of variables) {
    const values = (key === standIn?.name ? null : state.get(key)) ?? (standIn && weightOf(state, standIn));
    feeds.push(values ? [variable.incoming, values] : [variable.filling, Float32Array.of(0)]);
    fetches.push(values ? variable.assigned : variable.filled);
  }
  runWith(session, feeds, fetches, () => undefined);
}
