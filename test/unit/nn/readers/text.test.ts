import { expect, it } from 'vitest';

import { textOf } from '../../../../src/nn/readers/text.ts';

// Would catch: characters lost, doubled or torn where one piece of a long text goes over into the next.
it('reads long texts as TextDecoder does', () => {
  const letters = ['a', 'é', '→', '🫁'];
  for (const length of [0, 1, 8191, 8192, 8193, 16_384, 50_000]) {
    const text = Array.from({ length }, (_, i) => letters[(i * 7 + (i >> 5)) % 4]!).join('');
    expect(textOf(Buffer.from(text))).toBe(text);
  }
});

// Would catch: a text of a million single characters, which would take 32 bytes for each.
it('reads megabytes, also of what is no UTF-8', () => {
  expect(textOf(Buffer.alloc(4e6, 'x'))).toBe('x'.repeat(4e6));
  expect(textOf(Buffer.alloc(1e5, 0xff))).toBe('\ufffd'.repeat(1e5));
});
