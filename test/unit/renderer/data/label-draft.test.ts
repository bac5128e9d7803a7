import { expect, it } from 'vitest';

import type { LabelSchema } from '../../../../src/contract/project.ts';
import { keepLabelDraft, labelDraft } from '../../../../src/renderer/features/data/label-draft.ts';

const now: LabelSchema = { kind: 'single', level: 'image', number: null, shapes: [] };
const changed: LabelSchema = { ...now, level: 'patient' };

it('outlasts leaving the part, until it is taken back or labels were changed elsewhere', () => {
  expect(labelDraft('p', now)).toEqual(now);
  keepLabelDraft('p', now, changed);
  expect(labelDraft('p', now)).toEqual(changed);
  expect(labelDraft('q', now)).toEqual(now);
  expect(labelDraft('p', { ...now, shapes: ['box'] })).toEqual({ ...now, shapes: ['box'] });
  keepLabelDraft('p', now, now);
  expect(labelDraft('p', now)).toEqual(now);
});
