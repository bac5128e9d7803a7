import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import sharp from 'sharp';

/** The CT of Debian's package, and how a mask of it is stored: a plane, row and column of flags before the voxels. */
export const skull = { slices: 108, edge: 256, spacing: 0.957032, sliceSpacing: 1.5 } as const;
const maskEdge = skull.edge + 1;
/** InVesalius stores what is inside as 255, and 254 or 253 where a person drew. */
const insideFrom = 127;

export type Part = 'train' | 'val' | 'test';

/** One patient only, so blocks of neighbouring slices stand in for patients; two slices between parts are left out. */
const blocks: readonly Part[] = ['train', 'train', 'val', 'train', 'train', 'test', 'train', 'val', 'test'];
const gap = 2;

/** The part of a slice; null: it lies beside a slice of another part. */
export function partOf(slice: number): Part | null {
  const length = skull.slices / blocks.length;
  const block = Math.floor(slice / length);
  const before = blocks[block - 1];
  const isBeside = before !== undefined && before !== blocks[block] && slice - block * length < gap;
  return isBeside ? null : blocks[block]!;
}

/**
 * Fetches Debian's package with apt and unpacks its volume. @returns the folder with matrix.dat and the masks
 * @throws Error where apt or the package is not there
 */
export function unpackSkull(folder: string): string {
  const run = (command: string, args: string[]): void =>
    void execFileSync(command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  run('apt-get', ['download', 'invesalius-examples']);
  const debian = readdirSync(folder).find((name) => name.endsWith('.deb'))!;
  run('dpkg-deb', ['-x', debian, 'package']);
  run('tar', ['-xf', 'package/usr/share/doc/invesalius-examples/examples/Cranium.inv3']);
  const found = readdirSync(folder).find((name) => existsSync(path.join(folder, name, 'matrix.dat')));
  if (found === undefined) throw new Error('The package holds no matrix.dat');
  return path.join(folder, found);
}

/**
 * Writes every slice as a NIfTI file of Hounsfield units below `images/PART`, and its mask below `masks/PART`: 1 soft
 * tissue, 2 bone.
 */
export async function writeSlices(volume: string, folder: string): Promise<number> {
  const matrix = readFileSync(path.join(volume, 'matrix.dat'));
  const [bone, tissue] = ['mask_0.dat', 'mask_1.dat'].map((name) => readFileSync(path.join(volume, name)));
  const { edge } = skull;
  const bytes = edge * edge * 2;
  let written = 0;
  for (let slice = 0; slice < skull.slices; slice++) {
    const part = partOf(slice);
    if (part === null) continue;
    const name = `slice-${String(slice).padStart(3, '0')}`;
    const mask = new Uint8Array(edge * edge);
    for (let at = 0; at < mask.length; at++) {
      const [x, y] = [at % edge, Math.floor(at / edge)];
      const voxel = ((slice + 1) * maskEdge + y + 1) * maskEdge + x + 1;
      mask[at] = bone![voxel]! >= insideFrom ? 2 : tissue![voxel]! >= insideFrom ? 1 : 0;
    }
    const place = (kind: string, file: string): string => {
      mkdirSync(path.join(folder, kind, part), { recursive: true });
      return path.join(folder, kind, part, file);
    };
    writeFileSync(place('images', `${name}.nii`), nifti(matrix.subarray(slice * bytes, (slice + 1) * bytes)));
    const picture = sharp(mask, { raw: { width: edge, height: edge, channels: 1 } });
    await picture
      .toColourspace('b-w')
      .png()
      .toFile(place('masks', `${name}.png`));
    written++;
  }
  return written;
}

/** One slice of int16 as NIfTI-1, without orientation: it is shown as it is stored. */
function nifti(samples: Uint8Array): Buffer {
  const header = Buffer.alloc(352);
  header.writeInt32LE(348, 0);
  [3, skull.edge, skull.edge, 1, 1, 1, 1, 1].forEach((length, i) => header.writeInt16LE(length, 40 + 2 * i));
  header.writeInt16LE(4, 70);
  header.writeInt16LE(16, 72);
  [1, skull.spacing, skull.spacing, skull.sliceSpacing].forEach((value, i) =>
    header.writeFloatLE(value, 76 + 4 * i),
  );
  header.writeFloatLE(352, 108);
  header.writeFloatLE(1, 112);
  // Millimetres.
  header.writeUInt8(2, 123);
  header.write('n+1\0', 344, 'latin1');
  return Buffer.concat([header, samples]);
}
