import { readFileSync } from 'node:fs';

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { finishedProject } from './support/finished-project.ts';
import { hostKind, type OpenHost, openHost } from './support/host.ts';
import { pressEverything, runEveryCommand, type Watched, watchRefusals } from './support/press.ts';

const unlabelled = 4;

/** Screens of a project with their parts, by the end of their address. */
const screens = {
  reader: [
    'images',
    'read',
    'data',
    'data?part=labels',
    'data?part=classes',
    'data?part=clinical',
    'data?part=versions',
    'data?part=history',
    'readers',
  ],
  adjudicator: ['readers?part=agreement', 'readers?part=adjudicate'],
  owner: [
    'import',
    'data?part=split',
    'data?part=duplicates',
    'data?part=files',
    'train',
    'train?view=runs',
    'results',
    'results?part=test',
    'deploy',
  ],
};

// Electron's window belongs to who works at the machine: nobody signs in there.
describe.skipIf(hostKind === 'electron')('people who sign in', { timeout: 180_000 }, () => {
  let host: OpenHost;
  /** Of who started Readroom. */
  let machine: Page;
  const pages: Record<string, Page> = {};
  const secrets: Record<string, string> = {};
  const watched: Record<string, Watched> = {};
  const refusals: Record<string, readonly string[]> = {};
  /** Of a stranger who has tried too often. */
  let slowed: Page;
  let base = '';

  beforeAll(async () => {
    host = await openHost({ project: await finishedProject(64, unlabelled) });
    machine = host.page;
    await machine.getByRole('button', { name: /^bars/ }).click();
    await machine.waitForURL(/images/);
    base = machine.url().replace(/images.*$/, '');
  }, 180_000);
  afterAll(() => host.close());
  beforeEach(({ task, onTestFailed }) =>
    onTestFailed(async () => {
      const shot = (name: string): string => `test-results/sign-in ${task.name.slice(0, 50)} ${name}.png`;
      await machine.screenshot({ path: shot('machine') });
      for (const [name, page] of Object.entries(pages)) await page.screenshot({ path: shot(name) });
    }),
  );

  const screenLink = (page: Page, name: string) =>
    page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name, exact: true });
  async function fill(page: Page, name: string, secret: string): Promise<void> {
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Secret').fill(secret);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }
  async function signIn(name: string): Promise<Page> {
    const page = await host.openStranger!();
    pages[name] = page;
    watched[name] = watchRefusals(page);
    refusals[name] = watched[name].refused;
    await fill(page, name, secrets[name]!);
    await page.getByRole('heading', { name: 'Your projects' }).waitFor();
    return page;
  }

  const imageOf = (page: Page): string => /read\/([^?]+)/.exec(page.url())?.[1] ?? '';
  /** Says the same of all images of a round's list. */
  async function readAll(page: Page, key: string): Promise<void> {
    const seen = new Set<string>();
    for (let place = 0; place < unlabelled; place += 1) {
      const read = page.getByRole('region', { name: 'Round' }).getByText(`${place} of ${unlabelled} read`);
      await read.waitFor();
      await expect.poll(() => imageOf(page) !== '' && !seen.has(imageOf(page))).toBe(true);
      seen.add(imageOf(page));
      await page.keyboard.press(key);
    }
    await page.getByText('You have read all of your list').waitFor();
  }

  it('get a profile with a secret, and a role in the project, from who started Readroom', async () => {
    await machine.getByTitle('Who reads').click();
    for (const [name, role] of [
      ['Ada', 'reader'],
      ['Cleo', 'adjudicator'],
      ['Owen', 'owner'],
    ] as const) {
      await machine.getByLabel('Add a reader').fill(name);
      await machine.getByRole('button', { name: 'Add', exact: true }).click();
      await machine.getByLabel(`Role of ${name} when signed in`).selectOption(role);
      await machine.getByLabel('Let a person sign in').fill(name);
      await machine.getByRole('button', { name: 'Make a secret' }).click();
      secrets[name] = await machine
        .getByText(`Secret of ${name}, shown this once:`)
        .locator('code')
        .innerText();
      expect(secrets[name]).toMatch(/^(\w{5}-){3}\w{5}$/);
    }
  });

  it('find the whole screen in its place after a link to a part of Settings', async () => {
    expect((await machine.getByRole('banner').boundingBox())?.y).toBe(0);
  });

  it('see their projects, and of a project the screens of their role', async () => {
    const ada = await signIn('Ada');
    expect(await ada.getByRole('main').innerText()).not.toMatch(/This machine|New project|Open a project/);
    const offered = async (page: Page): Promise<string[]> => {
      await page.getByRole('main').getByRole('link', { name: /^bars/ }).click();
      await page.waitForURL(/images/);
      await screenLink(page, 'Images').waitFor();
      const names = await page.getByRole('navigation', { name: 'Screens' }).getByRole('link').allInnerTexts();
      return names.map((name) => name.trim());
    };
    const everybody = ['Home', 'Images', 'Read', 'Data', 'Readers', 'Guide', 'Settings'];
    expect(await offered(ada)).toEqual(everybody);
    expect(await offered(await signIn('Cleo'))).toEqual(everybody);
    expect(await offered(await signIn('Owen'))).toEqual(
      expect.arrayContaining([...everybody, 'Import', 'Train', 'Results']),
    );
    await ada.goto(`${base}train`);
    await ada.getByText('Only owners of the project can do this.').waitFor();
    expect(refusals).toEqual({ Ada: [], Cleo: [], Owen: [] });
  });

  it('are seen to be refused by what these tests watch with', async () => {
    const ada = pages['Ada']!;
    await ada.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket('ws://' + location.host + '/rpc');
      socket.onopen = () => socket.send('{"i":"1","p":{"u":"/project/recent"}}');
      socket.onmessage = () => resolve(socket.close());
    })`);
    await expect.poll(() => refusals['Ada']).toEqual([expect.stringContaining('/project/recent: {')]);
    watched['Ada']!.refused.length = 0;
  });

  it('are refused with a sentence when the secret is wrong, and slowed after five tries', async () => {
    slowed = await host.openStranger!();
    await slowed.getByRole('heading', { name: 'Sign in to Readroom' }).waitFor();
    for (let tries = 0; tries < 5; tries += 1) {
      const answer = slowed.waitForResponse(/sign-in/);
      await fill(slowed, 'Ada', 'wrong');
      expect((await answer).status()).toBe(401);
      await slowed.getByText('The name or the secret is not right.').waitFor();
    }
    await fill(slowed, 'Ada', secrets['Ada']!);
    await slowed.getByText(/^That was tried too often: try again in \d+ s\./).waitFor();
  });

  it('read in a round that an owner opened', async () => {
    const { Ada: ada, Owen: owen } = pages;
    await screenLink(owen!, 'Readers').click();
    await owen!.getByText('No round yet').waitFor();
    await owen!.keyboard.press('n');
    const dialog = owen!.getByRole('dialog', { name: 'New blinded round' });
    await dialog.getByLabel('Name').fill('Far away');
    await dialog.getByLabel('Images').selectOption({ label: 'Images without a label' });
    for (const checked of await dialog.getByRole('checkbox', { checked: true }).all())
      await checked.uncheck();
    for (const reader of ['Ada', 'Cleo']) await dialog.getByRole('checkbox', { name: reader }).check();
    await dialog.getByRole('button', { name: 'Open the round' }).click();
    await owen!.getByText('OPEN, BLINDED').waitFor();

    await ada!.goto(`${base}readers`);
    await ada!.getByRole('link', { name: 'Read as Ada' }).click();
    await readAll(ada!, '1');
    await expect
      .poll(() => owen!.getByRole('article', { name: 'Round Far away' }).innerText())
      .toMatch(new RegExp(`Ada\\s+${unlabelled} of ${unlabelled}`));
    expect(refusals).toEqual({ Ada: [], Cleo: [], Owen: [] });
  });

  it('decide as adjudicators once the owner has closed the round', async () => {
    const { Cleo: cleo, Owen: owen } = pages;
    await cleo!.goto(`${base}readers`);
    await cleo!.getByRole('link', { name: 'Read as Cleo' }).click();
    await readAll(cleo!, '2');
    const card = owen!.getByRole('article', { name: 'Round Far away' });
    await card.getByRole('button', { name: 'Close the round' }).click();
    await owen!
      .getByRole('dialog', { name: 'Close Far away' })
      .getByRole('button', { name: 'Close the round' })
      .click();
    await card.getByText('CLOSED', { exact: true }).waitFor();
    await cleo!.goto(`${base}readers`);
    await cleo!.getByRole('link', { name: 'Adjudicate' }).click();
    await cleo!.getByText(`0 of ${unlabelled} decided.`).waitFor();
    await cleo!.keyboard.press('d');
    const bar = cleo!.getByRole('region', { name: 'Round' });
    await bar.getByText(`0 of ${unlabelled} decided`).waitFor();
    await expect.poll(() => imageOf(cleo!)).not.toBe('');
    await cleo!.keyboard.press('1');
    await bar.getByText(`1 of ${unlabelled} decided`).waitFor();
    expect(refusals).toEqual({ Ada: [], Cleo: [], Owen: [] });
  });

  it.each([
    ['Ada', [...screens.reader]],
    ['Cleo', [...screens.reader, ...screens.adjudicator]],
    ['Owen', [...screens.reader, ...screens.adjudicator, ...screens.owner]],
  ] as const)('%s is refused nothing that a screen offers', async (name, own) => {
    const page = pages[name]!;
    for (const place of ['/', '/settings', ...own.map((screen) => base + screen)]) {
      await page.goto(new URL(place, base).href);
      await page.locator('main h1').first().waitFor({ state: 'attached' });
      await watched[name]!.settled();
      expect(refusals[name], `shown: ${place}`).toEqual([]);
      expect(await pressEverything(page, watched[name]!)).not.toEqual([]);
      expect(refusals[name], `pressed: ${place}`).toEqual([]);
    }
  });

  it('make a report and a model package as owners, and take them along', async () => {
    const owen = pages['Owen']!;
    await owen.goto(`${base}deploy`);
    await owen.getByRole('button', { name: 'Write the report' }).click();
    const opening = owen.context().waitForEvent('page');
    await owen.getByRole('button', { name: 'Open the report' }).click();
    const report = await opening;
    await report.getByRole('heading', { level: 1 }).waitFor();
    await report.close();
    await owen.getByRole('button', { name: /^Export/ }).click();
    const link = owen.getByRole('link', { name: 'Save the package on this computer' });
    await link.waitFor({ timeout: 120_000 });
    // No place of the machine is told.
    expect(await owen.getByRole('main').innerText()).not.toMatch(/\/(tmp|home|exports)\//);
    const downloading = owen.waitForEvent('download');
    await link.click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^default-[0-9a-f]{8}-[0-9a-f]{4}-\d{14}\.zip$/);
    expect(
      readFileSync(await download.path())
        .subarray(0, 4)
        .toString('latin1'),
    ).toBe('PK\x03\x04');
    expect(refusals['Owen']).toEqual([]);
  });

  it('have no command that is refused', async () => {
    for (const screen of ['read', 'data', 'readers']) {
      const titles = await runEveryCommand(pages['Ada']!, base + screen, watched['Ada']!);
      expect(titles).toContain('Go to Read');
      for (const hidden of ['Go to Train', 'Go to Deploy', 'Open a project', 'New blinded round'])
        expect(titles).not.toContain(hidden);
      expect(refusals['Ada'], screen).toEqual([]);
    }
  });

  // Behind tests that take longer than the while.
  it('are let in by the right secret a while later, as they were told', async () => {
    const heading = slowed.getByRole('heading', { name: 'Your projects' });
    await expect
      .poll(
        async () => {
          // Once it was taken the button goes with its page.
          await slowed
            .getByRole('button', { name: 'Sign in' })
            .click({ timeout: 500 })
            .catch(() => undefined);
          return heading.isVisible();
        },
        { timeout: 60_000, interval: 1000 },
      )
      .toBe(true);
    await slowed.context().close();
  });

  it('get another role without loading the page anew', async () => {
    const cleo = pages['Cleo']!;
    await cleo.goto(`${base}images`);
    await screenLink(cleo, 'Images').waitFor();
    await machine.getByLabel('Role of Cleo when signed in').selectOption('owner');
    await screenLink(cleo, 'Train').waitFor();
    await machine.getByLabel('Role of Cleo when signed in').selectOption('reader');
    await screenLink(cleo, 'Train').waitFor({ state: 'detached' });
    expect(refusals['Cleo']).toEqual([]);
  });

  it('are out when they sign out', async () => {
    const ada = pages['Ada']!;
    await ada.goto(`${base}images`);
    await ada.getByRole('button', { name: 'Sign out' }).click();
    await ada.getByRole('heading', { name: 'Sign in to Readroom' }).waitFor();
    await ada.goto(`${base}images`);
    await ada.getByRole('heading', { name: 'Sign in to Readroom' }).waitFor();
  });

  it('are told when their session is ended, and can sign in with the new secret', async () => {
    const cleo = pages['Cleo']!;
    await machine
      .getByRole('listitem')
      .filter({ hasText: 'Cleo' })
      .getByRole('button', { name: 'New secret' })
      .click();
    await cleo.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await cleo.getByRole('button', { name: 'Sign in again' }).click();
    await fill(cleo, 'Cleo', secrets['Cleo']!);
    await cleo.getByText('The name or the secret is not right.').waitFor();
    const told = machine.getByText('Secret of Cleo, shown this once:');
    await fill(cleo, 'Cleo', await told.locator('code').innerText());
    await screenLink(cleo, 'Read').waitFor();
  });

  it('break neither the page’s policy nor a promise', () => {
    expect(host.problems).toEqual([]);
  });
});
