import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ReadroomError } from '../../../src/contract/errors.ts';
import { createRandom } from '../../../src/core/random.ts';
import { type SplitOptions, type SplitResult, type SplitRow, makeSplit } from '../../../src/core/split.ts';
import { busyMs } from '../../support/busy-time.ts';

const defaults: SplitOptions = {
  train: null,
  val: null,
  test: null,
  seed: 1,
  folds: null,
  by: 'patient',
  reset: false,
};
const classes = ['normal', 'pneumonia'];

/** `patients` patients with `films` films each; the class alternates by patient. */
function films(
  patients: number,
  perPatient: number,
  part: SplitRow['importedPart'] = null,
  prefix = 'p',
): SplitRow[] {
  return Array.from({ length: patients * perPatient }, (_, index) => {
    const patient = Math.floor(index / perPatient);
    const name = `${prefix}${patient}-${index % perPatient}`;
    return {
      image: `id-${name}`,
      key: `${part ?? 'all'}/${name}.png`,
      patient: `${prefix}${patient}`,
      pixelHash: `pixels-${name}`,
      label: patient % 2,
      importedPart: part,
    };
  });
}

function split(rows: readonly SplitRow[], options: Partial<SplitOptions> = {}, names = classes): SplitResult {
  return makeSplit(rows, names, { ...defaults, ...options });
}

function refusal(run: () => unknown): ReadroomError {
  try {
    run();
  } catch (error) {
    if (error instanceof ReadroomError) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

const partOf = (result: SplitResult): Map<string, string> =>
  new Map(result.assignments.map(({ image, part }) => [image, part]));

const anyRows = fc
  .array(
    fc.record({
      patient: fc.option(fc.integer({ min: 0, max: 70 }).map(String), { nil: null, freq: 8 }),
      pixel: fc.integer({ min: 0, max: 3000 }),
      label: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null, freq: 12 }),
    }),
    { minLength: 90, maxLength: 220 },
  )
  .map((rows) =>
    rows.map(({ patient, pixel, label }, index): SplitRow => ({
      image: `id${index}`,
      key: `folder/${index}.png`,
      patient,
      pixelHash: `h${pixel}`,
      label,
      importedPart: null,
    })),
  );

describe('makeSplit, whatever the rows', () => {
  const threeClasses = ['a', 'b', 'c'];
  /** Result, or the expected refusal of rows that cannot be split. */
  const tried = (rows: readonly SplitRow[], options: Partial<SplitOptions>): SplitResult | string => {
    try {
      return split(rows, options, threeClasses);
    } catch (error) {
      if (error instanceof ReadroomError) return error.code;
      throw error;
    }
  };

  it('never puts a patient or a picture into two parts or two folds', () => {
    fc.assert(
      fc.property(
        anyRows,
        fc.nat(1000),
        fc.option(fc.integer({ min: 2, max: 4 }), { nil: null }),
        (rows, seed, folds) => {
          const result = tried(rows, { seed, folds });
          if (typeof result === 'string') return;
          const places = new Map(
            result.assignments.map(({ image, part, fold }) => [image, `${part} ${fold}`]),
          );
          for (const keyOf of [(row: SplitRow) => row.patient, (row: SplitRow) => row.pixelHash]) {
            const seen = new Map<string, string>();
            for (const row of rows) {
              const key = keyOf(row);
              const place = places.get(row.image);
              if (key === null || place === undefined) continue;
              expect(seen.get(key) ?? place).toBe(place);
              seen.set(key, place);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('places every labelled image once, has every class in every part, and reports what it did', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(1000), (rows, seed) => {
        const result = tried(rows, { seed });
        if (typeof result === 'string') return;
        const labelled = rows.filter((row) => row.label !== null);
        expect(result.assignments.map(({ image }) => image).sort()).toEqual(
          labelled.map(({ image }) => image).sort(),
        );
        for (const part of ['train', 'val', 'test'] as const) {
          const placed = result.assignments.filter((assignment) => assignment.part === part);
          expect(result.counts[part]).toBe(placed.length);
          for (const [label, name] of threeClasses.entries()) {
            const ofClass = labelled.filter((row) => row.label === label);
            const here = ofClass.filter((row) => placed.some(({ image }) => image === row.image));
            expect(result.byClass[name]![part]).toBe(here.length);
            if (ofClass.length > 0) expect(here.length).toBeGreaterThan(0);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('depends on content and seed only: not on the order of rows, nor on image ids', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(1000), fc.nat(1000), (rows, seed, shuffleSeed) => {
        const result = tried(rows, { seed, folds: 2 });
        const shuffled = createRandom(shuffleSeed, 'test').shuffle(
          rows.map((row) => ({ ...row, image: `other-${row.image}` })),
        );
        const other = tried(shuffled, { seed, folds: 2 });
        const strip = (tested: SplitResult | string): unknown =>
          typeof tested === 'string'
            ? tested
            : {
                ...tested,
                assignments: tested.assignments.map((one) => ({
                  ...one,
                  image: one.image.replace('other-', ''),
                })),
              };
        expect(strip(other)).toEqual(strip(result));
      }),
      { numRuns: 60 },
    );
  });

  it('meets the shares within a group of the wish, in total and by class', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 120 }),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(1000),
        (patients, perPatient, seed) => {
          const result = split(films(patients, perPatient), { seed, train: 0.6, val: 0.2, test: 0.2 });
          const images = patients * perPatient;
          for (const [part, share] of [
            ['train', 0.6],
            ['val', 0.2],
            ['test', 0.2],
          ] as const) {
            expect(Math.abs(result.counts[part] - share * images)).toBeLessThanOrEqual(perPatient + 1e-9);
            for (const [label, name] of classes.entries()) {
              const ofClass = Math.ceil((patients - label) / 2) * perPatient;
              expect(Math.abs(result.byClass[name]![part] - share * ofClass)).toBeLessThanOrEqual(
                perPatient + 1e-9,
              );
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('makeSplit from nothing', () => {
  it('takes .7 .15 .15 unless told, and another seed gives another split', () => {
    const rows = films(200, 5);
    const result = split(rows);
    expect(result.counts).toEqual({ train: 700, val: 150, test: 150 });
    expect(result.patients).toEqual({ train: 140, val: 30, test: 30 });
    expect(result.by).toBe('patient');
    expect(result.warnings).toEqual([]);
    expect(partOf(split(rows, { seed: 2 }))).not.toEqual(partOf(result));
  });

  it('a share left out takes the rest', () => {
    expect(split(films(100, 1), { test: 0.3 }).counts.test).toBe(30);
    expect(split(films(100, 1), { train: 0.8, val: 0.2 }).counts).toEqual({ train: 80, val: 20, test: 0 });
  });

  it('keeps copies in one part even by image, and says that patients were parted', () => {
    const rows = films(60, 2).map((row, index) => ({ ...row, pixelHash: `h${index % 100}` }));
    const result = split(rows, { by: 'image' });
    const parts = partOf(result);
    for (let index = 100; index < 120; index++)
      expect(parts.get(rows[index]!.image)).toBe(parts.get(rows[index - 100]!.image));
    expect(result.warnings.join()).toContain('split by image: figures may be inflated');
    expect(result.warnings.join()).toContain('40 images are copies of 20 pictures');
  });

  it('without patients it is a split by image and says so', () => {
    const result = split(films(100, 1).map((row) => ({ ...row, patient: null })));
    expect(result.by).toBe('image');
    expect(result.patients).toEqual(result.counts);
    expect(result.warnings.join()).toContain('split by image: figures may be inflated');
  });

  it('warns of unlabelled images, imbalance, small parts, rare and empty classes, and torn copies', () => {
    const rows = [
      ...films(120, 1).map((row) => ({ ...row, label: 0 })),
      ...films(4, 1, null, 'rare').map((row) => ({ ...row, label: 1 })),
      ...films(3, 1, null, 'none').map((row) => ({ ...row, label: null })),
    ];
    rows[0] = { ...rows[0]!, pixelHash: rows[121]!.pixelHash };
    const all = split(rows, {}, ['normal', 'pneumonia', 'tumour']).warnings.join('\n');
    for (const sentence of [
      '3 of 127 images have no label',
      'No labelled image is of class tumour',
      'normal has 120 images, pneumonia 4',
      'val has only',
      'test has fewer than 10 images of pneumonia (1)',
      '1 picture has copies with different labels',
    ])
      expect(all).toContain(sentence);
  });

  it('says when large patients keep a part from its share', () => {
    const rows = films(8, 40);
    expect(split(rows).warnings.join()).toContain('rather than 15.0 %');
  });

  it('makes folds over train and val beside a fixed test', () => {
    const rows = films(100, 3);
    const result = split(rows, { folds: 5 });
    const pool = result.counts.train + result.counts.val;
    expect(result.folds).toHaveLength(5);
    for (const fold of result.folds!) {
      expect(fold.train + fold.val).toBe(pool);
      expect(Math.abs(fold.val - pool / 5)).toBeLessThanOrEqual(3);
    }
    expect(result.assignments.every(({ part, fold }) => (part === 'test') === (fold === null))).toBe(true);
    expect(partOf(result)).toEqual(partOf(split(rows)));
  });

  it('splits 100,000 images of 20,000 patients in about a second', () => {
    const started = busyMs();
    split(films(20_000, 5), { folds: 10 });
    expect(busyMs() - started).toBeLessThan(5000);
  });

  it('is the same split as ever for a seed: a changed rule would break every rerun', () => {
    const test = split(films(12, 2)).assignments.filter(({ part }) => part !== 'train');
    expect(test.map(({ image, part }) => `${image} ${part}`)).toMatchInlineSnapshot(`
      [
        "id-p10-0 val",
        "id-p10-1 val",
        "id-p11-0 val",
        "id-p11-1 val",
        "id-p2-0 test",
        "id-p2-1 test",
        "id-p7-0 test",
        "id-p7-1 test",
      ]
    `);
  });
});

describe('makeSplit beside imported parts', () => {
  it('leaves test and val where they are', () => {
    const rows = [...films(60, 2, 'train', 'a'), ...films(10, 2, 'val', 'b'), ...films(20, 2, 'test', 'c')];
    const parts = partOf(split(rows));
    for (const row of rows) expect(parts.get(row.image)).toBe(row.importedPart);
  });

  it('takes a tenth of train for a missing val, whole patients, every class', () => {
    const rows = [...films(100, 2, 'train', 'a'), ...films(30, 2, 'test', 'c')];
    const result = split(rows);
    expect(result.counts).toEqual({ train: 180, val: 20, test: 60 });
    expect(result.patients.val).toBe(10);
    expect(result.byClass['pneumonia']!.val).toBe(10);
    expect(result.warnings).toContain(
      'Parts that came with the import stay, and it brought no val: 20 images of those for training were taken for it. Use --reset to split all images again.',
    );
    expect(split(rows, { reset: true }).warnings.join()).not.toContain('came with the import');
  });

  it('takes a given share of all images for a missing part', () => {
    const rows = [...films(100, 1, 'train', 'a'), ...films(100, 1, 'test', 'c')];
    expect(split(rows, { val: 0.2 }).counts).toEqual({ train: 60, val: 40, test: 100 });
  });

  it('takes .15 of the images for a missing test, then a tenth of the rest for val', () => {
    expect(split(films(200, 1, 'train')).counts).toEqual({ train: 153, val: 17, test: 30 });
  });

  it('says that a share for an imported part is not used, and --reset uses it', () => {
    const rows = [...films(60, 1, 'train', 'a'), ...films(40, 1, 'test', 'c')];
    expect(split(rows, { test: 0.2 }).warnings.join()).toContain('The test share was not used');
    expect(split(rows, { test: 0.2, reset: true }).counts.test).toBe(20);
  });

  it('puts an image that names no part beside its patient', () => {
    const rows = [...films(60, 1, 'train', 'a'), ...films(40, 1, 'test', 'c')];
    const late = { ...rows.at(-1)!, image: 'late', key: 'late', pixelHash: 'late', importedPart: null };
    expect(partOf(split([...rows, late])).get('late')).toBe('test');
  });

  it('refuses a patient in two imported parts, naming five and the number; --reset and --by image go on', () => {
    const rows = [
      ...films(60, 1, 'train', 'p'),
      ...films(8, 1, 'test', 'p').map((row) => ({
        ...row,
        image: `t${row.image}`,
        pixelHash: `t${row.pixelHash}`,
      })),
    ];
    const error = refusal(() => split(rows));
    expect(error.code).toBe('splitLeak');
    expect(error.message).toContain('share 8 patients:');
    expect(error.message).toContain('patient p0 (train, test)');
    expect(error.message).toContain('and 3 more');
    expect(error.hint).toContain('--by image');
    expect(split(rows, { reset: true }).by).toBe('patient');
    expect(split(rows, { by: 'image' }).warnings.join()).toContain('split by image');
  });

  it('refuses identical pictures in two imported parts, also by image', () => {
    const rows = [...films(60, 1, 'train', 'a'), ...films(20, 1, 'test', 'c')];
    rows[60] = { ...rows[60]!, pixelHash: rows[2]!.pixelHash };
    for (const by of ['patient', 'image'] as const) {
      const error = refusal(() => split(rows, { by }));
      expect(error.code).toBe('splitLeak');
      expect(error.message).toContain('train/a2-0.png (train) and test/c0-0.png (test)');
    }
  });

  it('refuses parts that are linked only through an image that names no part', () => {
    const rows = [...films(60, 1, 'train', 'a'), ...films(20, 1, 'test', 'c')];
    const bridge = { ...rows[0]!, image: 'b', key: 'b', pixelHash: rows[60]!.pixelHash, importedPart: null };
    expect(refusal(() => split([...rows, bridge])).code).toBe('splitLeak');
  });

  it('refuses an imported part that lacks a class, naming both', () => {
    const rows = [
      ...films(60, 1, 'train', 'a'),
      ...films(40, 1, 'test', 'c').filter((row) => row.label === 0),
    ];
    const error = refusal(() => split(rows));
    expect(error.code).toBe('classMissingFromSplit');
    expect(error.message).toContain('test has no image of class pneumonia');
  });

  it('refuses when every image was imported as test', () => {
    expect(refusal(() => split(films(20, 1, 'test'))).code).toBe('emptySplit');
  });
});

describe('makeSplit refuses', () => {
  it.each([
    [{ train: 0.7, val: 0.2, test: 0.2 }, 'sum to 1.1'],
    [{ val: 0.6, test: 0.6 }, 'sum to 1.2'],
    [{ train: 0.5, val: 0.1, test: 0.1 }, 'sum to 0.7'],
    [{ val: 0.5, test: 0.5 }, 'no image to train on'],
    [{ train: 0, val: 0.5, test: 0.5 }, 'no image to train on'],
    [{ train: Number.NaN }, 'is NaN'],
  ])('shares %j', (shares, words) => {
    const error = refusal(() => split(films(40, 1), shares));
    expect(error.code).toBe('usage');
    expect(error.message).toContain(words);
  });

  it('accepts shares that sum to 1 but for rounding', () => {
    expect(split(films(40, 1), { train: 0.7, val: 0.1, test: 0.2 }).counts.train).toBe(28);
  });

  it('no images, no labels, one class only', () => {
    expect(refusal(() => split([])).code).toBe('tooFewImages');
    expect(refusal(() => split(films(5, 1).map((row) => ({ ...row, label: null })))).code).toBe('noLabels');
    const error = refusal(() => split(films(9, 1).map((row) => ({ ...row, label: 1 }))));
    expect(error.code).toBe('classMissingFromSplit');
    expect(error.message).toContain('pneumonia');
  });

  it('fewer patients than parts', () => {
    const error = refusal(() => split(films(2, 5)));
    expect(error.code).toBe('tooFewImages');
    expect(error.message).toContain('only 2 patients');
  });

  it('a class with one image, with the class and its number in the sentence', () => {
    const rows = [
      ...films(40, 1).map((row) => ({ ...row, label: 0 })),
      { ...films(1, 1, null, 'x')[0]!, label: 1 },
    ];
    const error = refusal(() => split(rows));
    expect(error.code).toBe('classMissingFromSplit');
    expect(error.message).toBe(
      'Class pneumonia has 1 image of 1 patient, too few to stand in each of train, val, test.',
    );
  });

  it('a class with fewer patients than folds, although it has images enough', () => {
    const rows = [
      ...films(40, 1).map((row) => ({ ...row, label: 0 })),
      ...films(4, 9, null, 'x').map((row) => ({ ...row, label: 1 })),
    ];
    const error = refusal(() => split(rows, { folds: 5 }));
    expect(error.code).toBe('classMissingFromSplit');
    expect(error.message).toContain('each of 5 folds');
  });
});
