import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sharp from 'sharp';

import type { ImportReport } from '../../src/contract/import.ts';
import { bombPng, greyPng, pattern } from '../../test/support/picture-files.ts';
import { asUser, inScratch, type Outcome, readroom, startReadroom, tryReadroom } from './lib/readroom.ts';

/** What a bad input led to: the code that was wanted and the one that came, with its sentence. */
interface Row {
  input: string;
  wanted: string;
  got: string;
  sentence: string;
}

const accepted = 'accepted';
const unprivileged = 65534;

/** Every bad input of the issue by the command line: a sentence and a code each, while everything else goes on. */
export default {
  name: 'bad-input',
  description:
    'Bad pictures, tables, splits, recipes, a full disk and two processes: each a code and a sentence',
  run: () =>
    inScratch(async (folder) => {
      const rows = [
        ...(await badPictures(folder)),
        ...(await badTables(folder)),
        ...badSplitsAndRecipes(folder),
        ...(await twoProcesses(folder)),
        ...(await fullDisk(folder)),
      ];
      const wrong = rows.filter(({ wanted, got }) => wanted !== got);
      return {
        results: rows,
        passed: wrong.length === 0,
        summary: [
          `${rows.length - wrong.length} of ${rows.length} as wanted.`,
          '',
          '| input | code | sentence |',
          '|---|---|---|',
          ...rows.map(
            ({ input, got, sentence }) => `| ${input} | ${got} | ${sentence.replaceAll('|', '\\|')} |`,
          ),
        ],
      };
    }),
};

async function badPictures(folder: string): Promise<Row[]> {
  const files = path.join(folder, 'pictures');
  mkdirSync(path.join(files, 'locked'), { recursive: true });
  const colour = sharp({ create: { width: 40, height: 30, channels: 3, background: '#a05020' } });
  const jpeg = await colour.clone().jpeg().toBuffer();
  const contents: Record<string, { wanted: string; bytes: Buffer }> = {
    'good.png': { wanted: accepted, bytes: greyPng(20, 20) },
    'text-named.png': { wanted: 'notAnImage', bytes: Buffer.from('this is a text') },
    'truncated.jpg': { wanted: 'truncatedImage', bytes: jpeg.subarray(0, jpeg.length / 2) },
    'zero-bytes.png': { wanted: 'emptyFile', bytes: Buffer.alloc(0) },
    'sixteen-bit.png': {
      wanted: accepted,
      bytes: await sharp(Uint16Array.from(pattern(900, 65535)), {
        raw: { width: 30, height: 30, channels: 1 },
      })
        .toColourspace('grey16')
        .png()
        .toBuffer(),
    },
    'cmyk.jpg': { wanted: accepted, bytes: await colour.clone().toColourspace('cmyk').jpeg().toBuffer() },
    'alpha.png': { wanted: accepted, bytes: await colour.clone().ensureAlpha(0.5).png().toBuffer() },
    'exif-rotated.jpg': {
      wanted: accepted,
      bytes: await colour.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer(),
    },
    'bomb-60000x60000.png': { wanted: 'imageTooLarge', bytes: bombPng(60_000, 60_000) },
  };
  for (const [name, { bytes }] of Object.entries(contents)) writeFileSync(path.join(files, name), bytes);
  writeFileSync(path.join(files, 'locked', 'hidden.png'), greyPng(10, 10));
  const project = path.join(folder, 'pictures-project');
  readroom('new', project);
  const report = withLocked(folder, path.join(files, 'locked'), (user) =>
    asUser(user, () => readroom<ImportReport>('import', project, files, '--labels', 'none')),
  );
  const empty = path.join(folder, 'empty');
  mkdirSync(empty);
  const codeOf = (name: string): { code: string; message: string } =>
    report.refused.find(({ file }) => file.endsWith(name)) ?? { code: accepted, message: 'imported' };
  return [
    fromOutcome('an empty folder', 'nothingToImport', tryReadroom('import', project, empty)),
    ...Object.entries(contents).map(([name, { wanted }]) => toRow(name, wanted, codeOf(name))),
    toRow('a folder without permission', 'permissionDenied', codeOf('locked')),
  ];
}

/** Runs work with a folder that this user, or as root the user nobody, may not read. */
function withLocked<T>(folder: string, locked: string, work: (user: number | undefined) => T): T {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    for (const entry of ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })]) {
      chownSync(path.join(folder, entry), unprivileged, unprivileged);
    }
    chownSync(locked, 0, 0);
  }
  chmodSync(locked, isRoot ? 0o700 : 0);
  try {
    return work(isRoot ? unprivileged : undefined);
  } finally {
    chmodSync(locked, 0o700);
  }
}

async function badTables(folder: string): Promise<Row[]> {
  const files = path.join(folder, 'table');
  mkdirSync(files);
  for (const name of ['a.png', 'b.png', 'c.png'])
    writeFileSync(path.join(files, name), greyPng(9, 9, pattern(81, name.charCodeAt(0))));
  const table = path.join(folder, 'labels.csv');
  writeFileSync(table, 'file,label\na.png,yes\nb.png,perhaps\nnowhere.png,no\n');
  const project = path.join(folder, 'table-project');
  readroom('new', project, '--classes', 'yes,no');
  const report = readroom<ImportReport>('import', project, files, '--labels', table);
  const byCode = (code: string): { code: string; message: string } =>
    report.refused.find((entry) => entry.code === code) ?? { code: accepted, message: 'not refused' };
  const broken = path.join(folder, 'broken.csv');
  writeFileSync(broken, 'one,two\n1,2\n');
  return [
    toRow('a CSV that names a file that is not there', 'labelFileNotFound', byCode('labelFileNotFound')),
    toRow('a CSV that names an unknown class', 'labelClassUnknown', byCode('labelClassUnknown')),
    toRow('the rest of that CSV', accepted, {
      code: report.labelled === 1 && report.images === 3 ? accepted : 'lost',
      message: `${report.images} images, ${report.labelled} labelled`,
    }),
    fromOutcome(
      'a CSV without the columns',
      'badTable',
      tryReadroom('import', project, files, '--labels', broken),
    ),
  ];
}

function badSplitsAndRecipes(folder: string): Row[] {
  const files = path.join(folder, 'classes');
  let seed = 1;
  const put = (part: string, name: string): void => {
    mkdirSync(path.join(files, part), { recursive: true });
    writeFileSync(path.join(files, part, name), greyPng(12, 12, pattern(144 + ++seed, 255).slice(-144)));
  };
  for (let index = 0; index < 12; index++)
    for (const name of ['left', 'right']) put(name, `${name}-${index}.png`);
  put('rare', 'only-one.png');
  const project = path.join(folder, 'classes-project');
  readroom('new', project);
  const report = readroom<ImportReport>('import', project, files, '--labels', 'folder');
  const warned = report.warnings.find((warning) => warning.includes('rare'));
  for (let index = 1; index < 4; index++) put('rare', `another-${index}.png`);
  const three = path.join(folder, 'three-project');
  readroom('new', three);
  readroom('import', three, files, '--labels', 'folder');
  const two = path.join(folder, 'two-project');
  readroom('new', two);
  readroom('import', two, path.join(files, 'left'), path.join(files, 'right'), '--labels', 'folder');
  const noSplit = tryReadroom('train', two);
  readroom('split', two);
  const train = (...settings: string[]): Outcome =>
    tryReadroom('train', two, ...settings.flatMap((setting) => ['--set', setting]));
  return [
    toRow('a class with one image, at import', 'warned', {
      code: warned ? 'warned' : 'silent',
      message: warned ?? '',
    }),
    fromOutcome(
      'a class with one image, at the split',
      'classMissingFromSplit',
      tryReadroom('split', project),
    ),
    fromOutcome(
      'a split that leaves a class out of a fold',
      'classMissingFromSplit',
      tryReadroom('split', three, '--folds', '6'),
    ),
    fromOutcome('training without a split', 'noSplit', noSplit),
    fromOutcome('a recipe with an unknown key', 'badRecipe', train('network.scales=0.25')),
    fromOutcome('a recipe with impossible values', 'badRecipe', train('epochs=-3', 'batchSize=0')),
    fromOutcome("an input below the network's minimum", 'inputTooSmall', train('input.size=32')),
    fromOutcome(
      'an unknown backend',
      'backendUnavailable',
      train('backend.id=abacus', 'network.id=alexnet-small'),
    ),
  ];
}

async function twoProcesses(folder: string): Promise<Row[]> {
  const files = path.join(folder, 'classes');
  const project = path.join(folder, 'shared-project');
  readroom('new', project);
  readroom('import', project, files, '--labels', 'folder');
  const holder = startReadroom('serve', project);
  let second: Outcome;
  do second = tryReadroom('label', project, 'left-1.png', '--class', 'right');
  while (second.status === 0);
  const reading = tryReadroom('runs', project);
  holder.kill('SIGTERM');
  await holder.ended;
  const after = tryReadroom('label', project, 'left-1.png', '--class', 'right');
  return [
    fromOutcome('a second writer while a server holds the project', 'projectLocked', second),
    fromOutcome('a reader at that time', accepted, reading),
    fromOutcome('the writer again, once the server ended', accepted, after),
  ];
}

/** A file system of 3 MB fills up in an import that copies; the project stays whole and goes on with more room. */
async function fullDisk(folder: string): Promise<Row[]> {
  if (process.getuid?.() !== 0 || process.platform !== 'linux') {
    return [
      {
        input: 'a full disk',
        wanted: 'diskFull',
        got: 'not run',
        sentence: 'Mounting a small disk needs root on Linux.',
      },
    ];
  }
  const files = path.join(folder, 'large');
  mkdirSync(files);
  for (let index = 0; index < 8; index++) {
    const noise = Uint8Array.from(pattern(700 * 700 + index * 7), (value) => value);
    await sharp(noise.slice(-700 * 700), { raw: { width: 700, height: 700, channels: 1 } })
      .png({ compressionLevel: 0 })
      .toFile(path.join(files, `${index}.png`));
  }
  const disk = mkdtempSync(path.join(tmpdir(), 'readroom-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]);
  try {
    const project = path.join(disk, 'project');
    readroom('new', project, '--classes', 'a,b');
    const full = tryReadroom('import', project, files, '--copy');
    execFileSync('mount', ['-o', 'remount,size=40m', disk]);
    const roomy = tryReadroom('import', project, files, '--copy');
    const { images } = (roomy.document ?? {}) as Partial<ImportReport>;
    return [
      fromOutcome('a disk that fills during an import', 'diskFull', full),
      toRow('the same import once there is room', accepted, {
        code: images === 8 ? accepted : 'lost',
        message: `${images} images`,
      }),
    ];
  } finally {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
}

function fromOutcome(input: string, wanted: string, { document, status }: Outcome): Row {
  const error = document?.['error'] as { code: string; message: string } | undefined;
  return toRow(
    input,
    wanted,
    error ?? { code: status === 0 ? accepted : `status ${status}`, message: 'done' },
  );
}

function toRow(input: string, wanted: string, { code, message }: { code: string; message: string }): Row {
  return { input, wanted, got: code, sentence: message };
}
