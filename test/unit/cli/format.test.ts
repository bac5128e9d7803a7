import { describe, expect, test } from 'vitest';

import { bytes, metricText, plain, table } from '../../../src/cli/format.ts';
import { createProgress } from '../../../src/cli/progress.ts';

describe('numbers as people read them', () => {
  const metric = (value: number | null, low: number | null, high: number | null) =>
    metricText({ value, low, high, method: '' });

  test.each([
    [metric(0.9312, 0.9, 0.952), '0.93 (0.90–0.95)'],
    [metric(0.9995, 0.998, 1), '0.9995 (0.998–1.00)'],
    [metric(0.99996, 0.9997, 1), '0.99996 (0.9997–1.00)'],
    [metric(1, 0.9642, 1), '1.00 (0.96–1.00)'],
    [metric(0.0004, 0, 0.001), '0.0004 (0.00–0.001)'],
    [metric(-0.2, -0.5, 0.1), '-0.20 (-0.50 to 0.10)'],
    [metric(null, null, null), 'none'],
  ])('%s', (text, expected) => expect(text).toBe(expected));

  test('a figure of too few patients is not told, nor its interval', () => {
    const few = { value: 0.561, low: 0.2, high: 0.9, method: 'too few (n = 4); DeLong' };
    expect(metricText(few)).toBe('too few');
  });

  test.each([
    [12, '12 B'],
    [740_000, '740 kB'],
    [999_700, '1.0 MB'],
    [1.5e9, '1.5 GB'],
  ])('%d bytes', (value, expected) => expect(bytes(value)).toBe(expected));
});

describe('tables', () => {
  test('columns stay aligned beside wide characters, and hostile names stay on their line', () => {
    const text = table(
      [{ title: 'File' }, { title: 'n', align: 'right' }],
      [
        ['胸部', '5'],
        ['a\nb\u001b[2J', '1000'],
      ],
    );
    expect(text.split('\n')).toEqual(['File        n', '胸部        5', 'a b�[2J  1000']);
  });

  test('a name cannot turn its direction around', () => {
    expect(plain('gnp.\u202eexe')).toBe('gnp.�exe');
  });
});

describe('progress', () => {
  function show(errIsTerminal: boolean, stepMs: number, updates: number): string {
    let err = '';
    let clock = 0;
    const progress = createProgress({
      out: () => undefined,
      err: (text) => void (err += text),
      errIsTerminal,
      errColumns: 60,
      now: () => clock,
    });
    progress.start('Importing', 'file');
    for (let done = 1; done <= updates; done += 1) {
      clock += stepMs;
      progress.update({ done, total: updates, note: 'x'.repeat(200) });
    }
    progress.end();
    return err;
  }

  test('plain lines at most once a second where nobody watches', () => {
    const lines = show(false, 50, 100).trim().split('\n');
    expect(lines.length).toBeLessThanOrEqual(6);
    expect(lines[1]).toMatch(/^Importing: \d+ of 100 · \d+ files\/s · [\d.]+ s left · x+$/);
  });

  test('a bar that fits the terminal, moves at most ten times a second, and goes away', () => {
    const drawn = show(true, 10, 100);
    const frames = drawn.split('\r').filter((frame) => frame.startsWith('Importing'));
    expect(frames.length).toBeLessThanOrEqual(12);
    for (const frame of frames) expect(frame.replace('\u001b[K', '').length).toBeLessThan(60);
    expect(drawn.endsWith('\r\u001b[K')).toBe(true);
  });
});
