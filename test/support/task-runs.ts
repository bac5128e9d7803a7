import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { LearningTask, Truth } from '../../src/contract/learning-task.ts';
import { notJudged } from '../../src/contract/learning-task.ts';
import type { RecipeInput, ResolvedRecipe } from '../../src/contract/recipe.ts';
import type { Manifest } from '../../src/contract/run-folder.ts';
import { usualLoss } from '../../src/core/learning-task.ts';
import { createRandom } from '../../src/core/random.ts';
import { pictureEdge, tilesOf } from '../../src/core/tiles.ts';
import { tinyRecipe } from './tiny-run.ts';

/**
 * 96 training and 32 validation pictures whose bars, upright and lying, are what a task asks about. They are of 32×32, or
 * as large as the recipe's tiles make them.
 */
const usualSize = 32;
const trainRows = 96;
const valRows = 32;

/** One picture: how thick its upright and its lying bar are, in pixels; 0: there is none. */
interface Drawn {
  readonly upright: number;
  readonly lying: number;
}

/** What a picture of every task shows, and what is true of it. A table's row says what the picture does not show. */
interface Shown extends Drawn {
  readonly label: Truth;
  readonly features?: number[];
}

const thin = 4;

/** The two features of the table: the first one tells the class. */
const tableOf: NonNullable<Manifest['table']> = {
  columns: ['marker', 'age'].map((column) => ({
    ...{ kind: 'number', column, unit: '', mean: 0, deviation: 1, saysMissing: false },
  })),
  features: ['marker', 'age'],
};

/** Numbers of a regression are months, far from zero, so that they must be standardised to be learned. */
const monthsOf = (thickness: number): number => 100 + 10 * thickness;

function shown(task: LearningTask, index: number, withTable: boolean): Shown {
  const random = createRandom(31, 'task pictures', index);
  if (withTable) {
    const label = random.integer(2);
    const said = (label === 0 ? -1 : 1) + 0.3 * random.normal();
    return { upright: thin, lying: 0, label, features: [said, random.normal()] };
  }
  switch (task.kind) {
    case 'multiLabel': {
      const label = [0, 1].filter(() => random.integer(2) === 1);
      return { upright: label.includes(0) ? thin : 0, lying: label.includes(1) ? thin : 0, label };
    }
    case 'ordinal': {
      const label = random.integer(task.classes.length);
      return { upright: 2 + 5 * label, lying: 0, label };
    }
    case 'regression': {
      const thickness = 2 + random.integer(14);
      return { upright: thickness, lying: 0, label: monthsOf(thickness) };
    }
    case 'segmentation':
      return { upright: index % 3 === 0 ? 0 : 8, lying: index % 3 === 1 ? 0 : 8, label: index };
    default: {
      const label = random.integer(2);
      return { upright: label === 0 ? thin : 0, lying: label === 1 ? thin : 0, label };
    }
  }
}

/** A picture and its mask: 1 the upright bar, 2 the lying one above it, the outermost pixels not judged. */
function draw(
  { upright, lying }: Drawn,
  index: number,
  size: number,
): { pixels: Uint8Array; mask: Uint8Array } {
  const random = createRandom(32, 'task noise', index);
  const [left, top] = [upright, lying].map((thickness) => 1 + random.integer(size - thickness - 2)) as [
    number,
    number,
  ];
  const pixels = new Uint8Array(size * size);
  const mask = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = y * size + x;
      const isUpright = x >= left && x < left + upright;
      const isLying = y >= top && y < top + lying;
      pixels[at] = random.integer(50) + (isLying ? 200 : isUpright ? 120 : 0);
      const isOutermost = x === 0 || y === 0 || x === size - 1 || y === size - 1;
      mask[at] = isOutermost ? notJudged : isLying ? 2 : isUpright ? 1 : 0;
    }
  }
  return { pixels, mask };
}

/** A recipe for them; the loss is the task's own unless the settings name one. */
function taskRecipe(task: LearningTask, settings: RecipeInput): ResolvedRecipe {
  const recipe = tinyRecipe({
    batchSize: 8,
    ...settings,
    augmentation: { rotationDegrees: 0, shearDegrees: 0, zoom: 0, brightness: 0, ...settings.augmentation },
    loss: { id: usualLoss(task.kind), ...settings.loss },
  });
  return { ...recipe, input: { ...recipe.input, size: settings.input?.size ?? usualSize } };
}

export interface TaskRun {
  readonly runFolder: string;
  readonly manifest: Manifest;
  /** Of the validation rows, one after another; of a segmentation. */
  readonly masks: Uint8Array;
}

/** Writes a run folder that learns a task. @param withTable of two classes that the table alone tells */
export function writeTaskRun(task: LearningTask, settings: RecipeInput = {}, withTable = false): TaskRun {
  const runFolder = mkdtempSync(path.join(tmpdir(), 'readroom-task-'));
  const all = Array.from({ length: trainRows + valRows }, (_, index) => shown(task, index, withTable));
  const recipe = taskRecipe(task, settings);
  const [size, tiles] = [pictureEdge(recipe.input), tilesOf(recipe.input)];
  const drawn = all.map((one, index) => draw(one, index, size));
  const rows = (first: number, count: number): Manifest['rows']['train'] =>
    all.slice(first, first + count).map(({ label, features }, i) => ({
      ...{ image: `image-${first + i}`, slot: first + i, patient: `patient-${first + i}`, pixelSha256: '' },
      ...{ label, study: null, ...(features && { features }) },
    }));
  const masks = Buffer.concat(drawn.map(({ mask }) => mask));
  const manifest: Manifest = {
    ...{
      formatVersion: 1,
      run: 'task',
      datasetVersion: 'task',
      splitBy: 'patient',
      generated: true,
      fold: null,
    },
    classes: task.kind === 'regression' ? [] : [...task.classes],
    task,
    ...(withTable && { table: tableOf }),
    ...(task.kind === 'segmentation' && {
      masks: { file: 'masks.u8', sha256: createHash('sha256').update(masks).digest('hex') },
    }),
    inputs: {
      file: 'pixels.u8',
      geometry: { size, channels: 1, fit: 'stretch', kernel: 'linear' },
      ...(tiles && { tiles }),
    },
    rows: { train: rows(0, trainRows), val: rows(trainRows, valRows), test: [] },
  };
  writeFileSync(path.join(runFolder, 'recipe.json'), JSON.stringify(recipe));
  writeFileSync(path.join(runFolder, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(path.join(runFolder, 'pixels.u8'), Buffer.concat(drawn.map(({ pixels }) => pixels)));
  if (task.kind === 'segmentation') writeFileSync(path.join(runFolder, 'masks.u8'), masks);
  return { runFolder, manifest, masks: masks.subarray(trainRows * size * size) };
}
