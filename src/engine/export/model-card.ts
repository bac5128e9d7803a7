import type { ModelPackage } from '../../contract/package.ts';
import type { ExportResult } from '../../contract/run.ts';
import { count, counted, share } from '../../core/words.ts';
import { type RunFacts, namedMetrics, stopSentence } from '../report/facts.ts';
import { metricInterval, metricValue, quantity } from '../../core/figures.ts';
import { stepText } from './preprocessing.ts';

/** `MODEL_CARD.md` in the sections of Mitchell et al. 2019, filled from facts; what only people know is asked for. */
export function modelCard(
  { project, run, manifest, data, labels }: RunFacts,
  content: ModelPackage,
  roundTrip: ExportResult['roundTrip'],
): string {
  const { input, operatingPoint, calibration, testMetrics, examples } = content;
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
    `- Network: ${plain(content.network.id)}, width × ${quantity(content.network.scale)}, ${count(content.network.parameters)} parameters, trained from scratch by Readroom ${plain(content.versions['readroom'] ?? '')}.`,
    `- Run \`${content.run}\`, trained ${run.createdAt.slice(0, 10)}; weights SHA-256 \`${content.weightsSha256}\`.`,
    `- Device: ${plain(run.device ?? 'unknown')}; backend ${plain(run.backend ?? 'unknown')}.`,
    `- Input \`${input.name}\`: ${input.layout} float32, ${input.size} × ${input.size} × ${input.channels}, from ${quantity(input.range[0])} to ${quantity(input.range[1])}. Output \`probabilities\`: softmax over ${content.classes.map((name) => `**${plain(name)}**`).join(', ')}.`,
    `- Formats: ${content.formats.map((format) => `${format}${roundTripText(roundTrip[format])}`).join('; ')}.`,
    `- ${stopSentence(run)}`,
    '',
    '## Intended use',
    '',
    `- To be written by the author: the question that the model answers, for whom, and where in the work.`,
    '- Out of scope: any decision about a patient without a qualified reader; pictures of another kind than those it was trained on.',
    `- Out-of-scope gate: none. ${content.outOfScope.note}`,
    '',
    '## Factors',
    '',
    '- To be written by the author: devices, hospitals, ages and sexes in the data. Figures by subgroup are not part of this version.',
    '',
    '## Metrics',
    '',
    operatingPoint === null
      ? '- Decision: the class with the largest probability.'
      : `- Decision: **${plain(operatingPoint.positive)}** from a probability of ${share(operatingPoint.threshold, 4)} on, else **${plain(operatingPoint.negative)}**; ${operatingPoint.rule}.`,
    calibration?.temperature == null
      ? `- Calibration: none${calibration ? ` (${calibration.note})` : ''}. Probabilities are the network's own.`
      : `- Calibration: temperature ${quantity(calibration.temperature)} fitted on ${count(calibration.n)} validation images, recorded and not applied: probabilities are the network's own.`,
    '',
    '## Evaluation data',
    '',
    ...(testMetrics === null
      ? ['The test set was never opened for this run: there are no figures of performance.']
      : [
          `${counted(testMetrics.n, 'test image')}${data.patientsKnown ? ` of ${counted(testMetrics.patients, 'patient')}` : ', patients unknown'}; the test set has been opened ${testMetrics.testOpenings === 1 ? 'once' : `${testMetrics.testOpenings} times`}.`,
          '',
          '| metric | value | 95 % interval | method |',
          '|---|---|---|---|',
          ...namedMetrics(testMetrics.metrics).map(({ key, name }) => {
            const metric = testMetrics.metrics[key]!;
            return `| ${name} | ${metricValue(metric)} | ${metricInterval(metric) ?? 'none'} | ${plain(metric.method)} |`;
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
    '- All figures come from one collection of images; check the model on your own before you believe them.',
    '- `readroom verify FOLDER` checks the sums and predicts the examples again in every format.',
    '- `report.html` has the curves, the errors and the whole recipe.',
    '',
  ];
  return lines.join('\n');
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
