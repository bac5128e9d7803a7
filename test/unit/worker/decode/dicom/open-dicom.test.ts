import { describe, expect, it } from 'vitest';

import { tags } from '../../../../../src/worker/decode/dicom/tags.ts';
import { readStudy } from '../../../../../src/worker/decode/dicom/open-dicom.ts';
import { pixelSha256, toEightBit } from '../../../../../src/worker/decode/picture.ts';
import { sourceOf } from '../../../../../src/worker/decode/source.ts';
import { decodeFile } from '../../../../support/decoded-file.ts';
import {
  imageElements,
  writeDicom,
  type Elements,
  type ImageOptions,
} from '../../../../support/dicom-files.ts';
import { greyPng, pattern } from '../../../../support/picture-files.ts';

const wide = { rows: 2, columns: 4, allocated: 16 } as const;

function file(options: ImageOptions, samples: Elements[number][2], more: Elements = []): Buffer {
  const vr = options.allocated === 16 ? 'OW' : 'OB';
  return writeDicom([...imageElements(options), ...more, [tags.PixelData, vr, samples]]);
}

async function open(bytes: Buffer) {
  const { picture, ...rest } = await decodeFile(bytes);
  return { ...rest, ...picture, samples: [...picture.samples] };
}

const rescaled = (slope: string, intercept: string): Elements => [
  [tags.RescaleIntercept, 'DS', intercept],
  [tags.RescaleSlope, 'DS', slope],
];
const windowed = (centre: string, width: string, curve = 'LINEAR'): Elements => [
  [tags.WindowCenter, 'DS', centre],
  [tags.WindowWidth, 'DS', width],
  [tags.VOILUTFunction, 'CS', curve],
];

describe('grey samples, and what they mean', () => {
  it('moves signed ones up, and says by how much', async () => {
    const values = [-32768, -1, 0, 1, 5, 6, 7, 32767];
    const more: Elements = [[tags.Modality, 'CS', 'CT'], ...rescaled('2', '-1024'), ...windowed('40', '401')];
    const { samples, display } = await open(file({ ...wide, signed: true }, values, more));
    expect(samples).toEqual(values.map((value) => value + 32768));
    // value = 2 (sample − 32,768) − 1,024; the window reaches from 40 − 0.5 − 200 to 40 − 0.5 + 200.
    expect(display).toEqual({
      slope: 2,
      intercept: -66560,
      unit: 'HU',
      windows: [{ name: '', low: (-160.5 + 66560) / 2, high: (239.5 + 66560) / 2, curve: 'linear' }],
      spacing: null,
    });
    const twelve = await open(file({ ...wide, stored: 12, signed: true }, [-2048, 0, 1, 2, 3, 4, 5, 2047]));
    expect(twelve.samples).toEqual([0, 2048, 2049, 2050, 2051, 2052, 2053, 4095]);
    expect(twelve.display).toMatchObject({ slope: 1, intercept: -2048 });
  });

  it('inverts MONOCHROME1, its slope and its windows', async () => {
    const values = [0, 1, 2, 3, 100, 200, 1000, 4095];
    const options = { ...wide, stored: 12, photometric: 'MONOCHROME1' } as const;
    const { samples, display } = await open(file(options, values, windowed('600', '800', 'LINEAR_EXACT')));
    expect(samples).toEqual(values.map((value) => 4095 - value));
    // Values of 200 and 1,000 are samples of 3,895 and 3,095.
    expect(display).toMatchObject({
      slope: -1,
      intercept: 4095,
      windows: [{ low: 3095, high: 3895, curve: 'linear' }],
    });
    for (const [i, sample] of samples.entries()) expect(-1 * sample + 4095).toBe(values[i]);
  });

  it('keeps higher values brighter where the rescale slope is negative', async () => {
    const values = [0, 1, 2, 3, 4, 5, 6, 255];
    const eight = { rows: 2, columns: 4 };
    const { samples, display } = await open(file(eight, Buffer.from(values), rescaled('-2', '10')));
    expect(samples).toEqual(values.map((value) => 255 - value));
    expect(display).toMatchObject({ slope: 2, intercept: -500 });
  });

  it('reads windows as LINEAR, LINEAR_EXACT and SIGMOID have them, with their names', async () => {
    const values = [0, 100, 200, 300, 400, 500, 600, 700];
    const named: Elements = [[tags.WindowCenterWidthExplanation, 'LO', 'BONE\\SOFT']];
    const linear = await decodeFile(file(wide, values, [...windowed('300\\50', '401\\1'), ...named]));
    expect(linear.picture.display?.windows).toEqual([
      { name: 'BONE', low: 99.5, high: 499.5, curve: 'linear' },
      { name: 'SOFT', low: 49.5, high: 49.5, curve: 'linear' },
    ]);
    expect([...toEightBit(linear.picture).samples]).toEqual([0, 0, 64, 128, 192, 255, 255, 255]);
    const sigmoid = await decodeFile(file(wide, values, windowed('300', '400', 'SIGMOID')));
    expect(sigmoid.picture.display?.windows[0]).toMatchObject({ low: 100, high: 500, curve: 'sigmoid' });
    const expected = values.map((value) =>
      Math.floor(255 / (1 + Math.exp((-4 * (value - 300)) / 400)) + 0.5),
    );
    expect([...toEightBit(sigmoid.picture).samples]).toEqual(expected);
    for (const width of ['0', '-5', 'abc'])
      expect((await open(file(wide, values, windowed('300', width)))).display).toBeNull();
  });

  it('shows 8-bit samples through their window too', async () => {
    const values = Buffer.from([0, 50, 100, 150, 200, 250, 255, 101]);
    const { picture } = await decodeFile(
      file({ rows: 2, columns: 4 }, values, windowed('100', '100', 'LINEAR_EXACT')),
    );
    expect(picture.bitDepth).toBe(8);
    expect([...toEightBit(picture).samples]).toEqual([0, 0, 128, 255, 255, 255, 255, 130]);
  });

  const lut = (
    sequence: number,
    descriptor: number[],
    data: number[],
    more: Elements = [],
  ): Elements[number] => [
    sequence,
    'SQ',
    { items: [[[tags.LUTDescriptor, 'US', descriptor], ...more, [tags.LUTData, 'US', data]]] },
  ];

  it('bakes a modality LUT into the samples', async () => {
    const table = lut(
      tags.ModalityLUTSequence,
      [4, 10, 16],
      [1000, 2000, 3000, 60000],
      [[tags.ModalityLUTType, 'LO', 'OD']],
    );
    const { samples, display } = await open(file(wide, [0, 9, 10, 11, 12, 13, 14, 65535], [table]));
    expect(samples).toEqual([1000, 1000, 1000, 2000, 3000, 60000, 60000, 60000]);
    expect(display).toMatchObject({ slope: 1, intercept: 0, unit: 'OD', windows: [] });
  });

  it('bakes a VOI LUT in where there is no window, after the rescaling, also from negative values', async () => {
    const table = lut(tags.VOILUTSequence, [3, -5 & 0xffff, 10], [0, 500, 1023]);
    const more = [...rescaled('1', '-10'), table];
    const { samples, display, bitDepth } = await open(file(wide, [0, 4, 5, 6, 7, 8, 9, 10], more));
    expect(samples).toEqual([0, 0, 0, 500, 1023, 1023, 1023, 1023]);
    expect(bitDepth).toBe(16);
    expect(display).toMatchObject({ slope: 1, intercept: 0, windows: [{ low: 0, high: 1023 }] });
    const both = await open(file(wide, [0, 4, 5, 6, 7, 8, 9, 10], [...more, ...windowed('5', '4')]));
    expect(both.samples).toEqual([0, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('makes padding the darkest sample, which does not count for lowest and highest', async () => {
    const padded: Elements = [[tags.PixelPaddingValue, 'SS', -2000]];
    const values = [-2000, -2000, -1000, 0, 1000, 2000, -2000, 500];
    const one = await decodeFile(file({ ...wide, signed: true }, values, padded));
    expect([...one.picture.samples]).toEqual([31768, 31768, 31768, 32768, 33768, 34768, 31768, 33268]);
    expect([...toEightBit(one.picture).samples]).toEqual([0, 0, 0, 85, 170, 255, 0, 128]);
    const range: Elements = [
      [tags.PixelPaddingValue, 'US', 60000],
      [tags.PixelPaddingRangeLimit, 'US', 65535],
    ];
    const inverted = { ...wide, photometric: 'MONOCHROME1' } as const;
    const two = await open(file(inverted, [60000, 65535, 61000, 100, 200, 300, 400, 59999], range));
    // The darkest that means something is 59,999, inverted.
    expect(two.samples).toEqual([5536, 5536, 5536, 65435, 65335, 65235, 65135, 5536]);
  });

  it('makes single bits black and white, and shows few bits in their own range', async () => {
    const single = await open(file({ rows: 2, columns: 4, allocated: 1 }, Buffer.from([0b1010_0001])));
    expect(single).toMatchObject({ bitDepth: 8, samples: [255, 0, 0, 0, 0, 255, 0, 255] });
    expect(single.display).toMatchObject({ slope: 1 / 255, intercept: 0 });
    const four = await decodeFile(
      file({ rows: 2, columns: 4, stored: 4 }, Buffer.from([0, 1, 2, 3, 5, 10, 14, 15])),
    );
    expect([...toEightBit(four.picture).samples]).toEqual([0, 17, 34, 51, 85, 170, 238, 255]);
  });

  it('fits 32-bit and floating-point samples into 16 bits, and says how', async () => {
    const floats = [-1, 0, 0.5, 1, 1.5, 2, 2.5, 3];
    const options = { ...wide, allocated: 32 };
    const floatFile = writeDicom([...imageElements(options), [tags.FloatPixelData, 'OF', floats]]);
    const { samples, display, warnings } = await open(floatFile);
    expect(warnings).toEqual([expect.stringContaining('32 bits')]);
    samples.forEach((sample, i) =>
      expect(display!.slope * sample + display!.intercept).toBeCloseTo(floats[i]!, 4),
    );
    expect([samples[0], samples[7]]).toEqual([0, 65535]);
    const near = Uint32Array.of(
      4_000_000_000,
      4_000_000_001,
      4_000_000_007,
      4_000_065_535,
      ...Array<number>(4).fill(4e9),
    );
    const exact = await open(
      writeDicom([...imageElements(options), [tags.PixelData, 'OW', Buffer.from(near.buffer)]]),
    );
    expect(exact.samples.slice(0, 4)).toEqual([0, 1, 7, 65535]);
    expect(exact.display).toMatchObject({ slope: 1, intercept: 4e9 });
    const strange = writeDicom([
      ...imageElements(options),
      [tags.FloatPixelData, 'OF', [NaN, Infinity, -Infinity, 1, 2, 3, 3, 3]],
    ]);
    expect((await open(strange)).samples).toEqual([0, 0, 0, 0, 32768, 65535, 65535, 65535]);
  });

  it('is a plain picture’s equal where the file says no more than one', async () => {
    const values = pattern(20);
    const dicom = await decodeFile(file({ rows: 4, columns: 5 }, Buffer.from(values)));
    const png = await decodeFile(greyPng(5, 4, values));
    expect(dicom.picture.display).toBeNull();
    expect(pixelSha256(dicom.picture)).toBe(pixelSha256(png.picture));
    const other = await decodeFile(file({ rows: 4, columns: 5 }, Buffer.from(values), windowed('100', '50')));
    expect(pixelSha256(other.picture)).not.toBe(pixelSha256(png.picture));
  });
});

describe('colours', () => {
  const three = { rows: 1, columns: 3, samples: 3 } as const;

  it('RGB stays, of 16 bits too; YBR becomes RGB', async () => {
    const rgb = [255, 0, 0, 0, 255, 0, 10, 20, 30];
    expect(await open(file({ ...three, photometric: 'RGB' }, Buffer.from(rgb)))).toMatchObject({
      channels: 3,
      bitDepth: 8,
      samples: rgb,
      display: null,
    });
    const deep = [65535, 0, 0, 0, 40000, 0, 10, 20, 30];
    const sixteen = await decodeFile(file({ ...three, photometric: 'RGB', allocated: 16 }, deep));
    expect([...sixteen.picture.samples]).toEqual(deep);
    expect([...toEightBit(sixteen.picture).samples]).toEqual([255, 0, 0, 0, 156, 0, 0, 0, 0]);
    // JFIF: red is 76, 85, 255, green 150, 44, 21, white 255, 128, 128.
    const ybr = [76, 85, 255, 150, 44, 21, 255, 128, 128];
    const { samples } = await open(file({ ...three, photometric: 'YBR_FULL' }, Buffer.from(ybr)));
    expect(samples).toEqual([254, 0, 0, 0, 255, 1, 255, 255, 255]);
  });

  it('palettes: of bytes, of words that hold bytes, of words, and in segments', async () => {
    const palette = (bits: number, entries: number[][], first = 0): Elements =>
      [0, 1, 2].flatMap((colour): Elements => [
        [tags.RedPaletteDescriptor + colour, 'US', [entries[colour]!.length, first, bits]],
        [tags.RedPaletteData + colour, 'OW', entries[colour]!],
      ]);
    const indices = Buffer.from([0, 1, 2, 7]);
    const options = { rows: 1, columns: 4, photometric: 'PALETTE COLOR' };
    const bytes = [
      [1, 2, 3],
      [10, 20, 30],
      [100, 150, 200],
    ];
    const expected = [1, 10, 100, 2, 20, 150, 3, 30, 200, 3, 30, 200];
    const upper = bytes.map((entries) => entries.map((entry) => entry * 257));
    for (const more of [palette(8, bytes), palette(16, upper)])
      expect(await open(file(options, indices, more))).toMatchObject({
        bitDepth: 8,
        channels: 3,
        samples: expected,
      });
    const deep = bytes.map((entries) => entries.map((entry) => entry * 256 + 77));
    expect(await open(file(options, indices, palette(16, deep)))).toMatchObject({
      bitDepth: 16,
      samples: expected.map((entry) => entry * 256 + 77),
    });
    const shifted = await open(file(options, Buffer.from([0, 5, 6, 7]), palette(8, bytes, 5)));
    expect(shifted.samples).toEqual([1, 10, 100, 1, 10, 100, 2, 20, 150, 3, 30, 200]);
    const segmented = [0, 1, 2].flatMap((colour): Elements => [
      [tags.RedPaletteDescriptor + colour, 'US', [6, 0, 16]],
      // Two entries as they are, then a line of four to 100 × 257.
      [tags.RedSegmentedPaletteData + colour, 'OW', [0, 2, 5 * 257, 20 * 257, 1, 4, 100 * 257]],
    ]);
    const wideIndices = { rows: 1, columns: 6, photometric: 'PALETTE COLOR' };
    const lines = await open(file(wideIndices, Buffer.from([0, 1, 2, 3, 4, 5]), segmented));
    expect(lines).toMatchObject({ channels: 1, samples: [5, 20, 40, 60, 80, 100] });
  });
});

describe('frames', () => {
  it('of an enhanced image have their own slopes, windows, spacing and places', async () => {
    const group = (slope: string, centre: string, place: string): Elements => [
      [tags.PlanePositionSequence, 'SQ', { items: [[[tags.ImagePositionPatient, 'DS', place]]] }],
      [tags.FrameVOILUTSequence, 'SQ', { items: [windowed(centre, '101').slice(0, 2)] }],
      [tags.PixelValueTransformationSequence, 'SQ', { items: [rescaled(slope, '0')], isOpen: true }],
    ];
    const shared: Elements = [
      [
        tags.PlaneOrientationSequence,
        'SQ',
        { items: [[[tags.ImageOrientationPatient, 'DS', '1\\0\\0\\0\\1\\0']]] },
      ],
      [tags.PixelMeasuresSequence, 'SQ', { items: [[[tags.PixelSpacing, 'DS', '0.5\\0.25']]] }],
    ];
    const bytes = file({ ...wide, frames: 2 }, pattern(16, 65535), [
      [tags.SharedFunctionalGroupsSequence, 'SQ', { items: [shared], isOpen: true }],
      [
        tags.PerFrameFunctionalGroupsSequence,
        'SQ',
        { items: [group('1', '100', '0\\0\\30'), group('2', '200', '0\\0\\-12.5')], isOpen: true },
      ],
    ]);
    const opened = await sourceOf(bytes).open();
    expect(opened.frames).toBe(2);
    expect([opened.position(0), opened.position(1)]).toEqual([30, -12.5]);
    const [first, second] = [await opened.picture(0), await opened.picture(1)];
    expect([...first.samples, ...second.samples]).toEqual(pattern(16, 65535));
    const spacing = { row: 0.5, column: 0.25, at: 'patient' };
    expect(first.display).toMatchObject({ slope: 1, spacing, windows: [{ low: 49.5, high: 149.5 }] });
    expect(second.display).toMatchObject({ slope: 2, spacing, windows: [{ low: 74.75, high: 124.75 }] });
  });

  it('are placed along the normal, else by the number of the instance', async () => {
    const oblique: Elements = [
      [tags.ImagePositionPatient, 'DS', '10\\20\\30'],
      [tags.ImageOrientationPatient, 'DS', '0\\1\\0\\0\\0\\-1'],
    ];
    const position = async (more: Elements, frames?: number, frame = 0): Promise<number | null> => {
      const options = frames === undefined ? wide : { ...wide, frames };
      return (await sourceOf(file(options, pattern(8 * (frames ?? 1)), more)).open()).position(frame);
    };
    expect(await position(oblique)).toBe(-10);
    expect(await position([[tags.InstanceNumber, 'IS', '17']])).toBe(17);
    expect(await position([])).toBeNull();
    expect(await position([[tags.InstanceNumber, 'IS', '3']], 4, 2)).toBe(3.5);
  });

  it('have spacing of the patient, of the detector, or of one ultrasound region', async () => {
    const spacing = async (more: Elements) =>
      (await open(file(wide, pattern(8), more))).display?.spacing ?? null;
    const patient: Elements = [[tags.PixelSpacing, 'DS', '0.3\\0.4']];
    const detector: Elements = [[tags.ImagerPixelSpacing, 'DS', '0.5\\0.6']];
    expect(await spacing(patient)).toEqual({ row: 0.3, column: 0.4, at: 'patient' });
    expect(await spacing(detector)).toEqual({ row: 0.5, column: 0.6, at: 'detector' });
    expect(await spacing([...patient, ...detector])).toEqual({ row: 0.3, column: 0.4, at: 'patient' });
    const uncorrected: Elements = [[tags.PixelSpacing, 'DS', '0.5\\0.6']];
    expect(await spacing([...uncorrected, ...detector])).toMatchObject({ at: 'detector' });
    for (const wrong of ['0\\1', '-1\\1', '1', 'a\\b', ''])
      expect(await spacing([[tags.PixelSpacing, 'DS', wrong]])).toBeNull();
    const region: Elements = [
      [tags.RegionSpatialFormat, 'US', 1],
      [tags.PhysicalUnitsXDirection, 'US', 3],
      [tags.PhysicalUnitsYDirection, 'US', 3],
      [tags.PhysicalDeltaX, 'FD', [0.02]],
      [tags.PhysicalDeltaY, 'FD', [0.03]],
    ];
    const regions = (items: Elements[]): Elements => [[tags.SequenceOfUltrasoundRegions, 'SQ', { items }]];
    expect(await spacing(regions([region]))).toEqual({ row: 0.3, column: 0.2, at: 'patient' });
    expect(await spacing(regions([region, region]))).toBeNull();
  });
});

describe('what is kept of a header', () => {
  const header = async (more: Elements) => (await decodeFile(file(wide, pattern(8), more))).header!;

  it('trimmed, bounded, without control characters, in its character set', async () => {
    const facts = await header([
      [tags.SpecificCharacterSet, 'CS', 'ISO_IR 192'],
      [tags.StudyDate, 'DA', '20240229'],
      [tags.Modality, 'CS', 'DX '],
      [tags.Manufacturer, 'LO', Buffer.from('Müller <img onerror=x>')],
      [tags.ManufacturerModelName, 'LO', 'M\x00\x1b[31m7'],
      [tags.StudyDescription, 'LO', Buffer.from('Thorax früh ')],
      [tags.PatientID, 'LO', `  ${'x'.repeat(80)}`],
      [tags.PatientSex, 'CS', 'f'],
      [tags.PatientAge, 'AS', '018M'],
      [tags.BodyPartExamined, 'CS', ''],
      [tags.ViewPosition, 'CS', 'PA'],
      [tags.StudyInstanceUID, 'UI', '1.2.3'],
      [tags.SeriesInstanceUID, 'UI', '1.2.3.4'],
      [tags.ImageLaterality, 'CS', 'L'],
    ]);
    expect(facts).toEqual({
      patientKey: 'x'.repeat(64),
      sex: 'F',
      studyUid: '1.2.3',
      ageYears: 1.5,
      seriesUid: '1.2.3.4',
      modality: 'DX',
      bodyPart: null,
      device: 'Müller <img onerror=x> M [31m7',
      laterality: 'L',
      view: 'PA',
    });
    const japanese = await header([
      [tags.SpecificCharacterSet, 'CS', '\\ISO 2022 IR 87'],
      [tags.BodyPartExamined, 'LO', Buffer.from('\x1b$B;3ED\x1b(B', 'latin1')],
      [tags.PatientSex, 'CS', 'unknown'],
      [tags.Laterality, 'CS', 'X'],
    ]);
    expect(japanese).toMatchObject({ bodyPart: '山田', sex: null, laterality: null, patientKey: null });
  });

  it('age in years, from the dates where it is not said', async () => {
    const age = async (said: string, birth = '', day = '') =>
      (
        await header([
          [tags.PatientAge, 'AS', said],
          [tags.PatientBirthDate, 'DA', birth],
          [tags.StudyDate, 'DA', day],
        ])
      ).ageYears;
    expect(await age('045Y')).toBe(45);
    expect(await age('026W')).toBe(0.5);
    expect(await age('', '19700615', '20240614')).toBe(53);
    expect(await age('', '19700615', '20240615')).toBe(54);
    expect(await age('', '20230101', '20240101')).toBe(1);
    expect(await age('', '20240101', '19700101')).toBeNull();
    expect(await age('', '19001301', '20240101')).toBeNull();
    for (const none of ['', '999Y', 'abc', '000Y']) expect(await age(none)).toBeNull();
  });

  it('tells what study and series are told apart by, kept nowhere', async () => {
    const bytes = file(wide, pattern(8), [
      [tags.StudyDate, 'DA', '20240229'],
      [tags.StudyDescription, 'LO', 'Thorax'],
      [tags.SeriesDescription, 'LO', 'T2 sag'],
      [tags.SeriesNumber, 'IS', '4'],
      [tags.ImagePositionPatient, 'DS', '10\\20\\30'],
      [tags.ImageOrientationPatient, 'DS', '0\\1\\0\\0\\0\\-1'],
    ]);
    expect(await readStudy(bytes)).toEqual({
      ...{ date: '2024-02-29', description: 'Thorax', seriesNumber: 4, seriesDescription: 'T2 sag' },
      normal: [-1, 0, 0],
    });
    const wrong = file(wide, pattern(8), [
      [tags.StudyDate, 'DA', '20230229'],
      [tags.ImageOrientationPatient, 'DS', '0\\1\\0\\0\\0\\-1'],
    ]);
    // Without a place the position counts instances, whatever way the slice lies.
    expect(await readStudy(wrong)).toEqual({
      ...{ date: null, description: null, seriesNumber: null, seriesDescription: null, normal: null },
    });
  });
});

describe("the patient's sides", () => {
  const sidesOf = async (...more: Elements) => (await open(file(wide, pattern(8), more))).display?.sides;
  const axes = (...values: number[]): Elements[number] => [
    tags.ImageOrientationPatient,
    'DS',
    values.join('\\'),
  ];

  it('tells them of axial, coronal and sagittal slices', async () => {
    expect(await sidesOf(axes(1, 0, 0, 0, 1, 0))).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
    expect(await sidesOf(axes(1, 0, 0, 0, 0, -1))).toEqual({ left: 'R', right: 'L', top: 'H', bottom: 'F' });
    expect(await sidesOf(axes(0, 1, 0, 0, 0, -1))).toEqual({ left: 'A', right: 'P', top: 'H', bottom: 'F' });
  });

  it('gives an oblique edge several letters, the most fitting first, and a tilted one its own alone', async () => {
    const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
    expect(await sidesOf(axes(1, 0, 0, 0, c, -s))).toEqual({
      ...{ left: 'R', right: 'L', top: 'AH', bottom: 'PF' },
    });
    expect(await sidesOf(axes(1, 0, 0, 0, Math.cos(0.1), Math.sin(0.1)))).toMatchObject({
      ...{ top: 'A', bottom: 'P' },
    });
    expect(await sidesOf(axes(0.8, 0.48, 0.36, 0, 0.6, -0.8))).toMatchObject({ left: 'RAF', top: 'HA' });
  });

  it('reads those of films, and of slices whose axes are none', async () => {
    const film: Elements[number] = [tags.PatientOrientation, 'CS', 'L\\F'];
    const sides = { left: 'R', right: 'L', top: 'H', bottom: 'F' };
    expect(await sidesOf(film)).toEqual(sides);
    expect(await sidesOf([tags.PatientOrientation, 'CS', 'A\\FR'])).toEqual({
      ...{ left: 'P', right: 'A', top: 'HL', bottom: 'FR' },
    });
    expect(await sidesOf(film, axes(0, 0, 0, 0, 0, 0))).toEqual(sides);
    for (const none of ['L', 'L\\F\\H', 'L\\LR', 'CR\\D', ''])
      expect(await sidesOf([tags.PatientOrientation, 'CS', none])).toBeUndefined();
    const dog: Elements[number] = [tags.AnatomicalOrientationType, 'CS', 'QUADRUPED'];
    expect(await sidesOf(dog, film, axes(1, 0, 0, 0, 1, 0))).toBeUndefined();
  });

  it('keeps the hash of a picture that was imported before sides were told', async () => {
    const hash = async (...more: Elements) => {
      const { picture } = await decodeFile(file(wide, pattern(8), more));
      return pixelSha256(picture);
    };
    const spacing: Elements[number] = [tags.PixelSpacing, 'DS', '0.5\\0.5'];
    expect(await hash(axes(1, 0, 0, 0, 1, 0))).toBe(await hash());
    expect(await hash(spacing, axes(1, 0, 0, 0, 1, 0))).toBe(await hash(spacing));
  });
});
