import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hostKind, type OpenHost, openHost } from './support/host.ts';
import { maskProject, numberProject } from './support/task-projects.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<AxeResults>('axe.run()');
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
}

/** Opens a project from Home. */
async function open(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await page.waitForURL(/project\//);
}
const go = (page: Page, to: string) => page.getByRole('link', { name: to, exact: true }).click();

describe.skipIf(hostKind === 'electron')('the screens of masks', { timeout: 180_000 }, () => {
  let host: OpenHost;
  let page: Page;
  beforeAll(async () => {
    host = await openHost({ project: await maskProject() });
    page = host.page;
    await open(page, 'masks');
  }, 180_000);
  afterAll(() => host.close());

  it('say what will be learned and keep networks out that cannot learn it', async () => {
    await go(page, 'Train');
    await page.getByText('Masks of bar: the class of every pixel.').waitFor();
    const network = page.getByLabel('Network', { exact: true });
    expect(await network.locator('option:not([disabled])').allTextContents()).toEqual([
      'AlexNet, fully convolutional',
      'U-Net',
    ]);
    await page.getByText('Stopping early').click();
    const watched = page.getByLabel('Watched value');
    expect(await watched.locator('option').allTextContents()).toContain('Validation pooled Dice');
    expect(await watched.locator('option').allTextContents()).not.toContain('Validation AUC');
    expect(await violations(page)).toEqual([]);
  });

  // Would catch: images that a training of masks uses, and that count as unlabelled only.
  it('count and filter what is drawn on', async () => {
    await go(page, 'Images');
    const drawnOn = page.getByLabel(/^Drawn on/);
    await drawnOn.check();
    await page.getByText('48 of 48 images').waitFor();
    await page.getByText('drawn on', { exact: true }).first().waitFor();
    await drawnOn.uncheck();
  });

  it('show on a picture what others drew, once it is asked for', async () => {
    await go(page, 'Read');
    const others = page.locator('g.others path.line');
    await page.getByText('Show other readers and imports').waitFor();
    expect(await others.count()).toBe(0);
    await page.getByText('Show other readers and imports').click();
    await others.first().waitFor({ state: 'attached' });
    await page.getByText(/^drew 1 shape, dashed/).waitFor();
    await page.getByText('Show other readers and imports').click();
    await others.first().waitFor({ state: 'detached' });
  });

  it('show what was drawn and what was predicted over a case, each for itself', async () => {
    await go(page, 'Results');
    await page.getByRole('table', { name: 'Metrics by class, with 95 % intervals' }).waitFor();
    const detail = page.getByRole('complementary', { name: 'The chosen case' });
    await detail.locator('g.drawn path.border').waitFor({ state: 'attached' });
    expect(await detail.getByRole('list', { name: 'Colours of the classes' }).innerText()).toBe('bar');
    await detail.getByLabel('Drawn').uncheck();
    expect(await detail.locator('g.drawn').count()).toBe(0);
    expect(await detail.locator('g.predicted path.area').count()).toBe(1);
    await page.getByText('px: pixels of the 32 × 32 input').first().waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('lay the predicted mask over the image in Read, and take it away', async () => {
    await page.getByRole('button', { name: /Open in Read/ }).click();
    await page.waitForURL(/read/);
    const shown = page.getByLabel('Show the predicted mask');
    await shown.check();
    await page.getByText('Predicted for the validation part.').waitFor();
    expect(await page.locator('path.area').count()).toBe(1);
    await page.getByText('Hatched: what the run predicts').waitFor();
    expect(await violations(page)).toEqual([]);
    await shown.uncheck();
    expect(await page.locator('path.area').count()).toBe(0);
    expect(host.problems).toEqual([]);
  });
});

describe.skipIf(hostKind === 'electron')('the screens of numbers', { timeout: 180_000 }, () => {
  let host: OpenHost;
  let page: Page;
  beforeAll(async () => {
    host = await openHost({ project: await numberProject() });
    page = host.page;
    await open(page, 'numbers');
  }, 180_000);
  afterAll(() => host.close());

  it('say the unit, and offer no class weights', async () => {
    await go(page, 'Train');
    await page.getByText('A number for each picture, in mm.').waitFor();
    expect(await page.getByLabel('Class weights').count()).toBe(0);
    await page.getByRole('button', { name: /^Runs/ }).click();
    await page.getByRole('columnheader', { name: 'Val. error' }).waitFor();
    await page.getByRole('link', { name: 'default' }).click();
    await page.getByRole('heading', { name: 'Mean absolute error' }).waitFor();
    await page.getByText('Predicted', { exact: true }).first().waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('judge patients in place of images, each case with all its images', async () => {
    await go(page, 'Results');
    await page.getByRole('heading', { name: 'Predicted and true numbers' }).waitFor();
    await page.getByText(/^Error of always saying [\d.]+ mm$/).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Judge otherwise …' }).click();
    await page.getByLabel('What is judged').selectOption({ label: 'Patients' });
    await page.getByRole('button', { name: 'Compute on the validation part' }).click();
    await page.getByText(/patients, pooled over \d+ images, by the mean\./).waitFor();
    await page.getByText('2 images').first().waitFor();
    expect(host.problems).toEqual([]);
  });
});
