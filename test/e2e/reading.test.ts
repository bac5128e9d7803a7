import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';

import { runCommandLines } from '../support/cli-process.ts';
import { writeBars } from './support/bars.ts';
import { writeCtStudies } from './support/ct-studies.ts';
import { type OpenHost, openHost } from './support/host.ts';

/** A project made by the command line and opened on screen. */
async function openProject(
  name: string,
  labels: readonly string[],
  source: string,
): Promise<{ host: OpenHost; page: Page; go: (screen: string) => Promise<void> }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-reading-'));
  const project = path.join(folder, name);
  await runCommandLines(
    [
      ['new', project, '--name', name, ...labels],
      ['import', project, source, '--labels', 'none'],
    ],
    folder,
  );
  const host = await openHost({ project });
  const { page } = host;
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await page.waitForURL(/project\//);
  const base = /.*project\/[^/]+\//.exec(page.url())![0];
  return {
    host,
    page,
    go: async (screen) => {
      await page.goto(base + screen);
    },
  };
}
const progress = (page: Page) => page.getByRole('region', { name: 'Progress' });

function photographed(page: () => Page): void {
  onTestFailed(async ({ task }) => {
    await page().screenshot({ path: `test-results/${task.name.slice(0, 60)}.png` });
  });
}

describe('reading studies of several series', { timeout: 60_000 }, () => {
  let open: Awaited<ReturnType<typeof openProject>>;
  let page: Page;
  beforeAll(async () => {
    open = await openProject(
      'CT',
      ['--classes', 'NODULE,EDEMA,EFFUSION', '--labels', 'multi', '--level', 'study'],
      writeCtStudies(),
    );
    page = open.page;
  }, 120_000);
  afterAll(() => open.host.close());
  const chosen = () => page.getByRole('group', { name: 'Classes' }).locator('[aria-pressed="true"]');

  it('goes from study to study, however many images one has', async () => {
    photographed(() => page);
    await open.go('read');
    await page.getByText('Label of the study: 2 series, 10 images').waitFor();
    await expect.poll(() => progress(page).innerText()).toContain('1 of 3');
    await page.getByText('1 / 6').waitFor();
    await page.keyboard.press('PageDown');
    await page.keyboard.press('PageDown');
    await page.getByText('3 / 6').waitFor();
    await page.keyboard.press('Shift+PageDown');
    await page.getByText('1 / 4').waitFor();
    await expect.poll(() => progress(page).innerText()).toContain('1 of 3');
  });

  it('takes several classes for one study, and goes on when it is told to', async () => {
    photographed(() => page);
    await page.keyboard.press('1');
    await page.keyboard.press('3');
    await expect.poll(() => chosen().allInnerTexts()).toHaveLength(2);
    await page.keyboard.press('1');
    await expect.poll(() => chosen().allInnerTexts()).toEqual([expect.stringContaining('EFFUSION')]);
    await page.keyboard.press('Enter');
    await expect.poll(() => progress(page).innerText()).toContain('2 of 3');
    // Nothing is chosen: none of the classes.
    await page.keyboard.press('Enter');
    await expect.poll(() => progress(page).innerText()).toMatch(/3 of 3.*2 read/s);
    await page.getByText('20 images, 15 labelled').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('button', { name: /Done, go on|None of these/, pressed: true }).waitFor();
  });

  it('shows an earlier study of the patient beside it', async () => {
    photographed(() => page);
    await page.keyboard.press('Home');
    await page.keyboard.press('o');
    const prior = page.getByRole('region', { name: 'Another study of the patient' });
    await expect.poll(() => prior.innerText(), { timeout: 20_000 }).toContain('4 Jan 2022 · CT · Chest');
    await prior.getByText('1 / 5').waitFor();
    await page.keyboard.press('End');
    await prior.getByText('No other study of this patient').waitFor();
    await page.keyboard.press('o');
    await expect.poll(() => prior.count()).toBe(0);
  });

  it('finds images by what their headers say, and shows a series as one', async () => {
    photographed(() => page);
    await open.go('images?per=series');
    await page.getByText('4 of 20 images').waitFor();
    await page.locator('summary', { hasText: 'Modality' }).click();
    await page.getByRole('checkbox', { name: /^CT/ }).check();
    await page.getByRole('button', { name: 'Remove the filter Modality: CT' }).click();
    await page.getByRole('button', { name: 'Clear all' }).click();
    await page.getByText('20 images', { exact: true }).waitFor();
  });
});

describe('reading slices one by one', { timeout: 60_000 }, () => {
  let open: Awaited<ReturnType<typeof openProject>>;
  let page: Page;
  beforeAll(async () => {
    open = await openProject('Slices', ['--classes', 'NODULE,EDEMA'], writeCtStudies());
    page = open.page;
  }, 120_000);
  afterAll(() => open.host.close());
  const prior = () => page.getByRole('region', { name: 'Another study of the patient' });
  const bar = () => page.getByRole('region', { name: 'Study that is read' });
  const next = () => page.getByRole('button', { name: /^Next image \(/ });
  const edge = (name: string) => page.locator(`[data-edge="${name}"]`).first();

  it('says which study and series is read, and where the patient’s sides are', async () => {
    photographed(() => page);
    await open.go('read');
    await page.getByText('1 / 6').waitFor();
    await expect
      .poll(() => bar().innerText(), { timeout: 20_000 })
      .toMatch(/^A\s*12 Mar 2024 · CT · Chest with contrast\s*Series 1 · Axial$/);
    await page.getByRole('button', { name: 'Series 2 · Late, 4 images' }).waitFor();
    await expect.poll(() => edge('left').innerText()).toBe('R');
    await page.keyboard.press('h');
    await expect.poll(() => edge('left').innerText()).toBe('L');
    expect(await edge('top').innerText()).toBe('A');
    await page.keyboard.press('h');
  });

  it('opens another study at the same level, and scrolls it along', async () => {
    photographed(() => page);
    await page.keyboard.press('PageDown');
    await page.keyboard.press('PageDown');
    await page.getByText('3 / 6').waitFor();
    await page.keyboard.press('o');
    await prior().getByText('3 / 5').waitFor();
    await prior().getByRole('slider', { name: 'Picture of the series' }).press('ArrowUp');
    await prior().getByText('2 / 5').waitFor();
    // What was placed by hand stays while the current study is gone through.
    await page.getByRole('slider', { name: 'Picture of the series' }).first().focus();
    await page.keyboard.press('PageDown');
    await page.getByText('4 / 6').waitFor();
    await prior().getByText('2 / 5').waitFor();
    await prior().getByRole('button', { name: 'Scroll along with the current picture' }).click();
    await page.getByRole('slider', { name: 'Picture of the series' }).first().focus();
    await page.keyboard.press('PageDown');
    await page.keyboard.press('PageDown');
    await page.getByText('6 / 6').waitFor();
    await prior().getByText('4 / 5').waitFor();
    await page.keyboard.press('o');
  });

  it('tells when another study and another patient comes into view', async () => {
    photographed(() => page);
    for (let slice = 0; slice < 5; slice++) await next().click();
    await page.getByText('Another study of this patient: 4 Jan 2022 · CT · Chest').first().waitFor();
    for (let slice = 0; slice < 5; slice++) await next().click();
    await page.getByText('Another patient: B').first().waitFor();
    await expect.poll(() => bar().innerText(), { timeout: 20_000 }).toMatch(/^B\s*5 May 2023/);
  });
});

describe('reading numbers', { timeout: 60_000 }, () => {
  let open: Awaited<ReturnType<typeof openProject>>;
  let page: Page;
  beforeAll(async () => {
    const { unlabelled } = writeBars(2, 6);
    open = await openProject(
      'Ages',
      ['--labels', 'number', '--unit', 'months', '--low', '0', '--high', '228'],
      unlabelled,
    );
    page = open.page;
  }, 120_000);
  afterAll(() => open.host.close());

  it('takes digits from anywhere, refuses what is out of range, and goes on with Enter', async () => {
    photographed(() => page);
    await open.go('read');
    await page.getByText('1 of 6').waitFor();
    await page.keyboard.type('300');
    await page.keyboard.press('Enter');
    await page.getByText('Not above 228 months.').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.type('12');
    await page.keyboard.press('Enter');
    await expect.poll(() => progress(page).innerText()).toMatch(/2 of 6.*1 read/s);
    // The keys of the screen hold again.
    await page.keyboard.press('m');
    await page.getByRole('button', { name: 'Bookmark', pressed: true }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.getByLabel('Number of months').inputValue()).toBe('12');
    await page.keyboard.press('z');
    await page.getByText(/^Undone: /).waitFor();
  });
});

describe('changing what labels are', { timeout: 60_000 }, () => {
  let open: Awaited<ReturnType<typeof openProject>>;
  let page: Page;
  beforeAll(async () => {
    open = await openProject('Bars', ['--classes', 'upright,lying,leaning'], writeBars(2, 6).unlabelled);
    page = open.page;
  }, 120_000);
  afterAll(() => open.host.close());
  const images = () =>
    page
      .getByRole('table', { name: 'Classes', exact: true })
      .locator('tbody tr td:nth-child(6)')
      .allInnerTexts();

  it('merges classes with their labels, and separates them again', async () => {
    photographed(() => page);
    await open.go('read');
    await page.getByText('1 of 6').waitFor();
    await page.keyboard.press('1');
    await expect.poll(() => progress(page).innerText()).toContain('2 of 6');
    await page.keyboard.press('3');
    await expect.poll(() => progress(page).innerText()).toMatch(/3 of 6.*2 read/s);
    await open.go('data?part=classes');
    await expect.poll(images).toEqual(['1', '0', '1']);
    await page.getByRole('checkbox', { name: 'Choose upright' }).check();
    await page.getByRole('checkbox', { name: 'Choose leaning' }).check();
    await page.getByRole('button', { name: 'Merge', exact: true }).click();
    await expect.poll(images).toEqual(['2', '0']);
    await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
    await expect.poll(images).toEqual(['1', '0', '1']);
  });

  it('swaps keys rather than leaving a class without one', async () => {
    photographed(() => page);
    await page.getByLabel('Key of upright').selectOption({ label: '2 – swap with lying' });
    await expect.poll(() => page.getByLabel('Key of lying').inputValue()).toBe('1');
  });

  it('changes the kind of labels, says what becomes of those that are there, and takes it back', async () => {
    photographed(() => page);
    await open.go('data?part=labels');
    await page.getByRole('button', { name: 'Several classes' }).click();
    await page.getByText('Labels given so far count as sets of one class.').waitFor();
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByText('What labels are was changed.').waitFor();
    await page.keyboard.press('z');
    await expect
      .poll(() => page.getByRole('button', { name: 'One class' }).getAttribute('aria-pressed'))
      .toBe('true');
  });

  it('lists what was done, and shows the labels as they were', async () => {
    photographed(() => page);
    await open.go('data?part=history');
    const done = page.getByRole('table', { name: 'What was done' });
    await done.getByText('leaning merged into upright').first().waitFor();
    // As of the first label: one image, one class.
    await done
      .getByRole('row', { name: /upright on/ })
      .getByRole('button', { name: 'As of then' })
      .click();
    const then = page.getByRole('table', { name: 'Labels then and now' });
    await expect.poll(() => then.getByRole('row', { name: /^Labelled/ }).innerText()).toMatch(/1\s+2$/);
  });
});
