import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { runCommandLines } from '../support/cli-process.ts';
import { barPicture } from './support/bars.ts';
import { hostKind, type OpenHost, openHost } from './support/host.ts';
import { typePath } from './support/type-path.ts';

const patients = Array.from({ length: 24 }, (_, at) => `P${100 + at}`);

/** A project of a picture for each patient. */
async function makeProject(folder: string): Promise<string> {
  const films = path.join(folder, 'films');
  const project = path.join(folder, 'bars');
  for (const [index, patient] of patients.entries()) {
    mkdirSync(path.join(films, patient), { recursive: true });
    writeFileSync(path.join(films, patient, `${patient}-1.png`), barPicture('upright', index));
  }
  await runCommandLines(
    [
      ['new', project, '--classes', 'lying,upright'],
      ['import', project, films, '--labels', 'none', '--patient', 'folder'],
    ],
    folder,
  );
  return project;
}

const lines = patients.slice(0, 22).map((patient, at) => {
  const age = at === 5 ? 'unknown' : at === 9 ? 230 : 45 + at;
  return [
    patient,
    age,
    at % 4 === 0 ? 'NA' : 3 + at * 2,
    at % 3 === 0 ? 'yes' : 'no',
    1 + (at % 3),
    `r${at}`,
  ].join();
});
const labs = [
  'case,age (years),crp (mg/l),smoker,stage,remark',
  ...lines,
  'X1,50,4,no,1,r',
  'X2,51,5,no,2,s',
  '',
];

describe.skipIf(hostKind === 'electron')('the clinical table', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-clinical-'));
  const file = path.join(folder, 'labs.csv');
  let host: OpenHost;
  let page: Page;

  beforeAll(async () => {
    writeFileSync(file, labs.join('\n'));
    host = await openHost({ project: await makeProject(folder) });
    page = host.page;
    await page.getByRole('button', { name: /^bars/ }).click();
    await page.waitForURL(/images/);
    await page.getByText('24 images').first().waitFor();
  }, 120_000);
  afterAll(() => host.close());
  beforeEach(({ task, onTestFailed }) =>
    onTestFailed(async () => {
      await page.screenshot({ path: `test-results/${task.name.slice(0, 60)}.png`, fullPage: true });
    }),
  );

  const into = () =>
    page.locator('section', {
      has: page.getByRole('heading', { name: /^No clinical table|^A clinical table|in its place$/ }),
    });
  const columns = () => page.getByRole('table', { name: 'Columns of the file' });
  const standing = () => page.getByRole('table', { name: 'Columns of the clinical table' });

  it('says what it is for while there is none, and what is wrong with a file without patients', async () => {
    await page.getByRole('link', { name: 'Data', exact: true }).click();
    await page.getByRole('tab', { name: 'Clinical table' }).click();
    await page.getByText('No clinical table yet').waitFor();
    await into().getByRole('button', { name: 'Choose a file' }).click();
    const dialog = page.getByRole('dialog', { name: 'Clinical table' });
    await typePath(dialog, folder);
    await page.keyboard.press('Enter');
    await dialog.getByRole('option', { name: 'labs.csv' }).click();
    await dialog.getByRole('button', { name: 'Choose' }).click();
    await into().getByText('labs.csv has no column of patients').waitFor();
    expect(
      await into()
        .getByRole('button', { name: /^Import/ })
        .isDisabled(),
    ).toBe(true);
  });

  it('shows what would come in, and follows what is said of the columns', async () => {
    await into().getByLabel('Column of the patients').selectOption('case');
    await into()
      .getByText('labs.csv: 24 rows of 24 patients, of whom 22 patients are in this project.')
      .waitFor();
    await into().getByText('Line 7, age (years): "unknown" is not a number.').waitFor();
    await into().getByText('2 patients of the file are not in this project').click();
    await into().getByText('X1, X2').waitFor();
    await into().getByText('2 patients of the project have no row').waitFor();
    expect(await columns().innerText()).toMatch(/1 far out: 230 \(P109\)/);
    expect(await columns().innerText()).toMatch(/22 different texts in 22 cells/);
    expect(await columns().getByLabel('Unit of crp (mg/l)').inputValue()).toBe('mg/l');
    expect(await columns().getByLabel('stage comes in as').inputValue()).toBe('number');
    await columns().getByLabel('stage comes in as').selectOption({ label: 'Category' });
    await columns().getByText('1 (8), 2 (7), 3 (7)').waitFor();
    await into().getByLabel('Counts as missing beside empty cells').fill('NA, unknown');
    await page.keyboard.press('Enter');
    await into().getByText('"unknown" is not a number').waitFor({ state: 'detached' });
  });

  it('comes in as one action, with how its values lie', async () => {
    await into().getByRole('button', { name: 'Import 4 columns' }).click();
    await into().getByRole('status').getByText('Imported').waitFor();
    await page.getByText('4 columns of 22 patients, imported').waitFor();
    expect(await standing().innerText()).toMatch(/stage\s+Category\s+1 \(8\), 2 \(7\), 3 \(7\)\s+0.0 %/);
    await page.getByRole('figure', { name: 'age (years)' }).waitFor();
    const rows = page.getByRole('table', { name: 'What the clinical table says of patients' });
    await rows.getByRole('row', { name: /^P101 46 5 no 2$/ }).waitFor();
    await page.getByRole('searchbox', { name: 'Find a patient' }).fill('p12');
    await page.getByText('1 to 4 of 4 patients').waitFor();
    await rows.getByText('no row: all values are missing').first().waitFor();
    await standing().getByRole('button', { name: 'smoker' }).click();
    await page.getByRole('figure', { name: 'smoker' }).waitFor();
  });

  it('stands beside the image in the inspector and while reading', async () => {
    await page.getByRole('link', { name: 'Images', exact: true }).click();
    await page.keyboard.press('Control+i');
    await page.getByRole('gridcell').first().click();
    const values = page.getByRole('region', { name: 'Clinical table' });
    await expect
      .poll(() => values.innerText())
      .toMatch(/age\s+45 years\s+crp\s+missing\s+smoker\s+yes\s+stage\s+1/);
    await page.keyboard.press('Enter');
    await page.waitForURL(/read/);
    await expect.poll(() => values.innerText()).toMatch(/age\s+45 years/);
    await page.keyboard.press('End');
    await expect.poll(() => values.innerText()).toContain('It has no row for this patient.');
  });

  it('makes place for another one, which an undo takes back', async () => {
    await page.goBack();
    await page.getByRole('link', { name: 'Data', exact: true }).click();
    await page.getByRole('tab', { name: 'Clinical table' }).click();
    const other = path.join(folder, 'other.csv');
    writeFileSync(other, 'patient,weight (kg)\nP100,70\nP101,82\n');
    await page.getByRole('heading', { name: 'Another table in its place' }).scrollIntoViewIfNeeded();
    const cdp = await page.context().newCDPSession(page);
    async function importOther(): Promise<void> {
      const box = (await into().boundingBox())!;
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
        const data = { items: [], files: [other], dragOperationsMask: 1 };
        await cdp.send('Input.dispatchDragEvent', { type, x: box.x + 20, y: box.y + 20, modifiers: 0, data });
      }
      await into().getByText('It takes the place of labs.csv; an undo brings that back.').waitFor();
      await into().getByRole('button', { name: 'Import 1 column' }).click();
      await page.getByText('1 column of 2 patients, imported').waitFor();
    }
    await importOther();
    await expect.poll(() => readdirSync(path.join(folder, 'bars', 'incoming'))).toEqual([]);
    await into().getByRole('button', { name: 'Undo the import' }).click();
    await page.getByText('Undone: clinical table other.csv of 2 patients.').waitFor();
    await page.getByText('4 columns of 22 patients, imported').waitFor();

    await importOther();
    await into().getByRole('button', { name: 'Undo the import' }).waitFor();
    await page.keyboard.press('z');
    await page.getByText('4 columns of 22 patients, imported').waitFor();
    await into().getByRole('status').getByText('Imported').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Take it out' }).click();
    await page.getByText('No clinical table yet').waitFor();
  });

  it('breaks neither the page’s policy nor a promise', () => {
    expect(host.problems).toEqual([]);
  });
});
