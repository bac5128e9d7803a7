import { gzipSync } from 'node:zlib';

import { expect, it } from 'vitest';

import { toEightBit } from '../../../../src/worker/decode/picture.ts';
import { sourceOf } from '../../../../src/worker/decode/source.ts';
import { writeNifti } from '../../../support/dicom-files.ts';
import { pattern } from '../../../support/picture-files.ts';

const values = pattern(3 * 2 * 4, 4000).map((value) => value - 1000);
const int16 = Buffer.from(Int16Array.from(values).buffer);
const volume = { dims: [3, 2, 4], type: 4, data: int16, pixDims: [0.5, 0.75, 2] };

async function open(bytes: Buffer) {
  const source = sourceOf(bytes);
  const file = await source.open();
  const pictures = await Promise.all(Array.from({ length: file.frames }, (_, i) => file.picture(i)));
  return { file, pictures, byteSha256: source.byteSha256() };
}

const codeOf = (bytes: Buffer) =>
  open(bytes).then(
    () => 'shown',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

it('reads the slices of a volume, plain and compressed, in either byte order', async () => {
  const swapped = { ...volume, littleEndian: false, data: Buffer.from(int16).swap16() };
  for (const bytes of [writeNifti(volume), gzipSync(writeNifti(volume)), writeNifti(swapped)]) {
    const { file, pictures, byteSha256 } = await open(bytes);
    expect(file).toMatchObject({ format: 'nifti', frames: 4, warnings: [] });
    const uid = `nifti.${byteSha256.slice(0, 32)}`;
    expect(file.header).toMatchObject({ patientKey: null, studyUid: uid, seriesUid: uid });
    expect([0, 1, 2, 3].map((slice) => file.position(slice))).toEqual([0, 2, 4, 6]);
    expect(pictures.flatMap(({ samples }) => [...samples])).toEqual(values.map((value) => value + 32768));
    const low = Math.min(...values) + 32768;
    const high = Math.max(...values) + 32768;
    expect(pictures[0]).toMatchObject({ width: 3, height: 2, channels: 1, bitDepth: 16 });
    expect(pictures[0]!.display).toEqual({
      slope: 1,
      intercept: -32768,
      unit: '',
      windows: [{ name: '', low, high, curve: 'linear' }],
      spacing: { row: 0.75, column: 0.5, at: 'patient' },
    });
  }
});

it('turns slices as a radiologist sees them, where the file says how they lie', async () => {
  const first = values.slice(0, 6);
  const [a, b, c, d, e, f] = first;
  const affine = (x: number, y: number) => [
    [x, 0, 0, 0],
    [0, y, 0, 0],
    [0, 0, 1, 0],
  ];
  const shown = async (rows: number[][]) => {
    const { pictures } = await open(writeNifti({ ...volume, affine: rows }));
    return [...pictures[0]!.samples].map((sample) => sample - 32768);
  };
  expect(await shown(affine(1, 1))).toEqual([f, e, d, c, b, a]);
  expect(await shown(affine(-1, 1))).toEqual([d, e, f, a, b, c]);
  expect(await shown(affine(-1, -1))).toEqual([a, b, c, d, e, f]);
});

it('scales values, takes the window of the file, and floating-point numbers over the whole volume', async () => {
  const scaled = await open(
    writeNifti({ ...volume, scale: { slope: 2, intercept: 10 }, window: { low: 0, high: 100 } }),
  );
  expect(scaled.pictures[0]!.display).toMatchObject({
    slope: 2,
    intercept: 10 - 65536,
    windows: [{ low: 32763, high: 32813 }],
  });
  const floats = Float32Array.from([0, 1, 2, 3, NaN, 5, 6, 10]);
  const { file, pictures } = await open(
    writeNifti({ dims: [2, 2, 2], type: 16, data: Buffer.from(floats.buffer) }),
  );
  expect(file.warnings).toHaveLength(1);
  expect(pictures.flatMap((picture) => [...toEightBit(picture).samples])).toEqual([
    0, 26, 51, 77, 0, 128, 153, 255,
  ]);
  const { slope, intercept } = pictures[1]!.display!;
  expect(slope * pictures[1]!.samples[3]! + intercept).toBeCloseTo(10, 3);
});

it('takes the first of several volumes, and colours', async () => {
  const twice = await open(writeNifti({ ...volume, dims: [3, 2, 2, 2] }));
  expect(twice.file).toMatchObject({
    frames: 2,
    warnings: ['Only the first of 2 volumes in the file is used.'],
  });
  const rgb = pattern(12);
  const { pictures } = await open(writeNifti({ dims: [2, 2, 1], type: 128, data: Buffer.from(rgb) }));
  expect(pictures[0]).toMatchObject({ channels: 3, bitDepth: 8 });
  expect([...pictures[0]!.samples]).toEqual(rgb);
});

it('refuses what is cut, absurd or of another kind, with a code', async () => {
  const whole = writeNifti(volume);
  const zipped = gzipSync(whole);
  expect(await codeOf(whole.subarray(0, whole.length - 1))).toBe('truncatedImage');
  expect(await codeOf(whole.subarray(0, 350))).toBe('truncatedImage');
  expect(await codeOf(zipped.subarray(0, zipped.length - 30))).toBe('truncatedImage');
  expect(await codeOf(gzipSync(Buffer.from('text in gzip')))).toBe('notAnImage');
  expect(await codeOf(writeNifti({ ...volume, dims: [32767, 32767, 4] }))).toBe('imageTooLarge');
  expect(await codeOf(writeNifti({ ...volume, dims: [5000, 5000, 1000] }))).toBe('imageTooLarge');
  expect(await codeOf(writeNifti({ ...volume, dims: [-3, 2, 4] }))).toBe('damagedImage');
  expect(await codeOf(writeNifti({ ...volume, dims: [] }))).toBe('damagedImage');
  expect(await codeOf(writeNifti({ ...volume, type: 32 }))).toBe('unsupportedFormat');
  const draws = pattern(600, 65535);
  for (let round = 0; round < 300; round += 1) {
    const damaged = Buffer.from(round % 2 ? whole : zipped);
    damaged[draws[2 * round]! % Math.min(damaged.length, 352)] = draws[2 * round + 1]! & 255;
    expect(await codeOf(damaged)).toMatch(/^[a-zA-Z]+$/);
  }
});
