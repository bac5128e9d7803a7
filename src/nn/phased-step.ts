import type { TrainingStep } from './step.ts';

/**
 * A step whose weights that learn change with the phase of a training: for each phase one step is made, which takes
 * over the state of the one before. Slots of weights that begin to learn start at zero, and Adam's bias correction counts
 * from there.
 *
 * @param phaseOf of a step from 0 over the whole run, so that a resumed run is in the phase of an unbroken one
 * @param firstStep that it is made for
 */
export function createPhasedStep(of: {
  readonly phaseOf: (step: number) => number;
  readonly create: (phase: number) => TrainingStep;
  readonly firstStep: number;
}): TrainingStep {
  let phase = of.phaseOf(of.firstStep);
  let current = of.create(phase);
  const enter = async (next: number): Promise<void> => {
    if (next === phase) return;
    const state = await current.readState();
    current.dispose();
    current = of.create(next);
    phase = next;
    current.writeState(state);
  };
  return {
    run: async (batch, step, learningRate, measure) => {
      await enter(of.phaseOf(step));
      return current.run(batch, step, learningRate, measure);
    },
    logits: (inputs) => current.logits(inputs),
    get stateTensors() {
      return current.stateTensors;
    },
    isFinite: () => current.isFinite(),
    readState: (keys) => current.readState(keys),
    writeState: (state) => current.writeState(state),
    dispose: () => current.dispose(),
  };
}
