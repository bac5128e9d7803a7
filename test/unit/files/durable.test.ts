import { mkdir, mkdtemp, readFile, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ReadroomError } from '../../../src/contract/errors.ts';
import { diskError } from '../../../src/files/disk-error.ts';
import { writeFileWhole, writeFolderWhole, writeSynced } from '../../../src/files/durable.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readroom-files-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const fullDisk = (): never => {
  throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
};

describe('writeFileWhole', () => {
  it.each([true, false])(
    'replaces a file, makes its folder, leaves nothing beside it (durable %s)',
    async (durable) => {
      const file = join(folder, 'new', 'a.bin');
      await writeFileWhole(file, 'old', { durable });
      expect(await writeFileWhole(file, ['né', new Uint8Array([33])], { durable })).toBe(4);
      expect(await readFile(file, 'utf8')).toBe('né!');
      expect(await readdir(join(folder, 'new'))).toEqual(['a.bin']);
    },
  );

  it('names the file and leaves no part of it when a folder is in the way', async () => {
    await mkdir(join(folder, 'a', 'inner'), { recursive: true });
    await expect(writeFileWhole(join(folder, 'a'), 'x')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(join(folder, 'a')) as string,
    });
    expect(await readdir(folder)).toEqual(['a']);
  });
});

describe('writeFolderWhole', () => {
  const fill = async (temporary: string): Promise<number> => {
    await writeSynced(join(temporary, 'b'), 'new');
    return 7;
  };

  it('replaces a folder and gives what filling gave', async () => {
    const target = join(folder, 'run');
    await mkdir(target);
    await writeFile(join(target, 'a'), 'old');
    expect(await writeFolderWhole(target, fill)).toBe(7);
    expect(await readdir(target)).toEqual(['b']);
    expect(await readdir(folder)).toEqual(['run']);
  });

  it('leaves what stood there, and nothing else, when filling fails', async () => {
    const target = join(folder, 'run');
    await mkdir(target);
    await writeFile(join(target, 'a'), 'old');
    await expect(writeFolderWhole(target, fullDisk)).rejects.toMatchObject({ code: 'diskFull' });
    expect(await readdir(folder)).toEqual(['run']);
    expect(await readdir(target)).toEqual(['a']);
  });

  it('takes away what a kill left under the name given', async () => {
    const temporary = join(folder, 'run.writing');
    await mkdir(temporary);
    await writeFile(join(temporary, 'torn'), '');
    await writeFolderWhole(join(folder, 'run'), fill, { temporary });
    expect(await readdir(folder)).toEqual(['run']);
    expect(await readdir(join(folder, 'run'))).toEqual(['b']);
  });

  it('never replaces a folder that filled up meanwhile, where the caller allows an empty one only', async () => {
    const target = join(folder, 'model');
    const makeWay = () => rmdir(target);
    const filledMeanwhile = async (temporary: string): Promise<void> => {
      await fill(temporary);
      await mkdir(target);
      await writeFile(join(target, 'theirs'), '');
    };
    await expect(writeFolderWhole(target, filledMeanwhile, { makeWay })).rejects.toMatchObject({
      code: 'usage',
    });
    expect(await readdir(target)).toEqual(['theirs']);
  });
});

describe('diskError', () => {
  const failure = (code: string) => Object.assign(new Error(code), { code, path: '/x/y' });

  it.each([
    ['ENOSPC', 'diskFull'],
    ['EDQUOT', 'diskFull'],
    ['EACCES', 'permissionDenied'],
    ['EPERM', 'permissionDenied'],
    ['EROFS', 'permissionDenied'],
    ['ENOENT', 'fileNotFound'],
  ])('%s is %s, and names the path', (code, expected) => {
    const error = diskError(failure(code));
    expect(error).toMatchObject({ code: expected, message: expect.stringContaining('/x/y') as string });
    expect(error).toBeInstanceOf(ReadroomError);
  });

  it('leaves bugs alone: something in the way is a mistake of the caller only where the caller named it', () => {
    const inTheWay = failure('EEXIST');
    expect(diskError(inTheWay)).toBe(inTheWay);
    expect(diskError(inTheWay, '/x/y')).toMatchObject({ code: 'usage' });
    const bug = new TypeError('undefined');
    expect(diskError(bug, '/x/y')).toBe(bug);
  });
});
