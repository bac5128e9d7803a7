import type { Recipe, ValueWindow } from '../contract/recipe.ts';

/** A value of a recipe, or of a draft of one. */
type Value = string | number | boolean | ValueWindow | null;

/** When a key changes what is computed: while one of these keys has one of these values, or, with `not`, none of them. */
interface Condition {
  readonly keys: readonly string[];
  readonly among?: readonly Value[];
  readonly not?: readonly Value[];
}

const optimizer = (...among: readonly Recipe['optimizer']['id'][]): Condition => ({
  keys: ['optimizer.id'],
  among,
});
const dropping: Condition = { keys: ['schedule.id'], among: ['step', 'plateau'] };
const moving: Condition = {
  keys: ['rotationDegrees', 'widthShift', 'heightShift', 'shearDegrees', 'zoom'].map(
    (key) => `augmentation.${key}`,
  ),
  not: [0],
};

/** The keys that are not always used. All others are. */
const conditions: Readonly<Record<string, Condition>> = {
  'augmentation.fill': moving,
  'augmentation.pcaColour': { keys: ['input.channels'], not: [1] },
  'optimizer.momentum': optimizer('sgd', 'rmsprop'),
  'optimizer.nesterov': optimizer('sgd'),
  'optimizer.rho': optimizer('rmsprop'),
  'optimizer.beta1': optimizer('adam', 'adamw'),
  'optimizer.beta2': optimizer('adam', 'adamw'),
  'optimizer.epsilon': optimizer('adam', 'adamw', 'rmsprop'),
  'optimizer.weightDecay': optimizer('adamw', 'sgd'),
  'schedule.warmupEpochs': { keys: ['schedule.id'], not: ['oneCycle'] },
  'schedule.dropEpochs': dropping,
  'schedule.dropFactor': dropping,
  'loss.gamma': { keys: ['loss.id'], among: ['focal'] },
  'table.units': { keys: ['table.use'], not: ['none'] },
  'transfer.frozenStages': { keys: ['transfer.weights'], not: [null] },
  'transfer.unfreezeEvery': { keys: ['transfer.weights'], not: [null] },
  'transfer.stageRate': { keys: ['transfer.weights'], not: [null] },
};

/**
 * The keys whose values keep this one from being used; none when it is used. A key that is not used stays in the
 * recipe and is no fault.
 *
 * @param valueOf of a dotted key; null for one that is not decided yet
 */
export function unusedBecauseOf(key: string, valueOf: (key: string) => Value): readonly string[] {
  const condition = conditions[key];
  if (condition === undefined) return [];
  const { keys, among, not = [] } = condition;
  const isMet = keys.some((other) => {
    const value = valueOf(other);
    return among === undefined ? !not.includes(value) : among.includes(value);
  });
  return isMet ? [] : keys;
}
