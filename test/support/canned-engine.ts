import type { Comparison } from '../../src/contract/comparison.ts';
import { implement } from '@orpc/server';

import type { ReproductionCertificate } from '../../src/contract/certificate.ts';
import { ReadroomError, type ErrorCode } from '../../src/contract/errors.ts';
import type { SequencedEvent } from '../../src/contract/events.ts';
import { contract } from '../../src/contract/index.ts';
import type { Job } from '../../src/contract/job.ts';
import type { ProjectSummary } from '../../src/contract/project.ts';
import { recipeSchema } from '../../src/contract/recipe.ts';
import type { Evaluation, RunResult, RunRow, TrainingPlan } from '../../src/contract/run.ts';
import type { ViewRow } from '../../src/contract/image.ts';
import type { MergeConflict } from '../../src/contract/merge.ts';
import type { Disagreement, ReadingRound, RoundAgreement } from '../../src/contract/round.ts';
import { settingsSchema } from '../../src/contract/system.ts';
import { reproductionCertificate } from '../../src/core/certificate.ts';
import { certificateFacts } from './certificates.ts';
import { wholeRouter } from './whole-router.ts';

/** Figures that a host only carries and prints: no host can tell them from an engine's. */

const summary = (path: string): ProjectSummary => ({
  project: 'p1',
  path,
  name: 'Chest',
  template: 'pneumonia',
  task: 'classification',
  classes: [
    { id: 'c0', name: 'normal', position: 0, color: '#56b4e9', key: '1' },
    { id: 'c1', name: 'pneumonia', position: 1, color: '#e69f00', key: '2' },
  ],
  labels: { kind: 'single', level: 'image', number: null, shapes: [] },
  images: 4,
  patients: 2,
  labelled: 4,
  generated: false,
  readOnly: false,
  notices: [],
  createdAt: '2026-01-01T00:00:00.000Z',
});

const cannedConflict: MergeConflict = {
  conflict: 'c1',
  target: { kind: 'image', id: 'i1' },
  image: 'i1',
  reader: 'Ada',
  stands: { what: 'pneumonia', actor: 'Ada', at: '2026-01-02T00:00:00.000Z' },
  other: { what: 'normal', actor: 'Ben', at: '2026-01-01T00:00:00.000Z' },
  resolved: false,
};

const cannedImage: ViewRow = {
  ...{ image: 'i1', fileName: 'P0002-2.png', patient: 'P0002', width: 6, height: 5 },
  ...{ class: 'a', classes: null, number: null, unsure: false, part: null, series: null, modality: null },
  ...{ annotated: false, flags: [], mine: null },
};

const cannedRound: ReadingRound = {
  round: 'r1',
  name: 'First',
  status: 'closed',
  images: 4,
  assignment: { kind: 'all' },
  seed: 1,
  washoutDays: 0,
  tolerance: 0,
  readers: [
    { reader: 'a', name: 'Ada', assigned: 4, read: 4, availableFrom: null, medianSeconds: 3.5 },
    {
      reader: 'b',
      name: 'Ben',
      assigned: 4,
      read: 2,
      availableFrom: '2026-01-14T00:00:00.000Z',
      medianSeconds: null,
    },
  ],
  openedAt: '2026-01-01T00:00:00.000Z',
  closedAt: '2026-01-02T00:00:00.000Z',
  disagreements: 1,
  adjudicated: 0,
};
const cannedAgreement: RoundAgreement['parts'][number] = {
  class: null,
  scale: 'nominal',
  group: [
    {
      id: 'krippendorff',
      value: 0.7,
      low: 0.5,
      high: 0.9,
      units: 4,
      patients: 4,
      method: 'Krippendorff’s alpha, nominal; x',
    },
  ],
  pairs: [
    {
      readers: ['Ada', 'Ben'],
      measures: [
        { id: 'cohen', value: null, low: null, high: null, units: 2, patients: 2, method: 'Cohen’s kappa' },
      ],
      categories: ['normal', 'pneumonia'],
      cells: [
        [['i1'], []],
        [[], ['i2']],
      ],
      difference: {
        mean: { value: 1.5, low: 0.5, high: 2.5 },
        lower: { value: -2, low: null, high: null },
        upper: { value: 5, low: null, high: null },
        ...{ units: 2, patients: 2, method: 'mean difference ± 1.96 standard deviations; x' },
      },
      points: [{ image: 'i1', first: 10, second: 12 }],
    },
  ],
};
const said = { classes: null, number: null, unsure: false, skipped: false, bookmarked: false, comment: null };
const cannedDisagreement: Disagreement = {
  image: 'i1',
  words: [
    { ...said, class: 'normal', reader: 'Ada' },
    { ...said, class: 'pneumonia', reader: 'Ben' },
  ],
  decided: { ...said, class: 'normal', reader: 'Cleo' },
};

export const cannedRun: RunResult = {
  run: 'run-1',
  name: 'first try',
  status: 'completed',
  network: 'alexnet-small',
  parameters: 123_456,
  epochs: 2,
  bestEpoch: 2,
  stoppedBecause: 'completed',
  history: [1, 2].map((epoch) => ({
    epoch,
    loss: 0.5 / epoch,
    accuracy: 0.8,
    valLoss: 0.6 / epoch,
    valAccuracy: 0.75,
    valBalancedAccuracy: 0.74,
    valF1: 0.73,
    valAuc: 0.81,
    valMae: null,
    valDice: null,
    learningRate: 1e-3,
    seconds: 3,
    imagesPerSecond: 84,
  })),
  imagesPerSecond: 84,
  backend: 'tensorflow',
  backendVersion: '2.21.0',
  device: 'CPU',
  threads: 2,
  seconds: 6,
  weightsSha256: 'ab'.repeat(32),
  datasetVersion: 'cd'.repeat(32),
  classes: ['normal', 'pneumonia'],
  recipe: recipeSchema.parse({ epochs: 2 }),
  fold: null,
  rerunOf: null,
  job: null,
  warnings: ['Training runs on the CPU.'],
  createdAt: '2026-01-01T00:00:00.000Z',
  error: null,
};

const cannedCertificate = (): ReproductionCertificate => reproductionCertificate(certificateFacts());

const metric = (value: number | null) => ({
  value,
  low: value && value - 0.03,
  high: value && value + 0.02,
  method: value === null ? 'too few (n = 4)' : 'bootstrap by patient',
});

const evaluation: Evaluation = {
  run: 'run-1',
  split: 'test',
  task: 'multiClass',
  level: 'image',
  pooling: null,
  unit: null,
  n: 90,
  patients: 30,
  testOpenings: 1,
  classes: ['normal', 'pneumonia'],
  positive: 'pneumonia',
  operatingPoint: { threshold: 0.41, rule: 'Youden on validation' },
  confusion: [
    [40, 5],
    [3, 42],
  ],
  metrics: { auc: metric(0.93), sensitivity: metric(0.933), recall: metric(0.933), npv: metric(null) },
  warnings: [],
  splitBy: 'patient',
  generated: true,
};

const difference = (value: number, pHolm: number) => ({ ...metric(value), p: pHolm / 2, pHolm });
const comparison: Comparison = {
  ...{ split: 'val', task: 'multiClass', level: 'image', pooling: null, n: 90, patients: 30 },
  ...{ testOpenings: 1, classes: ['normal', 'pneumonia'], positive: 'pneumonia', unit: null },
  reference: 'run-1',
  runs: [
    {
      ...{ run: 'run-1', name: 'first', variant: 'image', differences: null },
      metrics: { auc: metric(0.7), brier: metric(0.2), npv: metric(0.6) },
    },
    {
      ...{ run: 'run-2', name: 'second', variant: 'both' },
      metrics: { auc: metric(0.85), brier: metric(0.15), npv: metric(null) },
      differences: {
        auc: difference(0.15, 0.002),
        brier: difference(-0.05, 0.04),
        npv: { ...metric(null), p: null, pHolm: null },
      },
    },
    {
      ...{ run: 'run-3', name: 'third', variant: 'table' },
      metrics: { auc: metric(0.69), brier: metric(0.24), npv: metric(0.6) },
      differences: {
        auc: difference(-0.01, 0.7),
        brier: difference(0.04, 0.03),
        npv: difference(0.1, 0.3),
      },
    },
  ],
  metrics: ['auc', 'brier', 'npv'],
  lessIsBetter: ['brier'],
  correction: 'holm',
  warnings: ['Each run is one training.'],
  ...{ splitBy: 'patient', generated: true },
};

const cannedRow: RunRow = {
  run: 'run-1',
  name: 'first try',
  status: 'completed',
  network: 'alexnet-small',
  scale: 1,
  size: 32,
  batchSize: 16,
  learningRate: 1e-3,
  table: 'none',
  epochs: { done: 2, planned: 2 },
  parameters: 123_456,
  imagesPerSecond: 84,
  backend: 'tensorflow',
  datasetVersion: 'cd'.repeat(32),
  test: { metric: 'auc', value: 0.93, low: 0.9, high: 0.95, unit: null },
  queued: null,
  priority: 'normal',
  rerunOf: null,
  best: { epoch: 2, valLoss: 0.3, valAccuracy: 0.75, valMae: null, valDice: null },
  seconds: 6,
  createdAt: '2026-01-01T00:00:00.000Z',
};

const results: Record<string, unknown> = {
  exportLabels: {
    ...{ format: 'csv', to: '/films/labels.csv', images: 4, labels: 4, shapes: 0, warnings: [] },
  },
  import: {
    dryRun: false,
    added: 4,
    alreadyPresent: 0,
    refused: [{ file: 'a\u001b[31m.png', code: 'notAnImage', message: 'It is text.' }],
    images: 4,
    patients: 2,
    labelled: 4,
    classes: ['normal', 'pneumonia'],
    byClass: { normal: 2, pneumonia: 2 },
    warnings: [],
  },
  merge: { events: 12, images: 2, missing: 1, readers: 1, conflicts: 1, labelled: 4 },
  split: {
    version: 'ef'.repeat(32),
    by: 'patient',
    seed: 1,
    counts: { train: 2, val: 1, test: 1 },
    patients: { train: 1, val: 1, test: 1 },
    byClass: { normal: { train: 1, val: 1, test: 0 } },
    warnings: ['Class normal is missing from test.'],
    folds: [{ train: 2, val: 1 }],
  },
  train: cannedRun,
  rerun: {
    run: 'run-1',
    rerun: 'run-2',
    same: true,
    weightsSha256: ['ab', 'ab'],
    certificate: cannedCertificate(),
  },
  evaluate: evaluation,
  compare: comparison,
  report: { file: '/tmp/report.html', bytes: 740_000 },
  export: {
    folder: '/tmp/model',
    files: [{ path: 'readroom.json', sha256: 'ab' }],
    formats: ['onnx'],
    roundTrip: { onnx: { maxAbsDiff: 1e-7, n: 16 } },
  },
  verify: { ok: true, problems: [] },
  predict: {
    predictions: [
      { file: '/pictures/a.png', label: 'pneumonia', probabilities: { normal: 0.1, pneumonia: 0.9 } },
      {
        file: '/pictures/b.png',
        label: null,
        probabilities: {},
        error: { code: 'notAnImage', message: 'It is text.' },
      },
    ],
    task: { kind: 'multiClass', classes: ['normal', 'pneumonia'] },
  },
  sample: {
    folder: '/tmp/films',
    images: 8,
    patients: 2,
    classes: ['normal'],
    generated: true,
    generatorVersion: 1,
  },
};

/** What an engine was asked, newest last: `[procedure, input]`. */
export type Asked = [string, unknown][];

export interface CannedOptions {
  /** Every procedure but `job` and `system.events` fails with this code. */
  fail?: ErrorCode;
  /** Only these fail. */
  failing?: string[];
  /** Results of jobs in place of the usual ones. */
  results?: Record<string, unknown>;
  /** The train job stays running until it is cancelled, then ends with this result. */
  trainUntilCancelled?: Partial<RunResult>;
  /** What the plan of a training says. */
  plan?: Partial<TrainingPlan>;
}

const cannedPlan: TrainingPlan = {
  recipe: recipeSchema.parse({ epochs: 2 }),
  network: { id: 'alexnet-small', name: 'AlexNet small', source: 'a paper', minimumSize: 28 },
  layers: [],
  parameters: 123_456,
  multiplyAdds: 1e6,
  counts: { train: 2, val: 1, test: 1 },
  classes: ['normal', 'pneumonia'],
  stepsPerEpoch: 1,
  memory: { bytes: 5e8, availableBytes: 8e9 },
  disk: { bytes: 1e7, availableBytes: 8e9 },
  time: null,
  shortages: [],
  remarks: [],
  problems: [],
  warnings: [],
};

export function createCannedEngine(options: CannedOptions = {}) {
  const os = implement(contract);
  const asked: Asked = [];
  const jobResults = { ...results, ...options.results };
  let cancelled: (() => void) | undefined;
  const cancellation = new Promise<void>((resolve) => (cancelled = resolve));
  let trainEnded = options.trainUntilCancelled === undefined;

  const note = (procedure: string, input: unknown): void => {
    asked.push([procedure, input]);
    if (options.fail !== undefined && (options.failing?.includes(procedure) ?? true))
      throw new ReadroomError(options.fail, 'It was refused.', 'Do something else.');
  };
  const start =
    (kind: string) =>
    ({ input }: { input: unknown }) => {
      note(kind, input);
      return { job: kind };
    };
  const job = (kind: string): Job => ({
    job: kind,
    project: null,
    kind,
    status: kind === 'train' && !trainEnded ? 'running' : 'completed',
    done: 1,
    total: 1,
    note: '',
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:00:01.000Z',
    result:
      kind === 'train' && options.trainUntilCancelled
        ? { ...cannedRun, ...options.trainUntilCancelled }
        : jobResults[kind],
    error: null,
  });
  const labelled = { image: 'i1', label: 'pneumonia', reader: 'Dr Weber', event: 'e1', count: 1 };
  const profile = { name: 'Ada', createdAt: '2026-01-01T00:00:00.000Z' };
  const secret = 'abcde-fghjk-mnpqr-stvwx';
  const reversed = { ...labelled, what: 'pneumonia on P0001-1.png' };

  const router = wholeRouter({
    project: {
      create: os.project.create.handler(({ input }) => (note('create', input), summary(input.path))),
      open: os.project.open.handler(({ input }) => (note('open', input), summary(input.path))),
      get: os.project.get.handler(() => summary('/p')),
      list: os.project.list.handler(() => []),
      close: os.project.close.handler(() => undefined),
      prepared: os.project.prepared.handler(
        ({ input }) => (note('prepared', input), { bytes: 1.2e9, limitBytes: 20e9 }),
      ),
      clearPrepared: os.project.clearPrepared.handler(
        ({ input }) => (note('clearPrepared', input), { removedBytes: 9e8, keptBytes: 3e8 }),
      ),
      templates: os.project.templates.handler(() => []),
      recent: os.project.recent.handler(() => []),
      forgetRecent: os.project.forgetRecent.handler(({ input }) => note('forgetRecent', input)),
      suggestFolder: os.project.suggestFolder.handler(() => ({ path: '/p/Chest' })),
      createSample: os.project.createSample.handler(start('createSample')),
    },
    dataset: {
      import: os.dataset.import.handler(start('import')),
      images: os.dataset.images.handler(({ input }) => (note('images', input), { total: 0, rows: [] })),
      openView: os.dataset.openView.handler(
        ({ input }) => (note('openView', input), { view: 'v1', total: 0 }),
      ),
      viewRows: os.dataset.viewRows.handler(() => ({ rows: [] })),
      rows: os.dataset.rows.handler(() => ({ rows: [cannedImage] })),
      viewPosition: os.dataset.viewPosition.handler(() => ({ position: null })),
      nextUnread: os.dataset.nextUnread.handler(() => ({ position: null, read: 0 })),
      patients: os.dataset.patients.handler(() => []),
      savedViews: os.dataset.savedViews.handler(() => []),
      saveView: os.dataset.saveView.handler(() => []),
      deleteView: os.dataset.deleteView.handler(() => []),
      split: os.dataset.split.handler(start('split')),
      currentSplit: os.dataset.currentSplit.handler(() => null),
      versions: os.dataset.versions.handler(() => []),
      findDuplicates: os.dataset.findDuplicates.handler(start('findDuplicates')),
      showFile: os.dataset.showFile.handler(() => ({ file: 'f1' })),
    },
    table: { get: os.table.get.handler(() => null) },
    weights: { list: os.weights.list.handler(() => (note('weights', {}), [])) },
    label: {
      set: os.label.set.handler(({ input }) => (note('label', input), labelled)),
      undo: os.label.undo.handler(({ input }) => (note('undo', input), reversed)),
      redo: os.label.redo.handler(({ input }) => (note('redo', input), reversed)),
      history: os.label.history.handler(({ input }) => (note('history', input), [])),
      assign: os.label.assign.handler(({ input }) => (note('assign', input), { count: 1 })),
      reversible: os.label.reversible.handler(() => ({ undo: null, redo: null })),
      place: os.label.place.handler(() => null),
      leavePlace: os.label.leavePlace.handler(() => undefined),
    },
    history: {
      actions: os.history.actions.handler(
        ({ input }) => (
          note('actions', input),
          {
            actions: [
              {
                ...{ batch: 'b1', at: '2026-01-01T00:00:00.000Z', actor: 'Dr Weber', kind: 'set' as const },
                ...{ target: 'image' as const, what: 'pneumonia on \u001b[2J.png', count: 1 },
                ...{ image: 'i1', undone: false },
              },
            ],
            next: null,
          }
        ),
      ),
      asOf: os.history.asOf.handler(
        ({ input }) => (
          note('asOf', input),
          {
            at: '2026-01-01T00:00:00.000Z',
            images: 4,
            labelled: 2,
            classes: [{ class: 'c0', name: 'normal', n: 2 }],
          }
        ),
      ),
      labelsAsOf: os.history.labelsAsOf.handler(() => []),
    },
    class: {
      retired: os.class.retired.handler(({ input }) => (note('classRetired', input), [])),
      versions: os.class.versions.handler(
        ({ input }) => (
          note('classVersions', input),
          [
            {
              ...{ version: 2, at: '2026-01-01T00:00:00.000Z', actor: 'Dr Weber' },
              ...{ what: 'opacity renamed to pneumonia', names: ['normal', 'pneumonia'] },
            },
          ]
        ),
      ),
    },
    merge: {
      merge: os.merge.merge.handler(start('merge')),
      conflicts: os.merge.conflicts.handler(() => [cannedConflict]),
      resolve: os.merge.resolve.handler(({ input }) => (note('resolve', input), [])),
    },
    interchange: {
      outlook: os.interchange.outlook.handler(() => [
        { format: 'csv', labels: 4, words: 0, shapes: 0, leftOut: [] },
      ]),
      export: os.interchange.export.handler(start('exportLabels')),
      import: os.interchange.import.handler(start('importLabels')),
    },
    round: {
      list: os.round.list.handler(() => [cannedRound]),
      outlook: os.round.outlook.handler(() => ({ images: 4, labelled: 2 })),
      open: os.round.open.handler(({ input }) => (note('openRound', input), cannedRound)),
      close: os.round.close.handler(({ input }) => (note('closeRound', input), cannedRound)),
      agreement: os.round.agreement.handler(() => ({ round: 'r1', parts: [cannedAgreement] })),
      disagreements: os.round.disagreements.handler(({ input }) => {
        note('disagreements', input);
        return { total: 2, decided: 1, rows: [cannedDisagreement] };
      }),
      adjudicate: os.round.adjudicate.handler(({ input }) => (note('adjudicate', input), cannedDisagreement)),
      rule: os.round.rule.handler(() => ({ rule: 'single-reader/1' })),
      previewRule: os.round.previewRule.handler(({ input: { rule } }) => ({
        ...{ rule, changed: 2, gained: 1, lost: 1, images: ['i1', 'i2'] },
        examples: [
          { image: 'i1', now: 'normal', then: null },
          { image: 'i2', now: null, then: 'pneumonia' },
        ],
      })),
      setRule: os.round.setRule.handler(({ input }) => (note('setRule', input), { rule: input.rule })),
    },
    reader: {
      list: os.reader.list.handler(() => []),
      add: os.reader.add.handler(({ input }) => (note('reader', input), [])),
    },
    profile: {
      list: os.profile.list.handler(() => (note('profiles', {}), [profile])),
      add: os.profile.add.handler(({ input }) => (note('profile', input), { secret, profiles: [profile] })),
      reset: os.profile.reset.handler(({ input }) => (note('reset', input), { secret, profiles: [profile] })),
      remove: os.profile.remove.handler(({ input }) => (note('remove profile', input), [])),
    },
    run: {
      train: os.run.train.handler(({ input }) => (note('train', input), { job: 'train', run: 'run-1' })),
      list: os.run.list.handler(() => ({
        runs: [
          cannedRow,
          { ...cannedRow, run: 'run-2', name: 'second try', status: 'cancelled', test: null },
        ],
        testOpenings: 1,
      })),
      get: os.run.get.handler(() => cannedRun),
      rerun: os.run.rerun.handler(({ input }) => (note('rerun', input), { job: 'rerun', run: 'run-2' })),
      certificate: os.run.certificate.handler(() => cannedCertificate()),
      compare: os.run.compare.handler(start('compare')),
      evaluate: os.run.evaluate.handler(start('evaluate')),
      report: os.run.report.handler(start('report')),
      export: os.run.export.handler(start('export')),
      verify: os.run.verify.handler(start('verify')),
      predict: os.run.predict.handler(start('predict')),
      resume: os.run.resume.handler(start('resume')),
      previewAugmentation: os.run.previewAugmentation.handler(start('previewAugmentation')),
      folder: os.run.folder.handler(() => ({ path: '/p/runs/run-1', bytes: 4096 })),
      rename: os.run.rename.handler(({ input }) => note('rename', input)),
      remove: os.run.remove.handler(({ input }) => note('remove', input)),
      pause: os.run.pause.handler(({ input }) => note('pause', input)),
      stop: os.run.stop.handler(({ input }) => note('stop', input)),
      moveInQueue: os.run.moveInQueue.handler(({ input }) => note('moveInQueue', input)),
      resumeInterrupted: os.run.resumeInterrupted.handler(() => ({ resumed: 0 })),
      queue: os.run.queue.handler(() => ({ paused: false, runs: [] })),
      pauseQueue: os.run.pauseQueue.handler(({ input }) => note('pauseQueue', input)),
      setPriority: os.run.setPriority.handler(({ input }) => note('setPriority', input)),
      checkRecipe: os.run.checkRecipe.handler(({ input }) => note('checkRecipe', input)),
      plan: os.run.plan.handler(() => ({ ...cannedPlan, ...options.plan })),
      samples: os.run.samples.handler(() => []),
      steps: os.run.steps.handler(() => ({ stride: 1, points: [] })),
      filters: os.run.filters.handler(() => []),
      evaluation: os.run.evaluation.handler(() => null),
      cases: os.run.cases.handler(() => ({ total: 0, rows: [] })),
    },
    job: {
      get: os.job.get.handler(({ input }) => job(input.job)),
      list: os.job.list.handler(() => []),
      cancel: os.job.cancel.handler(() => {
        trainEnded = true;
        cancelled?.();
      }),
    },
    settings: {
      get: os.settings.get.handler(() => settingsSchema.parse({})),
      set: os.settings.set.handler(({ input }) => settingsSchema.parse(input)),
    },
    system: {
      about: os.system.about.handler(() => ({
        ...{ version: '0.1.0', host: 'server' as const, platform: 'linux-x64', cores: 2, memoryBytes: 8e9 },
        ...{ userName: 'weber', backend: { id: 'tensorflow', device: 'CPU' }, seq: 0 },
      })),
      listFolder: os.system.listFolder.handler(({ input }) => ({
        ...{ path: input.path ?? '/home/weber', parent: '/home', entries: [], truncated: false, places: [] },
      })),
      doctor: os.system.doctor.handler(() => {
        note('doctor', null);
        return {
          ok: true,
          readroom: '0.1.0',
          node: 'v24.0.0',
          platform: 'linux x64',
          cores: 2,
          memoryBytes: 8e9,
          chosenBackend: 'tensorflow',
          backends: [
            { id: 'tensorflow', ok: true, device: 'CPU', version: '2.21.0', reason: '', remedy: '' },
          ],
          electron: {
            ok: false,
            version: null,
            reason: 'Not fetched.',
            remedy: 'npm run setup -- --electron',
          },
          browser: { ok: true, version: '130', reason: '', remedy: '' },
          sqlite: '3.50.0',
          checks: [{ name: 'Disk', ok: true, detail: '20 GB free', remedy: '' }],
        };
      }),
      sample: os.system.sample.handler(start('sample')),
      events: os.system.events.handler(async function* (): AsyncGenerator<SequencedEvent> {
        const of = { project: 'p1', run: 'run-1' };
        yield {
          seq: 1,
          event: {
            type: 'run.stepEnded',
            ...of,
            epoch: 1,
            step: 1,
            steps: 2,
            loss: 0.5,
            imagesPerSecond: 84,
            secondsLeft: { low: 80, high: 100 },
            learningRate: 0.001,
            gradientNorm: 2.5,
            memoryBytes: 5e8,
            tensorBytes: null,
          },
        };
        await cancellation;
        yield { seq: 2, event: { type: 'job.ended', project: 'p1', job: 'train', status: 'completed' } };
      }),
    },
  });
  return { router, asked };
}
