import { type ModelPackage, packageTask } from '../../contract/package.ts';
import type { Recipe } from '../../contract/recipe.ts';
import { type ExportResult, unitOfMetric } from '../../contract/run.ts';
import { count, counted, share } from '../../core/words.ts';
import { type RunFacts, namedMetrics, stopSentence, wordingFor } from '../report/facts.ts';
import { metricInterval, metricValue, quantity } from '../../core/figures.ts';
import { stepText } from './preprocessing.ts';

/** `MODEL_CARD.md` in the sections of Mitchell et al. 2019, filled from facts; what only people know is asked for. */
export function modelCard(
  facts: RunFacts,
  content: ModelPackage,
  roundTrip: ExportResult['roundTrip'],
): string {
  const { project, run, manifest, data, labels } = facts;
  const { input, testMetrics, examples } = content;
  const { intendedUse, caveats, metrics } = wordingFor(facts);
  const lines = [
    `# Model card: ${plain(project.name)}`,
    '',
    `> ${content.use}`,
    ...(content.generated
      ? ['>', '> **GENERATED**: trained on generated pictures. A demonstration, never a clinical claim.']
      : []),
    ...(content.splitBy === 'image' ? ['>', '> **SPLIT BY IMAGE**: figures may be inflated.'] : []),
    '',
    '## Model details',
    '',
    `- Network: ${plain(content.network.id)}, width × ${quantity(content.network.scale)}, ${count(content.network.parameters)} parameters, ${originText(run.recipe)} by Readroom ${plain(content.versions['readroom'] ?? '')}.`,
    `- Run \`${content.run}\`, trained ${run.createdAt.slice(0, 10)}; weights SHA-256 \`${content.weightsSha256}\`.`,
    `- Device: ${plain(run.device ?? 'unknown')}; backend ${plain(run.backend ?? 'unknown')}.`,
    `- Input \`${input.name}\`: ${input.layout} float32, ${input.size} × ${input.size} × ${input.channels}, from ${quantity(input.range[0])} to ${quantity(input.range[1])}. Output \`probabilities\`, ${(content.output.shape ?? [content.classes.length]).join(' × ')}, ${content.output.activation}: ${plain(content.output.meaning ?? '')}`,
    ...(content.table ? [tableText(content.table)] : []),
    `- Formats: ${content.formats.map((format) => `${format}${roundTripText(roundTrip[format])}`).join('; ')}.`,
    `- ${stopSentence(run)}`,
    '',
    '## Intended use',
    '',
    `- For ${plain(intendedUse)}.`,
    '- To be written by the author: the question behind it, for whom, and where in the work.',
    '- Out of scope: any decision about a patient without a qualified reader; pictures of another kind than those it was trained on.',
    `- Out-of-scope gate: none. ${content.outOfScope.note}`,
    '',
    '## Factors',
    '',
    '- To be written by the author: devices, hospitals, ages and sexes in the data. Figures by subgroup are not part of this version.',
    '',
    '## Metrics',
    '',
    ...decisionTexts(content),
    '',
    '## Evaluation data',
    '',
    ...(testMetrics === null
      ? ['The test set was never opened for this run: there are no figures of performance.']
      : [
          `${counted(testMetrics.n, judgedNouns[testMetrics.level ?? 'image'])}${data.patientsKnown ? ` of ${counted(testMetrics.patients, 'patient')}` : ', patients unknown'}; the test set has been opened ${testMetrics.testOpenings === 1 ? 'once' : `${testMetrics.testOpenings} times`}.`,
          '',
          '| metric | value | 95 % interval | method |',
          '|---|---|---|---|',
          ...namedMetrics(testMetrics.metrics, metrics).map(({ key, name }) => {
            const metric = testMetrics.metrics[key]!;
            const unit = unitOfMetric({ unit: testMetrics.unit ?? null }, key);
            return `| ${name} | ${metricValue(metric, unit)} | ${metricInterval(metric, unit) ?? 'none'} | ${plain(metric.method)} |`;
          }),
          '',
          ...testMetrics.warnings.map((warning) => `- ${plain(warning)}`),
        ]),
    '',
    '## Training data',
    '',
    `- Dataset version \`${content.datasetVersion}\`, split by ${content.splitBy}: ${count(manifest.rows.train.length)} training, ${count(manifest.rows.val.length)} validation, ${count(manifest.rows.test.length)} test images.`,
    `- Labels: ${plain(labels.rule)}, ${counted(labels.readers, 'reader')}.`,
    '- To be written by the author: where the images come from, who was included, and with whose permission.',
    '',
    '## From a picture to the input',
    '',
    ...content.preprocessing.map((step, i) => `${i + 1}. ${stepText(step)}`),
    '',
    '## Ethical considerations',
    '',
    `- \`examples/\` holds ${counted(examples.count, 'preprocessed picture')} of the project itself${content.generated ? ', generated ones' : ': they may show patients. Share this folder as you would share the pictures'}.`,
    '- Errors in the labels may have been learnt, and count as errors of the model where it is right.',
    '',
    '## Caveats and recommendations',
    '',
    ...caveats.map((caveat) => `- ${plain(caveat)}`),
    '- All figures come from one collection of images; check the model on your own before you believe them.',
    '- `readroom verify FOLDER` checks the sums and predicts the examples again in every format.',
    '- `report.html` has the curves, the errors and the whole recipe.',
    '',
  ];
  return lines.join('\n');
}

const judgedNouns = { image: 'test image', study: 'test study', patient: 'test patient' } as const;

function originText({ transfer }: Pick<Recipe, 'transfer'>): string {
  return transfer.weights === null
    ? 'trained from scratch'
    : `trained from the weights ${plain(transfer.weights)}`;
}

function tableText({ name, use, features }: NonNullable<ModelPackage['table']>): string {
  const read = features.map((feature) => `**${plain(feature)}**`).join(', ');
  const beside = use === 'both' ? 'beside the picture' : 'in place of the picture, which is not looked at';
  return `- Input \`${name}\`, ${beside}: ${counted(features.length, 'feature')} of the clinical table, float32: ${read}. How a row becomes features stands in \`readroom.json\`.`;
}

/** How answers become a decision, and what is known of the probabilities. */
function decisionTexts(content: ModelPackage): string[] {
  const { operatingPoint, calibration, thresholds } = content;
  const { kind } = packageTask(content);
  if (kind === 'regression') return ['- Decision: none; the model says a number.'];
  if (kind === 'segmentation')
    return [
      "- Decision: of every pixel the class with the largest probability. Probabilities are the network's own.",
    ];
  if (thresholds) {
    const each = Object.entries(thresholds).map(
      ([name, { threshold, rule }]) =>
        `  - **${plain(name)}** from a probability of ${share(threshold, 4)} on; ${rule}.`,
    );
    return [
      '- Decision, for each class by itself:',
      ...each,
      "- Calibration: none. Probabilities are the network's own.",
    ];
  }
  return [
    operatingPoint === null
      ? '- Decision: the class with the largest probability.'
      : `- Decision: **${plain(operatingPoint.positive)}** from a probability of ${share(operatingPoint.threshold, 4)} on, else **${plain(operatingPoint.negative)}**; ${operatingPoint.rule}.`,
    calibration?.temperature == null
      ? `- Calibration: none${calibration ? ` (${calibration.note})` : ''}. Probabilities are the network's own.`
      : `- Calibration: temperature ${quantity(calibration.temperature)} fitted on ${count(calibration.n)} validation images, recorded and not applied: probabilities are the network's own.`,
  ];
}

function roundTripText(result: { maxAbsDiff: number; n: number } | undefined): string {
  return result
    ? ` (${result.n} examples predicted again: largest difference ${result.maxAbsDiff.toExponential(1)})`
    : '';
}

/** Text that Markdown shows as it stands, on one line. */
function plain(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>&#|~]/g, (mark) => entities[mark] ?? `\\${mark}`);
}
