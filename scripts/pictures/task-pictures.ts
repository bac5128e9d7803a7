// The pictures of tasks beside classes: masks, numbers, a clinical table, and what a training starts from.
import { readdirSync } from 'node:fs';
import path from 'node:path';

import type { Page } from 'playwright-core';

import { type Picture, take } from './take.ts';

/** Scrolls until a heading stands at the top. */
const toTop = (page: Page, name: string | RegExp): Promise<void> =>
  page
    .getByRole('heading', { name, exact: true })
    .evaluate((heading: { scrollIntoView(): void }) => heading.scrollIntoView());

/** Of the slices. */
export const slicePictures: readonly Picture[] = [
  {
    name: 'masks',
    path: 'results?part=val',
    async prepare(page) {
      const detail = page.getByRole('complementary', { name: 'The chosen case' });
      await page.getByRole('combobox', { name: 'Order' }).selectOption({ label: 'Best first' });
      const cases = page.getByRole('button', { name: /Dice 0\.\d/ });
      // Worst first, the first one has none in common.
      await cases
        .first()
        .filter({ hasText: /Dice 0\.[3-9]/ })
        .waitFor();
      await cases.nth(2).click();
      await detail.locator('.drawn path').first().waitFor({ state: 'attached' });
      await toTop(page, /^Cases/);
    },
  },
];

/** Of the hands. */
export const handPictures: readonly Picture[] = [
  {
    name: 'numbers',
    path: 'results?part=val',
    async prepare(page) {
      await page.getByRole('heading', { name: 'Errors (Bland–Altman)' }).waitFor();
      await toTop(page, 'Numbers');
    },
  },
];

/** Of the films with a table. */
export const outcomePictures = (project: string): readonly Picture[] => [
  { name: 'table', path: 'data?part=clinical' },
  {
    name: 'compare',
    path: 'train?view=runs',
    async prepare(page) {
      for (const run of ['Picture alone', 'Table alone', 'Picture and table'])
        await page.getByLabel(`Compare ${run}`).check();
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await page.getByRole('table', { name: 'Figures of the runs and their differences' }).waitFor();
    },
  },
  {
    name: 'weights',
    path: 'train',
    async prepare(page) {
      const runs = path.join(project, 'runs');
      const model = path.join(runs, readdirSync(runs).sort()[0]!, 'model', 'model.json');
      await page.getByRole('button', { name: 'Add a file …' }).click();
      const dialog = page.getByRole('dialog', { name: 'Weight file' });
      await dialog.getByRole('button', { name: 'Home' }).waitFor();
      await dialog.getByLabel('Path').fill(model);
      await dialog.getByRole('button', { name: 'Choose' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByText('Weights on this machine (1)').click();
      await page.getByLabel('Frozen stages').waitFor();
      await page.getByText('The plan is being made anew.').waitFor({ state: 'hidden' });
      await page.getByRole('table', { name: 'Weights on this machine' }).scrollIntoViewIfNeeded();
    },
  },
];

/** Of Home: the list of templates. */
export async function takeTemplates(page: Page): Promise<void> {
  await toTop(page, 'New from a template');
  await take(page, 'templates');
}
