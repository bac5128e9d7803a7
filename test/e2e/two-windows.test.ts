import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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

    await second.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Read' }).click();
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
