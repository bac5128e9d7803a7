import { describe, expect, it } from 'vitest';

import type { SeriesHeader } from '../../../../src/contract/dataset.ts';
import { seriesWords, studyWords } from '../../../../src/renderer/features/read/study-words.ts';
import { likeSeries } from '../../../../src/renderer/features/read/use-priors.ts';
import { studyCue } from '../../../../src/renderer/features/read/use-study-cue.ts';

const header = (image: string, more: Partial<SeriesHeader> = {}): SeriesHeader => ({
  ...{ image, study: 'S1', modality: 'CT', laterality: null, date: '2024-03-12', description: 'Chest' },
  ...{ seriesNumber: null, seriesDescription: null, normal: null, ...more },
});

it('names studies and series', () => {
  expect(studyWords(header('a'))).toBe('12 Mar 2024 · CT · Chest');
  expect(studyWords(header('a', { date: null, modality: null }))).toBe('date not known · Chest');
  expect(seriesWords(header('a', { seriesNumber: 4, seriesDescription: 'T2 sag' }), 0)).toBe(
    'Series 4 · T2 sag',
  );
  expect(seriesWords(undefined, 1)).toBe('Series 2');
});

it('opens the series that is most like the current one', () => {
  const headers = new Map(
    [
      header('scout', { seriesDescription: 'Scout', normal: [0, 1, 0] }),
      header('axial', { seriesDescription: 'Axial 5 mm', normal: [0, 0, 1] }),
      header('lung', { seriesDescription: 'LUNG ', normal: [0, 0, -1] }),
    ].map((one) => [one.image, one]),
  );
  const images = [...headers.keys()];
  expect(likeSeries(header('x', { seriesDescription: 'Lung' }), images, headers)).toBe('lung');
  expect(likeSeries(header('x', { normal: [0, 0.1, -0.99] }), images, headers)).toBe('axial');
  expect(likeSeries(header('x'), images, headers)).toBe('scout');
  expect(likeSeries(undefined, [], headers)).toBeNull();
});

describe('the cue of another study', () => {
  const slice = (patient: string | null, study: string) => ({
    ...{ patient, isSlice: true },
    header: header('a', { study }),
  });

  it('tells studies and patients apart, and is silent within one', () => {
    expect(studyCue(null, slice('A', '1'))).toBeNull();
    expect(studyCue(slice('A', '1'), slice('A', '1'))).toBeNull();
    expect(studyCue(slice('A', '1'), slice('A', '2'))).toBe(
      'Another study of this patient: 12 Mar 2024 · CT · Chest',
    );
    expect(studyCue(slice('A', '1'), slice('B', '3'))).toBe('Another patient: B');
    expect(studyCue(slice(null, '1'), slice(null, '2'))).toBe('Another patient: unknown');
  });

  it('says nothing from one single picture to the next', () => {
    const film = (study: string) => ({ ...slice('A', study), isSlice: false });
    expect(studyCue(film('1'), film('2'))).toBeNull();
    expect(studyCue(film('1'), slice('A', '2'))).not.toBeNull();
  });
});
