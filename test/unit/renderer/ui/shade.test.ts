import { describe, expect, it } from 'vitest';

import { contrast, parseHex, shadeAt } from '../../../../src/renderer/ui/shade.ts';

const themes = { dark: ['#0b0d0f', '#1f6fc4'], light: ['#eceef0', '#0f68bf'] } as const;

describe('shades of the confusion matrix', () => {
  it.each(Object.entries(themes))(
    'keep their figures readable at every share, %s theme',
    (_, [none, all]) => {
      for (let percent = 0; percent <= 100; percent++) {
        const { background, color } = shadeAt(percent / 100, none, all);
        expect(contrast(parseHex(background), parseHex(color)), `${percent} %`).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it('begin and end with the colours of the theme', () => {
    expect(shadeAt(0, '#eceef0', '#0f68bf').background).toBe('#eceef0');
    expect(shadeAt(1, '#eceef0', '#0f68bf').background).toBe('#0f68bf');
  });

  it('measure contrast as WCAG does', () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
  });
});
