import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runCommandLines } from '../support/cli-process.ts';
import { barPicture } from './support/bars.ts';
import { hostKind, type OpenHost, openHost } from './support/host.ts';

const patients = Array.from({ length: 60 }, (_, index) => ({
  name: `P${100 + index}`,
  class: index % 2 === 0 ? ('upright' as const) : ('lying' as const),
  // Goes with the class, not always.
  marker: (index % 2 === 0 ? 1 : 3) + (index % 5),
}));

/** A picture for each patient with a class, a clinical table, and a finished run on the picture alone. */
async function makeProject(folder: string): Promise<string> {
  const films = path.join(folder, 'films');
  const project = path.join(folder, 'bars');
  const table = path.join(folder, 'labs.csv');
  for (const [index, patient] of patients.entries()) {
    mkdirSync(path.join(films, patient.class, patient.name), { recursive: true });
    const file = path.join(films, patient.class, patient.name, `${patient.name}-1.png`);
    writeFileSync(file, barPicture(patient.class, index));
  }
  writeFileSync(
    table,
    ['patient,marker (mg/l)', ...patients.map(({ name, marker }) => `${name},${marker}`)].join('\n'),
  );
  const recipe = { 'network.id': 'alexnet-small', 'network.scale': 0.1, 'input.size': 32, epochs: 2 };
  await runCommandLines(
    [
      ['new', project, '--classes', 'lying,upright'],
      ['import', project, films, '--labels', 'folder', '--patient', 'folder'],
      ['table', 'import', project, table],
      ['split', project, '--train', '.4', '--val', '.4', '--test', '.2'],
      [
        ...['train', project, '--recipe', 'default'],
        ...Object.entries(recipe).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
      ],
    ],
    folder,
  );
  return project;
}

describe.skipIf(hostKind === 'electron')('comparing runs', { timeout: 180_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-compare-'));
  let host: OpenHost;
  let page: Page;

  beforeAll(async () => {
    host = await openHost({ project: await makeProject(folder) });
    page = host.page;
    await page.getByRole('button', { name: /^bars/ }).click();
    await page.waitForURL(/images/);
  }, 240_000);
  afterAll(() => host.close());

  it('trains one recipe on image, table and both, and shows the three side by side', async () => {
    await page.getByRole('link', { name: 'Train', exact: true }).click();
    await page.getByRole('button', { name: /^Runs/ }).click();
    await page.getByRole('button', { name: /^More for default/ }).click();
    await page.getByRole('menuitem', { name: 'Train again with changes' }).click();
    await page.getByText('From the run default').waitFor();
    await page.getByRole('button', { name: 'Train image, table and both' }).click();
    await page.getByRole('heading', { name: 'image · table · both' }).waitFor();
    expect(new URL(page.url()).hash + new URL(page.url()).search).toContain('compare=');
    const compute = page.getByRole('button', { name: 'Compute the validation part of 3 runs' });
    await compute.waitFor({ timeout: 120_000 });
    await compute.click();
  });

  it('tells what they differ by on the same patients, from the image alone', async () => {
    const figures = page.getByRole('table', { name: 'Figures of the runs and their differences' });
    await figures.waitFor({ timeout: 60_000 });
    expect(await figures.locator('thead th').allInnerTexts()).toEqual([
      'Metric',
      'image (reference)',
      'table',
      'both',
    ]);
    const auc = figures.getByRole('row', { name: /^AUC/ });
    expect(await auc.innerText()).toMatch(/[+-]?0\.\d+ \(.*\), p /);
    await page.getByText(/Differences are from image, with 95 % intervals/).waitFor();
    await page.getByText(/corrected for the 2 runs/).waitFor();
    await page.getByRole('img', { name: /What the runs differ by/ }).waitFor();
    expect(await page.getByRole('button', { name: 'Test part' }).isDisabled()).toBe(true);

    await page.getByRole('combobox', { name: 'Compared with' }).selectOption({ label: 'table' });
    await page.getByText(/Differences are from table/).waitFor();
  });

  it('says what each run reads in the table of runs, and comes back after a reload', async () => {
    const runs = page.getByRole('table', { name: 'Training runs' });
    expect(await runs.getByRole('columnheader', { name: 'Reads' }).count()).toBe(1);
    for (const reads of ['both', 'table', 'image'])
      expect(await runs.getByRole('cell', { name: reads, exact: true }).count()).toBeGreaterThan(0);
    await page.reload();
    await page.getByText(/Differences are from image/).waitFor();
    expect(host.problems).toEqual([]);
  });
});
