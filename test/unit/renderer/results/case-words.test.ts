import { describe, expect, it } from 'vitest';

import type { Case } from '../../../../src/contract/run.ts';
import {
  caseBars,
  caseWords,
  isRelabelled,
  labelNowWords,
} from '../../../../src/renderer/features/results/case-words.ts';

const base = { image: 'i', images: ['i'], fileName: 'P1-1.png', patient: 'P1', labelNow: null };
const evaluation = { classes: ['tumour', 'oedema'], unit: 'mm' };

describe('a case in words', () => {
  it('tells a number’s error with sign and unit, and calls it neither right nor wrong', () => {
    const of: Case = { ...base, kind: 'number', truth: 61, predicted: 119.2 };
    expect(caseWords(of, { classes: [], unit: 'months' })).toMatchObject({
      isRight: null,
      verdict: '+58.2 months',
      fact: '61 → 119 months',
    });
    expect(isRelabelled({ ...of, labelNow: '61' }, evaluation)).toBe(false);
    expect(isRelabelled({ ...of, labelNow: '62' }, evaluation)).toBe(true);
    expect(labelNowWords({ ...of, labelNow: '61' }, { classes: [], unit: 'months' })).toBe('61 months');
    // Each of several images may have its own number.
    expect(isRelabelled({ ...of, images: ['i', 'j'], labelNow: '62' }, evaluation)).toBe(false);
  });

  it('tells missed and superfluous labels apart', () => {
    const of: Case = {
      ...base,
      kind: 'labels',
      truth: [0],
      decided: [1],
      probabilities: [0.3, 0.6],
      loss: 2.1,
    };
    expect(caseWords(of, evaluation).verdict).toBe('✗ 1 label missed, 1 label too many');
    expect(isRelabelled({ ...of, truth: [0, 1], labelNow: 'oedema, tumour' }, evaluation)).toBe(false);
    expect(isRelabelled({ ...of, labelNow: '' }, evaluation)).toBe(true);
    expect(labelNowWords({ ...of, labelNow: '' }, evaluation)).toBe('none of the classes');
    expect(caseBars(of, evaluation).map(({ name, isTruth }) => [name, isTruth])).toEqual([
      ['oedema', false],
      ['tumour', true],
    ]);
  });

  it('of masks tells each class, with no Dice for what is neither drawn nor predicted', () => {
    const absent = { outcome: 'absent', dice: null, iou: null, hd95: null } as const;
    const both = { outcome: 'both', dice: 0.8, iou: 0.667, hd95: 3.2 } as const;
    const one = caseWords({ ...base, kind: 'masks', classes: [both, absent], dice: 0.8 }, evaluation);
    expect(one.facts).toEqual([
      { name: 'tumour', value: 'drawn and predicted, Dice 0.800, IoU 0.667, HD95 3.2 mm' },
      { name: 'oedema', value: 'neither' },
    ]);
    const nothing = caseWords({ ...base, kind: 'masks', classes: [absent, absent], dice: null }, evaluation);
    expect(nothing.verdict).toBe('✓ nothing there');
  });
});
