import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';

import sharp from 'sharp';

import type { Evaluation, Metric, RunResult } from '../../src/contract/run.ts';
import { inScratch, readroom } from './lib/readroom.ts';
import { skull, unpackSkull, writeSlices } from './skull/volume.ts';

/** Brain to bone in one window; the masks part bone from other tissue. */
const settings = [
  ...['--set', 'input.window.center=150', '--set', 'input.window.width=900'],
  ...['--set', 'batchSize=4', '--set', 'earlyStopping.monitor=valDice'],
];
const whole = ['--set', 'input.size=128', '--set', 'epochs=40'];
const unet = ['--set', 'network.id=unet', '--set', 'network.scale=0.125'];
const networks = [
  { name: 'U-Net, an eighth of its width', settings: [...unet, ...whole] },
  {
    name: 'AlexNet-FCN, a quarter of its width',
    settings: ['--set', 'network.id=alexnet-fcn', '--set', 'network.scale=0.25', ...whole],
  },
  {
    // Of 252 × 252, nearly the slices' own size; an epoch has four times the steps.
    name: 'U-Net, an eighth of its width, on 2 × 2 tiles of 144 pixels',
    settings: [...unet, '--set', 'input.size=144', '--set', 'input.tiles=2', '--set', 'epochs=10'],
  },
];
const leastDice = 0.8;

interface SkullRun {
  readonly name: string;
  readonly metrics: Evaluation['metrics'];
  readonly perClass: Evaluation['perClass'];
  /** Dice of tissue and bone over all pixels of all test slices, at their own size: masks of any size are held together. */
  readonly ownPixels: readonly number[];
  readonly minutes: number;
  readonly device: string | null;
}

/** What `predict` writes of the test slices, against their masks. */
async function diceOnOwnPixels(model: string, files: string, name: string): Promise<number[]> {
  const of = (kind: string): string[] => {
    const at = path.join(files, kind, 'test');
    return readdirSync(at)
      .sort()
      .map((file) => path.join(at, file));
  };
  const to = path.join(files, `said ${name.replaceAll(/[^a-z0-9]+/gi, '-')}`);
  readroom('predict', model, ...of('images'), '--masks-to', to);
  const said = readdirSync(to)
    .sort()
    .map((file) => path.join(to, file));
  const counts = [1, 2].map(() => ({ both: 0, sum: 0 }));
  for (const [index, mask] of of('masks').entries()) {
    const [truth, answer] = [await greyOf(mask), await greyOf(said[index]!)];
    counts.forEach((count, place) => {
      truth.forEach((label, at) => {
        const [isTrue, isSaid] = [label === place + 1, answer[at] === place + 1];
        if (isTrue && isSaid) count.both += 1;
        count.sum += Number(isTrue) + Number(isSaid);
      });
    });
  }
  return counts.map(({ both, sum }) => (2 * both) / sum);
}

const greyOf = (file: string): Promise<Buffer> => sharp(file).toColourspace('b-w').raw().toBuffer();

/**
 * Segmentation on real data: the skull CT of Debian's invesalius-examples with its masks. It is one patient: cut by
 * blocks of slices, so the figures say how well other slices of this head are outlined, and nothing of other heads.
 */
export default {
  name: 'skull',
  description:
    'Segmentation of a real skull CT (Debian invesalius-examples), cut by blocks of slices of one patient',
  unavailable: () => {
    try {
      execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
      return null;
    } catch {
      return 'apt-get, which fetches the CT, is not there';
    }
  },
  run: () =>
    inScratch(async (folder) => {
      const slices = await writeSlices(unpackSkull(folder), path.join(folder, 'files'));
      const project = path.join(folder, 'project');
      mkdirSync(folder, { recursive: true });
      readroom('new', project, '--template', 'mri-segmentation', '--classes', 'tissue,bone');
      const images = path.join(folder, 'files', 'images');
      readroom('import', project, images, '--labels', 'none', '--split-from', 'folder');
      const masks = path.join(folder, 'files', 'masks');
      readroom('labels', 'import', project, masks, '--format', 'mask-png');
      const { counts } = readroom<{ counts: Record<string, number> }>('split', project, '--by', 'image');
      const runs: SkullRun[] = [];
      for (const { name, settings: own } of networks) {
        const run = readroom<RunResult>('train', project, ...settings, ...own);
        const { metrics, perClass } = readroom<Evaluation>('evaluate', project, run.run);
        const ownPixels = await diceOnOwnPixels(`${project}:${run.run}`, path.join(folder, 'files'), name);
        runs.push({
          name,
          metrics,
          perClass,
          ownPixels,
          minutes: (run.seconds ?? 0) / 60,
          device: run.device,
        });
      }
      const dice = (run: (typeof runs)[number]): Metric => run.metrics['dice'] as Metric;
      return {
        results: { slices, counts, spacingMm: skull.spacing, runs },
        passed: dice(runs[0]!).value! >= leastDice,
        summary: [
          `${slices} of ${skull.slices} slices of one head, cut by blocks of twelve into ${counts['train']} for training, ${counts['val']} for validation and ${counts['test']} for test; two slices between parts are left out. **One patient: these figures say nothing of other heads.** The masks are thresholds of Hounsfield units that a person went over.`,
          ...runs.map(
            (run) =>
              `${run.name}: mean Dice ${dice(run).value!.toFixed(3)} (${Object.entries(run.perClass ?? {})
                .map(([name, of]) => `${name} ${(of['dice'] as Metric).value?.toFixed(3) ?? '–'}`)
                .join(
                  ', ',
                )}) at the size that the network sees pictures or tiles of; on the slices' own ${skull.edge} × ${skull.edge} pixels tissue ${run.ownPixels[0]!.toFixed(3)}, bone ${run.ownPixels[1]!.toFixed(3)}; ${run.minutes.toFixed(1)} min on ${run.device ?? 'an unknown device'}.`,
          ),
        ],
      };
    }),
};
