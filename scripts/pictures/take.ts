import path from 'node:path';

import type { Page } from 'playwright-core';

import { openHost } from '../../test/e2e/support/host.ts';
import { repositoryFolder } from '../setup/places.mjs';

/** Where the pictures of README and guide stand. */
export const picturesFolder = path.join(repositoryFolder, 'docs/guide/images');
const size = { width: 1440, height: 900 };

/** A screen as it is photographed. */
export interface Picture {
  readonly name: string;
  /** Below the project's address. */
  readonly path: string;
  /** What is done there before the picture is taken. */
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Draws by drag through places of the picture in view, in shares of the viewer. */
export async function drag(page: Page, ...places: [number, number][]): Promise<void> {
  const box = (await page.locator('[data-shown]').first().boundingBox())!;
  const at = ([x, y]: [number, number]): [number, number] => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(places[0]!));
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...at(place), { steps: 8 });
  await page.mouse.up();
}

/** What is on screen, as `docs/guide/images/NAME.png`. */
export async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(800);
  await page.screenshot({ path: path.join(picturesFolder, `${name}.png`) });
  process.stdout.write(`${name}.png\n`);
}

/** Opens a project from Home, and takes pictures in it. */
export async function takeAll(page: Page, project: string, wanted: readonly Picture[]): Promise<void> {
  await page.goto(new URL('/', page.url()).href);
  await page.getByRole('button', { name: new RegExp(`^${project}`) }).click();
  await page.waitForURL(/images/);
  const base = page.url().replace(/images.*$/, '');
  for (const picture of wanted) {
    await page.goto(base + picture.path);
    await page.waitForLoadState('networkidle');
    await picture.prepare?.(page);
    await take(page, picture.name);
  }
}

/** Starts the application on a project, with settings of its own. */
export async function withProject(opened: string, work: (page: Page) => Promise<void>): Promise<void> {
  const host = await openHost({ kind: 'server', project: opened, ...size });
  try {
    await work(host.page);
  } finally {
    await host.close();
  }
}
