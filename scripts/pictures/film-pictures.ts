// The pictures of films, of series and of a round of readings.
import { drag, type Picture } from './take.ts';

/** Of the films, in the order in which they are taken. */
export const filmPictures = (newFilms: string): readonly Picture[] => [
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
      await dialog.getByRole('button', { name: 'Home' }).waitFor();
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
export const seriesPicture: Picture = {
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
export const readersPicture: Picture = {
  name: 'readers',
  path: 'readers',
  async prepare(page) {
    await page.getByRole('link', { name: 'Agreement' }).click();
    await page.getByText('Cohen').first().waitFor();
  },
};
