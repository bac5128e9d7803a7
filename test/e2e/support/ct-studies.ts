import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { type Elements, imageElements, writeDicom } from '../../support/dicom-files.ts';

/** Across the body's square, in the units that it is drawn in. */
const units = 64;
/** Millimetres of one. */
const unitMm = 6;

type Ellipse = readonly [x: number, y: number, across: number, down: number];

const isIn = ([middleX, middleY, across, down]: Ellipse, x: number, y: number): boolean =>
  ((x - middleX) / across) ** 2 + ((y - middleY) / down) ** 2 < 1;

const vessels = [16, 21, 43, 48].flatMap((x) => [24, 31, 38].map((y): Ellipse => [x, y, 0.7, 0.7]));

/** Parts of a chest in Hounsfield units, what lies over others behind them; `place` is a slice's. */
const chest = (place: number): readonly (readonly [Ellipse, number])[] => [
  [[32, 33, 29, 21], -100],
  [[32, 33, 27.5, 19.5], 50],
  [[18.5, 31, 8.5, 13 - place / 4], -850 + place],
  [[45.5, 31, 8.5, 13 - place / 4], -850 + place],
  ...vessels.map((vessel) => [vessel, 0] as const),
  [[35, 27, 9, 8 + place / 4], 40],
  [[32, 45, 4.2, 3.8], 350],
  [[32, 49.6, 1.5, 1.3], 10],
];

/** `edge` pixels wide and high. */
function slice(place: number, edge: number): Buffer {
  const values = new Int16Array(edge * edge).fill(-1000);
  for (const [ellipse, value] of chest(place)) {
    for (let row = 0; row < edge; row++) {
      for (let column = 0; column < edge; column++)
        if (isIn(ellipse, (column * units) / edge, (row * units) / edge)) values[row * edge + column] = value;
    }
  }
  return Buffer.from(values.buffer);
}

interface Series {
  patient: string;
  study: number;
  /** YYYYMMDD. */
  date: string;
  description: string;
  series: number;
  name: string;
  slices: number;
}

/** Two patients: the first with a study of two series and an earlier one, the second with one. */
const contrast = { patient: 'A', study: 1, date: '20240312', description: 'Chest with contrast' };
const all: Series[] = [
  { ...contrast, series: 1, name: 'Axial', slices: 6 },
  { ...contrast, series: 2, name: 'Late', slices: 4 },
  { patient: 'A', study: 2, date: '20220104', description: 'Chest', series: 1, name: 'Axial', slices: 5 },
  { patient: 'B', study: 3, date: '20230505', description: 'Chest', series: 1, name: 'Axial', slices: 5 },
];

/** Writes CT studies of slices `edge` pixels wide and high as DICOM files into a new folder and gives it. */
export function writeCtStudies(edge = units): string {
  const spacing = (unitMm * units) / edge;
  const folder = mkdtempSync(path.join(tmpdir(), 'e2e-ct-'));
  for (const [at, { patient, study, date, description, series, name, slices }] of all.entries()) {
    for (let place = 0; place < slices; place++) {
      const elements: Elements = [
        ...imageElements({ rows: edge, columns: edge, allocated: 16, stored: 16, signed: true }),
        [0x0008_0018, 'UI', `1.2.3.${study}.${series}.${place + 1}`],
        [0x0008_0020, 'DA', date],
        [0x0008_0060, 'CS', 'CT'],
        [0x0008_1030, 'LO', description],
        [0x0008_103e, 'LO', name],
        [0x0010_0020, 'LO', patient],
        [0x0010_0040, 'CS', 'F'],
        [0x0010_1010, 'AS', '047Y'],
        [0x0020_000d, 'UI', `1.2.3.${study}`],
        [0x0020_000e, 'UI', `1.2.3.${study}.${series}`],
        [0x0020_0011, 'IS', String(series)],
        [0x0020_0013, 'IS', String(place + 1)],
        [0x0020_0032, 'DS', `0\\0\\${place * 5}`],
        [0x0020_0037, 'DS', '1\\0\\0\\0\\1\\0'],
        [0x0028_0030, 'DS', `${spacing}\\${spacing}`],
        [0x0028_1050, 'DS', '40'],
        [0x0028_1051, 'DS', '400'],
        [0x0028_1052, 'DS', '0'],
        [0x0028_1053, 'DS', '1'],
        // A mark of its own: no two slices have the same pixels.
        [0x7fe0_0010, 'OW', slice(place + 0.1 * at, edge)],
      ];
      writeFileSync(path.join(folder, `${study}-${series}-${place}.dcm`), writeDicom(elements));
    }
  }
  return folder;
}
