import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { runCommandLines } from '../support/cli-process.ts';
import { startEngine } from '../support/engine.ts';
import { barPicture } from './support/bars.ts';
import { hostKind, type OpenHost, openHost } from './support/host.ts';
import { typePath } from './support/type-path.ts';

const images = ['a1.png', 'a2.png', 'b1.png', 'b2.png'];

/** A project of four labelled pictures, with a box on the first. */
async function makeProject(folder: string): Promise<string> {
  const films = path.join(folder, 'films');
  const project = path.join(folder, 'bars');
  for (const [index, name] of images.entries()) {
    const kind = name.startsWith('a') ? 'upright' : 'lying';
    mkdirSync(path.join(films, kind), { recursive: true });
    writeFileSync(path.join(films, kind, name), barPicture(kind, index));
  }
  await runCommandLines(
    [
      ['new', project, '--classes', 'lying,upright'],
      ['import', project, films, '--labels', 'folder'],
    ],
    folder,
  );
  const engine = startEngine();
  try {
    const { client } = engine;
    const { project: id, classes } = await client.project.open({ path: project });
    const { rows } = await client.dataset.images({ project: id, limit: 10 });
    const shape = { kind: 'box', x: 4, y: 5, width: 10, height: 6 } as const;
    const put = [{ id: crypto.randomUUID(), class: classes[0]!.id, shape }];
    await client.annotation.change({ project: id, reader: 'Ada', image: rows[0]!.image, put });
    await client.dataset.saveView({ project: id, name: 'Upright', query: { classes: [classes[1]!.id] } });
  } finally {
    await engine.close();
  }
  return project;
}

describe.skipIf(hostKind === 'electron')('labels in and out', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-labels-'));
  let host: OpenHost;
  let page: Page;

  beforeAll(async () => {
    host = await openHost({ project: await makeProject(folder) });
    page = host.page;
    await page.getByRole('button', { name: /^bars/ }).click();
    await page.waitForURL(/images/);
    await page.getByText('4 images').first().waitFor();
  }, 120_000);
  afterAll(() => host.close());
  beforeEach(({ task, onTestFailed }) =>
    onTestFailed(async () => {
      await page.screenshot({ path: `test-results/${task.name.slice(0, 60)}.png`, fullPage: true });
    }),
  );

  const out = () => page.locator('section', { has: page.getByRole('heading', { name: 'Labels out' }) });
  const into = () => page.locator('section', { has: page.getByRole('heading', { name: 'Labels in' }) });
  const imported = () => into().getByRole('status');

  async function exportAs(title: string, to: string): Promise<void> {
    await out().getByRole('radio', { name: title }).check();
    await out()
      .getByLabel(/^Into the/)
      .fill(to);
    await out()
      .getByRole('button', { name: `Export as ${title}` })
      .click();
    await out().getByRole('status').getByText(to).waitFor();
  }
  async function choose(file: string): Promise<void> {
    await into()
      .getByRole('button', { name: /^Choose/ })
      .click();
    const dialog = page.getByRole('dialog', { name: 'Labels to take in' });
    await typePath(dialog, path.dirname(file));
    await page.keyboard.press('Enter');
    await dialog.getByRole('option', { name: path.basename(file) }).click();
    await dialog.getByRole('button', { name: 'Choose' }).click();
  }

  it('are found in the palette, and say what each format would hold of this project', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('export or import labels');
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Label files', selected: true }).waitFor();
    const held = async (title: string) => out().locator('label', { hasText: title }).first().innerText();
    await expect.poll(() => held('CSV table')).toMatch(/4 labels, 4 words of readers$/);
    expect(await held('COCO')).toMatch(/4 labels, 1 shape$/);
    expect(await held('YOLO')).toMatch(/1 shape$/);
    expect(await held('DICOM SEG')).toMatch(/nothing to write$/);
    await out().getByText('1 shape left out: a table has labels only.').waitFor();
    await out().getByLabel('Of which images').selectOption({ label: 'View Upright' });
    await expect.poll(() => held('CSV table')).toMatch(/2 labels, 2 words of readers$/);
    await out().getByLabel('Of which images').selectOption({ label: 'All 4 images' });
    await out().getByRole('radio', { name: 'DICOM SR' }).check();
    await out().getByText('4 images left out: no DICOM files').waitFor();
    expect(await out().getByRole('button', { name: 'Export as DICOM SR' }).isDisabled()).toBe(true);
  });

  it('go out to a file that is not there yet, with counts and what was left out', async () => {
    const file = path.join(folder, 'out', 'labels.csv');
    await exportAs('CSV table', file);
    expect(readFileSync(file, 'utf8').split('\n')[0]).toContain('file,frame,image');
    await out().getByRole('status').getByText('Wrote 8 lines of 4 images to').waitFor();
    await out().getByRole('status').getByText('1 shape left out').waitFor();
    await out().getByLabel('Into the file').fill(file);
    await out().getByRole('button', { name: 'Export as CSV table' }).click();
    await out().getByText('is there already').waitFor();
  });

  it('come in again without a change', async () => {
    await choose(path.join(folder, 'out', 'labels.csv'));
    await into().getByText('0 labels and 0 shapes on 0 images would come in; 4 are here already.').waitFor();
    await into().getByText('Nothing new is in it.').waitFor();
    expect(await into().getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
    await into().getByRole('button', { name: 'Start over' }).click();
  });

  it('are looked at before they come in, and one undo takes them back', async () => {
    const file = path.join(folder, 'foreign.csv');
    writeFileSync(file, 'file,label\na1.png,slanted\nb1.png,upright\nb1.png,lying\nzzz.png,lying\n');
    await choose(file);
    const classes = into().getByRole('table', { name: 'Labels by class' });
    await expect.poll(() => classes.innerText()).toMatch(/slanted\s+would be made\s+1\s+0/);
    const refused = into().getByRole('table', { name: 'What is refused' });
    await refused.getByText('unknownImage').waitFor();
    await into().getByText('1 label contradicts an earlier one of the same image').waitFor();
    await into().getByRole('button', { name: 'Import 2 labels' }).click();
    await imported().getByText('2 labels and 0 shapes on 2 images came in').waitFor();
    await imported().getByRole('link', { name: 'See it in the history' }).click();
    await page.getByText('import of 2 labels, with the class slanted').first().waitFor();

    await page.getByRole('tab', { name: 'Label files' }).click();
    await choose(file);
    await into().getByText('Nothing new is in it.').waitFor();
    await page.keyboard.press('Control+z');
    await page.getByText('Undone: import of 2 labels, with the class slanted.').waitFor();
    const messages = page.getByRole('region', { name: 'Messages' });
    await messages.getByRole('button', { name: 'Redo' }).waitFor();
    // What was undone comes in anew, and the button beside the result takes it back as well.
    await into().getByRole('button', { name: 'Start over' }).click();
    await choose(file);
    await into().getByRole('button', { name: 'Import 2 labels' }).click();
    await imported().getByRole('button', { name: 'Undo the import' }).waitFor();
    // There is nothing left to do again.
    await expect.poll(() => messages.getByRole('button', { name: 'Redo' }).count()).toBe(0);
    await imported().getByRole('button', { name: 'Undo the import' }).click();
    await expect.poll(() => imported().count()).toBe(0);
  });

  it('a folder that is dropped is sent, read as what it is, and removed again', async () => {
    const yolo = path.join(folder, 'yolo');
    await exportAs('YOLO', yolo);
    await page.getByRole('heading', { name: 'Labels in' }).scrollIntoViewIfNeeded();
    const box = (await into().boundingBox())!;
    const at = { x: box.x + 20, y: box.y + 20, modifiers: 0 };
    const cdp = await page.context().newCDPSession(page);
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      const data = { items: [], files: [yolo], dragOperationsMask: 1 };
      await cdp.send('Input.dispatchDragEvent', { type, ...at, data });
    }
    await into().getByText('0 labels and 0 shapes on 0 images would come in; 1 is here already.').waitFor();
    expect(await into().getByLabel('It is').inputValue()).toBe('yolo');
    const incoming = path.join(folder, 'bars', 'incoming');
    expect(readdirSync(incoming)).toHaveLength(1);
    await into().getByRole('button', { name: 'Start over' }).click();
    await expect.poll(() => readdirSync(incoming)).toEqual([]);
  });

  it('shapes go out as COCO and are known again; others come in once', async () => {
    const written = path.join(folder, 'boxes.json');
    await exportAs('COCO', written);
    await choose(written);
    await into().getByText('Nothing new is in it.').waitFor();
    const file = path.join(folder, 'moved.json');
    writeFileSync(file, readFileSync(written, 'utf8').replace('"bbox":[4,', '"bbox":[5,'));
    await into()
      .getByRole('button', { name: /^Choose/ })
      .click();
    const dialog = page.getByRole('dialog', { name: 'Labels to take in' });
    // A file's path is as good as its folder's.
    await typePath(dialog, file);
    await page.keyboard.press('Enter');
    await dialog.getByRole('option', { name: 'moved.json', selected: true }).waitFor();
    await dialog.getByRole('button', { name: 'Choose' }).click();
    await into().getByRole('button', { name: 'Import 1 shape' }).click();
    await imported().getByText('0 labels and 1 shape on 1 image came in').waitFor();
    await choose(file);
    await into().getByText('Nothing new is in it.').waitFor();
  });

  it('breaks neither the page’s policy nor a promise', () => {
    expect(host.problems).toEqual([]);
  });
});
