import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';

import { cpu } from '../../../src/compute/cpu.ts';
import { classificationLoss, targetsOf } from '../../../src/nn/loss.ts';

beforeAll(async () => {
  await cpu.load({ threads: 1 });
});

const crossEntropy = { id: 'crossEntropy', gamma: 2 } as const;
const focal = (gamma: number) => ({ id: 'focal', gamma }) as const;
type Rows = readonly (readonly number[])[];

/** Value, and gradient by logits, of the loss of these rows. */
function lossOf(
  logits: Rows,
  targets: Rows,
  rowWeights: readonly number[],
  options: Parameters<typeof classificationLoss>[3],
): { value: number; gradient: number[] } {
  return tf.tidy(() => {
    const [z, t] = [logits, targets].map((rows) => tf.tensor2d(rows.map((row) => [...row])));
    const w = tf.tensor2d([...rowWeights], [rowWeights.length, 1]);
    const { value, grads } = tf.engine().gradients(() => classificationLoss(z!, t!, w, options), [z!]);
    return { value: value.dataSync()[0]!, gradient: [...grads[0]!.dataSync()] };
  });
}

/** −Σ weight · t (1 − p)^γ log p in double precision: Lin et al. 2017, equation 4; γ = 0 is cross-entropy. */
function byHand(logits: Rows, targets: Rows, rowWeights: readonly number[], gamma: number): number {
  return logits.reduce((total, row, r) => {
    const sum = row.reduce((all, z) => all + Math.exp(z), 0);
    const losses = row.map((z, c) => {
      const p = Math.exp(z) / sum;
      return -targets[r]![c]! * (1 - p) ** gamma * Math.log(p);
    });
    return total + rowWeights[r]! * losses.reduce((a, b) => a + b);
  }, 0);
}

const logits = [
  [0.3, -1.2, 0.9],
  [2, 0.1, -0.4],
];
// Hard, and soft as smoothing and mix-up make them.
const targets = [
  [0, 1, 0],
  [0.1, 0.2, 0.7],
];
const rowWeights = [0.5, 1.5];

describe('cross-entropy', () => {
  it('equals the hand-made value and gradient with class weights', () => {
    const given = [
      [1, 2],
      [3, 1],
    ];
    const labels = targetsOf(Int32Array.of(0, 0), 2, 0);
    expect([...labels]).toEqual([1, 0, 1, 0]);
    // Class weight 2, over two rows.
    const { value, gradient } = lossOf(
      given,
      [
        [1, 0],
        [1, 0],
      ],
      [2 / 2, 2 / 2],
      crossEntropy,
    );
    const first = -Math.log(Math.E / (Math.E + Math.E ** 2));
    const second = -Math.log(Math.E ** 3 / (Math.E ** 3 + Math.E));
    expect(value).toBeCloseTo((2 * first + 2 * second) / 2, 6);
    const p = 1 / (1 + Math.E);
    expect(gradient[0]).toBeCloseTo(p - 1, 6);
    expect(gradient[1]).toBeCloseTo(1 - p, 6);
  });

  it('stays finite for logits whose softmax rounds to zero', () => {
    expect(lossOf([[0, 1000]], [[1, 0]], [1], crossEntropy)).toEqual({ value: 1000, gradient: [-1, 1] });
  });

  it('weighs soft targets: a loss that looked at the largest only would be smaller', () => {
    expect(lossOf(logits, targets, rowWeights, crossEntropy).value).toBeCloseTo(
      byHand(logits, targets, rowWeights, 0),
      5,
    );
  });
});

describe('focal loss', () => {
  it('equals equation 4 of the paper for one case worked out by hand', () => {
    // p = e / (e + 1) = .7310586, so (1 − p)² = .0723295 and −log p = .3132617.
    expect(lossOf([[1, 0]], [[1, 0]], [1], focal(2)).value).toBeCloseTo(0.0723295 * 0.3132617, 7);
  });

  it.each([0, 0.5, 1, 2, 5])('with γ = %d: value, and gradient against central differences', (gamma) => {
    const { value, gradient } = lossOf(logits, targets, rowWeights, focal(gamma));
    expect(value).toBeCloseTo(byHand(logits, targets, rowWeights, gamma), 5);
    const shift = 1e-5;
    gradient.forEach((slope, i) => {
      const at = (by: number): number => {
        const moved = logits.map((row, r) => row.map((z, c) => (r * 3 + c === i ? z + by : z)));
        return byHand(moved, targets, rowWeights, gamma);
      };
      expect(slope).toBeCloseTo((at(shift) - at(-shift)) / (2 * shift), 5);
    });
  });

  it('with γ = 0 is cross-entropy', () => {
    const [zero, plain] = [focal(0), crossEntropy].map((one) => lossOf(logits, targets, rowWeights, one));
    expect(zero!.value).toBeCloseTo(plain!.value, 6);
    zero!.gradient.forEach((slope, i) => expect(slope).toBeCloseTo(plain!.gradient[i]!, 6));
  });

  // Below γ = 1 the slope holds a negative power of 1 − p, which is no number at p = 1.
  it.each([0.1, 0.5, 1, 2])(
    'with γ = %d stays finite where a case is surely right or surely wrong',
    (gamma) => {
      for (const far of [20, 90, 1000]) {
        const right = lossOf([[far, 0]], [[1, 0]], [1], focal(gamma));
        expect(right.value).toBeCloseTo(0, 5);
        for (const slope of right.gradient) expect(Math.abs(slope)).toBeLessThan(1e-4);
        const wrong = lossOf([[far, 0]], [[0, 1]], [1], focal(gamma));
        expect(wrong.value).toBeCloseTo(far, 4);
        expect(wrong.gradient[0]).toBeCloseTo(1, 4);
        expect(wrong.gradient[1]).toBeCloseTo(-1, 4);
      }
    },
  );
});

describe('targetsOf', () => {
  it('spreads the smoothed share over all classes, the right one too, so that a row still sums to one', () => {
    const smoothed = targetsOf(Int32Array.of(1, 2), 3, 0.3);
    [0.1, 0.8, 0.1, 0.1, 0.1, 0.8].forEach((target, i) => expect(smoothed[i]).toBeCloseTo(target, 6));
  });

  it('of a smoothed label keep the loss from falling to zero', () => {
    const smoothed = [...targetsOf(Int32Array.of(0), 2, 0.2)];
    const sure = lossOf([[50, 0]], [smoothed], [1], crossEntropy);
    expect(sure.value).toBeCloseTo(0.1 * 50, 4);
    // It pulls a logit back that is surer than the target.
    expect(sure.gradient[0]).toBeCloseTo(0.1, 5);
  });
});
