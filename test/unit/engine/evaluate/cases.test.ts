import { describe, expect, it } from 'vitest';

import { type CaseRequest, evaluationSchema } from '../../../../src/contract/evaluation.ts';
import { pageOfCases } from '../../../../src/engine/evaluate/cases.ts';

const rows = [0.1, 0.25, 0.3, 0.5, 0.9].map((positive, index) => ({
  image: `i${index}`,
  images: [`i${index}`],
  patient: `p${index}`,
  truth: index % 2,
  probabilities: [1 - positive, positive],
}));
const evaluation = evaluationSchema.parse({
  ...{ run: 'r', split: 'test', n: 5, patients: 5, testOpenings: 1, classes: ['well', 'sick'] },
  ...{ positive: null, operatingPoint: null, confusion: [], metrics: {}, warnings: [] },
  ...{ splitBy: 'patient', generated: false },
});
const request: CaseRequest = { errorsOnly: false, order: 'best', offset: 0, limit: 10 };
const imagesOf = (changes: Partial<CaseRequest>): string[] =>
  pageOfCases(rows, evaluation, { ...request, ...changes })
    .page.map(({ image }) => image)
    .sort();

describe('cases by probability', () => {
  it('hold both ends of a bar, so that neighbouring bars leave no case out', () => {
    expect(imagesOf({ probability: { class: 1, from: 0.25, to: 0.5 } })).toEqual(['i1', 'i2', 'i3']);
  });

  it('go by the class that is asked for', () => {
    expect(imagesOf({ probability: { class: 0, from: 0.85, to: 1 } })).toEqual(['i0']);
  });

  it('are none for a class that the run does not know', () => {
    expect(imagesOf({ probability: { class: 7, from: 0, to: 1 } })).toEqual([]);
  });

  it('are all without a range', () => {
    expect(imagesOf({})).toHaveLength(5);
  });
});
