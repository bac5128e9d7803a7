import { expect, it } from 'vitest';

import { beatsBaseline, page, type ProvedTemplate } from '../../../scripts/prove/templates/page.ts';

const facts = { n: 40, minutes: 1, imagesPerSecond: 300, device: 'CPU', threads: 2, parameters: 1_554_442 };
const method = 'percentile bootstrap of 40 patients, 2000 resamples';

function proved(low: number): ProvedTemplate {
  return {
    template: 'augmentation-study',
    at: '2026-11-23T20:00:00.000Z',
    metric: 'auc',
    of: '',
    images: 600,
    shares: { train: 0.2, val: 0.15, test: 0.65 },
    baseline: { auc: 0.52 },
    runs: [
      {
        ...{ ...facts, name: '', patients: 40, difference: null },
        metrics: { auc: { value: 0.9, low, high: 0.97, method } },
      },
      {
        ...{ ...facts, name: 'without augmentation', patients: 40 },
        metrics: { auc: { value: 0.7, low: 0.6, high: 0.8, method } },
        difference: { value: -0.2, low: -0.28, high: 0.01, method, p: 0.06, pHolm: 0.06 },
      },
    ],
    shows: [{ what: 'augmentation helps', shown: false }],
  };
}

it('says of a difference whose interval reaches no difference that it is not shown, with its signs', () => {
  const text = page([proved(0.8)]);
  expect(text).toContain(
    '| without augmentation | 0.700 (0.600–0.800) | −0.200 (−0.280 to +0.010), p 0.060 |',
  );
  expect(text).toContain('To show: augmentation helps. **Not shown**.');
  expect(text).toContain('600 pictures, 20 % of them to train, 15 % to choose the epoch, 65 % to test;');
});

it('counts as better than the baseline only what is better with its whole interval', () => {
  expect(beatsBaseline(proved(0.6))).toBe(true);
  expect(beatsBaseline(proved(0.5))).toBe(false);
});
