import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { runCommandLines } from '../support/cli-process.ts';
import { writeBars } from './support/bars.ts';
import { type OpenHost, openHost } from './support/host.ts';

const images = 6;
/** What the first reader presses; the second one differs on two images. */
const firstKeys = '121212';

describe('a blinded study of two readers', { timeout: 120_000 }, () => {
  let host: OpenHost;
  let page: Page;
  /** What the first reader said, by image. */
  const said = new Map<string, string>();

  beforeAll(async () => {
    const { unlabelled } = writeBars(2, images);
    const folder = mkdtempSync(path.join(tmpdir(), 'e2e-rounds-'));
    const project = path.join(folder, 'study');
    await runCommandLines(
      [
        ['new', project, '--classes', 'LYING,UPRIGHT'],
        ['import', project, unlabelled, '--labels', 'none'],
      ],
      folder,
    );
    host = await openHost({ project });
    page = host.page;
    await page.getByRole('button', { name: /^study/ }).click();
    await page.waitForURL(/project\//);
  }, 120_000);
  afterAll(() => host.close());
  beforeEach(({ task, onTestFailed }) =>
    onTestFailed(async () => {
      await page.screenshot({ path: `test-results/rounds ${task.name.slice(0, 60)}.png` });
    }),
  );

  const go = (screen: string) =>
    page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: screen }).click();
  const bar = () => page.getByRole('region', { name: 'Round' });
  const card = () => page.getByRole('article', { name: 'Round First look' });
  const chosen = () => page.getByRole('group', { name: 'Classes' }).locator('[aria-pressed="true"]');
  const labelled = () =>
    page
      .getByRole('group', { name: 'Images before and after' })
      .getByRole('button', { name: /: (LYING|UPRIGHT)/ });
  const currentImage = (): string => /read\/([^?]+)/.exec(page.url())?.[1] ?? '';
  async function readAs(reader: string): Promise<void> {
    await go('Readers');
    await page.getByRole('button', { name: `Read as ${reader}`, exact: true }).click();
    await expect.poll(() => page.getByRole('contentinfo').innerText()).toContain(reader);
  }
  /** Reads the whole list by keyboard; `keyOf` tells the key for an image. */
  async function readAll(keyOf: (image: string, place: number) => string): Promise<void> {
    await card()
      .getByRole('link', { name: /^Read as/ })
      .click();
    const seen = new Set<string>();
    for (let place = 0; place < images; place += 1) {
      await expect.poll(() => bar().innerText()).toContain(`${place} of ${images} read`);
      await expect.poll(() => currentImage() !== '' && !seen.has(currentImage())).toBe(true);
      seen.add(currentImage());
      // Only the reader's own labels are anywhere on the screen: on images before this one.
      expect(await chosen().count()).toBe(0);
      expect(await labelled().count()).toBe(place);
      expect(await page.getByRole('main').innerText()).not.toMatch(/other readers|label of record|patient/i);
      await page.keyboard.press(keyOf(currentImage(), place));
    }
    await page.getByText('You have read all of your list').waitFor();
  }

  it('is opened for two readers', async () => {
    await go('Readers');
    await page.getByText('No round yet').waitFor();
    await page.keyboard.press('n');
    const dialog = page.getByRole('dialog', { name: 'New blinded round' });
    await dialog.getByLabel('Name').fill('First look');
    for (const checked of await dialog.getByRole('checkbox', { checked: true }).all())
      await checked.uncheck();
    for (const reader of ['Ada', 'Ben']) {
      await dialog.getByLabel('Another reader').fill(reader);
      await page.keyboard.press('Enter');
      await dialog.getByRole('checkbox', { name: reader, checked: true }).waitFor();
    }
    await dialog.getByText(`Each of 2 readers reads all ${images} images.`).waitFor();
    await dialog.getByRole('button', { name: 'Open the round' }).click();
    await card().getByText('OPEN, BLINDED').waitFor();
    await expect.poll(() => card().innerText()).toMatch(/Ada\s+0 of 6[\s\S]*Ben\s+0 of 6/);
  });

  it('lets nobody in who does not read in it, and offers those who do', async () => {
    await card().getByRole('link', { name: 'Read as somebody else' }).click();
    await page.getByText(/does not read in “First look”/).waitFor();
    await page.getByRole('button', { name: 'Read as Ada' }).click();
    await bar().getByText('BLINDED').waitFor();
    await bar().getByRole('link', { name: 'Leave the round' }).click();
    await card().waitFor();
  });

  it('is read by the first reader with the keyboard, without the names of files', async () => {
    await readAll((image, place) => {
      said.set(image, firstKeys[place]!);
      return firstKeys[place]!;
    });
    expect(said.size).toBe(images);
    await page.keyboard.press('ArrowLeft');
    const content = await page.content();
    expect(content).not.toMatch(/(upright|lying)-\d/);
    expect(await chosen().count()).toBe(1);
    await page.keyboard.press('z');
    await expect.poll(() => bar().innerText()).toContain(`${images - 1} of ${images} read`);
    await page.getByText('Undone.').first().waitFor();
    expect(await page.content()).not.toMatch(/(upright|lying)-\d/);
    await page.keyboard.press('Shift+z');
    await expect.poll(() => bar().innerText()).toContain(`${images} of ${images} read`);
  });

  it('shows the second reader nothing of what the first one said', async () => {
    await readAs('Ben');
    await expect.poll(() => card().innerText()).toMatch(/Ada\s+6 of 6[\s\S]*Ben\s+0 of 6/);
    const other = { '1': '2', '2': '1' } as const;
    const differs = new Set<string>();
    await readAll((image) => {
      const key = said.get(image) as '1' | '2';
      // Once for each class.
      const same = differs.has(key);
      differs.add(key);
      return same ? key : other[key];
    });
    // Nor do other screens, before the round is closed.
    for (const [screen, hidden] of [
      ['Images', /\bAda\b/],
      ['Data', /(LYING|UPRIGHT)\s+[1-9]/],
    ] as const) {
      await go(screen);
      await page.getByRole('heading', { name: screen, level: 1 }).waitFor({ state: 'attached' });
      await expect.poll(() => page.getByRole('contentinfo').innerText()).toContain('6 images, 0 labelled');
      expect(await page.getByRole('main').innerText()).not.toMatch(hidden);
    }
  });

  it('is closed after a question, and tells how well they agree', async () => {
    await go('Readers');
    await card().getByRole('button', { name: 'Close the round' }).click();
    const dialog = page.getByRole('dialog', { name: 'Close First look' });
    await dialog.getByText('Everything is read.').waitFor();
    await dialog.getByText(/cannot be taken back/).waitFor();
    await dialog.getByRole('button', { name: 'Close the round' }).click();
    await card().getByText('CLOSED', { exact: true }).waitFor();
    await card().getByText('2 disagreements, 0 decided.').waitFor();

    await card().getByRole('link', { name: 'Agreement' }).click();
    await page.getByRole('heading', { name: 'Agreement in First look' }).waitFor();
    const pair = page.getByRole('region', { name: 'Agreement of Ada and Ben' });
    await expect.poll(() => pair.innerText()).toMatch(/Same label\s+66\.7 %/);
    // Ada 3 : 3; two of six differ: (4/6 − 1/2) / (1 − 1/2).
    await expect.poll(() => pair.innerText()).toMatch(/Cohen’s kappa\s+0\.33/);
    const matrix = page.getByRole('table', { name: /rows are “Ada”, columns “Ben”/ });
    await matrix.getByRole('button', { name: /Ada LYING, Ben UPRIGHT:\s*1/ }).click();
    await page.waitForURL(/images\?images=/);
    await page.getByText('Ada: LYING, Ben: UPRIGHT').first().waitFor();
    await page.goBack();
  });

  it('is adjudicated by keyboard, and the rule takes the decisions', async () => {
    await readAs('Ada');
    await page.getByRole('radio', { name: /^Adjudicated/ }).check();
    // Said before it is done; what it would change can be looked at.
    const preview = page.getByRole('region', { name: 'What the rule would change' });
    await preview.getByText('2 labels of record would change: 2 images would have none any more.').waitFor();
    await page.getByText('Now 6 of 6 images have a label of record.').waitFor();
    await preview.getByRole('button', { name: 'Look at 2 images' }).click();
    await page.waitForURL(/images\?images=/);
    await page.getByText('Label of record would change: Adjudicated').first().waitFor();
    await page.goBack();
    await page.getByRole('radio', { name: /^Adjudicated/ }).check();
    await preview.getByRole('button', { name: 'Apply the rule' }).click();
    await preview.waitFor({ state: 'detached' });
    await page.getByText('Now 4 of 6 images have a label of record.').waitFor();
    await card().getByRole('link', { name: 'Adjudicate' }).click();
    await page.getByText('0 of 2 decided.').waitFor();
    expect(await page.getByRole('region', { name: 'Disagreements' }).innerText()).not.toMatch(/Ada|Ben/);
    await page.keyboard.press('d');
    await bar().getByText('0 of 2 decided').waitFor();
    const words = page.getByRole('region', { name: 'What the readers said' });
    await expect.poll(() => words.innerText()).toMatch(/Reader A[\s\S]*Reader B/);
    await page.keyboard.press('1');
    await bar().getByText('1 of 2 decided').waitFor();
    await page.keyboard.press('z');
    await bar().getByText('0 of 2 decided').waitFor();
    await page.keyboard.press('1');
    await bar().getByText('1 of 2 decided').waitFor();
    await page.keyboard.press('n');
    await page.keyboard.press('2');
    await page.getByText('All disagreements are decided').waitFor();
    await page.getByRole('link', { name: 'Go to the rounds' }).click();
    await card().getByText('2 disagreements, 2 decided.').waitFor();
    await page.getByText('Now 6 of 6 images have a label of record.').waitFor();
  });

  it('is found by its readers, and a selection is taken into another round', async () => {
    await page.getByText('Labels of a blinded round count as labelled images').waitFor();
    await page.getByRole('link', { name: 'Ben', exact: true }).click();
    await page.waitForURL(/images\?reader=/);
    await expect.poll(() => page.getByRole('main').innerText()).toMatch(/6 of 6|6 images/);
    await page.getByRole('grid').press('ControlOrMeta+a');
    await page.getByRole('region', { name: 'Selection' }).getByText('6 images selected').waitFor();
    await page.getByRole('button', { name: 'New round' }).click();
    const dialog = page.getByRole('dialog', { name: 'New blinded round' });
    await expect.poll(() => dialog.getByLabel('Images').inputValue()).toBe('selection');
    await dialog.getByText('The reader reads all 6 images.').waitFor();
    await dialog.getByLabel('Name').fill('Again');
    await dialog.getByRole('button', { name: 'Open the round' }).click();
    await page.getByRole('article', { name: 'Round Again' }).getByText('OPEN, BLINDED').waitFor();
  });

  it('breaks neither the page’s policy nor a promise', () => {
    expect(host.problems).toEqual([]);
  });
});
