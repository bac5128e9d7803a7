import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { evaluateRun } from '../../../../src/engine/evaluate/evaluate.ts';
import { intervalMark } from '../../../../src/engine/report/charts/interval.ts';
import { niceTicks, spread } from '../../../../src/engine/report/charts/frame.ts';
import { learningCurve } from '../../../../src/engine/report/charts/learning-curve.ts';
import { seriesStyle } from '../../../../src/engine/report/charts/palette.ts';
import { checklistItems } from '../../../../src/engine/report/checklist.ts';
import type { Evaluated } from '../../../../src/engine/report/facts.ts';
import type { FindPicture } from '../../../../src/engine/report/gallery.ts';
import { metricInterval, metricValue, quantity } from '../../../../src/core/figures.ts';
import { reportHtml, writeReport } from '../../../../src/engine/report/write-report.ts';
import { type MadeUpOptions, madeUpRun } from '../../../support/run-facts.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readroom-report-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const noPicture: FindPicture = (image) => Promise.resolve({ fileName: `${image}.png`, thumbnail: null });

async function made(options: MadeUpOptions = {}) {
  const run = madeUpRun(options);
  const { manifest, validation, test: predictions, facts } = run;
  const evaluation = await evaluateRun({
    run: manifest.run,
    predictions,
    validation,
    manifest,
    testOpenings: 1,
  });
  const evaluated: Evaluated = { evaluation, predictions };
  return { facts, evaluated, findPicture: noPicture };
}

describe('report', () => {
  it('shows hostile names as text: no tag, attribute or address of theirs stands in the file', async () => {
    const hostile = '"><img src=x onerror=alert(1)>\n</style><script>alert(2)</script>';
    const html = await reportHtml({
      ...(await made({ classes: ['<b>a</b>', "x' onload='y"], projectName: hostile })),
      findPicture: () => Promise.resolve({ fileName: hostile, thumbnail: null }),
    });
    expect(html).not.toMatch(/<script|<img|<b>a|<\/style><|x' onload/i);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(html.match(/<\/style>/g)).toHaveLength(1);
  });

  it('refers to nothing outside itself and forbids it too', async () => {
    const html = await reportHtml(await made());
    expect(html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">`,
    );
    const withoutNamespace = html.replaceAll('xmlns="http://www.w3.org/2000/svg"', '');
    expect(withoutNamespace).not.toMatch(/https?:|url\(|@import|<link|<iframe|\bsrc="(?!data:)/);
    expect(html.match(/href="[^#]/g)).toBeNull();
  });

  it('is the same, byte for byte, for the same run', async () => {
    expect(await reportHtml(await made())).toBe(await reportHtml(await made()));
  });

  it('carries its badges and warnings', async () => {
    const html = await reportHtml(await made({ splitBy: 'image' }));
    for (const badge of ['GENERATED', 'SPLIT BY IMAGE', 'CPU', 'RESEARCH USE ONLY'])
      expect(html).toContain(`>${badge}</li>`);
    expect(html).toContain('Split by image: figures may be inflated.');
    const plain = await reportHtml(await made({ generated: false }));
    expect(plain).not.toContain('>GENERATED<');
    expect(plain).not.toContain('>SPLIT BY IMAGE<');
  });

  it('puts interval and method beside each figure', async () => {
    const content = await made();
    const auc = content.evaluated.evaluation.metrics['auc']!;
    const html = await reportHtml(content);
    expect(html).toContain(`<b>${metricValue(auc)}</b>`);
    expect(html).toContain(metricInterval(auc)!);
    expect(html).toContain(auc.method);
  });

  it("says what the project's template is for and what its results do not say, its metrics first", async () => {
    const html = await reportHtml(await made());
    expect(html).toContain('telling chest films with signs of pneumonia from films without.');
    const limits = /<section id="limits">.*?<\/section>/s.exec(html)![0];
    expect(limits).toContain('How severe it is and what caused it is not told.');
    const names = (pattern: RegExp): string[] => [...html.matchAll(pattern)].map(([, name]) => name!);
    expect(names(/<div class="tile"><span class="muted">(.*?)<\/span>/g)).toEqual([
      ...['AUC', 'Sensitivity (recall)', 'Specificity', 'Accuracy'],
    ]);
    const table = /<section id="performance">.*?<\/section>/s.exec(html)![0];
    expect([...table.matchAll(/<th scope="row">(.*?)<\/th>/g)].slice(0, 4).map(([, name]) => name)).toEqual([
      ...['AUC', 'Sensitivity (recall)', 'Specificity', 'Accuracy'],
    ]);
  });

  it("says the general words where classes are not the template's", async () => {
    const html = await reportHtml(await made({ classes: ['cat', 'dog'] }));
    expect(html).toContain('telling the classes of this project apart');
    expect(html).not.toContain('pneumonia');
  });

  it('says that nothing was evaluated rather than showing empty figures', async () => {
    const { facts } = madeUpRun();
    const html = await reportHtml({ facts, evaluated: null, findPicture: noPicture });
    expect(html).toContain('The test set has not been opened for this run');
    expect(html).toContain('>NOT EVALUATED<');
    expect(html).not.toContain('Receiver operating characteristic');
  });

  it('states that patients are apart from its own look at the list, not from the flag', async () => {
    const content = await made();
    expect(await reportHtml(content)).toContain('no patient lies in two parts (checked');
    const { manifest } = content.facts;
    const [first] = manifest.rows.train;
    const test = manifest.rows.test.map((row, i) => (i === 0 ? { ...row, patient: first!.patient } : row));
    const leaking = { ...manifest, rows: { ...manifest.rows, test } };
    const html = await reportHtml({ ...content, facts: { ...content.facts, manifest: leaking } });
    expect(html).toContain('1 patient in more than one part');
    expect(html).not.toContain('no patient lies in two parts');
  });

  it('fills its grid of charts with two classes and with more', async () => {
    for (const classes of [
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]) {
      const html = await reportHtml(await made({ classes }));
      const curves = /<section id="curves">.*?<\/section>/s.exec(html)![0];
      expect(curves.match(/<figure>/g)).toHaveLength(4);
    }
  });

  it('prints "too few" for shares of small rows', async () => {
    const html = await reportHtml(await made({ classes: ['a', 'b', 'c'], patients: 60, filmsPerPatient: 1 }));
    const matrix = /<table class="matrix">.*?<\/table>/s.exec(html)![0];
    expect(matrix).toContain('too few');
    expect(matrix).not.toContain('%');
  });

  it('shows errors worst first, with thumbnails that are pictures by their bytes only', async () => {
    const webp = join(folder, 'a.webp');
    const svg = join(folder, 'b.webp');
    await writeFile(webp, Buffer.from('RIFF\x10\0\0\0WEBPVP8 made up', 'latin1'));
    await writeFile(svg, '<svg onload="alert(1)"/>');
    const content = await made();
    let asked = 0;
    const html = await reportHtml({
      ...content,
      findPicture: (image) => {
        asked++;
        const thumbnail = asked === 1 ? webp : asked === 2 ? svg : join(folder, 'gone.webp');
        return Promise.resolve({ fileName: image, thumbnail });
      },
    });
    expect(html.match(/<img src="data:image\/webp;base64,/g)).toHaveLength(1);
    expect(html).not.toContain('svg onload');
    const given = [...html.matchAll(/>([<>.\d]+) for the truth/g)].map((match) => Number(match[1]));
    expect(given.length).toBe(asked);
    expect(given).toEqual([...given].sort((a, b) => a - b));
  });

  it('keeps to 24 pictures and says how many there are', async () => {
    const html = await reportHtml(await made({ separation: 0.5 }));
    expect(html.match(/for the truth</g)).toHaveLength(24);
    expect(html).toMatch(/The first 24 of \d+ wrong decisions/);
  });

  it('leaves to the author what a program cannot know', async () => {
    const { facts, evaluated } = await made({ generated: false });
    const items = checklistItems(facts, evaluated);
    const statusOf = (topic: RegExp) => items.find((item) => topic.test(item.topic))!.status;
    expect(statusOf(/Ethics/)).toBe('needs the author');
    expect(statusOf(/^Uncertainty/)).toBe('filled');
    expect(checklistItems(facts, null).find((item) => /^Uncertainty/.test(item.topic))!.status).toBe(
      'needs the author',
    );
    expect(checklistItems(madeUpRun().facts, null).find((item) => /Ethics/.test(item.topic))!.status).toBe(
      'not applicable',
    );
  });

  it('draws 30 classes, absent ones and one epoch without a broken number', async () => {
    const classes = Array.from({ length: 30 }, (_, i) => `class ${i}`);
    const html = await reportHtml(await made({ classes, patients: 62, filmsPerPatient: 1, epochs: 1 }));
    expect(html).not.toMatch(/NaN|Infinity|undefined|\[object/);
    expect(html).toContain('the first 12 of 30 classes');
  });
});

describe('writeReport', () => {
  it('replaces an older file and leaves nothing beside it', async () => {
    const to = join(folder, 'new', 'report.html');
    const first = await writeReport({ ...(await made()), to });
    const second = await writeReport({ ...(await made({ epochs: 3 })), to });
    expect(second).toEqual({ file: to, bytes: (await readFile(to)).length });
    expect(second.bytes).not.toBe(first.bytes);
    expect(await readdir(join(folder, 'new'))).toEqual(['report.html']);
  });

  it.each([
    ['r.PDF', 'notImplementedYet', /print it/],
    ['r.docx', 'usage', /\.html/],
  ])('refuses %s', async (name, code, hint) => {
    const writing = writeReport({ ...(await made()), to: join(folder, name) });
    await expect(writing).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) as string });
  });

  it('says so when a folder of that name is in the way, and cleans up', async () => {
    const content = await made();
    await writeReport({ ...content, to: join(folder, 'x.html', 'r.html') });
    await expect(writeReport({ ...content, to: join(folder, 'x.html') })).rejects.toMatchObject({
      code: 'usage',
    });
    expect(await readdir(folder)).toEqual(['x.html']);
  });
});

describe('numbers', () => {
  it('prints "too few" and no interval where the method says so', () => {
    const metric = { value: 0.8, low: 0.2, high: 1, method: 'too few (n = 4): Wilson' };
    expect([metricValue(metric), metricInterval(metric)]).toEqual(['too few', null]);
  });

  it('gives quantities sensible digits', () => {
    expect([0.0001, 34.23, 1234.6, 1e-7].map((value) => quantity(value))).toEqual([
      '0.0001',
      '34.2',
      '1,235',
      '1e-7',
    ]);
  });
});

describe('charts', () => {
  it('make ticks at steps of 1, 2 and 5', () => {
    expect(niceTicks(0, 0.61, 5)).toEqual([0, 0.2, 0.4, 0.6]);
    expect(niceTicks(0, 45, 6)).toEqual([0, 10, 20, 30, 40]);
  });

  it('move labels apart without leaving the plot', () => {
    const placed = spread([100, 101, 99], 15, 0, 110);
    expect(Math.max(...placed)).toBeLessThanOrEqual(110);
    const sorted = [...placed].sort((a, b) => a - b);
    expect(sorted[1]! - sorted[0]!).toBeGreaterThanOrEqual(15);
    expect(sorted[2]! - sorted[1]!).toBeGreaterThanOrEqual(15);
  });

  it('tell every one of 32 series from the others', () => {
    const styles = Array.from({ length: 32 }, (_, i) => JSON.stringify(seriesStyle(i)));
    expect(new Set(styles).size).toBe(32);
  });

  it('have a title, a description and axis labels, and survive values that are not finite', () => {
    const svg = learningCurve({
      title: 'Loss by epoch',
      yLabel: 'loss (nats)',
      unitRange: false,
      series: [{ name: 'training', values: [0.5, NaN, 0.3] }],
      bestEpoch: null,
    });
    expect(svg).toMatch(/<title>Loss by epoch<\/title><desc>.+<\/desc>/);
    expect(svg).toContain('>epoch</text>');
    expect(svg).toContain('>loss (nats)</text>');
    expect(svg).not.toContain('NaN');
    const places = [...intervalMark(1.4, -2, 3).matchAll(/ c?x\d?="([^"]+)"/g)].map((match) =>
      Number(match[1]),
    );
    expect(places.every((x) => x >= 0 && x <= 160)).toBe(true);
  });
});
