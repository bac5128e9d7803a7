import { createRequire } from 'node:module';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { runCommandLines } from '../support/cli-process.ts';
import { finishedProject } from './support/finished-project.ts';
import { hostKind, type OpenHost, openHost } from './support/host.ts';
import { typePath } from './support/type-path.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe has against what is on screen. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<AxeResults>('axe.run({ resultTypes: ["violations"] })');
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  );
}

/** A screen, and a text that stands there once it is whole. */
interface Screen {
  name: string;
  path: string;
  until: (page: Page) => Promise<unknown>;
}
const seen = (text: string | RegExp) => (page: Page) => page.getByText(text).first().waitFor();

/** A copy in which others said something else of two images, merged into the project. */
async function mergeCopy(project: string): Promise<void> {
  const copy = `${project} copy`;
  cpSync(project, copy, { recursive: true });
  const label = (to: string, file: string, name: string): string[] => [
    ...['label', to, file, '--class', name, '--reader', 'Ada Lovelace'],
  ];
  const commands = ['upright-1000.png', 'lying-1001.png'].flatMap((file) => [
    label(project, file, 'upright'),
    label(copy, file, 'lying'),
  ]);
  await runCommandLines([...commands, ['merge', project, copy]], path.dirname(project));
}

const labs = path.join(mkdtempSync(path.join(tmpdir(), 'e2e-labs-')), 'labs.csv');

/** A clinical table, with what can be wrong in one. */
async function takeTable(project: string): Promise<void> {
  const rows = Array.from({ length: 30 }, (_, at) => {
    const age = at === 4 ? 'unknown' : at === 7 ? 230 : 50 + at;
    return `P${100 + at},${age},${at % 5 === 0 ? '' : at % 2 ? 'yes' : 'no'},${'abc'[at % 3]},note ${at}`;
  });
  writeFileSync(labs, ['patient,age (years),smoker,stage,note', ...rows, 'X1,50,no,a,'].join('\n'));
  await runCommandLines([['table', 'import', project, labs]], path.dirname(project));
}

const screens: Screen[] = [
  { name: 'Home', path: 'home', until: seen('Recent projects') },
  { name: 'Images', path: 'images', until: seen('76 images') },
  { name: 'Read', path: 'read', until: seen(/of 76/) },
  { name: 'Import', path: 'import', until: seen('Choose files or folders') },
  { name: 'Data, overview', path: 'data', until: seen('Images and patients by class') },
  {
    name: 'Data, classes',
    path: 'data?part=classes',
    until: (page) => page.getByRole('button', { name: /Add/ }).first().waitFor(),
  },
  { name: 'Data, labels', path: 'data?part=labels', until: seen('What a label is') },
  { name: 'Data, label files', path: 'data?part=files', until: seen(/words of readers/) },
  { name: 'Data, clinical table', path: 'data?part=clinical', until: seen('3 columns of 30 patients') },
  {
    name: 'Data, a clinical table that would come in',
    path: 'data?part=clinical',
    async until(page) {
      await page.getByRole('button', { name: 'Choose a file' }).click();
      const dialog = page.getByRole('dialog', { name: 'Clinical table' });
      await typePath(dialog, labs);
      await page.keyboard.press('Enter');
      await dialog.getByRole('option', { name: 'labs.csv', selected: true }).waitFor();
      await dialog.getByRole('button', { name: 'Choose' }).click();
      await page.getByText('Just this table is in the project already.').waitFor();
    },
  },
  { name: 'Data, history', path: 'data?part=history', until: seen('As of a moment') },
  { name: 'Data, conflicts of a merge', path: 'data?part=history', until: seen('Changed in both copies') },
  { name: 'Data, split', path: 'data?part=split', until: seen('New split') },
  { name: 'Data, versions', path: 'data?part=versions', until: seen('current') },
  { name: 'Data, duplicates', path: 'data?part=duplicates', until: seen(/duplicates/i) },
  { name: 'Readers', path: 'readers', until: seen('No round yet') },
  {
    name: 'Train, new run',
    path: 'train',
    until: (page) => page.getByRole('heading', { name: 'Layers' }).waitFor(),
  },
  { name: 'Train, runs', path: 'train?view=runs', until: seen('completed') },
  {
    name: 'Train, a run',
    path: 'train?view=runs',
    async until(page) {
      await page.getByRole('table').getByRole('link').first().click();
      await page.getByRole('figure', { name: 'Loss' }).waitFor();
    },
  },
  { name: 'Results, validation', path: 'results', until: seen('Confusion matrix') },
  { name: 'Results, test', path: 'results?part=test', until: seen('Confusion matrix') },
  { name: 'Second opinion', path: 'opinion', until: seen('Drop an image here') },
  { name: 'Deploy', path: 'deploy', until: seen('Model package') },
  {
    name: 'Guide',
    path: 'help/train',
    until: (page) => page.getByRole('heading', { name: 'Train' }).waitFor(),
  },
  { name: 'Settings', path: 'settings', until: seen('Compute and doctor') },
  {
    name: 'Settings, readers with roles and profiles',
    path: 'images',
    async until(page) {
      await page.getByTitle('Who reads').click();
      const name = `Reader ${Date.now()}`;
      await page.getByLabel('Add a reader').fill(name);
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByLabel(`Role of ${name} when signed in`).waitFor();
      await page.getByLabel('Let a person sign in').fill(name);
      await page.getByRole('button', { name: 'Make a secret' }).click();
      await page.getByText(`Secret of ${name}, shown this once`).waitFor();
    },
  },
];

const themeOf = (page: Page): Promise<string> => page.evaluate('document.documentElement.dataset.theme');

/** Switches to the other theme, and waits until every colour has come there. */
async function switchTheme(page: Page): Promise<void> {
  const other = (await themeOf(page)) === 'dark' ? 'light' : 'dark';
  await page.keyboard.press('Alt+t');
  await page.locator(`html[data-theme="${other}"]`).waitFor({ state: 'attached' });
  await page.evaluate(`Promise.allSettled(
    document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished),
  )`);
}

/** Looks at what is on screen in the theme in force and in the other one, which stays. */
async function expectNoViolations(page: Page): Promise<void> {
  expect(await violations(page), await themeOf(page)).toEqual([]);
  await switchTheme(page);
  expect(await violations(page), await themeOf(page)).toEqual([]);
}

describe('every screen in both themes', { timeout: 120_000 }, () => {
  let host: OpenHost;
  let base = '';

  beforeAll(async () => {
    const project = await finishedProject();
    await mergeCopy(project);
    await takeTable(project);
    host = await openHost({ project });
    const { page } = host;
    await page.getByText('Recent projects').waitFor();
    await page.getByRole('button', { name: /^bars/ }).click();
    await page.waitForURL(/images/);
    base = page.url().replace(/images.*$/, '');
  }, 180_000);
  afterAll(() => host.close());
  beforeEach(({ task, onTestFailed }) =>
    onTestFailed(async () => {
      await host.page.screenshot({ path: `test-results/${task.name}.png` });
    }),
  );

  it.each(screens)('$name has nothing for axe to find, at 1280 × 720 nothing overflows', async (screen) => {
    const { page } = host;
    const places: Record<string, string> = { home: '/', settings: '/settings', 'help/train': '/help/train' };
    await page.goto(new URL(places[screen.path] ?? base + screen.path, base).href);
    await screen.until(page);
    await expectNoViolations(page);
    const overflow = await page.evaluate<number[]>(
      `[document.documentElement, ...document.querySelectorAll('main, main .page')].map(
        (element) => element.scrollWidth - element.clientWidth,
      )`,
    );
    expect(Math.max(...overflow)).toBeLessThanOrEqual(0);
  });

  it('the palette and the key sheet have nothing for axe to find either', async () => {
    const { page } = host;
    for (const [key, title] of [
      ['Control+k', 'Find a command'],
      ['?', 'Keys'],
    ] as const) {
      await page.keyboard.press(key);
      await page.getByRole('dialog', { name: title }).waitFor();
      await expectNoViolations(page);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
  });

  it.skipIf(hostKind === 'electron').each(['dark', 'light'] as const)(
    'the page to sign in has nothing for axe to find, refusing neither (%s)',
    async (theme) => {
      const page = await host.openStranger!();
      await page.emulateMedia({ colorScheme: theme });
      await page.getByRole('heading', { name: 'Sign in to Readroom' }).waitFor();
      expect(await violations(page)).toEqual([]);
      await page.getByLabel('Name').fill('Nobody');
      await page.getByLabel('Secret').fill('wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('The name or the secret is not right.').waitFor();
      expect(await violations(page)).toEqual([]);
      await page.context().close();
    },
  );

  it('shows the pictures of the guide', async () => {
    const { page } = host;
    await page.goto(new URL('/help/train', base).href);
    await expect
      .poll(() =>
        page.evaluate<number[]>(`[...document.querySelectorAll('.guide img')].map((i) => i.naturalWidth)`),
      )
      .toEqual([1440, 1440, 1440, 1440]);
  });

  it('breaks neither the page’s policy nor a promise', () => {
    expect(host.problems).toEqual([]);
  });
});
