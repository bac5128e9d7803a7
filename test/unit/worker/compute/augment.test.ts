import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

import { type RecipeInput, recipeSchema } from '../../../../src/contract/recipe.ts';
import { type AugmentRequest, augmentToFile } from '../../../../src/worker/compute/augment.ts';
import { augmentationKinds, everyAugmentation, stillAugmentation } from '../../../support/augmentations.ts';

const [size, count, copies] = [16, 3, 4];
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-augment-test-'));
});

/** A slope, its mirror and a chequerboard, each in its own colour. */
function pictures(channels: 1 | 3): Uint8Array {
  return Uint8Array.from({ length: count * size * size * channels }, (_, i) => {
    const [x, y] = [Math.floor(i / channels) % size, Math.floor(i / channels / size) % size];
    const picture = Math.floor(i / (size * size * channels));
    const shade = [x * 12, (size - 1 - x) * 12, (x + y) % 2 === 0 ? 180 : 20][picture]!;
    return Math.min(255, shade + 15 * ((i + picture) % channels));
  });
}

async function augmented(
  settings: RecipeInput['augmentation'],
  { channels = 3, ...rest }: Partial<AugmentRequest> & { channels?: 1 | 3 } = {},
): Promise<Uint8Array> {
  const [inputs, to] = [path.join(folder, `inputs-${channels}.u8`), path.join(folder, 'augmented.u8')];
  writeFileSync(inputs, pictures(channels));
  await augmentToFile({
    inputs,
    slots: [0, 1, 2],
    geometry: { size, channels, fit: 'stretch', kernel: 'linear' },
    augmentation: recipeSchema.parse({ augmentation: { ...stillAugmentation, ...settings } }).augmentation,
    normalization: 'dataset',
    seed: 1,
    copies,
    to,
    ...rest,
  });
  return new Uint8Array(readFileSync(to));
}

/** Every picture `copies` times, one after another. */
function plain(channels: 1 | 3): Uint8Array {
  const bytes = size * size * channels;
  const all = pictures(channels);
  return Uint8Array.from({ length: count * copies * bytes }, (_, i) => {
    const picture = Math.floor(i / (copies * bytes));
    return all[picture * bytes + (i % bytes)]!;
  });
}

describe('a preview of augmentation', () => {
  it('of nothing is every picture as it is, in the order picture by picture', async () => {
    for (const channels of [1, 3] as const)
      for (const normalization of ['unit', 'dataset'] as const)
        expect(await augmented({}, { channels, normalization })).toEqual(plain(channels));
  });

  it.each([...Object.entries(augmentationKinds), ['everything', everyAugmentation] as const])(
    'shows %s, another in every copy, and the same when asked again',
    async (_kind, settings) => {
      const shown = await augmented(settings);
      expect(shown).toHaveLength(plain(3).length);
      expect(shown).not.toEqual(plain(3));
      const bytes = size * size * 3;
      const different = Array.from({ length: count * copies }, (_, i) =>
        Buffer.from(shown.subarray(i * bytes, (i + 1) * bytes)).toString('base64'),
      );
      expect(new Set(different).size).toBeGreaterThan(count);
      expect(await augmented(settings)).toEqual(shown);
    },
  );

  it('blanks a cut-out in the shade that the recipe gives the network: the mean, or black', async () => {
    const changed = async (normalization: 'unit' | 'dataset'): Promise<Set<number>> => {
      const [shown, before] = [await augmented({ cutOut: 0.5 }, { channels: 1, normalization }), plain(1)];
      return new Set(shown.filter((value, i) => value !== before[i]));
    };
    const all = pictures(1);
    const mean = Math.round(all.reduce((sum, pixel) => sum + pixel, 0) / all.length);
    expect(await changed('dataset')).toEqual(new Set([mean]));
    expect(await changed('unit')).toEqual(new Set([0]));
  });

  it('mixes pictures with each other', async () => {
    const shown = await augmented({ mixup: 1 }, { channels: 1 });
    const bytes = size * size;
    const all = pictures(1);
    const others = [0, 1, 2].map((picture) => all.subarray(picture * bytes, (picture + 1) * bytes));
    // The first slope rises; with a share of its mirror it rises less: its two ends come closer.
    const ends = Array.from(
      { length: copies },
      (_, copy) => shown[copy * bytes + size - 1]! - shown[copy * bytes]!,
    );
    expect(others[0]![size - 1]! - others[0]![0]!).toBe(180);
    expect(ends.some((difference) => difference < 170)).toBe(true);
    expect(ends.every((difference) => difference >= 0 && difference <= 180)).toBe(true);
  });
});
