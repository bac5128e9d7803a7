// The projects whose screens are photographed, made by the command line from generated files.
import { rmSync } from 'node:fs';
import path from 'node:path';

import { openEngine } from '../../src/cli/engine.ts';
import { writeCtStudies } from '../../test/e2e/support/ct-studies.ts';
import { runCliProcess } from '../../test/support/cli-process.ts';

/** Makes a project in a folder. */
export type MakeProject = (project: string, temporary: string) => Promise<void>;

const run = async (temporary: string, ...args: string[]): Promise<void> => {
  process.stdout.write(`readroom ${args[0]}\n`);
  const { code, err } = await runCliProcess(args, temporary);
  if (code !== 0) throw new Error(`readroom ${args.join(' ')} ended with ${code}: ${err}`);
};

/** Generated files of a template, beside the projects. */
async function drawSample(temporary: string, template: string, images: number, seed = 1): Promise<string> {
  const folder = path.join(temporary, seed === 1 ? `${template} files` : `${template} files ${seed}`);
  await run(
    temporary,
    'sample',
    folder,
    '--template',
    template,
    '--images',
    `${images}`,
    '--seed',
    `${seed}`,
  );
  return folder;
}

const set = (recipe: Readonly<Record<string, string | number>>): string[] =>
  Object.entries(recipe).flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/** Films of two classes, and a network trained on them. */
export const makeFilms: MakeProject = async (project, temporary) => {
  const films = await drawSample(temporary, 'pneumonia', 600);
  await run(temporary, 'new', project, '--template', 'pneumonia');
  await run(temporary, 'import', project, films, '--labels', 'folder', '--patient', 'folder');
  await run(temporary, 'split', project);
  await run(temporary, 'train', project, '--recipe', 'quick', '--name', 'Quick');
  await run(temporary, 'evaluate', project, 'latest', '--split', 'val');
  await run(temporary, 'evaluate', project, 'latest');
};

/** Films that are not imported yet. */
export const drawNewFilms = (temporary: string): Promise<string> => drawSample(temporary, 'pneumonia', 60, 2);

/** Studies of CT series. */
export const makeCt: MakeProject = async (project, temporary) => {
  const files = writeCtStudies(256);
  const classes = ['--labels', 'multi', '--level', 'study', '--classes', 'NODULE,EFFUSION,MASS'];
  try {
    await run(temporary, 'new', project, ...classes);
    await run(temporary, 'import', project, files, '--copy');
  } finally {
    rmSync(files, { recursive: true });
  }
};

/** Two readers who differ on every seventh image, in a round that is closed. */
export const makeRound: MakeProject = async (project, temporary) => {
  const films = await drawNewFilms(temporary);
  await run(temporary, 'new', project, '--template', 'pneumonia');
  await run(temporary, 'import', project, films, '--labels', 'none', '--patient', 'regex:(P[0-9]+)-');
  await run(temporary, 'open-round', project, '--name', 'First reading', '--readers', 'Dr Sato,Dr Weber');
  const settingsFolder = path.join(temporary, 'settings');
  const host = {
    program: 'pictures',
    version: '0.0.0',
    userName: 'A. Reader',
    host: 'command line' as const,
  };
  const engine = openEngine({ ...host, settingsFolder });
  try {
    const { client } = engine;
    const { project: id, classes } = await client.project.open({ path: project });
    const { round } = (await client.round.list({ project: id }))[0]!;
    const { rows } = await client.dataset.images({ project: id, limit: 1000 });
    const [normal, pneumonia] = classes.map((entry) => entry.id) as [string, string];
    for (const [place, { image, relativePath }] of rows.entries()) {
      const found = relativePath.includes('PNEUMONIA');
      for (const [reader, isPneumonia] of [
        ['Dr Sato', found],
        ['Dr Weber', place % 7 === 0 ? !found : found],
      ] as const) {
        await client.label.assign({
          ...{ project: id, reader, round },
          images: { ids: [image] },
          change: { class: isPneumonia ? pneumonia : normal },
          milliseconds: 3000 + 100 * (place % 40),
        });
      }
    }
    await client.round.close({ project: id, round, reader: 'A. Reader' });
  } finally {
    await engine.close();
  }
};

/** Slices with masks, and a network that predicts some. */
export const makeSlices: MakeProject = async (project, temporary) => {
  const files = await drawSample(temporary, 'mri-segmentation', 150);
  await run(temporary, 'new', project, '--template', 'mri-segmentation');
  await run(
    temporary,
    'import',
    project,
    path.join(files, 'images'),
    '--labels',
    'none',
    '--patient',
    'folder',
  );
  await run(temporary, 'labels', 'import', project, path.join(files, 'masks'), '--format', 'mask-png');
  // Of fewer patients figures are not told.
  await run(temporary, 'split', project, '--train', '0.55', '--val', '0.3', '--test', '0.15');
  const recipe = { 'network.id': 'unet', 'network.scale': 0.125, 'input.size': 128, epochs: 40 };
  await run(temporary, 'train', project, '--recipe', 'mri-segmentation', '--name', 'U-Net', ...set(recipe));
  await run(temporary, 'evaluate', project, 'latest', '--split', 'val');
};

/** Hands with their bone age, and a network that tells it roughly. */
export const makeHands: MakeProject = async (project, temporary) => {
  const files = await drawSample(temporary, 'bone-age', 300);
  const labels = path.join(files, 'labels.csv');
  await run(temporary, 'new', project, '--template', 'bone-age');
  await run(temporary, 'import', project, files, '--labels', labels, '--patient', 'folder');
  await run(temporary, 'split', project);
  const recipe = { 'network.id': 'alexnet', 'network.scale': 0.25, 'input.size': 96, epochs: 20 };
  await run(temporary, 'train', project, '--recipe', 'bone-age', '--name', 'Hands', ...set(recipe));
  await run(temporary, 'evaluate', project, 'latest', '--split', 'val');
};

/** Films with a clinical table, and trainings on both and on each alone. */
export const makeOutcomes: MakeProject = async (project, temporary) => {
  const files = await drawSample(temporary, 'multimodal', 450);
  await run(temporary, 'new', project, '--template', 'multimodal');
  await run(temporary, 'import', project, files, '--labels', 'folder', '--patient', 'folder');
  await run(temporary, 'table', 'import', project, path.join(files, 'clinical.csv'));
  await run(temporary, 'split', project);
  for (const [use, name] of [
    ['none', 'Picture alone'],
    ['only', 'Table alone'],
    ['both', 'Picture and table'],
  ] as const) {
    const recipe = { 'table.use': use, epochs: 12 };
    await run(temporary, 'train', project, '--recipe', 'multimodal', '--name', name, ...set(recipe));
    await run(temporary, 'evaluate', project, 'latest', '--split', 'val');
  }
};
