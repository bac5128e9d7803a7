import * as tf from '@tensorflow/tfjs-core';

/**
 * Mean over the batch of w[label] · −log softmax(logits)[label], in nats, from logits so that no probability
 * is rounded to zero first. The divisor is the number of rows, as Keras has it, not the sum of the weights.
 *
 * @param logits N × classes
 * @param labels N class positions
 * @param classWeights one factor a class, or null for 1 each
 */
export function softmaxCrossEntropy(
  logits: tf.Tensor2D,
  labels: Int32Array,
  classWeights: readonly number[] | null,
): tf.Scalar {
  const [rows, classes] = logits.shape;
  const targets = new Float32Array(rows * classes);
  const rowWeights = new Float32Array(rows);
  labels.forEach((label, row) => {
    rowWeights[row] = (classWeights?.[label] ?? 1) / rows;
    targets[row * classes + label] = 1;
  });
  const operation = tf.customGrad((...args) => {
    const logit = args[0] as tf.Tensor2D;
    const save = args[1] as unknown as tf.GradSaveFunc;
    const target = tf.tensor2d(targets, [rows, classes]);
    const weight = tf.tensor2d(rowWeights, [rows, 1]);
    const shifted = tf.sub(logit, tf.max(logit, 1, true));
    const exponentials = tf.exp(shifted);
    const sums = tf.sum(exponentials, 1, true);
    const losses = tf.sub(tf.log(sums), tf.sum(tf.mul(shifted, target), 1, true));
    const gradient = tf.mul(tf.sub(tf.div(exponentials, sums), target), weight);
    save([gradient]);
    return {
      value: tf.sum(tf.mul(losses, weight)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  });
  return operation(logits) as tf.Scalar;
}

/** Row-wise softmax on the host, in double precision, rounded to float32 at the end. */
export function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - largest);
    row.forEach((logit, i) => (probabilities[start + i] = Math.exp(logit - largest) / sum));
  }
  return probabilities;
}

/** Sum over rows of −log softmax(logits)[label], and the number of rows whose largest logit is the label's. */
export function crossEntropyOnHost(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
): { lossSum: number; correct: number } {
  let lossSum = 0;
  let correct = 0;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    let sum = 0;
    for (const logit of row) sum += Math.exp(logit - largest);
    lossSum += Math.log(sum) + largest - row[label]!;
    if (row.indexOf(largest) === label) correct++;
  });
  return { lossSum, correct };
}

/** `balanced` class weights: n / (classes × n of class); a class without rows gets 1 (it is never met). */
export function balancedClassWeights(labels: Iterable<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  let total = 0;
  for (const label of labels) {
    counts[label]!++;
    total++;
  }
  return counts.map((count) => (count === 0 ? 1 : total / (classes * count)));
}
