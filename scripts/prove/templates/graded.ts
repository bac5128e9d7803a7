import { readFileSync } from 'node:fs';
import path from 'node:path';

import { classOf } from '../../../src/contract/learning-task.ts';
import { type Evaluation, type Metric } from '../../../src/contract/run.ts';
import { predictionsSchema } from '../../../src/contract/run-folder.ts';
import { evaluateGradesInSteps } from '../../../src/core/grade-metrics.ts';

/**
 * The metrics of grades, of a run too that was trained on grades as plain classes and is therefore evaluated without
 * regard to their order.
 */
export function gradeMetrics(
  { metrics, classes, task }: Evaluation,
  runFolder: string,
): Record<string, Metric> {
  if (task === 'ordinal') return metrics;
  const stored = readFileSync(path.join(runFolder, 'predictions', 'test.json'), 'utf8');
  const rows = predictionsSchema
    .parse(JSON.parse(stored))
    .rows.map(({ patient, probabilities, truth }) => ({ patient, probabilities, truth: classOf(truth) }));
  const steps = evaluateGradesInSteps({ rows, classes, seed: 1 });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value.metrics;
  }
}
