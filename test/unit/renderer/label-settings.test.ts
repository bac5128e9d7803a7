import { describe, expect, it } from 'vitest';

import type { LabelSchema } from '../../../src/contract/project.ts';
import { rangeProblem, whatHappens, withKind, withNumber } from '../../../src/renderer/label-settings.ts';

const single: LabelSchema = { kind: 'single', level: 'image', number: null, shapes: [] };

describe('a change of what labels are', () => {
  it('says what becomes of the labels that are there: nobody thinks that they are deleted', () => {
    expect(whatHappens(single, single)).toEqual([]);
    expect(whatHappens(single, { ...single, kind: 'multi' })).toEqual([
      'Labels given so far count as sets of one class.',
    ]);
    const [toNumber] = whatHappens(single, withKind(single, 'number'));
    expect(toNumber).toContain('do not count until');
    const [back] = whatHappens({ ...single, kind: 'multi' }, single);
    expect(back).toContain('kept');
    expect(whatHappens(single, { ...single, level: 'study' })[0]).toContain('the whole study');
  });

  it('keeps unit and range when one comes back to numbers', () => {
    const months = withNumber(withKind(single, 'number'), { unit: 'months', low: 0, high: 228 });
    expect(withKind(withKind(months, 'single'), 'number').number).toMatchObject({
      unit: 'months',
      high: 228,
    });
  });

  it('refuses a range that no number lies in', () => {
    const upsideDown = withNumber(withKind(single, 'number'), { low: 9, high: 3 });
    expect(rangeProblem(upsideDown)).not.toBe('');
    expect(rangeProblem({ ...upsideDown, kind: 'single' })).toBe('');
    expect(rangeProblem(withNumber(upsideDown, { low: null }))).toBe('');
  });
});
