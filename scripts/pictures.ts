// npm run pictures: the pictures of README and guide, taken of the real screens on generated files.
// npm run pictures -- masks numbers: only those of these sets.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Page } from 'playwright-core';

import { filmPictures, readersPicture, seriesPicture } from './pictures/film-pictures.ts';
import {
  drawNewFilms,
  makeCt,
  makeFilms,
  makeHands,
  makeOutcomes,
  type MakeProject,
  makeRound,
  makeSlices,
} from './pictures/projects.ts';
import { picturesFolder, take, takeAll, withProject } from './pictures/take.ts';
import { handPictures, outcomePictures, slicePictures, takeTemplates } from './pictures/task-pictures.ts';

/** A project and what is photographed in it. */
interface PictureSet {
  readonly id: string;
  /** As Home names it. */
  readonly project: string;
  readonly make: MakeProject;
  readonly work: (page: Page, project: string) => Promise<void>;
}

const temporary = mkdtempSync(path.join(tmpdir(), 'readroom-pictures-'));

async function takeFilms(page: Page): Promise<void> {
  await page.getByText('This machine').waitFor();
  await page.getByText('Desktop window').waitFor({ timeout: 60_000 });
  await take(page, 'home');
  await takeTemplates(page);
  await page.goto(new URL('/settings', page.url()).href);
  await page.getByText('Compute and doctor').first().waitFor();
  await page.getByLabel('You read as').fill('A. Reader');
  await page.getByRole('button', { name: 'Use', exact: true }).click();
  await take(page, 'settings');
  await takeAll(page, 'Chest films', filmPictures(await drawNewFilms(temporary)));
}

const sets: readonly PictureSet[] = [
  { id: 'films', project: 'Chest films', make: makeFilms, work: takeFilms },
  {
    ...{ id: 'series', project: 'Chest CT', make: makeCt },
    work: (page) => takeAll(page, 'Chest CT', [seriesPicture]),
  },
  {
    ...{ id: 'readers', project: 'Two readers', make: makeRound },
    work: (page) => takeAll(page, 'Two readers', [readersPicture]),
  },
  {
    ...{ id: 'masks', project: 'Brain slices', make: makeSlices },
    work: (page) => takeAll(page, 'Brain slices', slicePictures),
  },
  {
    ...{ id: 'numbers', project: 'Hands', make: makeHands },
    work: (page) => takeAll(page, 'Hands', handPictures),
  },
  {
    ...{ id: 'table', project: 'Admissions', make: makeOutcomes },
    work: (page, project) => takeAll(page, 'Admissions', outcomePictures(project)),
  },
];

const asked = process.argv.slice(2);
const unknown = asked.find((id) => !sets.some((one) => one.id === id));
if (unknown !== undefined)
  throw new Error(`There is no set "${unknown}": use ${sets.map(({ id }) => id).join(', ')}.`);
mkdirSync(picturesFolder, { recursive: true });
try {
  for (const { id, project, make, work } of sets) {
    if (asked.length > 0 && !asked.includes(id)) continue;
    const folder = path.join(temporary, project);
    await make(folder, temporary);
    await withProject(folder, (page) => work(page, folder));
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
