import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openArchive } from '../../../../src/engine/dataset/zip.ts';
import { greyPng } from '../../../support/picture-files.ts';
import { writeZip, type ZipEntry } from '../../../support/zip-files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-zip-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const picture = greyPng(6, 5);

async function open(bytes: Buffer) {
  const file = path.join(folder, 'archive.zip');
  writeFileSync(file, bytes);
  return openArchive(file);
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => (error as { code: string }).code,
  );

describe('archives', () => {
  it('unpacks sound entries and refuses only the hostile ones beside them', async () => {
    const hostile: ZipEntry[] = [
      { name: '../outside.png', data: picture },
      { name: 'a/../../outside.png', data: picture },
      { name: '..\\outside.png', data: picture },
      { name: '/etc/outside.png', data: picture },
      { name: 'C:\\outside.png', data: picture },
      { name: 'link.png', data: Buffer.from('/etc/passwd'), mode: 0o120777 },
      { name: 'zero\0.png', data: picture },
    ];
    const archive = await open(
      writeZip([
        { name: 'a/sound.png', data: picture },
        ...hostile,
        { name: 'b.png', data: picture, stored: true },
      ]),
    );
    expect(archive.entries.map(({ name }) => name)).toEqual(['a/sound.png', 'b.png']);
    expect(archive.refused.map(({ code }) => code)).toEqual(hostile.map(() => 'unsafeArchiveEntry'));
    for (const [i, entry] of archive.entries.entries()) {
      const to = path.join(folder, String(i));
      await entry.extract(to);
      expect(readFileSync(to).equals(picture)).toBe(true);
    }
    archive.close();
  });

  it('passes over folders and litter', async () => {
    const data = picture;
    const archive = await open(
      writeZip([
        { name: 'x/', data: Buffer.alloc(0) },
        { name: '__MACOSX/x/._a.png', data },
        { name: 'x/.DS_Store', data },
      ]),
    );
    expect([archive.entries, archive.refused]).toEqual([[], []]);
    archive.close();
  });

  it('refuses an entry that unpacks to 200 times its size, but not a small blank picture', async () => {
    const archive = await open(
      writeZip([
        { name: 'bomb.png', data: Buffer.alloc(20_000_000) },
        { name: 'blank.bmp', data: Buffer.alloc(500_000) },
      ]),
    );
    expect(archive.refused).toMatchObject([{ file: 'bomb.png', code: 'archiveTooLarge' }]);
    expect(archive.entries.map(({ name }) => name)).toEqual(['blank.bmp']);
    archive.close();
  });

  it('refuses an archive that announces more than the cap', async () => {
    const data = Buffer.alloc(6_000_000);
    const entries = [1, 2, 3, 4, 5].map((i) => ({
      name: `${i}.png`,
      data,
      stored: true,
      claimedSize: 999_000_000,
    }));
    expect(await codeOf(open(writeZip(entries)))).toBe('archiveTooLarge');
  });

  it('stops at entries that lie about size or content, or are encrypted', async () => {
    const archive = await open(
      writeZip([
        { name: 'longer.png', data: picture, claimedSize: picture.length - 5 },
        { name: 'shorter.png', data: picture, claimedSize: picture.length + 5 },
        { name: 'storedShorter.png', data: picture, stored: true, claimedSize: picture.length + 5 },
        { name: 'changed.png', data: picture, claimedCrc: 1 },
        { name: 'secret.png', data: picture, encrypted: true },
        { name: 'sound.png', data: picture },
      ]),
    );
    expect(archive.refused).toMatchObject([{ file: 'secret.png', code: 'unreadableFile' }]);
    const outcomes: string[] = [];
    for (const [i, entry] of archive.entries.entries())
      outcomes.push(await codeOf(entry.extract(path.join(folder, String(i)))));
    expect(outcomes).toEqual([...Array<string>(4).fill('damagedArchive'), 'accepted']);
    archive.close();
  });

  it('refuses what is no archive, and half of one', async () => {
    expect(await codeOf(open(Buffer.from('not a zip')))).toBe('damagedArchive');
    expect(await codeOf(open(Buffer.alloc(0)))).toBe('damagedArchive');
    const sound = writeZip([{ name: 'a.png', data: picture }]);
    expect(await codeOf(open(sound.subarray(0, sound.length - 30)))).toBe('damagedArchive');
    const torn = Buffer.from(sound);
    torn.fill(0xff, sound.length - 60, sound.length - 30);
    expect(await codeOf(open(torn))).toBe('damagedArchive');
  });
});
