import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { createRandom } from '../../../src/core/random.ts';
import { writePng } from '../../support/picture-files.ts';

const size = 32;

/** A grey picture with a bright bar, upright or lying, on noise: a task that a tiny network learns in seconds. */
export function barPicture(kind: 'upright' | 'lying', seed: number): Buffer {
  const random = createRandom(seed, 'bars');
  const bar = 6 + random.integer(size - 12);
  const samples = Array.from({ length: size * size }, (_, at) => {
    const across = kind === 'upright' ? at % size : Math.floor(at / size);
    return random.integer(60) + (Math.abs(across - bar) < 3 ? 180 : 0);
  });
  return writePng({ width: size, height: size, colourType: 0, bits: 8, samples });
}

/**
 * `labelled/<class>/<patient>/…` with two pictures a patient, and `unlabelled/<class>-…`, whose names tell the class
 * to whoever labels them.
 */
export function writeBars(labelled: number, unlabelled: number): { labelled: string; unlabelled: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'bars-'));
  const kindOf = (index: number): 'upright' | 'lying' => (index % 2 === 0 ? 'upright' : 'lying');
  for (let index = 0; index < labelled; index++) {
    const kind = kindOf(index);
    const patient = path.join(folder, 'labelled', kind, `P${100 + Math.floor(index / 4) * 2 + (index % 2)}`);
    mkdirSync(patient, { recursive: true });
    writeFileSync(path.join(patient, `bar-${1000 + index}.png`), barPicture(kind, index));
  }
  mkdirSync(path.join(folder, 'unlabelled'), { recursive: true });
  for (let index = 0; index < unlabelled; index++) {
    const kind = kindOf(index);
    writeFileSync(
      path.join(folder, 'unlabelled', `${kind}-${1000 + index}.png`),
      barPicture(kind, labelled + index),
    );
  }
  return { labelled: path.join(folder, 'labelled'), unlabelled: path.join(folder, 'unlabelled') };
}
