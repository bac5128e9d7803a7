import {
  evaluationLevels,
  evaluationSchema,
  type Evaluation,
  type EvaluationLevel,
  type Metric,
  poolingRules,
  type PoolingRule,
  unitOfMetric,
} from '../../contract/evaluation.ts';
import { count, counted, share } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { metricTitles as titles } from '../metric-titles.ts';
import { metricInterval, metricText, metricValue, paragraphs, table, warnings } from '../format.ts';
import { finishJob, openProject } from '../work.ts';

interface Options {
  split?: 'test' | 'val';
  positive?: string;
  level?: EvaluationLevel;
  pooling?: PoolingRule;
}

export default defineCommand<[string, string], Options>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<run>', 'run id, its beginning, or latest')
      .addOption(command.createOption('--split <part>', 'part to evaluate on').choices(['test', 'val']))
      .option('--positive <class>', 'class that counts as positive; without, the last')
      .addOption(
        command
          .createOption('--level <level>', 'what is judged: images, or studies or patients by their images')
          .choices([...evaluationLevels]),
      )
      .addOption(
        command
          .createOption(
            '--pooling <rule>',
            'how a study or a patient follows from its images; without, the mean',
          )
          .choices([...poolingRules]),
      ),
  examples: [
    'evaluate chest latest',
    'evaluate chest 0198f --split val --positive pneumonia',
    'evaluate chest latest --level patient --pooling max',
  ],
  async run(context, [path, run], options) {
    const { client, project } = await openProject(context, path, 'write');
    const started = await client.run.evaluate({ project: project.project, run, ...options });
    const evaluation = await finishJob(context, started, evaluationSchema, { what: 'Evaluating' });
    return { document: { ...evaluation }, text: describe(evaluation) };
  },
});

function metricTable(evaluation: Pick<Evaluation, 'unit'>, metrics: Record<string, Metric>): string {
  return table(
    [
      { title: 'Metric' },
      { title: 'Value', align: 'right' },
      { title: '95 % interval' },
      { title: 'Method' },
    ],
    Object.entries(metrics).map(([name, metric]) => {
      const unit = unitOfMetric(evaluation, name);
      return [titles[name] ?? name, metricValue(metric, unit), metricInterval(metric, unit), metric.method];
    }),
  );
}

function confusionTable({ classes, confusion }: Evaluation): string {
  const right = { align: 'right' as const };
  return table(
    [
      { title: 'truth \\ predicted' },
      ...classes.map((title) => ({ title, ...right })),
      { title: 'all', ...right },
    ],
    confusion.map((row, index) => [
      classes[index] ?? '',
      ...row.map(count),
      count(row.reduce((sum, cases) => sum + cases, 0)),
    ]),
  );
}

const perClassNames: Partial<Record<Evaluation['task'], string[]>> = {
  multiLabel: ['auc', 'averagePrecision', 'sensitivity', 'specificity', 'f1', 'prevalence'],
  segmentation: ['dice', 'iou', 'hausdorff95'],
};

function perClassTable(evaluation: Evaluation): string {
  const { task, perClass, thresholds, outcomes } = evaluation;
  if (!perClass) return '';
  const names = perClassNames[task] ?? ['auc', 'sensitivity', 'specificity', 'precision', 'f1'];
  const shown = names.filter((name) => Object.values(perClass).some((metrics) => name in metrics));
  return table(
    [
      { title: 'Class' },
      ...shown.map((name) => ({ title: titles[name] ?? name })),
      ...(thresholds ? [{ title: 'Given from', align: 'right' as const }] : []),
      ...(outcomes ? [{ title: 'Missed' }, { title: 'Found, not drawn' }] : []),
    ],
    Object.entries(perClass).map(([name, metrics]) => [
      name,
      ...shown.map((key) =>
        metrics[key] === undefined ? '–' : metricText(metrics[key], unitOfMetric(evaluation, key)),
      ),
      ...(thresholds?.[name] ? [share(thresholds[name].threshold)] : []),
      ...(outcomes?.[name]
        ? [counted(outcomes[name].missed, 'image'), counted(outcomes[name].false, 'image')]
        : []),
    ]),
  );
}

function judged({ run, split, level, pooling, n, images = n, patients }: Evaluation): string {
  if (level === 'image' || pooling === null)
    return `Run ${run} on ${split}: ${counted(n, 'image')} of ${counted(patients, 'patient')}.`;
  return `Run ${run} on ${split}: ${counted(n, level)} by the ${poolingWords[pooling]} of ${counted(images, 'image')}.`;
}

const poolingWords = { mean: 'mean', max: 'highest', noisyOr: 'noisy-or' } as const;

function describe(evaluation: Evaluation): string {
  const { split, testOpenings, positive, operatingPoint, metrics, baseline, unit } = evaluation;
  const badges = [evaluation.generated && 'GENERATED', evaluation.splitBy === 'image' && 'SPLIT BY IMAGE'];
  const about = [
    judged(evaluation),
    split === 'test' &&
      `The test set of this project was opened ${count(testOpenings)} ${testOpenings === 1 ? 'time' : 'times'}.`,
    positive !== null && `Positive class: ${positive}.`,
    operatingPoint !== null &&
      `Operating point: ${share(operatingPoint.threshold)} (${operatingPoint.rule}).`,
  ];
  return paragraphs(
    badges.filter(Boolean).join(' · '),
    about.filter(Boolean).join('\n'),
    metricTable(evaluation, metrics),
    baseline &&
      `Predicting the training mean for every image would give:\n${metricTable({ unit }, baseline.metrics)}`,
    perClassTable(evaluation),
    evaluation.confusion.length > 0 && confusionTable(evaluation),
    warnings(evaluation.warnings),
  );
}
