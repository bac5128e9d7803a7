import { existsSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { listedPage } from '../../src/engine/dataset/views-rows.ts';
import { forgetPictureFacts, openImportBench, type ImportBench } from '../support/import-project.ts';
import { greyPng, pattern } from '../support/picture-files.ts';
import { writeZip } from '../support/zip-files.ts';

let bench: ImportBench | null = null;
afterEach(async () => {
  await bench?.close();
  bench = null;
});

/** Small pictures that all differ. */
const film = (seed: number): Buffer =>
  greyPng(
    6,
    5,
    pattern(30).map((sample) => (sample + seed * 11) % 256),
  );

const rows = ({ session }: ImportBench) => listedPage(session, { offset: 0, limit: 1000 }).rows;
const originals = ({ session }: ImportBench): string[] => {
  const folder = path.join(session.folder, 'originals');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
};

describe('import', () => {
  it('takes classes from folders in natural order, and adds nothing twice', async () => {
    bench = await openImportBench();
    bench.write({
      '10/a.png': film(1),
      '2/b.png': film(2),
      '2/c.png': film(3),
      'README.md': 'about',
      'list.csv': 'a,b',
    });
    const first = await bench.run();
    expect(first).toMatchObject({
      added: 3,
      alreadyPresent: 0,
      refused: [],
      images: 3,
      labelled: 3,
      classes: ['2', '10'],
      byClass: { 2: 2, 10: 1 },
    });
    expect(first.warnings).toContainEqual(expect.stringContaining('Class "10" has one image only'));
    expect(first.warnings).toContainEqual('2 files are no pictures and left alone (csv, md).');
    const second = await bench.run();
    expect(second).toMatchObject({ added: 0, alreadyPresent: 3, images: 3, labelled: 3 });
    expect(rows(bench).map(({ relativePath, label }) => [relativePath, label])).toEqual([
      ['2/b.png', '2'],
      ['2/c.png', '2'],
      ['10/a.png', '10'],
    ]);
    expect(bench.notes.at(-1)).toMatch(/^\d+\/s, [\d.]+ s left$/);
  });

  it('says in a dry run what a run then does, and writes nothing', async () => {
    bench = await openImportBench();
    bench.write({
      'train/A/p1/1.png': film(1),
      'train/B/p2/2.png': film(2),
      'test/A/p3/3.png': film(3),
      'test/B/bad.png': 'text',
    });
    bench.write({
      'all.zip': writeZip([
        { name: 'A/p4/4.png', data: film(4) },
        { name: 'B/p1/5.png', data: film(5) },
      ]),
    });
    const input = { patient: { from: 'folder' }, splitFrom: 'folder' } as const;
    const { files, labelsFrom, ...dry } = await bench.run({ ...input, dryRun: true });
    expect(labelsFrom).toBe('folder');
    expect(files!.map(({ file, ...row }) => [path.relative(bench!.data, file), row])).toMatchObject([
      [
        'test/B/bad.png',
        {
          state: 'refused',
          class: null,
          width: null,
          reason: 'The file is not a picture, whatever its name says.',
        },
      ],
      ['test/A/p3/3.png', { state: 'new', class: 'A', patient: 'p3', part: 'test', width: 6, height: 5 }],
      ['train/A/p1/1.png', { state: 'new', class: 'A', patient: 'p1', part: 'train', reason: null }],
      ['train/B/p2/2.png', { state: 'new', class: 'B', patient: 'p2', part: 'train' }],
    ]);
    expect(rows(bench)).toEqual([]);
    expect(bench.session.projects.classes()).toEqual([]);
    expect(originals(bench)).toEqual([]);
    const wet = await bench.run(input);
    expect({ ...wet, dryRun: true }).toEqual(dry);
    expect(wet).toMatchObject({ added: 3, images: 3, patients: 3, labelled: 3 });
    const {
      files: filesInZip,
      labelsFrom: labelsInZip,
      ...dryZip
    } = await bench.run({ sources: ['all.zip'], patient: { from: 'folder' }, dryRun: true });
    expect([filesInZip!.length, labelsInZip]).toEqual([2, 'folder']);
    expect(dryZip).toMatchObject({ added: 2, images: 5, patients: 4, labelled: 5 });
    expect(originals(bench)).toEqual([]);
    const wetZip = await bench.run({ sources: ['all.zip'], patient: { from: 'folder' } });
    expect({ ...wetZip, dryRun: true }).toEqual(dryZip);
  });

  it('says in a dry run why a file that is there stays as it is, and what a table refuses', async () => {
    bench = await openImportBench({ classes: ['A', 'B'] });
    bench.write({ 'A/1.png': film(1), 'A/2.png': film(2) });
    await bench.run({ labels: { from: 'folder' } });
    bench.write({
      'A/copy.png': film(2),
      'A/new.png': film(3),
      't.csv': 'file,label\n1.png,B\nnew.png,flu\nx.png,A\n',
    });
    const table = { from: 'table', file: path.join(bench.data, 't.csv') } as const;
    const { files, labelsFrom } = await bench.run({ labels: table, dryRun: true });
    expect(labelsFrom).toBe('table');
    expect(
      files!.map(({ file, state, class: name, reason }) => [path.basename(file), state, name, reason]),
    ).toEqual([
      ['x.png', 'refused', null, 'Line 4 of the table names it, but no such file is imported.'],
      ['new.png', 'new', null, expect.stringContaining('comes in without a label') as string],
      ['1.png', 'present', 'A', 'It keeps its label; this import gives another one.'],
      ['2.png', 'present', 'A', null],
      ['copy.png', 'present', 'A', 'A copy of it is in the project under another name.'],
    ]);
  });

  it('decodes no file again whose bytes it knows, and all of which it lacks facts', async () => {
    bench = await openImportBench();
    const { pool, session } = bench;
    let inspected = 0;
    const inspect = pool.inspect.bind(pool);
    pool.inspect = (...input) => ((inspected += 1), inspect(...input));
    const zip = writeZip([{ name: 'z.png', data: film(7) }]);
    bench.write({ 'A/1.png': film(1), 'B/2.png': film(2), 'B/bad.png': film(3).subarray(0, 40) });
    bench.write({ 'set.zip': zip });
    const sources = ['.', 'set.zip'];
    await bench.run({ sources });
    expect(inspected).toBe(4);
    await bench.run({ sources });
    expect(inspected).toBe(5);
    await bench.run({ sources, copy: true });
    expect(inspected).toBe(6);
    const facts = () =>
      session.dataset.likenesses().then((list) => list.map(({ differenceHash }) => differenceHash));
    const first = await facts();
    expect(first).toHaveLength(3);
    forgetPictureFacts(session.folder);
    expect(await facts()).toEqual([null, null, null]);
    await bench.run({ sources });
    expect(inspected).toBe(10);
    expect(await facts()).toEqual(first);
  });

  it('adds what the first import did not know, and overwrites nothing', async () => {
    bench = await openImportBench({ classes: ['A', 'B'] });
    bench.write({ 'A/p1_1.png': film(1), 'B/p2_1.png': film(2) });
    expect(await bench.run({ labels: { from: 'none' } })).toMatchObject({
      added: 2,
      labelled: 0,
      patients: 0,
    });
    const later = await bench.run({ patient: { from: 'regex', pattern: '(p\\d+)_' } });
    expect(later).toMatchObject({ added: 0, alreadyPresent: 2, labelled: 2, patients: 2 });
    bench.write({ 'table.csv': 'file,label\np1_1.png,B\n' });
    const table = { from: 'table', file: path.join(bench.data, 'table.csv') } as const;
    const contrary = await bench.run({ labels: table });
    expect(contrary.warnings).toContainEqual(
      'One image keeps its label although this import gives another one.',
    );
    expect(rows(bench).map(({ label, patient }) => [label, patient])).toEqual([
      ['A', 'p1'],
      ['B', 'p2'],
    ]);
    const history = bench.session.journal.history(rows(bench)[0]!.image);
    expect(history).toMatchObject([{ kind: 'set', actor: 'import', reader: 'import' }]);
  });

  it('knows equal bytes under another name, and conflicting twins by pixels', async () => {
    bench = await openImportBench();
    bench.write({ 'A/1.png': film(1), 'A/copy.png': film(1), 'B/other.png': film(2) });
    const first = await bench.run();
    expect(first).toMatchObject({ added: 2, alreadyPresent: 1, images: 2 });
    expect(first.warnings).toContainEqual(expect.stringContaining('One file is a copy of an image'));
    // Same pixels in other bytes: a text chunk behind the end is enough.
    bench.write({ 'B/twin.png': Buffer.concat([film(1), Buffer.from('tail')]) });
    const second = await bench.run();
    expect(second).toMatchObject({ added: 1, images: 3 });
    expect(second.warnings).toContainEqual(
      '2 images have an identical twin with another label or in another part.',
    );
  });

  it('refuses a file that changed under its name, and takes it with --copy', async () => {
    bench = await openImportBench();
    bench.write({ 'a.png': film(1) });
    await bench.run();
    bench.write({ 'a.png': film(2) });
    expect(await bench.run()).toMatchObject({ added: 0, images: 1, refused: [{ code: 'fileChanged' }] });
    expect(await bench.run({ copy: true })).toMatchObject({ added: 1, images: 2, refused: [] });
    expect(originals(bench)).toEqual(['a.png']);
  });

  it('copies, so that the source may go away', async () => {
    bench = await openImportBench();
    bench.write({
      'A/1.png': film(1),
      'B/2.png': film(2),
      'B/same.png': film(2),
      'B/bad.png': film(3).subarray(0, 40),
    });
    expect(await bench.run({ copy: true })).toMatchObject({
      added: 2,
      alreadyPresent: 1,
      refused: [{ code: 'truncatedImage' }],
    });
    renameSync(bench.data, `${bench.data}-gone`);
    expect(originals(bench).toSorted()).toEqual(['1.png', '2.png']);
    for (const { image } of rows(bench)) {
      const file = bench.session.dataset.file(image);
      const { pictures } = await bench.pool.inspect(file.path);
      expect(pictures.map(({ pixelSha256 }) => pixelSha256)).toEqual([file.pixelSha256]);
    }
    renameSync(`${bench.data}-gone`, bench.data);
    expect(await bench.run({ copy: true })).toMatchObject({ added: 0, alreadyPresent: 3 });
    expect(originals(bench)).toHaveLength(2);
  });

  it('reads labels and patients from a table', async () => {
    bench = await openImportBench({ classes: ['NORMAL', 'PNEUMONIA'] });
    bench.write({ 'x/1.png': film(1), 'x/2.png': film(2), 'y/2.png': film(3), 'y/4.png': film(4) });
    bench.write({
      'table.csv':
        'image_id;diagnosis;who\n1;normal;p1\nx/2.png;Pneumonia;p1\n2.png;NORMAL;p2\n4;flu;p3\nnone;NORMAL;p4\n',
    });
    const report = await bench.run({
      labels: { from: 'table', file: path.join(bench.data, 'table.csv') },
      patient: { from: 'column', column: 'Who' },
    });
    expect(report).toMatchObject({
      added: 4,
      labelled: 2,
      patients: 2,
      byClass: { NORMAL: 1, PNEUMONIA: 1 },
    });
    expect(report.refused.map(({ file, code }) => [path.basename(file), code])).toEqual([
      ['2.png', 'ambiguousImage'],
      ['none', 'labelFileNotFound'],
      ['4.png', 'labelClassUnknown'],
    ]);
  });

  it('names folders that are no class of the project', async () => {
    bench = await openImportBench({ classes: ['A', 'B'] });
    bench.write({ 'a/1.png': film(1), 'C/2.png': film(2) });
    const report = await bench.run();
    expect(report).toMatchObject({ added: 2, labelled: 1, byClass: { A: 1, B: 0 } });
    expect(report.warnings).toContainEqual(expect.stringContaining('"C"'));
  });

  it('unpacks a ZIP as if it were its folder', async () => {
    bench = await openImportBench();
    bench.write({
      'set.zip': writeZip([
        { name: 'chest/train/A/1.png', data: film(1) },
        { name: 'chest/train/B/2.png', data: film(2) },
        { name: 'chest/test/B/3.png', data: film(3) },
        { name: 'chest/__MACOSX/x.png', data: film(4) },
        { name: 'chest/README.md', data: Buffer.from('about') },
      ]),
    });
    const report = await bench.run({ sources: ['set.zip'], splitFrom: 'folder' });
    expect(report).toMatchObject({ added: 3, labelled: 3, refused: [], classes: ['A', 'B'] });
    expect(
      (await bench.session.dataset.candidates()).map(({ importedPart }) => importedPart).toSorted(),
    ).toEqual(['test', 'train', 'train']);
    expect(await bench.run({ sources: ['set.zip'] })).toMatchObject({ added: 0, alreadyPresent: 3 });
    expect(originals(bench).toSorted()).toEqual(['1.png', '2.png', '3.png']);
  });

  it('takes two imports into one project one after the other', async () => {
    bench = await openImportBench();
    bench.write({ 'x/1.png': film(1), 'x/2.png': film(2), 'y/2.png': film(2), 'y/3.png': film(3) });
    const [x, y] = await Promise.all([
      bench.run({ sources: ['x'], copy: true }),
      bench.run({ sources: ['y'], copy: true }),
    ]);
    expect([x.added, y.added, y.alreadyPresent, y.images]).toEqual([2, 1, 1, 3]);
    expect(originals(bench)).toHaveLength(3);
  });

  it('ends when it is cancelled, keeps finished chunks, and goes on when asked again', async () => {
    bench = await openImportBench();
    bench.write(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}.png`, film(i)])));
    const controller = new AbortController();
    const { notes } = bench;
    const watch = { signal: controller.signal };
    const running = bench.run(watch);
    const poll = setInterval(() => notes.length > 270 && controller.abort(), 1);
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    clearInterval(poll);
    const kept = rows(bench).length;
    expect(kept).toBeGreaterThan(0);
    const rest = await bench.run();
    expect([rest.added + rest.alreadyPresent, rest.images]).toEqual([300, kept + rest.added]);
  });
});
