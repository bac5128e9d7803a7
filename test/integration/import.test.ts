import { randomUUID } from 'node:crypto';
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
    expect(wet.warnings.join()).not.toContain('called as');
    const turned = await bench.run({
      sources: ['train'],
      labels: { from: 'none' },
      patient: { from: 'folder' },
      dryRun: true,
    });
    expect(turned.warnings.join()).toContain(
      'The patients "A" and "B" are called as classes of this project: all images of such a folder',
    );
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
      ['1.png', 'present', 'A', 'It keeps its label A; this import gives the label B.'],
      ['2.png', 'present', 'A', null],
      ['copy.png', 'present', 'A', 'It is a copy of "data/A/2.png" of this import: both are one image.'],
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
      expect.stringMatching(
        /^One image keeps its label although this import gives another one: ".*p1_1\.png"\.$/,
      ),
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
    expect(first.warnings).toContainEqual(
      expect.stringMatching(/^One file is a copy of another of this import; .*: ".*A\/copy\.png"\.$/),
    );
    const known = await bench.run({ sources: ['A/copy.png'] });
    expect(known.warnings).toContainEqual(expect.stringContaining('One file is a copy of an image'));
    // Same pixels in other bytes: a text chunk behind the end is enough.
    bench.write({ 'B/twin.png': Buffer.concat([film(1), Buffer.from('tail')]) });
    const second = await bench.run();
    expect(second).toMatchObject({ added: 1, images: 3 });
    expect(second.warnings).toContainEqual(
      '2 images have an identical twin with another label or in another part.',
    );
  });

  it('counts what no rule places among the images that come in, not among refused files and copies', async () => {
    bench = await openImportBench();
    bench.write({ 'train/A/P1_1.png': film(1), 'train/B/P2_1.png': film(2), 'train/B/P3_1.png': film(3) });
    bench.write({ 'train/B/copy.png': film(1), 'train/A/text.png': 'no picture', 'train/B/empty.png': '' });
    const rule = { patient: { from: 'regex', pattern: '(P\\d+)' }, splitFrom: 'folder' } as const;
    const count = ({ warnings }: { warnings: string[] }) =>
      warnings.filter((text) => / of \d+ images /.test(text));
    expect(count(await bench.run({ ...rule, dryRun: true }))).toEqual([]);
    expect(count(await bench.run(rule))).toEqual([]);
    bench.write({ 'train/A/q.png': film(4), 'loose.png': film(5), 'notes.png': 'no picture' });
    const sentences = [
      '1 of 5 images lie in no train, val or test folder and have no part.',
      '1 of 5 images lie in no class folder and have no label.',
      '2 of 5 images do not match the patient pattern and have no patient.',
    ];
    for (const dryRun of [true, false]) {
      const report = await bench.run({ ...rule, labels: { from: 'folder' }, dryRun });
      expect(report.added).toBe(2);
      expect(count(report)).toEqual(sentences);
    }
    const byFolder = await bench.run({ patient: { from: 'folder' }, labels: { from: 'none' }, dryRun: true });
    expect(count(byFolder)).toEqual(['1 of 5 images lie in no patient folder and have no patient.']);
  });

  it('names both files of a picture that comes with two labels', async () => {
    bench = await openImportBench();
    bench.write({ 'NORMAL/a.png': film(1), 'NORMAL/b.png': film(2), 'PNEUMONIA/c.png': film(1) });
    bench.write({ 'PNEUMONIA/d.png': film(3) });
    const told =
      /^One picture comes with two labels, and the first counts: ".*NORMAL\/a\.png" \(NORMAL\) is also ".*PNEUMONIA\/c\.png" \(PNEUMONIA\)\./;
    const dry = await bench.run({ dryRun: true });
    const report = await bench.run();
    for (const { warnings, byClass } of [dry, report]) {
      expect(warnings).toContainEqual(expect.stringMatching(told));
      expect(warnings.join(' ')).not.toContain('keeps its label');
      expect(warnings.join(' ')).not.toContain('that the project has');
      expect(byClass).toEqual({ NORMAL: 2, PNEUMONIA: 1 });
    }
    expect(dry.files?.find(({ file }) => file.endsWith('c.png'))).toMatchObject({
      state: 'present',
      class: 'NORMAL',
      copyOf: expect.stringMatching(/NORMAL\/a\.png$/) as string,
      reason: expect.stringMatching(/copy of ".*a\.png".*the label PNEUMONIA.*its label NORMAL/) as string,
    });
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

  it('names files that were sent as they were called where they came from', async () => {
    bench = await openImportBench();
    const folder = `../project/incoming/${randomUUID()}/own`;
    bench.write({ [`${folder}/A/1.png`]: film(1), [`${folder}/B/2.png`]: 'no picture' });
    bench.write({ [`${folder}/B/3.png`]: film(1) });
    const { files, warnings, refused } = await bench.run({ sources: [folder], copy: true, dryRun: true });
    expect(files!.map(({ file }) => file)).toEqual(['own/B/2.png', 'own/A/1.png', 'own/B/3.png']);
    expect(refused).toMatchObject([{ file: 'own/B/2.png' }]);
    expect(warnings.join(' ')).toContain('"own/A/1.png" (A) is also "own/B/3.png" (B)');
    expect(warnings.join(' ')).not.toContain('incoming');
  });

  it('tells the columns of a table, so that one can be chosen for the patients', async () => {
    bench = await openImportBench();
    bench.write({ 'films/1.png': film(1), 'labels.csv': 'file;label;who is it\n1.png;ill;p\n' });
    const labels = { from: 'table', file: path.join(bench.data, 'labels.csv') } as const;
    const dry = await bench.run({ sources: ['films'], labels, dryRun: true });
    expect(dry.tableColumns).toEqual(['file', 'label', 'who is it']);
    expect(await bench.run({ sources: ['films'], labels })).not.toHaveProperty('tableColumns');
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

  it('takes numbers from a table, refuses what is none one by one, and says so in a dry run', async () => {
    const number = { unit: 'months', low: 0, high: 240, decimals: 1 };
    bench = await openImportBench({ labels: { kind: 'number', level: 'image', number, shapes: [] } });
    const lines = ['image,value', '1.png,84', '2.png,old', '3.png,90.5', '4.png,300', '5.png,', '1.png,84'];
    bench.write({ 'ages.csv': lines.join('\n') });
    bench.write(Object.fromEntries([1, 2, 3, 4, 5].map((seed) => [`films/${seed}.png`, film(seed)])));
    const labels = { from: 'table', file: path.join(bench.data, 'ages.csv') } as const;
    const dry = await bench.run({ sources: ['films'], labels, dryRun: true });
    expect(dry.files?.map(({ file, class: label }) => [path.basename(file), label]).sort()).toEqual([
      ['1.png', '84'],
      ['2.png', null],
      ['3.png', '90.5'],
      ['4.png', null],
      ['5.png', null],
    ]);
    const report = await bench.run({ sources: ['films'], labels });
    for (const one of [dry, report]) {
      expect(one).toMatchObject({ added: 5, images: 5, labelled: 2, classes: [] });
      expect(one.refused.map(({ code, message }) => [code, message])).toEqual([
        ['labelNumberUnfit', expect.stringContaining('"old", but that is none')],
        ['labelNumberUnfit', expect.stringContaining('300 is outside of the range: 0–240 months')],
      ]);
    }
    const stored = bench.session.interchange.images(0, 10);
    expect(stored.map(({ relativePath, record }) => [relativePath, record?.value.number ?? null])).toEqual([
      ['1.png', 84],
      ['2.png', null],
      ['3.png', 90.5],
      ['4.png', null],
      ['5.png', null],
    ]);
    const again = await bench.run({ sources: ['films'], labels });
    expect(again).toMatchObject({ added: 0, alreadyPresent: 5, labelled: 2 });
    await expect(bench.run({ labels: { from: 'folder' } })).rejects.toMatchObject({ code: 'usage' });
  });

  it('counts and names labels that contradict an earlier one of the same patient', async () => {
    const labels = { kind: 'single', level: 'patient', number: null, shapes: [] } as const;
    bench = await openImportBench({ classes: ['ill', 'well'], labels: { ...labels, shapes: [] } });
    const lines = ['file,label,who', '1.png,ill,p', '2.png,well,p', '3.png,well,q', '4.png,well,p'];
    bench.write({ 'labels.csv': lines.join('\n') });
    bench.write(Object.fromEntries([1, 2, 3].map((seed) => [`films/${seed}.png`, film(seed)])));
    bench.write({ 'later/4.png': film(4) });
    const table = { from: 'table', file: path.join(bench.data, 'labels.csv') } as const;
    const rule = { labels: table, patient: { from: 'column', column: 'who' } } as const;
    const told = expect.stringMatching(
      /^One file gives another label than an earlier one of the same patient, and the first counts: ".*2\.png"\.$/,
    ) as string;
    const dry = await bench.run({ sources: ['films'], ...rule, dryRun: true });
    const report = await bench.run({ sources: ['films'], ...rule });
    for (const { warnings, byClass } of [dry, report]) {
      expect(warnings).toContainEqual(told);
      expect(byClass).toEqual({ ill: 2, well: 1 });
    }
    expect(dry.files?.find(({ file }) => file.endsWith('2.png'))).toMatchObject({
      class: 'ill',
      reason: expect.stringContaining('Another label was given') as string,
    });
    // Also against what an earlier import said.
    const later = await bench.run({ sources: ['later'], ...rule });
    expect(later.warnings).toContainEqual(expect.stringMatching(/the first counts: ".*4\.png"/));
    expect(rows(bench).map(({ relativePath, label }) => [relativePath, label])).toContainEqual([
      '4.png',
      'ill',
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
