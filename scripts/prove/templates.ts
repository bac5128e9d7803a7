import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Comparison } from '../../src/contract/comparison.ts';
import type { SplitPart } from '../../src/contract/split.ts';
import type { Evaluation, RunResult } from '../../src/contract/run.ts';
import { findSampleTemplate } from '../../src/core/sample/index.ts';
import { projectTemplates } from '../../src/core/templates/index.ts';
import { pythonWith } from '../python-environment.ts';
import { inScratch, readroom } from './lib/readroom.ts';
import { gradeMetrics } from './templates/graded.ts';
import { beatsBaseline, page, type ProvedRun, type ProvedTemplate } from './templates/page.ts';
import { type PlannedRun, standIn, type TemplatePlan, templatePlans } from './templates/plans.ts';

type Trained = ProvedRun & { readonly run: string };

/** Every template trained fully on its generated files; `READROOM_TEMPLATES=xray,skin` proves only those anew. */
export default {
  name: 'templates',
  description: 'Every template trained on its generated files, against a plain baseline',
  run: ({ root, tell }: { root: string; tell: (line: string) => void }) =>
    inScratch((folder) => {
      const record = path.join(root, 'docs/proofs/templates.json');
      const asked = process.env['READROOM_TEMPLATES']?.split(',');
      const before = new Map(earlier(record).map((one) => [one.template, one]));
      for (const plan of templatePlans) {
        if (asked && !asked.includes(plan.template)) continue;
        tell(`templates: ${plan.template}`);
        before.set(plan.template, prove(plan, folder));
      }
      const proved = templatePlans.flatMap(({ template }) => before.get(template) ?? []);
      writeFileSync(path.join(root, 'docs/TEMPLATES.md'), page(proved));
      const failing = proved.filter((one) => !beatsBaseline(one));
      const shows = proved.flatMap((one) => one.shows);
      const hidden = shows.filter(({ shown }) => !shown);
      return Promise.resolve({
        results: { templates: proved },
        passed: proved.length === templatePlans.length && failing.length === 0 && hidden.length === 0,
        summary: [
          `${proved.length} of ${templatePlans.length} templates trained and evaluated; ${proved.length - failing.length} beat their plain baseline with the whole interval; ${shows.length - hidden.length} of ${shows.length} differences that are to show do. Figures in [TEMPLATES](../TEMPLATES.md).`,
          ...failing.map(({ template }) => `${template} does not clearly beat its baseline.`),
          ...hidden.map(({ what }) => `Not shown: ${what}.`),
        ],
      });
    }),
};

function earlier(record: string): ProvedTemplate[] {
  if (!existsSync(record)) return [];
  const { results } = JSON.parse(readFileSync(record, 'utf8')) as {
    results: { templates: ProvedTemplate[] };
  };
  return results.templates.filter(({ template, of }) =>
    templatePlans.some((plan) => plan.template === template && of === conditionsOf(plan)),
  );
}

/** All that figures hang on besides the program. */
function conditionsOf({ template, images, shares, runs }: TemplatePlan): string {
  const { recipe } = projectTemplates.find(({ id }) => id === template)!;
  const { generatorVersion } = findSampleTemplate(template);
  return JSON.stringify({ recipe, generatorVersion, images, shares, runs });
}

function prove(plan: TemplatePlan, folder: string): ProvedTemplate {
  const project = path.join(folder, plan.template);
  const files = `${project}-files`;
  makeProject(plan, project, files);
  const weights = plan.template === 'transfer-learning' ? makeStandIn(folder) : '';
  const trained = plan.runs.map((run) => train(plan, run, project, weights));
  split(plan, project);
  const runs = withDifferences(plan, project, trained);
  return {
    template: plan.template,
    at: new Date().toISOString(),
    metric: plan.metric,
    of: conditionsOf(plan),
    images: plan.images,
    shares: plan.shares,
    baseline: baselineOf(plan, project, files),
    runs,
    shows: plan.runs.flatMap(({ shows: what, byImage }, place) =>
      what === undefined
        ? []
        : { what, shown: isShown(plan.metric, runs[0]!, runs[place]!, byImage ?? false) },
    ),
  };
}

/** Of a split by image that it seems better; else that the whole interval of the difference is on the worse side. */
function isShown(metric: string, first: ProvedRun, other: ProvedRun, byImage: boolean): boolean {
  if (byImage) return (other.metrics[metric]?.value ?? NaN) > (first.metrics[metric]?.value ?? NaN);
  return (other.difference?.high ?? NaN) < 0;
}

/** Each run's difference from the first one on the same patients, of those that can be compared with it. */
function withDifferences({ metric, runs }: TemplatePlan, project: string, trained: Trained[]): ProvedRun[] {
  const compared = trained.filter((_, place) => !runs[place]!.notCompared);
  const [first] = compared;
  const comparison =
    compared.length < 2
      ? null
      : readroom<Comparison>(
          ...['compare', project, ...compared.map(({ run }) => run), '--reference', first!.run],
        );
  return trained.map(({ run: id, ...facts }) => {
    const found = comparison?.runs.find(({ run }) => run === id);
    return { ...facts, difference: found?.differences?.[metric] ?? null };
  });
}

function split({ shares }: TemplatePlan, project: string, by: 'patient' | 'image' = 'patient'): void {
  const parts = (['train', 'val', 'test'] as const).flatMap((part) => [`--${part}`, String(shares[part])]);
  readroom('split', project, '--seed', '1', '--reset', '--by', by, ...parts);
}

function makeProject({ template, images, kind }: TemplatePlan, project: string, files: string): void {
  readroom('sample', files, '--template', template, '--images', String(images));
  readroom('new', project, '--template', template);
  const pictures = path.join(files, 'images');
  const labels = kind === 'number' ? path.join(files, 'labels.csv') : kind === 'masks' ? 'none' : 'folder';
  const sources = existsSync(pictures) ? pictures : files;
  readroom('import', project, sources, '--labels', labels, '--patient', 'folder');
  if (kind === 'masks')
    readroom('labels', 'import', project, path.join(files, 'masks'), '--format', 'mask-png');
  const table = path.join(files, 'clinical.csv');
  if (template === 'multimodal') readroom('table', 'import', project, table);
}

/** Trains on the generated source set, and keeps the weights as those that a person adds. */
function makeStandIn(folder: string): string {
  const project = path.join(folder, 'transfer-source');
  const files = `${project}-files`;
  readroom('sample', files, '--template', 'transfer-source', '--images', '1600');
  readroom('new', project);
  readroom('import', project, files, '--labels', 'folder', '--patient', 'folder');
  readroom('split', project, '--seed', '1');
  const { run } = readroom<RunResult>(
    'train',
    project,
    '--recipe',
    'transfer-learning',
    '--set',
    'epochs=25',
  );
  const kept = readroom<{ id: string }>(
    ...['weights', 'add', path.join(project, 'runs', run), '--name', 'Stand-in, generated source set'],
  );
  return kept.id;
}

function train(plan: TemplatePlan, planned: PlannedRun, project: string, weights: string): Trained {
  split(plan, project, planned.byImage ? 'image' : 'patient');
  const settings = planned.arguments.map((one) => one.replace(standIn, weights));
  const run = readroom<RunResult>('train', project, ...settings);
  const evaluated = readroom<Evaluation>('evaluate', project, run.run);
  const isGraded = plan.metric === 'kappaQuadratic';
  return {
    run: run.run,
    name: planned.name,
    metrics: isGraded ? gradeMetrics(evaluated, path.join(project, 'runs', run.run)) : evaluated.metrics,
    n: evaluated.n,
    patients: evaluated.patients,
    difference: null,
    minutes: (run.seconds ?? 0) / 60,
    imagesPerSecond: run.imagesPerSecond ?? 0,
    device: run.device ?? 'unknown',
    threads: run.threads ?? 0,
    parameters: run.parameters,
  };
}

function baselineOf(
  { template, kind }: TemplatePlan,
  project: string,
  files: string,
): Record<string, number> {
  const { images } = readroom<{
    images: { relativePath: string; part: SplitPart | null; label: string | number | null }[];
  }>('images', project);
  const table = `${project}-split.csv`;
  const rows = images.map(({ relativePath, part, label }) => `${relativePath},${part ?? ''},${label ?? ''}`);
  writeFileSync(table, ['file,part,truth', ...rows, ''].join('\n'));
  const python = pythonWith(path.join(import.meta.dirname, '..', '..', 'bench', 'requirements-proofs.txt'));
  const script = path.join(import.meta.dirname, 'templates', 'baseline.py');
  const { classes } = projectTemplates.find(({ id }) => id === template)!;
  return JSON.parse(
    execFileSync(python, [script, kind, files, table, classes.join('|')], { encoding: 'utf8' }),
  ) as Record<string, number>;
}
