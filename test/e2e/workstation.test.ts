import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type OpenHost, openHost } from './support/host.ts';
import { writeBars } from './support/bars.ts';
import { typePath } from './support/type-path.ts';

/** The whole chain on screen, by one person at one machine. Each step stands on the one before it. */
describe('the workstation', { timeout: 180_000 }, () => {
  const labelled = 48;
  const unlabelled = 20;
  const bars = writeBars(labelled, unlabelled);
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'e2e-')), 'bars');
  let host: OpenHost;
  let page: Page;

  beforeAll(async () => {
    host = await openHost();
    page = host.page;
  }, 120_000);
  afterAll(() => host.close());
  beforeEach(({ task, onTestFailed }) =>
    onTestFailed(async () => {
      await host.page.screenshot({ path: `test-results/${task.name.slice(0, 60)}.png` });
    }),
  );

  /** A screen's entry is a link once its project is open; before, it is text that does nothing. */
  const go = (name: string) =>
    page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name, exact: true }).click();
  const status = () => page.getByRole('contentinfo');

  async function importFolder(source: string): Promise<void> {
    await host.answerDialog([source]);
    await page.getByRole('button', { name: /Choose files or folders|Add more/ }).click();
    if (host.kind === 'server') await choosePath(source);
  }
  async function choosePath(target: string): Promise<void> {
    const dialog = page.getByRole('dialog');
    await typePath(dialog, target);
    await dialog.getByRole('button', { name: 'Choose' }).click();
  }

  it('makes a project', async () => {
    await page.getByRole('button', { name: 'New project' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Bars');
    await dialog.getByLabel('Folder').fill(folder);
    await dialog.getByLabel('Classes').fill('upright, lying');
    await dialog.getByRole('button', { name: 'Make the project' }).click();
    await page.getByRole('heading', { name: 'Import' }).waitFor();
  });

  it('imports folders after a dry run', async () => {
    await importFolder(bars.labelled);
    await page.getByLabel('Patients').selectOption({ label: 'From the folder below the class' });
    await page.getByText(`${labelled} images of 24 patients`).waitFor();
    await page.getByRole('button', { name: `Import ${labelled} images` }).click();
    await page.getByRole('heading', { name: `${labelled} images came in` }).waitFor();
    await importFolder(bars.unlabelled);
    await page.getByLabel('Labels').selectOption({ label: 'No labels' });
    await page.getByRole('button', { name: `Import ${unlabelled} images` }).click();
    await page.getByRole('heading', { name: `${unlabelled} images came in` }).waitFor();
    await expect.poll(() => status().innerText()).toContain(`68 images, ${labelled} labelled`);
  });

  it('labels by keys, each label on disk before the next image, and takes one back', async () => {
    await go('Images');
    await page
      .getByRole('checkbox', { name: /^No label/ })
      .first()
      .check();
    await page.getByText(`${unlabelled} of 68 images`).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    for (let index = 0; index < unlabelled; index++) {
      await page.getByText(`${index + 1} of ${unlabelled}`).waitFor();
      const name = await page
        .getByText(/^(upright|lying)-\d+\.png$/)
        .first()
        .innerText();
      await page.keyboard.press(name.startsWith('upright') ? '1' : '2');
    }
    await expect.poll(() => status().innerText()).toContain('68 images, 68 labelled');
    await page.keyboard.press('z');
    await expect.poll(() => status().innerText()).toContain('68 images, 67 labelled');
    await page.keyboard.press('Shift+Z');
    await expect.poll(() => status().innerText()).toContain('68 images, 68 labelled');
  });

  it('undoes after a reload too', async () => {
    await page.reload();
    await expect.poll(() => status().innerText()).toContain('68 images, 68 labelled');
    // The keys are the screen's: they work once it is there.
    await page.waitForLoadState('networkidle');
    await page.keyboard.press('z');
    await expect.poll(() => status().innerText()).toContain('68 images, 67 labelled');
    await page.keyboard.press('Shift+Z');
    await expect.poll(() => status().innerText()).toContain('68 images, 68 labelled');
  });

  it('splits by patient', async () => {
    await go('Data');
    await page.getByRole('tab', { name: 'Split' }).click();
    await page.getByRole('button', { name: 'Make split' }).click();
    await page.getByRole('heading', { name: 'Current split' }).waitFor();
  });

  it('trains with a curve that moves, and finds the training again after a reload', async () => {
    await go('Train');
    await page.getByRole('button', { name: /^Quick/ }).click();
    await page.getByLabel('Network', { exact: true }).selectOption({ label: 'AlexNet for small pictures' });
    await page.getByLabel('Width', { exact: true }).fill('0.1');
    await page.getByLabel('Input size', { exact: true }).fill('32');
    await page.getByLabel('Epochs', { exact: true }).fill('60');
    await page.getByLabel('Epochs', { exact: true }).press('Enter');
    await page.getByRole('button', { name: 'Start training' }).click();
    const epochs = page.getByRole('figure', { name: /loss/i }).first().locator('tbody tr');
    await expect.poll(() => epochs.count(), { timeout: 60_000 }).toBeGreaterThan(2);
    const before = await epochs.count();
    await page.reload();
    await expect.poll(() => epochs.count(), { timeout: 30_000 }).toBeGreaterThan(before);
    await page.getByText('completed').first().waitFor({ timeout: 120_000 });
  });

  it('opens the test part once, and a confusion cell opens its images', async () => {
    await go('Results');
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByRole('button', { name: 'Open the test part' }).click();
    await page.getByRole('table', { name: /Confusion matrix/ }).waitFor({ timeout: 60_000 });
    await page.locator('[data-cell="0-0"]').click();
    await page.getByRole('complementary', { name: 'The chosen case' }).waitFor();
  });

  it('relabels there, and takes it back', async () => {
    const chosen = page.getByRole('complementary', { name: 'The chosen case' });
    await page.keyboard.press('2');
    await expect.poll(() => chosen.innerText()).toContain('changed since the run');
    await page.keyboard.press('z');
    await expect.poll(() => chosen.innerText()).not.toContain('changed since the run');
  });

  it('exports a package that verifies', async () => {
    await go('Deploy');
    const target = path.join(folder, 'exports', 'e2e');
    await page.getByLabel('Into the folder').fill(target);
    await page.getByRole('button', { name: /^Export/ }).click();
    await page.getByText('Largest difference').waitFor({ timeout: 120_000 });
    await page.getByLabel('Package folder').fill(target);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByText('The package is whole').waitFor({ timeout: 60_000 });
  });

  it('gives a second opinion', async () => {
    await go('Second opinion');
    await page.getByRole('button', { name: 'Take one of this project' }).click();
    await page.getByText('Its label in this project').waitFor({ timeout: 60_000 });
  });

  it('never broke the page’s policy, and threw nothing', () => {
    expect(host.problems).toEqual([]);
  });
});
