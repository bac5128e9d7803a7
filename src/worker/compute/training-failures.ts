import { ReadroomError } from '../../contract/errors.ts';
import type { NonFinite } from '../../nn/fault.ts';

/** Where and at what rate numbers stopped being finite, as the error that ends a run without a model. */
export function nonFiniteError(
  { foundIn, epoch, step, imageIds, learningRate, maxGradient }: NonFinite,
  baseRate: number,
): ReadroomError {
  const place = `epoch ${epoch}, step ${step}`;
  const what = {
    loss: `The loss stopped being a number in ${place}`,
    gradient: `The gradient stopped being a finite number in ${place}`,
    state: `A weight or a value of the optimiser stopped being a finite number by ${place}`,
    validationLoss: `The validation loss was not a number after ${place}`,
  }[foundIn];
  const computed = foundIn === 'loss' || foundIn === 'gradient';
  const gradient = computed ? `; largest gradient: ${gradientText(maxGradient)}` : '';
  return new ReadroomError(
    'nonFiniteLoss',
    `${what}, at learning rate ${learningRate.toPrecision(3)}${gradient}. Images of that batch: ${imageIds.join(', ')}.`,
    `Start a new run with a learning rate ten times smaller: optimizer.learningRate=${Number((baseRate / 10).toPrecision(3))}. ` +
      'If it happens again at the same images, look at them.',
  );
}

function gradientText(maxGradient: number | null): string {
  if (maxGradient === null) return 'not known';
  return Number.isFinite(maxGradient) ? maxGradient.toPrecision(3) : 'not a finite number';
}

/**
 * How TensorFlow, oneDNN (status 1 is its `dnnl_out_of_memory`), JavaScript and the system say that memory is
 * exhausted.
 */
const memoryExhausted =
  /OOM when allocating|Resource ?Exhausted|RESOURCE_EXHAUSTED|Status: ?1, message: could not|Array buffer allocation failed|ENOMEM|bad_alloc/i;

/** What may go wrong without being a bug. */
export function expectedFailure(error: unknown): ReadroomError | null {
  if (error instanceof ReadroomError) return error;
  const message = error instanceof Error ? error.message : '';
  if (!memoryExhausted.test(message)) return null;
  return new ReadroomError(
    'outOfMemory',
    `Memory ran out: ${message.split('\n')[0]!.slice(0, 300)}`,
    'Train with a smaller batchSize, a smaller input.size or a smaller network.scale.',
  );
}
