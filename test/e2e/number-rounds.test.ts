import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Contract } from '../../src/contract/index.ts';
import { connect } from '../../src/rpc/in-process.ts';
import { runCommandLines } from '../support/cli-process.ts';
import { startEngine } from '../support/engine.ts';
import { writeBars } from './support/bars.ts';
import { type OpenHost, openHost } from './support/host.ts';

const images = 12;

describe('a blinded round of numbers', { timeout: 120_000 }, () => {
  let host: OpenHost;
  let page: Page;

  beforeAll(async () => {
    const { unlabelled } = writeBars(2, images);
    const folder = mkdtempSync(path.join(tmpdir(), 'e2e-number-rounds-'));
    const project = path.join(folder, 'hands');
    await runCommandLines(
      [
        [
          'new',
          project,
          '--labels',
          'number',
          '--unit',
          'mm',
          '--low',
          '0',
          '--high',
          '200',
          '--decimals',
          '1',
        ],
        ['import', project, unlabelled, '--labels', 'none'],
        ['open-round', project, '--name', 'Width', '--readers', 'Ada,Ben', '--tolerance', '2'],
      ],
      folder,
    );
    await readByBoth(project);
    host = await openHost({ project });
    page = host.page;
    await page.getByRole('button', { name: /^hands/ }).click();
    await page.waitForURL(/project\//);
  }, 120_000);
  afterAll(() => host.close());

  /** Ben reads 0 to 3 mm more than Ada, in turn; the round is closed. */
  async function readByBoth(folder: string): Promise<void> {
    const engine = startEngine();
    const client = connect<Contract>(engine.router);
    const { project } = await client.project.open({ path: folder });
    const { round } = (await client.round.list({ project }))[0]!;
    const { rows } = await client.dataset.images({ project, limit: images });
    for (const [index, { image }] of rows.entries()) {
      const say = (reader: string, number: number) =>
        client.label.assign({ project, round, reader, images: { ids: [image] }, change: { number } });
      await say('Ada', 50 + 5 * index);
      await say('Ben', 50 + 5 * index + (index % 4));
    }
    await client.round.close({ project, round, reader: 'Ada' });
    await engine.close();
  }

  it('asks for a tolerance in the unit of the labels, and says it in the head', async () => {
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Readers' }).click();
    const card = page.getByRole('article', { name: 'Round Width' });
    await card.getByText(/up to 2 mm apart agree/).waitFor();
    // Of differences of 0, 1, 2 and 3 mm one in four is larger.
    await card.getByText('3 disagreements, 0 decided.').waitFor();
    await page.getByRole('button', { name: 'New round' }).click();
    const dialog = page.getByRole('dialog', { name: 'New blinded round' });
    await dialog.getByLabel('Tolerance').fill('1.5');
    await dialog.getByLabel('Name').fill('Finer');
    await dialog.getByRole('button', { name: 'Open the round' }).click();
    await page
      .getByRole('article', { name: 'Round Finer' })
      .getByText(/up to 1.5 mm apart/)
      .waitFor();
  });

  it('shows how far readings lie apart, and opens the image of a point', async () => {
    const card = page.getByRole('article', { name: 'Round Width' });
    await card.getByRole('link', { name: 'Agreement' }).click();
    const pair = page.getByRole('region', { name: 'Agreement of Ada and Ben' });
    await pair.getByText('Within the tolerance').waitFor();
    await expect.poll(() => pair.innerText()).toMatch(/Within the tolerance\s+75\.0 %/);
    await expect.poll(() => pair.innerText()).toMatch(/Intraclass correlation\s+0\.99/);
    await page.getByText('Mean difference', { exact: true }).waitFor();
    expect(await page.getByRole('main').innerText()).toMatch(/Mean difference\s+1\.50 \(.* to .*\) mm/);
    const chart = page.getByRole('img', { name: /^Differences between Ada and Ben/ });
    await chart.scrollIntoViewIfNeeded();
    const box = (await chart.boundingBox())!;
    // Points of no difference lie on one line; where on it depends on the axis.
    const [low, high] = [-2, 5];
    const y = box.y + 14 + ((high - 0) / (high - low)) * (box.height - 14 - 40);
    for (let x = box.x + 58; x < box.x + box.width && !/images\?/.test(page.url()); x += 4)
      await page.mouse.click(x, y);
    await page.waitForURL(/images\?images=/);
    await page
      .getByText(/^Ada: \d+, Ben: \d+$/)
      .first()
      .waitFor();
  });

  it('breaks neither the page’s policy nor a promise', () => {
    expect(host.problems).toEqual([]);
  });
});
