import { evaluationSchema, type Evaluation, type Metric } from '../../contract/run.ts';
import { count, counted, share } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { metricInterval, metricText, metricValue, paragraphs, table, warnings } from '../format.ts';
import { finishJob, openProject } from '../work.ts';

export default defineCommand<[string, string], { split?: 'test' | 'val'; positive?: string }>({
  configure: (command) =>
    void command
      .argument('<project>', 'project folder')
      .argument('<run>', 'run id, its beginning, or latest')
      .addOption(command.createOption('--split <part>', 'part to evaluate on').choices(['test', 'val']))
      .option('--positive <class>', 'class that counts as positive; without, the last'),
  examples: ['evaluate chest latest', 'evaluate chest 0198f --split val --positive pneumonia'],
  async run(context, [path, run], options) {
    const { client, project } = await openProject(context, path, 'write');
    const started = await client.run.evaluate({ project: project.project, run, ...options });
    const evaluation = await finishJob(context, started, evaluationSchema, { what: 'Evaluating' });
    return { document: { ...evaluation }, text: describe(evaluation) };
  },
});

const titles: Record<string, string> = {
  accuracy: 'Accuracy',
  balancedAccuracy: 'Balanced accuracy',
  auc: 'AUC',
  sensitivity: 'Sensitivity (recall)',
  specificity: 'Specificity',
  precision: 'Precision (PPV)',
  npv: 'NPV',
  f1: 'F1',
  kappa: 'Kappa',
  brier: 'Brier score',
  ece: 'Calibration error (ECE)',
  eceEqualMass: 'Calibration error, equal mass',
  top5: 'Top-5 accuracy',
};

function metricRows(metrics: Record<string, Metric>): string[][] {
  return Object.entries(metrics).map(([name, metric]) => [
    titles[name] ?? name,
    metricValue(metric),
    metricInterval(metric),
    metric.method,
  ]);
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

function perClassTable(perClass: Record<string, Record<string, Metric>>): string {
  const names = ['auc', 'sensitivity', 'specificity', 'precision', 'f1'];
  const shown = names.filter((name) => Object.values(perClass).some((metrics) => name in metrics));
  return table(
    [{ title: 'Class' }, ...shown.map((name) => ({ title: titles[name] ?? name }))],
    Object.entries(perClass).map(([name, metrics]) => [
      name,
      ...shown.map((key) => (metrics[key] === undefined ? '–' : metricText(metrics[key]))),
    ]),
  );
}

function describe(evaluation: Evaluation): string {
  const { run, split, n, patients, testOpenings, positive, operatingPoint, metrics, perClass } = evaluation;
  const badges = [evaluation.generated && 'GENERATED', evaluation.splitBy === 'image' && 'SPLIT BY IMAGE'];
  const about = [
    `Run ${run} on ${split}: ${counted(n, 'image')} of ${counted(patients, 'patient')}.`,
    split === 'test' &&
      `The test set of this project was opened ${count(testOpenings)} ${testOpenings === 1 ? 'time' : 'times'}.`,
    positive !== null && `Positive class: ${positive}.`,
    operatingPoint !== null &&
      `Operating point: ${share(operatingPoint.threshold)} (${operatingPoint.rule}).`,
  ];
  return paragraphs(
    badges.filter(Boolean).join(' · '),
    about.filter(Boolean).join('\n'),
    table(
      [
        { title: 'Metric' },
        { title: 'Value', align: 'right' },
        { title: '95 % interval' },
        { title: 'Method' },
      ],
      metricRows(metrics),
    ),
    perClass && perClassTable(perClass),
    confusionTable(evaluation),
    warnings(evaluation.warnings),
  );
}
