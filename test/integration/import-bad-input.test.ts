import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';

import type { ImportReport } from '../../src/contract/import.ts';
import { listedPage } from '../../src/engine/dataset/views-rows.ts';
import { createForkSpawner } from '../../src/rpc/child-process.ts';
import { openImportBench, spawnDecoder, type ImportBench } from '../support/import-project.ts';
import { bombPng, greyPng, pattern, writePng, writeTiff } from '../support/picture-files.ts';
import { writeZip } from '../support/zip-files.ts';

let bench: ImportBench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

const film = (seed: number): Buffer =>
  greyPng(
    6,
    5,
    pattern(30).map((sample) => (sample + seed * 11) % 256),
  );
const codes = ({ data }: ImportBench, { refused }: ImportReport): Record<string, string> =>
  Object.fromEntries(refused.map(({ file, code }) => [path.relative(data, file), code]));
const names = ({ session }: ImportBench): string[] =>
  listedPage(session, { offset: 0, limit: 1000 }).rows.map(({ relativePath }) => relativePath);

describe('bad input', () => {
  it('refuses each bad file by its code while everything else comes in', async () => {
    bench = await openImportBench();
    const colour = sharp(Buffer.from(pattern(64 * 64 * 3)), { raw: { width: 64, height: 64, channels: 3 } });
    const jpeg = await colour.clone().jpeg().toBuffer();
    const good = {
      'good.png': film(1),
      'sixteen.png': writePng({ width: 5, height: 4, colourType: 0, bits: 16, samples: pattern(20, 65535) }),
      'sixteen.tif': writeTiff({
        width: 5,
        height: 4,
        channels: 1,
        bits: 16,
        photometric: 1,
        samples: pattern(20, 60000),
      }),
      'cmyk.jpg': await colour.clone().toColourspace('cmyk').jpeg().toBuffer(),
      'alpha.png': writePng({ width: 3, height: 1, colourType: 6, bits: 8, samples: pattern(12) }),
      'rotated.jpg': await colour.clone().resize(64, 32).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      'wrong-name.txt': film(2),
      'no-extension': film(3),
    };
    const bad = {
      'text.png': 'This is not a picture.',
      'truncated.jpg': jpeg.subarray(0, Math.floor(jpeg.length / 2)),
      'empty.png': '',
      'bomb.png': bombPng(60_000, 60_000),
      'torn.png': greyPng(64, 64).fill(0xaa, 200, 260),
      'scan.dcm': Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.alloc(64)]),
      'float.tif': writeTiff({
        width: 4,
        height: 4,
        channels: 1,
        bits: 32,
        photometric: 1,
        sampleFormat: 3,
        samples: pattern(16),
      }),
      'page.gif': 'GIF89a..........',
    };
    bench.write({ ...good, ...bad, 'notes.txt': 'passed over', '.DS_Store': 'x', 'Thumbs.db': 'x' });
    const report = await bench.run();
    expect(codes(bench, report)).toEqual({
      'text.png': 'notAnImage',
      'truncated.jpg': 'truncatedImage',
      'empty.png': 'emptyFile',
      'bomb.png': 'imageTooLarge',
      'torn.png': 'damagedImage',
      'scan.dcm': 'notAnImage',
      'float.tif': 'unsupportedFormat',
      'page.gif': 'unsupportedFormat',
    });
    expect(names(bench).toSorted()).toEqual(Object.keys(good).toSorted());
    const { rows } = listedPage(bench.session, { offset: 0, limit: 100 });
    const rotated = rows.find(({ fileName }) => fileName === 'rotated.jpg');
    expect([rotated?.width, rotated?.height]).toEqual([32, 64]);
    for (const { message } of report.refused) expect(message).toMatch(/^[A-Z].+\.$/s);
  });

  it('says that an empty folder holds nothing, and that a missing one is not there', async () => {
    bench = await openImportBench();
    await expect(bench.run()).rejects.toMatchObject({ code: 'nothingToImport' });
    bench.write({ 'README.md': 'about' });
    await expect(bench.run()).rejects.toMatchObject({ code: 'nothingToImport' });
    await expect(bench.run({ sources: ['.', 'typo'] })).rejects.toMatchObject({ code: 'fileNotFound' });
    expect(bench.session.projects.counts().images).toBe(0);
  });

  it('takes names of any kind and keeps them to the byte', async () => {
    bench = await openImportBench();
    const odd = [
      'new\nline.png',
      'a#b?c%20d.png',
      '<img onerror=alert(1)>.png',
      'Übersicht 胸部 \u202egnp.png',
      `${'x'.repeat(251)}.png`,
      'quote\'".png',
    ];
    bench.write(Object.fromEntries(odd.map((name, i) => [name, film(i)])));
    // Not UTF-8: Node cannot name it, so it is refused, not lost.
    writeFileSync(
      Buffer.concat([Buffer.from(`${bench.data}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.png')]),
      film(99),
    );
    const report = await bench.run();
    expect(report.added).toBe(odd.length);
    expect(report.refused).toMatchObject([{ code: 'unreadableFile' }]);
    expect(names(bench).toSorted()).toEqual(odd.toSorted());
  });

  it('ends in loops of links and reads linked folders once', async () => {
    bench = await openImportBench();
    bench.write({ 'a/1.png': film(1), 'b/2.png': film(2) });
    symlinkSync('..', path.join(bench.data, 'a', 'up'));
    symlinkSync('../b', path.join(bench.data, 'a', 'across'));
    symlinkSync('nowhere', path.join(bench.data, 'dangling.png'));
    symlinkSync('self.png', path.join(bench.data, 'self.png'));
    const report = await bench.run();
    expect(report).toMatchObject({ added: 2 });
    expect(codes(bench, report)).toEqual({
      'a/up': 'linkLoop',
      'dangling.png': 'fileNotFound',
      'self.png': 'linkLoop',
    });
    expect(report.warnings).toContainEqual(expect.stringContaining('through links'));
  });

  it('waits for no pipe', async () => {
    bench = await openImportBench();
    bench.write({ '1.png': film(1) });
    execFileSync('mkfifo', [path.join(bench.data, 'pipe.png')]);
    expect(await bench.run()).toMatchObject({ added: 1 });
    await expect(bench.pool.inspect(path.join(bench.data, 'pipe.png'))).rejects.toMatchObject({
      code: 'unreadableFile',
    });
  });

  it('imports no project and no cache', async () => {
    bench = await openImportBench();
    bench.write({ '1.png': film(1) });
    writeFileSync(path.join(bench.session.folder, 'inside.png'), film(2));
    const report = await bench.run({ sources: ['..'] });
    expect(report).toMatchObject({ added: 1 });
    expect(report.warnings).toContainEqual(expect.stringContaining('Readroom project'));
  });

  // Root reads everything: the test takes another effective user, which only a process of its own can.
  it.skipIf(process.getuid?.() !== 0 || !process.seteuid)(
    'passes by a folder without permission',
    async () => {
      bench = await openImportBench({ pool: { size: 1 } });
      bench.write({ 'open/1.png': film(1), 'closed/2.png': film(2), 'open/closed.png': film(3) });
      const nobody = 65534;
      chmodSync(tmpdir(), statSync(tmpdir()).mode | 0o711);
      chmodSync(path.dirname(bench.data), 0o755);
      chmodSync(path.join(bench.data, 'closed'), 0o000);
      chmodSync(path.join(bench.data, 'open', 'closed.png'), 0o000);
      for (const name of readdirSync(bench.session.folder))
        chownSync(path.join(bench.session.folder, name), nobody, nobody);
      chownSync(bench.session.folder, nobody, nobody);
      process.seteuid!(nobody);
      try {
        const report = await bench.run();
        expect(report.added).toBe(1);
        expect(codes(bench, report)).toEqual({
          closed: 'permissionDenied',
          'open/closed.png': 'permissionDenied',
        });
      } finally {
        process.seteuid!(0);
      }
    },
  );

  it('takes the sound part of a hostile archive and writes nothing outside', async () => {
    bench = await openImportBench();
    const data = film(1);
    bench.write({
      'hostile.zip': writeZip([
        { name: '../../escaped.png', data },
        { name: '/tmp/readroom-escaped.png', data },
        { name: 'link.png', data: Buffer.from('/etc/passwd'), mode: 0o120777 },
        { name: 'bomb.png', data: Buffer.alloc(50_000_000) },
        { name: 'crc.png', data, claimedCrc: 7 },
        { name: 'text.png', data: Buffer.from('text') },
        { name: 'deep/good.png', data: film(2) },
      ]),
      'damaged.zip': writeZip([{ name: 'a.png', data }]).subarray(0, 60),
      'fine.png': film(3),
    });
    const report = await bench.run({ sources: ['hostile.zip', 'damaged.zip', 'fine.png'] });
    expect(report.added).toBe(2);
    expect(Object.values(codes(bench, report)).toSorted()).toEqual(
      [
        'archiveTooLarge',
        'damagedArchive',
        'damagedArchive',
        'notAnImage',
        ...Array<string>(3).fill('unsafeArchiveEntry'),
      ].toSorted(),
    );
    expect(existsSync('/tmp/readroom-escaped.png')).toBe(false);
    expect(existsSync(path.join(bench.session.folder, 'escaped.png'))).toBe(false);
    const kept = readdirSync(path.join(bench.session.folder, 'originals'));
    expect(kept).toHaveLength(1);
  });

  it('clears what a killed import left in staging', async () => {
    bench = await openImportBench();
    const staging = path.join(bench.session.folder, 'originals', '.incoming-dead');
    mkdirSync(staging, { recursive: true });
    writeFileSync(path.join(staging, '1'), 'half');
    bench.write({ '1.png': film(1) });
    await bench.run();
    expect(existsSync(staging)).toBe(false);
  });

  it('loses only its file when a decode child is killed at work', async () => {
    let spawned = 0;
    const spawn: typeof spawnDecoder = (entry, options) => {
      const child = spawnDecoder(entry, options);
      if (++spawned === 1) child.kill('SIGKILL');
      return child;
    };
    bench = await openImportBench({ pool: { spawn, size: 1 } });
    bench.write({ '1.png': film(1), '2.png': film(2), '3.png': film(3) });
    const report = await bench.run();
    expect(report).toMatchObject({ added: 2, refused: [{ code: 'workerDied' }] });
    expect(spawned).toBe(2);
    expect(await bench.run()).toMatchObject({ added: 1, alreadyPresent: 2, refused: [] });
  });

  it('ends with an error when no decode child can start', async () => {
    const spawn = createForkSpawner(() => path.join(import.meta.dirname, 'no-such-entry.ts'));
    bench = await openImportBench({ pool: { spawn, size: 1 } });
    bench.write({ '1.png': film(1), '2.png': film(2), '3.png': film(3), '4.png': film(4) });
    await expect(bench.run()).rejects.toMatchObject({
      code: 'workerDied',
      message: expect.stringContaining('stays alive') as string,
    });
  });

  it.skipIf(!canMount())(
    'stops at a full disk, leaves nothing half-written, and goes on with space',
    async () => {
      bench = await openImportBench();
      const large = (seed: number): Buffer => Buffer.concat([film(seed), Buffer.alloc(900_000, seed)]);
      bench.write(Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`${i}.png`, large(i)])));
      const originals = path.join(bench.session.folder, 'originals');
      mkdirSync(originals);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', originals]);
      try {
        await expect(bench.run({ copy: true })).rejects.toMatchObject({ code: 'diskFull' });
        expect(bench.session.projects.counts().images).toBe(0);
        expect(readdirSync(originals)).toEqual([]);
        execFileSync('mount', ['-o', 'remount,size=20m', originals]);
        expect(await bench.run({ copy: true })).toMatchObject({ added: 4, refused: [] });
      } finally {
        execFileSync('umount', [originals]);
      }
    },
  );
});

/** Only root may mount, and not in every container. */
function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = path.join(tmpdir(), 'readroom-mount-probe');
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return mounted;
}
