import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { runCommandLines } from '../support/cli-process.ts';
import { barPicture } from './support/bars.ts';
import { hostKind, type OpenHost, openHost } from './support/host.ts';
import { typePath } from './support/type-path.ts';

const perClass = { train: 30, test: 12 };

/** Pictures in train and test folders, a copy under another class, a file that is none, and a table of them. */
function writeFilms(folder: string): { films: string; table: string } {
  const films = path.join(folder, 'films');
  const lines = ['file,label,who is it'];
  for (const part of ['train', 'test'] as const) {
    for (const kind of ['lying', 'upright'] as const) {
      mkdirSync(path.join(films, part, kind), { recursive: true });
      for (let index = 0; index < perClass[part]; index++) {
        const name = `${part}-${kind}-P${100 + index}.png`;
        const seed = index + (part === 'train' ? 0 : 1000);
        writeFileSync(path.join(films, part, kind, name), barPicture(kind, seed));
        lines.push(`${name},${kind},${part}-${kind}-${index >> 1}`);
      }
    }
  }
  cpSync(path.join(films, 'train/lying/train-lying-P100.png'), path.join(films, 'train/upright/again.png'));
  writeFileSync(path.join(films, 'test/lying/text.png'), 'no picture');
  const table = path.join(folder, 'labels.csv');
  writeFileSync(table, lines.join('\n'));
  return { films, table };
}

describe.skipIf(hostKind === 'electron')('import and split', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-import-'));
  const { films, table } = writeFilms(folder);
  let host: OpenHost;
  let page: Page;

  beforeAll(async () => {
    const project = path.join(folder, 'bars');
    await runCommandLines([['new', project]], folder);
    host = await openHost({ project });
    page = host.page;
    await page.getByRole('button', { name: /^bars/ }).click();
    await page.waitForURL(/images/);
    await go('Import');
  }, 120_000);
  afterAll(() => host.close());
  beforeEach(({ task, onTestFailed }) =>
    onTestFailed(async () => {
      await page.screenshot({ path: `test-results/${task.name.slice(0, 60)}.png` });
    }),
  );

  const go = (name: string) =>
    page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name, exact: true }).click();
  async function choose(target: string): Promise<void> {
    await page.getByRole('button', { name: /Choose files or folders|Add more/ }).click();
    const dialog = page.getByRole('dialog');
    await typePath(dialog, target);
    await dialog.getByRole('button', { name: 'Choose' }).click();
  }

  it('says what a table that comes alone waits for, and offers its columns for the patients', async () => {
    await choose(table);
    await page.getByRole('heading', { name: 'Now the pictures that' }).waitFor();
    await choose(films);
    await page.getByRole('list', { name: 'Sources' }).getByText('labels.csv').waitFor();
    await page.getByLabel('Patients').selectOption({ label: 'From a column of the table' });
    await page.getByText('would hold 84 images').waitFor();
    const start = page.getByRole('button', { name: /^Import \d+ images/ });
    expect(await start.isDisabled()).toBe(true);
    await page.getByLabel('Column').selectOption({ label: 'who is it' });
    await page.getByText('84 images of 42 patients').waitFor();
    await expect.poll(() => start.isEnabled()).toBe(true);
    await page.getByRole('button', { name: /^Take .*labels\.csv out$/ }).click();
    await expect.poll(() => page.getByLabel('Labels').inputValue()).toBe('auto');
  });

  it('names both files of a picture with two labels, and its controls rather than options', async () => {
    await page.getByText('choose “Keep train, val and test folders” to keep them').waitFor();
    await page.getByLabel('Patients').selectOption({ label: 'From a pattern in the path' });
    await page.getByLabel('Pattern').fill('^(\\w+-\\w+-P\\d+)');
    await page.getByLabel('Keep train, val and test folders').check();
    await page.getByText('84 images of 84 patients').waitFor();
    const plan = page.locator('.plan').last();
    expect(await plan.innerText()).not.toMatch(/--|have no patient/);
    await plan.getByText(/comes with two labels.*again\.png" \(upright\)/).waitFor();
    await page
      .getByRole('radio', { name: /Copies/ })
      .or(page.getByText(/^Copies/))
      .first()
      .click();
    await plan.getByRole('cell', { name: 'copy', exact: true }).waitFor();
  });

  it('takes the card of an import away when it is taken back', async () => {
    await page.getByRole('button', { name: 'Import 84 images' }).click();
    const card = page.getByRole('heading', { name: '84 images came in' });
    await card.waitFor();
    await page.getByRole('contentinfo').getByText('84 images, 84 labelled').waitFor();
    await page.locator('body').click({ position: { x: 640, y: 5 } });
    await page.keyboard.press('z');
    await card.waitFor({ state: 'detached' });
    await page.keyboard.press('Shift+Z');
    await page.getByRole('contentinfo').getByText('84 images, 84 labelled').waitFor();
  });

  it('shows the split that would be, takes shares as they are typed, and says where validation comes from', async () => {
    await go('Data');
    await page.getByRole('tab', { name: 'Split' }).click();
    await page.getByText(/it brought no val: 6 images of those for training were taken/).waitFor();
    const share = (name: string) => page.getByLabel(name, { exact: true });
    expect(await share('Validation').getAttribute('placeholder')).toBe('7.1');
    const make = page.getByRole('button', { name: 'Make split' });
    await expect.poll(() => make.isEnabled()).toBe(true);
    await share('Validation').pressSequentially('25');
    // Without leaving the field.
    await expect.poll(() => share('Training').getAttribute('placeholder')).toBe('46.4');
    await expect.poll(() => make.isEnabled()).toBe(true);
    await page.getByLabel('Start over').check();
    await share('Training').pressSequentially('60');
    await share('Test').pressSequentially('25');
    await page.getByText('The shares make 110 %. They have to make 100 %.').waitFor();
    expect(await make.isDisabled()).toBe(true);
    await share('Test').press('Backspace');
    await share('Test').press('Backspace');
    await share('Test').pressSequentially('15');
    await expect.poll(() => make.isEnabled()).toBe(true);
    await make.click();
    await page.getByRole('heading', { name: 'Current split' }).waitFor();
  });
});
