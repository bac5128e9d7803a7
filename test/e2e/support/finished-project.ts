import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { runCommandLines } from '../../support/cli-process.ts';
import { writeBars } from './bars.ts';

/** A project with labels, a split, an evaluated run, and pictures without a label, made by the command line. */
export async function finishedProject(labelled = 64, unlabelled = 12): Promise<string> {
  const bars = writeBars(labelled, unlabelled);
  const folder = mkdtempSync(path.join(tmpdir(), 'finished-'));
  const project = path.join(folder, 'bars');
  const recipe = {
    'network.id': 'alexnet-small',
    'network.scale': 0.1,
    'input.size': 32,
    epochs: 6,
    batchSize: 8,
  };
  const commands = [
    ['new', project, '--classes', 'lying,upright'],
    ['import', project, bars.labelled, '--labels', 'folder', '--patient', 'folder'],
    ['import', project, bars.unlabelled, '--labels', 'none'],
    ['split', project],
    ['train', project, ...Object.entries(recipe).flatMap(([key, value]) => ['--set', `${key}=${value}`])],
    ['evaluate', project, 'latest', '--split', 'val'],
    ['evaluate', project, 'latest'],
  ];
  await runCommandLines(commands, folder);
  return project;
}
