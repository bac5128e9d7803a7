import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { finishedProject } from './support/finished-project.ts';
import { hostKind, type OpenHost, openHost } from './support/host.ts';

/** Electron's host has one window for a project; a second browser window is the server's affair. */
describe.skipIf(hostKind === 'electron')('two windows on one project', { timeout: 120_000 }, () => {
  let host: OpenHost;
  beforeAll(async () => {
    host = await openHost({ project: await finishedProject(24, 6) });
  }, 120_000);
  afterAll(() => host.close());

  it('stay in step: labels, undo and settings of one show in the other', async () => {
    const first = host.page;
    const second = await host.openPage!();
    for (const page of [first, second]) {
      await page.getByRole('button', { name: /^bars/ }).click();
      await page.waitForURL(/images/);
    }
    const counts = (page: typeof first) => page.getByRole('contentinfo').innerText();

    await second
      .getByRole('navigation', { name: 'Screens' })
      .getByRole('link', { name: 'Read', exact: true })
      .click();
    await second.getByText(/of 30/).waitFor();
    await first
      .getByRole('checkbox', { name: /^No label/ })
      .first()
      .check();
    await first.getByText('6 of 30 images').waitFor();
    await first.keyboard.press('Control+a');
    await first.keyboard.press('1');
    await expect.poll(() => counts(second)).toContain('30 labelled');
    await second.keyboard.press('z');
    await expect.poll(() => counts(first)).toContain('24 labelled');

    await second.keyboard.press('Alt+t');
    await first.locator('html[data-theme="light"]').waitFor({ state: 'attached' });
    expect(host.problems).toEqual([]);
  });
});

/** Films of the sample that is made: fewer than usual, and enough that a page is loaded anew meanwhile. */
const films = 200;

/** Has the page ask for so many films where it asks for the usual number. */
async function makeFewer(page: Page): Promise<void> {
  await page.routeWebSocket(/\/rpc$/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      const text = String(message);
      const isIt = text.includes('/project/createSample');
      server.send(isIt ? text.replace('"template":', `"images":${films},"template":`) : message);
    });
  });
  await page.reload();
}

describe.skipIf(hostKind === 'electron')('two windows on Home', { timeout: 300_000 }, () => {
  let host: OpenHost;
  beforeAll(async () => {
    // Projects are made below it.
    vi.stubEnv('HOME', mkdtempSync(path.join(tmpdir(), 'e2e-home-')));
    host = await openHost();
  }, 120_000);
  afterAll(async () => {
    await host.close();
    vi.unstubAllEnvs();
  });

  it('one that makes the sample project goes on with it, after a reload too; the other stays', async () => {
    const first = host.page;
    const second = await host.openPage!();
    const button = (page: typeof first) => page.getByRole('button', { name: 'Make the sample project' });
    await button(second).waitFor();
    await makeFewer(first);
    await button(first).click();
    const progress = (page: typeof first) =>
      page.getByRole('progressbar', { name: 'Making the sample project' });
    // Not before the window knows which work is its own.
    await expect.poll(() => progress(first).getAttribute('aria-valuenow')).not.toBeNull();
    await first.reload();
    await progress(first).waitFor();
    expect(await button(second).isEnabled()).toBe(true);
    await first.waitForURL(/images/, { timeout: 240_000 });
    await first.getByText(`${films} images`).first().waitFor();
    await second.getByRole('button', { name: /^Pneumonia from chest films \(sample\)/ }).waitFor();
    expect(second.url()).not.toMatch(/images/);
    expect(host.problems).toEqual([]);
  });
});
