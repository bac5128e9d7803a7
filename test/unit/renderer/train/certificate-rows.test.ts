import { expect, it } from 'vitest';

import { reproductionCertificate } from '../../../../src/core/certificate.ts';
import { certificateRows } from '../../../../src/renderer/features/train/certificate-rows.ts';
import { certificateFacts } from '../../../support/certificates.ts';

const rowsOf = (...given: Parameters<typeof certificateFacts>) =>
  certificateRows(reproductionCertificate(certificateFacts(...given)));

it('shows in one row what both trainings share, and both values where they differ', () => {
  const rows = rowsOf({ threads: 1, weightsSha256: '99'.repeat(32) });
  const differing = rows.filter(({ first, second }) => first !== second);
  expect(differing.map(({ title, first, second }) => [title, first.slice(0, 2), second.slice(0, 2)])).toEqual(
    [
      ['Weights (SHA-256)', 'ab', '99'],
      ['Threads', '2', '1'],
    ],
  );
});

it('says what was not recorded instead of showing nothing', () => {
  const rows = rowsOf({}, { readroom: null, validationSha256: null });
  expect(rows.find(({ title }) => title === 'Readroom')).toMatchObject({
    first: 'not recorded',
    second: '1.2.3',
  });
  expect(rows.find(({ title }) => title.startsWith('Validation'))!.first).toBe('none');
});

it('tells of memory only where it ran out', () => {
  const titles = (rows: ReturnType<typeof rowsOf>): string[] => rows.map(({ title }) => title);
  expect(titles(rowsOf())).not.toContain('Times that memory ran out');
  expect(titles(rowsOf({ memoryHalvings: 1, imagesAtOnce: 16 }))).toEqual(
    expect.arrayContaining(['Images computed at once', 'Times that memory ran out']),
  );
});
