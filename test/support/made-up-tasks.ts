import type { EpochRecord } from '../../src/contract/events.ts';
import { classesOf, type LearningTask, type Truth } from '../../src/contract/learning-task.ts';
import type { Manifest, Predictions } from '../../src/contract/run-folder.ts';
import { createRandom } from '../../src/core/random.ts';
import { type MadeUpRun, madeUpRun } from './run-facts.ts';

const tasks = {
  multiLabel: { kind: 'multiLabel', classes: ['effusion', 'nodule', 'none seen'] },
  ordinal: { kind: 'ordinal', classes: ['healthy', 'mild', 'severe', 'worst'] },
  regression: { kind: 'regression', unit: 'months', low: 0, high: 240 },
  segmentation: { kind: 'segmentation', classes: ['tumour', 'oedema'] },
  binary: { kind: 'binary', classes: ['well', 'sick'] },
} as const satisfies Record<string, LearningTask>;
export type MadeUpTask = keyof typeof tasks;

/** Made-up predictions of a task: 240 patients of three films each unless said, two films a study; nothing was measured. */
export function madeUpTaskRun(
  name: MadeUpTask,
  options: { patients?: number; filmsPerPatient?: number } = {},
): MadeUpRun {
  const task: LearningTask = structuredClone(tasks[name]);
  const run = madeUpRun(options);
  const random = createRandom(11, name);
  const truths = new Map<string, Truth>();
  const truthOf = (patient: string): Truth => {
    const known = truths.get(patient);
    if (known !== undefined) return known;
    const truth = drawTruth(task, random);
    truths.set(patient, truth);
    return truth;
  };
  const place = (rows: Manifest['rows']['train']): Manifest['rows']['train'] =>
    rows.map((row, index) => ({
      ...row,
      study: `${row.patient}-${Math.floor((index % (options.filmsPerPatient ?? 3)) / 2)}`,
      label: task.kind === 'segmentation' ? row.slot : truthOf(row.patient),
    }));
  const { train, val, test } = run.manifest.rows;
  const manifest: Manifest = {
    ...run.manifest,
    classes: [...classesOf(task)],
    task,
    rows: { train: place(train), val: place(val), test: place(test) },
  };
  const predict = (split: 'val' | 'test'): Predictions => ({
    ...(split === 'val' ? run.validation : run.test),
    rows: manifest.rows[split].map(({ image, patient, study, label }) => ({
      ...{ image, patient, study, truth: label },
      ...answer(task, label, random),
    })),
    ...(task.kind === 'segmentation' && { unit: 'mm' as const }),
  });
  const history = run.facts.run.history.map((epoch): EpochRecord => ({
    ...epoch,
    ...(task.kind === 'regression' && { accuracy: null, valAccuracy: null, valMae: 9 + 30 / epoch.epoch }),
    ...(task.kind === 'segmentation' && { accuracy: null, valDice: epoch.valAccuracy }),
  }));
  const facts = {
    ...run.facts,
    manifest,
    run: { ...run.facts.run, history, classes: manifest.classes },
    model: { ...run.facts.model, classes: manifest.classes, task },
  };
  return { facts, manifest, validation: predict('val'), test: predict('test') };
}

type Random = ReturnType<typeof createRandom>;
type Answer = Pick<Predictions['rows'][number], 'probabilities' | 'regions' | 'pixels'>;

const uniform = (random: Random): number => random.uint32() * 2 ** -32;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function drawTruth(task: LearningTask, random: Random): Truth {
  if (task.kind === 'regression') return Math.round(uniform(random) * 216 + 12);
  if (task.kind === 'multiLabel')
    return task.classes.flatMap((_, label) => (uniform(random) < 0.3 + 0.1 * label ? [label] : []));
  return Math.floor(uniform(random) * classesOf(task).length);
}

function answer(task: LearningTask, truth: Truth, random: Random): Answer {
  switch (task.kind) {
    case 'regression':
      return { probabilities: [(truth as number) + 8 * random.normal() + 2] };
    case 'multiLabel':
      return {
        probabilities: task.classes.map((_, label) =>
          sigmoid(((truth as number[]).includes(label) ? 1.4 : -1.4) + 1.5 * random.normal()),
        ),
      };
    case 'segmentation':
      return { probabilities: [], regions: task.classes.map(() => region(random)), pixels: pixels(random) };
    default: {
      const powers = task.classes.map((_, grade) =>
        Math.exp(-1.1 * Math.abs(grade - (truth as number)) + 0.8 * random.normal()),
      );
      const sum = powers.reduce((total, power) => total + power, 0);
      return { probabilities: powers.map((power) => power / sum) };
    }
  }
}

function region(random: Random): NonNullable<Predictions['rows'][number]['regions']>[number] {
  const kind = uniform(random);
  const size = 50 + Math.floor(uniform(random) * 400);
  const nothing = { truePositives: 0, falsePositives: 0, falseNegatives: 0, hausdorff95: null };
  if (kind < 0.1) return nothing;
  if (kind < 0.2) return { ...nothing, falseNegatives: size };
  if (kind < 0.25) return { ...nothing, falsePositives: size };
  const wrong = (): number => Math.floor(uniform(random) * size * 0.4);
  return {
    truePositives: size,
    falsePositives: wrong(),
    falseNegatives: wrong(),
    hausdorff95: uniform(random) * 20,
  };
}

function pixels(random: Random): { judged: number; right: number } {
  return { judged: 4096, right: 3500 + Math.floor(uniform(random) * 596) };
}
