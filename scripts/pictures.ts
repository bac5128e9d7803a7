// npm run pictures: the pictures of README and guide, taken of the real screens on generated films.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';

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

/** Screens in the order of the guide: where each is, and what is done there before the picture is taken. */
const pictures: { name: string; path: string; prepare?: (page: Page) => Promise<void> }[] = [
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

mkdirSync(folder, { recursive: true });
await makeProject();
const host = await openHost({ kind: 'server', project, ...size });
try {
  const { page } = host;
  const take = async (name: string): Promise<void> => {
    await page.waitForLoadState('networkidle');
    await page.waitForTimeout(800);
    await page.screenshot({ path: path.join(folder, `${name}.png`) });
    process.stdout.write(`${name}.png\n`);
  };
  await page.getByText('This machine').waitFor();
  await page.getByText('Desktop window').waitFor({ timeout: 60_000 });
  await take('home');
  await page.goto(new URL('/settings', page.url()).href);
  await page.getByText('Compute and doctor').first().waitFor();
  await page.getByLabel('You read as').fill('A. Reader');
  await page.getByRole('button', { name: 'Use', exact: true }).click();
  await take('settings');
  await page.goto(new URL('/', page.url()).href);
  await page.getByRole('button', { name: /^Chest films/ }).click();
  await page.waitForURL(/images/);
  const base = page.url().replace(/images.*$/, '');
  for (const { name, path: where, prepare } of pictures) {
    await page.goto(base + where);
    await page.waitForLoadState('networkidle');
    await prepare?.(page);
    await take(name);
  }
} finally {
  await host.close();
  rmSync(temporary, { recursive: true, force: true });
}
