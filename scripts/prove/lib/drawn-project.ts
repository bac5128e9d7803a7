import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { RecipeInput } from '../../../src/contract/recipe.ts';
import { createRandom } from '../../../src/core/random.ts';
import { greyPng } from '../../../test/support/picture-files.ts';
import { readroom } from './readroom.ts';

const size = 32;
const classes = ['upright', 'lying', 'slanting'];

export interface DrawnProject {
  project: string;
  /** Names of files that wait for a label and take no part in any training. */
  unlabelled: string[];
}

/** A project of small drawn films, a bright bar on noise in one of three positions, imported and split. */
export function makeDrawnProject(folder: string, { films = 360, place = 'project' } = {}): DrawnProject {
  const files = path.join(folder, 'films');
  const random = createRandom(5, 'drawn films');
  for (let index = 0; index < films; index++) {
    const position = classes[index % classes.length]!;
    mkdirSync(path.join(files, position), { recursive: true });
    writeFileSync(path.join(files, position, `film-${index}.png`), drawFilm(random, position));
  }
  const waiting = path.join(folder, 'waiting');
  mkdirSync(waiting, { recursive: true });
  const unlabelled = Array.from({ length: 8 }, (_, index) => `waiting-${index}.png`);
  for (const name of unlabelled) writeFileSync(path.join(waiting, name), drawFilm(random, 'upright'));
  const project = path.join(folder, place);
  readroom('new', project, '--classes', classes.join(','));
  readroom('import', project, files, '--labels', 'folder');
  readroom('import', project, waiting, '--labels', 'none');
  readroom('split', project);
  return { project, unlabelled };
}

/** Writes a recipe that trains these films in a few seconds, and returns its path. */
export function writeFastRecipe(folder: string, settings: RecipeInput = {}): string {
  const recipe: RecipeInput = {
    network: { id: 'alexnet-small' },
    epochs: 5,
    batchSize: 8,
    earlyStopping: { patience: 0 },
    checkpoint: { everySeconds: 0.2 },
    ...settings,
  };
  const file = path.join(folder, 'fast-recipe.json');
  writeFileSync(file, JSON.stringify(recipe));
  return file;
}

function drawFilm(random: ReturnType<typeof createRandom>, position: string): Buffer {
  const bar = 10 + random.integer(size - 20);
  const samples = Array.from({ length: size * size }, (_, at) => {
    const [x, y] = [at % size, Math.floor(at / size)];
    const across = { upright: x, lying: y, slanting: (x + y) / 2 }[position]!;
    return random.integer(150) + (Math.abs(across - bar) < 2 ? 100 : 0);
  });
  return greyPng(size, size, samples);
}
