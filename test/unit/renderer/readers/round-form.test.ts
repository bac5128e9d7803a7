import { describe, expect, it } from 'vitest';

import { imageQuerySchema } from '../../../../src/contract/image.ts';
import {
  assignmentText,
  formProblem,
  queryOf,
  type RoundForm,
  toleranceText,
  workText,
} from '../../../../src/renderer/features/readers/round-form.ts';

const form: RoundForm = {
  ...{ name: 'First', images: 'all', readers: ['Ada', 'Ben', 'Cleo'], kind: 'all' },
  ...{ overlap: 2, washoutDays: 0, tolerance: 0, seed: 1 },
};

describe('the form of a round', () => {
  it('tells how much each reader gets', () => {
    expect(workText({ kind: 'all' }, 120, 3, 'image')).toBe('Each of 3 readers reads all 120 images.');
    expect(workText({ kind: 'overlap', k: 2 }, 120, 3, 'study')).toBe(
      'Each of 3 readers reads about 80 of the 120 studies, patients kept whole; 2 readers each.',
    );
    expect(workText({ kind: 'share' }, 120, 3, 'image')).toMatch(/about 40 of.*Nothing can be compared/);
    expect(workText({ kind: 'all' }, 120, 1, 'image')).toMatch(
      /^The reader reads all.*Nothing can be compared/,
    );
    expect(workText({ kind: 'all' }, 0, 3, 'image')).toBe('');
  });

  it('says what is missing', () => {
    expect(formProblem(form, 120)).toBeNull();
    expect(formProblem({ ...form, name: ' ' }, 120)).toMatch(/name/);
    expect(formProblem(form, 0)).toMatch(/images/);
    expect(formProblem({ ...form, readers: [] }, 120)).toMatch(/who reads/);
    expect(formProblem({ ...form, kind: 'overlap', overlap: 4 }, 120)).toMatch(/at least 4 readers/);
    expect(formProblem({ ...form, kind: 'overlap', overlap: 1.5 }, 120)).toMatch(/whole number/);
  });

  it('takes the images of a choice, one of each thing that labels are said of', () => {
    const query = imageQuerySchema.parse({ text: 'chest' });
    const views = [{ id: 'v1', name: 'Chest', query }];
    expect(queryOf('v1', views, 'image')).toEqual(query);
    expect(queryOf('v1', views, 'study')).toEqual({ ...query, per: 'study' });
    expect(queryOf('unlabelled', views, 'image').status).toEqual(['unlabelled']);
    expect(queryOf('all', views, 'image')).toEqual(imageQuerySchema.parse({}));
  });

  it('names a tolerance, and refuses one below 0', () => {
    expect(toleranceText(0, 'mm')).toBe('');
    expect(toleranceText(2.5, 'mm')).toBe('up to 2.5 mm apart agree');
    expect(toleranceText(2, '')).toBe('up to 2 apart agree');
    expect(formProblem({ ...form, tolerance: -1 }, 120)).toMatch(/tolerance/);
  });

  it('names an assignment', () => {
    expect(assignmentText({ kind: 'overlap', k: 2 })).toBe('2 readers each');
    expect(assignmentText({ kind: 'share' })).toBe('one reader each');
  });
});
