import { describe, expect, it } from 'vitest';

import { metricInterval, metricValue } from '../../../../src/core/figures.ts';
import { evaluateRun } from '../../../../src/engine/evaluate/evaluate.ts';
import { outlinePath } from '../../../../src/engine/report/mask-overlay.ts';
import { reportHtml } from '../../../../src/engine/report/write-report.ts';
import { type MadeUpTask, madeUpTaskRun } from '../../../support/made-up-tasks.ts';

async function made(task: MadeUpTask, options: { level?: 'patient'; patients?: number } = {}) {
  const {
    facts,
    manifest,
    validation,
    test: predictions,
  } = madeUpTaskRun(task, { patients: options.patients ?? 240 });
  const { level = 'image' } = options;
  const request = { run: manifest.run, predictions, validation, manifest, testOpenings: 1, level } as const;
  const evaluation = await evaluateRun(request);
  const findPicture = (image: string) => Promise.resolve({ fileName: `${image}.png`, thumbnail: null });
  return {
    evaluation,
    html: await reportHtml({ facts, evaluated: { evaluation, predictions }, findPicture }),
  };
}

describe('the report of a task', () => {
  it.each(['multiLabel', 'ordinal', 'regression', 'segmentation', 'binary'] as const)(
    '%s: every drawing has a title and a description, no number is broken, no script stands in it',
    async (task) => {
      const { html, evaluation } = await made(task);
      const drawings = html.match(/<svg .*?<\/svg>/gs)!.filter((svg) => svg.includes('role="img"'));
      expect(drawings.length).toBeGreaterThan(3);
      for (const svg of drawings) expect(svg).toMatch(/<title>[^<]+<\/title><desc>[^<]+<\/desc>/);
      expect(html.match(/NaN|Infinity|undefined|\[object|<script/g)).toBeNull();
      expect(html.match(/<section id="errors">.*?<figure>/s)).not.toBeNull();
      for (const { method } of Object.values(evaluation.metrics))
        expect(html).toContain(method.replaceAll("'", '&#39;'));
      expect(html).toContain('RESEARCH USE ONLY');
    },
  );

  it('gives numbers in their unit, with the limits of agreement and the plain baseline', async () => {
    const { html, evaluation } = await made('regression');
    const mae = evaluation.metrics['mae']!;
    expect(html).toContain(`<b>${metricValue(mae, '')} <span class="unit">months</span></b>`);
    expect(html).toContain(metricInterval(mae, 'months'));
    expect(html).toContain('predicting a number in months');
    expect(html).toMatch(/<text [^>]*>upper limit<\/text>/);
    expect(html).toContain('Against the training mean');
    expect(html).not.toContain('Decisions</h2>');
  });

  it('names what a set of labels lacks and what it has too much', async () => {
    const { html } = await made('multiLabel');
    expect(html).toMatch(/missed: <b>[^<]+<\/b>/);
    expect(html).toMatch(/wrongly given: <b>[^<]+<\/b>/);
    expect(html.match(/<td class="muted">largest Youden&#39;s J on validation<\/td>/g)).toHaveLength(3);
  });

  it('orders grades and weighs how far off they are', async () => {
    const { html } = await made('ordinal');
    expect(html).toContain('grading healthy &lt; mild &lt; severe &lt; worst');
    expect(html).toContain('Kappa, quadratic weights');
  });

  it('counts what masks miss and has their distances in millimetres', async () => {
    const { html, evaluation } = await made('segmentation');
    expect(html).toContain('found, not drawn');
    expect(html).toMatch(/<b>[\d.]+ <span class="unit">mm<\/span><\/b>/);
    expect(html).toContain(`<td class="n">${evaluation.outcomes!['tumour']!.missed}</td>`);
  });

  it('draws what was drawn and what was found over the pictures of masks', async () => {
    const { facts, manifest, validation, test: predictions } = madeUpTaskRun('segmentation');
    const request = { run: manifest.run, predictions, validation, manifest, testOpenings: 1 };
    const masks = { truth: new Uint8Array(67 * 67).fill(1, 67, 70), predicted: new Uint8Array(67 * 67) };
    const html = await reportHtml({
      facts,
      evaluated: { evaluation: await evaluateRun(request), predictions },
      findPicture: (image) => Promise.resolve({ fileName: image, thumbnail: null }),
      findMasks: () => Promise.resolve(masks),
    });
    expect(html.match(/<path d="M0 1v1M0 1h3M0 2h3M3 1v1" fill="none" stroke="#35c29a"/g)).toHaveLength(24);
  });

  it('joins the edges of a mask and leaves out bars that are not judged', () => {
    // Two classes side by side, a bar at the right.
    const mask = Uint8Array.from([1, 2, 255, 1, 2, 255, 0, 0, 255]);
    const path = outlinePath(mask, 3);
    const length = [...path.matchAll(/[hv](\d)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    // Around both, 8 edges, and the 2 between them.
    expect(length).toBe(10);
    expect(path).not.toMatch(/M3/);
  });

  it('says that patients were judged, and how many images a case is made of', async () => {
    const { html, evaluation } = await made('binary', { level: 'patient' });
    expect(html).toContain(
      `${evaluation.n} patients with ${evaluation.images} images, test part: what is predicted of a patient is the mean`,
    );
    expect(html).toMatch(/ and 2 more images/);
  });

  it('survives a part with one patient', async () => {
    const { html, evaluation } = await made('regression', { patients: 5 });
    expect(evaluation.patients).toBe(1);
    expect(html.match(/NaN|Infinity/g)).toBeNull();
    expect(html).toContain('too few');
  });
});
