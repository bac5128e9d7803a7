import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

import { philox } from '../../src/core/random.ts';
import type { Pace } from './progress.ts';

const edge = 96;
const classes = ['normal', 'opacity', 'nodule'] as const;
const imagesPerPatient = 4;

/** The expression that finds the patient in a picture's name. */
export const patientPattern = String.raw`^(P\d+)-`;

/** Where a picture stands below the folder: its class, its patient, its number. */
function pictureName(index: number): string {
  const patient = Math.floor(index / imagesPerPatient);
  const word = philox([patient, 1], [0, 0, 0, 0])[0]!;
  const name = `P${String(patient).padStart(6, '0')}-${(index % imagesPerPatient) + 1}.png`;
  return path.join(classes[word % classes.length]!, name);
}

/** Grey rows with PNG's filter byte before each: a soft body with two bright spots, and noise of two bits. */
function pictureRows(index: number): Buffer {
  const [a, b, c, d] = philox([index, 2], [0, 0, 0, 0]) as unknown as [number, number, number, number];
  const share = (word: number, shift: number): number => ((word >>> shift) & 0xff) / 255;
  const spots = [
    { x: 20 + 56 * share(a, 0), y: 20 + 56 * share(a, 8), radius: 6 + 14 * share(a, 16), height: 120 },
    { x: 20 + 56 * share(b, 0), y: 20 + 56 * share(b, 8), radius: 4 + 10 * share(b, 16), height: 80 },
  ];
  const slope = 0.2 + share(c, 0) * 0.6;
  let noise = d | 1;
  const rows = Buffer.alloc(edge * (edge + 1));
  for (let y = 0; y < edge; y++) {
    for (let x = 0; x < edge; x++) {
      let value = 30 + slope * x + (1 - slope) * y * 0.5;
      for (const { x: atX, y: atY, radius, height } of spots) {
        const far = ((x - atX) ** 2 + (y - atY) ** 2) / radius ** 2;
        if (far < 1) value += height * (1 - far);
      }
      noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
      rows[y * (edge + 1) + 1 + x] = Math.min(255, value + (noise >>> 30));
    }
  }
  return rows;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** A grey PNG of rows with PNG's filter byte before each; samples of 16 bits have their high byte first. */
function pngOf(rows: Buffer, size: { width: number; height: number; bits: 8 | 16 }): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size.width, 0);
  header.writeUInt32BE(size.height, 4);
  header.set([size.bits, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Writes distinct small grey pictures, the same ones each time: a folder a class, four pictures a patient. */
export function writePictures(folder: string, images: number, pace: Pace): void {
  for (const name of classes) mkdirSync(path.join(folder, name), { recursive: true });
  for (let index = 0; index < images; index++) {
    const file = path.join(folder, pictureName(index));
    if (!existsSync(file))
      writeFileSync(file, pngOf(pictureRows(index), { width: edge, height: edge, bits: 8 }));
    pace(index + 1, images);
  }
}

/** Writes a picture of the size and depth of a chest film: waves of 12 bits, with the noise of a detector. */
export function writeFilm(file: string): void {
  const size = { width: 3000, height: 2500, bits: 16 } as const;
  const rowBytes = 1 + 2 * size.width;
  const rows = Buffer.alloc(size.height * rowBytes);
  let noise = 1;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
      const wave = 2000 + 1500 * Math.sin(x / 400) * Math.cos(y / 300);
      rows.writeUInt16BE(Math.round(wave) + (noise >>> 26), y * rowBytes + 1 + 2 * x);
    }
  }
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, pngOf(rows, size));
}
