// npm run pictures: the pictures of README and guide, taken of the real screens on generated films.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';

import { openEngine } from '../src/cli/engine.ts';
import { writeCtStudies } from '../test/e2e/support/ct-studies.ts';
import { openHost } from '../test/e2e/support/host.ts';
import { runCliProcess } from '../test/support/cli-process.ts';
import { repositoryFolder } from './setup/places.mjs';

const folder = path.join(repositoryFolder, 'docs/guide/images');
const size = { width: 1440, height: 900 };
const temporary = mkdtempSync(path.join(tmpdir(), 'readroom-pictures-'));
const films = path.join(temporary, 'films');
/** For the picture of an import. */
const newFilms = path.join(temporary, 'new films');
const project = path.join(temporary, 'Chest films');
/** For the picture of a round that is closed. */
const study = path.join(temporary, 'Two readers');
/** For the picture of series. */
const ct = path.join(temporary, 'Chest CT');

const run = async (...args: string[]): Promise<void> => {
  process.stdout.write(`readroom ${args[0]}\n`);
  const { code, err } = await runCliProcess(args, temporary);
  if (code !== 0) throw new Error(`readroom ${args.join(' ')} ended with ${code}: ${err}`);
};

async function makeProject(): Promise<void> {
  await run('sample', films, '--template', 'pneumonia', '--images', '600', '--seed', '1');
  await run('sample', newFilms, '--template', 'pneumonia', '--images', '60', '--seed', '2');
  await run('new', project, '--template', 'pneumonia', '--name', 'Chest films');
  await run('import', project, films, '--labels', 'folder', '--patient', 'folder');
  await run('split', project);
  await run('train', project, '--recipe', 'quick', '--name', 'Quick');
  await run('evaluate', project, 'latest', '--split', 'val');
  await run('evaluate', project, 'latest');
}

async function makeCt(): Promise<void> {
  const files = writeCtStudies(256);
  try {
    await run(
      'new',
      ct,
      '--name',
      'Chest CT',
      '--labels',
      'multi',
      '--level',
      'study',
      '--classes',
      'NODULE,EFFUSION,MASS',
    );
    await run('import', ct, files, '--copy');
  } finally {
    rmSync(files, { recursive: true });
  }
}

/** Two readers who differ on every seventh image. */
async function makeStudy(): Promise<void> {
  await run('new', study, '--name', 'Two readers', '--template', 'pneumonia');
  await run('import', study, newFilms, '--labels', 'none', '--patient', 'regex:(P[0-9]+)-');
  await run('open-round', study, '--name', 'First reading', '--readers', 'Dr Sato,Dr Weber');
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
    const { project: id, classes } = await client.project.open({ path: study });
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
}

interface Picture {
  name: string;
  /** Below the project's address. */
  path: string;
  /** What is done there before the picture is taken. */
  prepare?: (page: Page) => Promise<void>;
}

/** Draws by drag through places of the picture in view, in shares of the viewer. */
async function drag(page: Page, ...places: [number, number][]): Promise<void> {
  const box = (await page.locator('[data-shown]').first().boundingBox())!;
  const at = ([x, y]: [number, number]): [number, number] => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(places[0]!));
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...at(place), { steps: 8 });
  await page.mouse.up();
}

/** Of the films, in the order in which they are taken. */
const pictures: Picture[] = [
  {
    name: 'images',
    path: 'images',
    async prepare(page) {
      await page.getByRole('checkbox', { name: /^PNEUMONIA/ }).check();
      await page.getByText(/of 600 images/).waitFor();
      const cells = page.locator('[role="gridcell"], [role="option"]');
      await cells.nth(1).click();
      await cells.nth(5).click({ modifiers: ['Shift'] });
    },
  },
  {
    name: 'read',
    path: 'read',
    async prepare(page) {
      await page.keyboard.press('j');
      await page.waitForTimeout(1500);
    },
  },
  {
    name: 'import',
    path: 'import',
    async prepare(page) {
      await page.getByRole('button', { name: 'Choose files or folders' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Path').fill(newFilms);
      await dialog.getByLabel('Path').press('Enter');
      await dialog.getByText('PNEUMONIA').waitFor();
      await dialog.getByRole('button', { name: 'Choose' }).click();
      await page.getByLabel('Patients').selectOption({ label: 'From the folder below the class' });
      await page.getByRole('button', { name: 'Import 60 images' }).waitFor({ timeout: 60_000 });
    },
  },
  { name: 'data', path: 'data' },
  {
    name: 'labels',
    path: 'data?part=labels',
    async prepare(page) {
      for (const shape of ['Boxes', 'Polygons', 'Brush and eraser']) await page.getByLabel(shape).check();
    },
  },
  {
    name: 'drawing',
    path: 'data?part=labels',
    async prepare(page) {
      for (const shape of ['Boxes', 'Polygons', 'Brush and eraser']) await page.getByLabel(shape).check();
      await page.getByRole('button', { name: 'Change', exact: true }).click();
      const told = page.getByText('What labels are was changed.');
      await told.waitFor();
      await told.waitFor({ state: 'hidden' });
      await page.keyboard.press('Alt+1');
      await page.getByRole('checkbox', { name: /^PNEUMONIA/ }).check();
      await page.getByText(/of 600 images/).waitFor();
      await page.locator('[role="gridcell"], [role="option"]').first().click();
      await page.keyboard.press('Enter');
      await page.locator('[data-shown="picture"]').waitFor();
      await page.keyboard.press('Shift+B');
      await page.keyboard.press('2');
      await drag(page, [0.53, 0.14], [0.68, 0.36]);
      await page.keyboard.press('Shift+D');
      for (let step = 0; step < 2; step += 1) await page.keyboard.press('[');
      await drag(page, [0.57, 0.29], [0.58, 0.21], [0.62, 0.2], [0.63, 0.27], [0.59, 0.3], [0.6, 0.23]);
    },
  },
  { name: 'classes', path: 'data?part=classes' },
  { name: 'split', path: 'data?part=split' },
  { name: 'train', path: 'train' },
  {
    name: 'run',
    path: 'train?view=runs',
    async prepare(page) {
      await page
        .getByRole('link', { name: 'Quick' })
        .or(page.getByRole('button', { name: 'Quick' }))
        .first()
        .click();
      await page.getByText('Loss').first().waitFor();
    },
  },
  { name: 'results', path: 'results?part=test' },
  {
    name: 'opinion',
    path: 'opinion',
    async prepare(page) {
      await page.getByRole('button', { name: 'Take one of this project' }).click();
      await page.getByText('Its label in this project').waitFor({ timeout: 60_000 });
    },
  },
  { name: 'deploy', path: 'deploy' },
];

/** Of the CT studies. */
const seriesPicture: Picture = {
  name: 'series',
  path: 'read',
  async prepare(page) {
    await page.locator('[data-shown="picture"]').waitFor();
    await page.keyboard.press('F4');
    await page.keyboard.press('o');
    await page.locator('[data-shown="picture"]').nth(1).waitFor();
    await page.keyboard.press('l');
    await drag(page, [0.2, 0.485], [0.8, 0.485]);
    await page.keyboard.press('v');
  },
};

/** Of the round of two readers. */
const readersPicture: Picture = {
  name: 'readers',
  path: 'readers',
  async prepare(page) {
    await page.getByRole('link', { name: 'Agreement' }).click();
    await page.getByText('Cohen').first().waitFor();
  },
};

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(800);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
  process.stdout.write(`${name}.png\n`);
}

/** Opens a project from Home, and takes pictures in it. */
async function takeAll(page: Page, name: string, wanted: readonly Picture[]): Promise<void> {
  await page.goto(new URL('/', page.url()).href);
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await page.waitForURL(/images/);
  const base = page.url().replace(/images.*$/, '');
  for (const picture of wanted) {
    await page.goto(base + picture.path);
    await page.waitForLoadState('networkidle');
    await picture.prepare?.(page);
    await take(page, picture.name);
  }
}

/** Starts the application on a project, with settings of its own. */
async function withProject(opened: string, work: (page: Page) => Promise<void>): Promise<void> {
  const host = await openHost({ kind: 'server', project: opened, ...size });
  try {
    await work(host.page);
  } finally {
    await host.close();
  }
}

mkdirSync(folder, { recursive: true });
try {
  await makeProject();
  await makeCt();
  await makeStudy();
  await withProject(project, async (page) => {
    await page.getByText('This machine').waitFor();
    await page.getByText('Desktop window').waitFor({ timeout: 60_000 });
    await take(page, 'home');
    await page.goto(new URL('/settings', page.url()).href);
    await page.getByText('Compute and doctor').first().waitFor();
    await page.getByLabel('You read as').fill('A. Reader');
    await page.getByRole('button', { name: 'Use', exact: true }).click();
    await take(page, 'settings');
    await takeAll(page, 'Chest films', pictures);
  });
  await withProject(ct, (page) => takeAll(page, 'Chest CT', [seriesPicture]));
  await withProject(study, (page) => takeAll(page, 'Two readers', [readersPicture]));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
