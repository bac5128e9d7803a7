import { describe, expect, it } from 'vitest';

import { projectTemplates } from '../../../src/core/templates/index.ts';
import { guidePages } from '../../../src/renderer/guide-pages.ts';

/** Texts of docs/guide by their file names. */
const texts = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>('../../../docs/guide/*.md', { query: '?raw', import: 'default', eager: true }),
  ).map(([file, text]) => [file.replace(/^.*\/|\.md$/g, ''), text]),
);
const pictures = Object.keys(import.meta.glob('../../../docs/guide/images/*.png')).map((file) =>
  file.replace(/^.*\//, ''),
);
const found = (pattern: RegExp): string[] =>
  Object.values(texts).flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1]!));

describe('the guide', () => {
  it('lists every page, under the title that it has', () => {
    expect(guidePages.map(({ id }) => id).sort()).toEqual(Object.keys(texts).sort());
    for (const { id, title } of guidePages) expect(texts[id]).toMatch(new RegExp(`^# ${title}\n`));
  });

  it('leads to pages that are there', () => {
    const ids = guidePages.map(({ id }): string => id);
    for (const target of found(/\]\(([^)]+)\.md\)/g)) expect(ids).toContain(target);
  });

  it('shows pictures that were taken, and every one of them', () => {
    expect([...new Set(found(/\]\(images\/([^)]+)\)/g))].sort()).toEqual(pictures.sort());
  });

  it('names every template', () => {
    for (const { name } of projectTemplates) expect(texts['templates']).toContain(`| ${name} `);
  });
});
