import { createHash } from 'node:crypto';

import { beforeAll, describe, expect, it } from 'vitest';

import { findSampleTemplate } from '../../../../src/core/sample/index.ts';
import type { SampleImage } from '../../../../src/core/sample/template.ts';

interface Facts {
  size: readonly [width: number, height: number];
  channels: 1 | 3;
  classes: readonly string[];
  /** Of the first picture of the first four patients of seed 1: a published sample can be made again. */
  hashes: readonly string[];
}

const templates: Readonly<Record<string, Facts>> = {
  xray: {
    size: [512, 512],
    channels: 1,
    classes: ['normal', 'fracture', 'infection'],
    hashes: ['f81d513d086c45dd', 'adf7788452bbb7ac', 'fd9f36ed8d5b4260', 'e97759022e1387b0'],
  },
  'transfer-learning': {
    size: [512, 512],
    channels: 1,
    classes: ['normal', 'abnormal'],
    hashes: ['8d36bad1e0bae443', '3ac80488d4c3bedc', '07e2a9f6ad7edb47', '080bb6c3ea3f08bf'],
  },
  dental: {
    size: [512, 384],
    channels: 1,
    classes: ['healthy', 'cavity', 'root canal needed'],
    hashes: ['509f141aa724680c', '9dc8117819e2dd53', '6e9035a09f2b4e92', 'd477f5363ecfab67'],
  },
  skin: {
    size: [384, 384],
    channels: 3,
    classes: ['benign', 'malignant', 'non-cancerous'],
    hashes: ['00bb0d81b88ba546', '8171d597d3c0a309', '9be06f930bb659c4', 'd23e52d060816c95'],
  },
  retina: {
    size: [384, 384],
    channels: 3,
    classes: ['healthy', 'diabetic retinopathy', 'glaucoma', 'macular degeneration'],
    hashes: ['a45ace65b6b3308b', '4f651329db4bc8ea', 'da045cbf30abba11', '21dbfbb2ec095a2b'],
  },
  'transfer-source': {
    size: [256, 256],
    channels: 1,
    classes: [
      ...['stripes', 'grid', 'blobs', 'rings', 'branches', 'tubes', 'broken tubes', 'pitted tubes'],
      ...['cracks', 'cells', 'dots', 'ribs', 'patches', 'grain'],
    ],
    hashes: ['5dd7a3089ce4a065', 'dbc76d2dedfcac59', '8aebd841a0aceae0', '645a8c7458c6d625'],
  },
};

const images = 120;
const blocks = 16;

const sha256 = ({ pixels }: SampleImage): string =>
  createHash('sha256').update(pixels).digest('hex').slice(0, 16);

const mean = (values: Iterable<number>): number => {
  let [sum, count] = [0, 0];
  for (const value of values) [sum, count] = [sum + value, count + 1];
  return sum / count;
};

/** Means of 16 × 16 blocks: what a picture looks like from afar. */
function fromAfar({ width, height, channels, pixels }: SampleImage): number[] {
  const sums = new Array<number>(blocks * blocks * channels).fill(0);
  pixels.forEach((value, at) => {
    const pixel = Math.floor(at / channels);
    const row = Math.floor((Math.floor(pixel / width) * blocks) / height);
    const column = Math.floor(((pixel % width) * blocks) / width);
    sums[(row * blocks + column) * channels + (at % channels)]! += value;
  });
  return sums.map((sum) => (sum * blocks * blocks) / (width * height));
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));

/** Area under the ROC curve, by counting pairs. */
function auc(positive: readonly number[], negative: readonly number[]): number {
  return mean(positive.flatMap((a) => negative.map((b) => (a > b ? 1 : a === b ? 0.5 : 0))));
}

describe.each(Object.entries(templates))('pictures of %s', (id, facts) => {
  const template = findSampleTemplate(id);
  let pictures: SampleImage[];
  let firsts: SampleImage[];
  beforeAll(() => {
    pictures = [...template.draw(images, 1)];
    const seen = new Set<string>();
    firsts = pictures.filter(({ patient }) => !seen.has(patient) && seen.add(patient));
  }, 30_000);

  it('keeps the pixels of generator version 1 on every machine', () => {
    expect(template.generatorVersion).toBe(1);
    expect(firsts.slice(0, 4).map(sha256)).toEqual(facts.hashes);
  });

  it('draws a share as it stands in the whole', () => {
    const share = [...template.draw(images, 1, { index: 3, of: 9 })];
    const start = pictures.findIndex(({ file }) => file === share[0]!.file);
    const whole = pictures.slice(start, start + share.length);
    expect(share.map(({ file }) => file)).toEqual(whole.map(({ file }) => file));
    expect(share.map(sha256)).toEqual(whole.map(sha256));
  });

  it('files each picture under class and patient, of the size and the colours it says', () => {
    expect(template.classes).toEqual(facts.classes);
    expect(pictures).toHaveLength(images);
    const [width, height] = facts.size;
    const people = new Map(firsts.map(({ patient, ageYears, sex }) => [patient, { ageYears, sex }]));
    for (const { pixels, ...picture } of pictures) {
      const { className, patient, file } = picture;
      expect(file).toMatch(new RegExp(`^${className}/${patient}/${patient}-[1-5]\\.png$`));
      expect(picture).toMatchObject({ width, height, channels: facts.channels, ...people.get(patient) });
      expect(pixels).toHaveLength(width * height * facts.channels);
    }
    expect(new Set(pictures.map(({ className }) => className)).size).toBe(facts.classes.length);
  });

  it('draws no picture twice, and other ones for another seed', () => {
    const [other] = template.draw(8, 2);
    expect(new Set([...pictures, other!].map(sha256)).size).toBe(images + 1);
  });

  it('is neither black nor burnt out', () => {
    for (const { pixels } of pictures) {
      const bright = mean(pixels);
      expect(bright).toBeGreaterThan(25);
      expect(bright).toBeLessThan(215);
      let spread = 0;
      for (const value of pixels) spread += (value - bright) * (value - bright);
      expect(Math.sqrt(spread / pixels.length)).toBeGreaterThan(6);
    }
  });

  // What a picture of the source set shows lies elsewhere in each one, and two patients a class say nothing.
  if (id === 'transfer-source') return;

  it('gives a patient a look of their own, so that a split that parts their pictures shows', () => {
    const looks = pictures.slice(0, 45).map((picture) => ({ ...picture, look: fromAfar(picture) }));
    const pairs = looks.flatMap((a, i) =>
      looks
        .slice(i + 1)
        .filter((b) => a.className === b.className)
        .map((b) => ({ same: a.patient === b.patient, distance: distance(a.look, b.look) })),
    );
    const of = (same: boolean): number =>
      mean(pairs.filter((pair) => pair.same === same).map((pair) => pair.distance));
    expect(of(true)).toBeLessThan(0.75 * of(false));
  });

  it('does not tell its classes by brightness', () => {
    const bright = firsts.map(({ className, pixels }) => ({ className, value: mean(pixels) }));
    const areas = facts.classes.map((wanted) => {
      const of = (is: boolean): number[] =>
        bright.filter(({ className }) => (className === wanted) === is).map(({ value }) => value);
      const area = auc(of(true), of(false));
      return Math.max(area, 1 - area);
    });
    expect(mean(areas)).toBeLessThan(0.7);
  });
});
