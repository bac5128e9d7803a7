import { execFile } from 'node:child_process';
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { ReadroomError } from '../../../../src/contract/errors.ts';
import { classesOf } from '../../../../src/contract/learning-task.ts';
import { modelPackageSchema, packageTask } from '../../../../src/contract/package.ts';
import type { ManifestRow } from '../../../../src/contract/run-folder.ts';
import { decodeNpy } from '../../../../src/core/npy.ts';
import { predictedClass } from '../../../../src/core/metrics.ts';
import { wordingOf } from '../../../../src/core/templates/wording.ts';
import { evaluateRun } from '../../../../src/engine/evaluate/evaluate.ts';
import { formatSums, parseSums } from '../../../../src/engine/export/checksums.ts';
import { exampleRows } from '../../../../src/engine/export/example-rows.ts';
import {
  type ExportRequest,
  type FormatWriter,
  exportPackage,
} from '../../../../src/engine/export/export-package.ts';
import { type ExampleVerifier, verifyPackage } from '../../../../src/engine/export/verify-package.ts';
import { readPackageModel } from '../../../../src/engine/export/read-package.ts';
import { writeTensors } from '../../../../src/engine/export/write-tensors.ts';
import { predictPackage } from '../../../../src/worker/package/predict-package.ts';
import { verifyExamples } from '../../../../src/worker/package/verify-examples.ts';
import { writeFormats } from '../../../../src/worker/package/write-formats.ts';
import { type MadeUpTask, madeUpTaskRun } from '../../../support/made-up-tasks.ts';
import { madeUpRun } from '../../../support/run-facts.ts';
import { writeTaskPackage } from '../../../support/task-package.ts';
import { largestDifference } from '../../nn/writers/reference-network.ts';
import * as fixture from '../../worker/package/package-fixture.ts';

const run = promisify(execFile);
const trained = fixture.trainedModel();
const rows = 120;

/** The compute child's own functions, called in this process. */
const compute: FormatWriter & ExampleVerifier = {
  writeFormats: (input) => writeFormats(trained, input, fixture.predictWith(trained)),
  verifyExamples: ({ folder }) => verifyExamples(folder, () => Promise.resolve()),
};

let shared: string;
let inputs: string;
let folder: string;
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'readroom-export-'));
  inputs = join(shared, 'pixels.u8');
  await fixture.writeInputs(inputs, rows);
});
afterAll(() => rm(shared, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(shared, 'case-'));
});
afterEach(() => rm(folder, { recursive: true }));

function request(more: Partial<ExportRequest> = {}): ExportRequest {
  const made = madeUpRun({ classes: fixture.classes, patients: rows, filmsPerPatient: 1 });
  const geometry = trained.model.geometry;
  const manifest = { ...made.manifest, inputs: { ...made.manifest.inputs, geometry } };
  return {
    to: join(folder, 'package'),
    formats: ['onnx'],
    facts: { ...made.facts, manifest, model: trained.model },
    validation: made.validation,
    test: null,
    modelFolder: join(shared, 'model'),
    inputs,
    backend: 'cpu',
    client: compute,
    findPicture: (image) => Promise.resolve({ fileName: image, thumbnail: null }),
    ...more,
  };
}

async function readPackage(at: string) {
  return modelPackageSchema.parse(JSON.parse(await readFile(join(at, 'readroom.json'), 'utf8')));
}

describe('exportPackage', () => {
  it('writes a package that sha256sum and verify find whole', async () => {
    const result = await exportPackage(request());
    const present = (await readdir(result.folder, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    expect(result.files.map((file) => file.path)).toHaveLength(present.length);
    expect(result.files.map((file) => file.path)).toEqual(
      expect.arrayContaining([
        'readroom.json',
        'MODEL_CARD.md',
        'report.html',
        'SHA256SUMS',
        'onnx/model.onnx',
      ]),
    );
    expect(result.roundTrip['onnx']).toMatchObject({ n: 16 });
    expect(
      (await run('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: result.folder }))
        .stdout,
    ).toBe('');
    expect(await verifyPackage({ folder: result.folder, client: compute })).toEqual({
      ok: true,
      problems: [],
    });
    expect(await readdir(folder)).toEqual(['package']);
  });

  it('states how its TensorFlow.js model is opened, as the model does', async () => {
    const { folder: at } = await exportPackage(request({ formats: ['tfjs'] }));
    const { tfjsForm } = await readPackage(at);
    expect(tfjsForm).toBe('layers-model');
    const model = await readFile(join(at, 'tfjs', 'model.json'), 'utf8');
    expect(JSON.parse(model)).toMatchObject({ format: tfjsForm });
  });

  it('states every step of the preprocessing, so that another program can follow', async () => {
    const { folder: at } = await exportPackage(request());
    const content = await readPackage(at);
    expect(content.preprocessing.map((step) => step.kind)).toEqual([
      'decode',
      'orientation',
      'alpha',
      'collapseGrey',
      'depth',
      'grey',
      'resize',
      'scale',
      'normalize',
    ]);
    // The examples are what these steps end in: all values lie in the stated range.
    const [low, high] = content.input.range;
    const example = decodeNpy(await readFile(join(at, 'examples', 'example-00.npy')));
    expect(Math.min(...example.data)).toBeGreaterThanOrEqual(low);
    expect(Math.max(...example.data)).toBeLessThanOrEqual(high);
    expect(content).toMatchObject({
      outOfScope: { gate: null },
      testMetrics: null,
      operatingPoint: null,
      generated: true,
    });
  });

  it('carries the operating point of the evaluation, so that predict decides as the report says', async () => {
    const made = madeUpRun();
    const { manifest, validation, test: predictions } = made;
    const evaluation = await evaluateRun({
      run: manifest.run,
      predictions,
      validation,
      manifest,
      testOpenings: 4,
    });
    const model = { ...made.facts.model, classes: manifest.classes };
    const client: FormatWriter = { writeFormats: () => Promise.resolve({}) };
    const { folder: at } = await exportPackage(
      request({ facts: { ...made.facts, model }, validation, test: { evaluation, predictions }, client }),
    );
    const { operatingPoint, testMetrics, classes } = await readPackage(at);
    expect(operatingPoint).toEqual({
      ...evaluation.operatingPoint,
      positive: 'PNEUMONIA',
      negative: 'NORMAL',
      chosenOn: 'val',
    });
    expect(testMetrics).toMatchObject({ n: evaluation.n, testOpenings: 4, metrics: evaluation.metrics });
    const positive = classes.indexOf(operatingPoint!.positive);
    const decided = predictions.rows.filter(
      (row) => predictedClass(row.probabilities, positive, operatingPoint!.threshold) === 1,
    );
    expect(decided).toHaveLength(evaluation.confusion[0]![1]! + evaluation.confusion[1]![1]!);
    expect(await readFile(join(at, 'MODEL_CARD.md'), 'utf8')).toContain(
      'the test set has been opened 4 times',
    );
  });

  it('writes a card whose Markdown no class name can break', async () => {
    const base = request();
    const name = 'a\n# Injected | *x* <img src=x> `code`';
    const facts = { ...base.facts, project: { ...base.facts.project, name } };
    const { folder: at } = await exportPackage({ ...base, facts });
    const card = await readFile(join(at, 'MODEL_CARD.md'), 'utf8');
    expect(card).not.toMatch(/^# Injected/m);
    expect(card).not.toContain('<img');
    expect(card).toContain('GENERATED');
  });

  it("states what the project's template is for and what results do not say, its metrics first", async () => {
    const base = request();
    const { validation } = base;
    const { manifest } = base.facts;
    const project = { ...base.facts.project, template: 'classification' };
    const facts = { ...base.facts, project };
    const made = madeUpRun({ classes: fixture.classes, patients: rows, filmsPerPatient: 1 });
    const evaluation = await evaluateRun({
      ...{ run: manifest.run, predictions: made.test, validation, manifest, testOpenings: 1 },
    });
    const { folder: at } = await exportPackage({
      ...{ ...base, facts },
      test: { evaluation, predictions: made.test },
    });
    const content = await readPackage(at);
    const wording = wordingOf('classification', packageTask(content));
    expect(wording.metrics).toContain('balancedAccuracy');
    expect(content).toMatchObject({ intendedUse: wording.intendedUse, caveats: wording.caveats });
    expect(Object.keys(content.testMetrics!.metrics).slice(0, wording.metrics.length)).toEqual(
      wording.metrics,
    );
    const card = await readFile(join(at, 'MODEL_CARD.md'), 'utf8');
    expect(card).toContain(`- For ${wording.intendedUse}.`);
    for (const caveat of wording.caveats) expect(card).toContain(`- ${caveat}`);
  });

  it('takes an empty folder and refuses one that holds something, which stays as it was', async () => {
    const to = join(folder, 'package');
    await mkdir(to);
    await exportPackage(request());
    const before = await readFile(join(to, 'SHA256SUMS'), 'utf8');
    await expect(exportPackage(request())).rejects.toMatchObject({ code: 'folderNotEmpty' });
    expect(await readFile(join(to, 'SHA256SUMS'), 'utf8')).toBe(before);
    await writeFile(join(folder, 'file'), '');
    await expect(exportPackage(request({ to: join(folder, 'file') }))).rejects.toMatchObject({
      code: 'folderNotEmpty',
    });
    expect((await readdir(folder)).sort()).toEqual(['file', 'package']);
  });

  it('leaves nothing behind when the formats cannot be written', async () => {
    const client: FormatWriter = {
      async writeFormats({ to }) {
        await writeFile(join(to, 'half.onnx'), 'half');
        throw new ReadroomError('diskFull', 'The disk is full.');
      },
    };
    await expect(exportPackage(request({ client }))).rejects.toMatchObject({ code: 'diskFull' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('verifyPackage', () => {
  const verify = () => verifyPackage({ folder: join(folder, 'package'), client: compute });
  const inPackage = (name: string) => join(folder, 'package', name);
  beforeEach(() => exportPackage(request()));

  it('names a changed, a missing and an added file, one sentence each', async () => {
    await appendFile(inPackage('MODEL_CARD.md'), 'better than it was');
    await rm(inPackage('report.html'));
    await writeFile(inPackage('extra\n.txt'), '');
    const { ok, problems } = await verify();
    expect(ok).toBe(false);
    expect(problems).toEqual([
      expect.stringMatching(
        /^MODEL_CARD\.md was changed: its SHA-256 begins with [0-9a-f]{12}, not with [0-9a-f]{12}\.$/,
      ),
      'report.html is missing.',
      '"extra\\n.txt" was added: SHA256SUMS does not name it.',
    ]);
  });

  it('does not load a model whose bytes were changed', async () => {
    await appendFile(inPackage('onnx/model.onnx'), 'x');
    let asked = false;
    const client = { verifyExamples: () => Promise.resolve(((asked = true), [])) };
    const { problems } = await verifyPackage({ folder: join(folder, 'package'), client });
    expect(asked).toBe(false);
    expect(problems[0]).toMatch(/^onnx\/model\.onnx was changed/);
    expect(problems[1]).toMatch(/not predicted again/);
  });

  it('finds examples that no longer follow from the model, sums or no sums', async () => {
    const example = decodeNpy(await readFile(inPackage('examples/example-00.npy')));
    expect(example.shape).toEqual([28, 28, 1]);
    await rename(inPackage('examples/example-00.npy'), inPackage('examples/swap'));
    await rename(inPackage('examples/example-01.npy'), inPackage('examples/example-00.npy'));
    await rename(inPackage('examples/swap'), inPackage('examples/example-01.npy'));
    await rm(inPackage('SHA256SUMS'));
    const { problems } = await verify();
    expect(problems[0]).toMatch(/^SHA256SUMS is missing/);
    expect(problems.slice(1).join()).toMatch(/example-00.*differ/);
  });

  it('names both versions of a package from a newer Readroom', async () => {
    const content = JSON.parse(await readFile(inPackage('readroom.json'), 'utf8')) as Record<string, unknown>;
    await writeFile(inPackage('readroom.json'), JSON.stringify({ ...content, formatVersion: 9 }));
    expect((await verify()).problems).toContain(
      'readroom.json has format version 9, and this Readroom reads up to 3: check it with a newer one.',
    );
  });

  it.each([
    ['{', 'readroom.json is not JSON.'],
    ['{"formatVersion":1}', 'readroom.json is wrong at kind'],
  ])('says what is wrong with readroom.json: %s', async (text, problem) => {
    await writeFile(inPackage('readroom.json'), text);
    expect((await verify()).problems.join('\n')).toContain(problem);
  });

  it('never follows a link or a name that leads out of the folder', async () => {
    await writeFile(join(folder, 'outside'), 'secret');
    await rm(inPackage('report.html'));
    await symlink(join(folder, 'outside'), inPackage('report.html'));
    await appendFile(
      inPackage('SHA256SUMS'),
      `${'0'.repeat(64)}  ../outside\n${'0'.repeat(64)}  /etc/passwd\n`,
    );
    const { problems } = await verify();
    expect(problems).toContain('report.html is a link or no file, and was not read.');
    expect(problems.filter((problem) => problem.includes('a line that is none of its kind'))).toHaveLength(2);
  });

  it('tells of a child that died as a problem', async () => {
    const client = {
      verifyExamples: () => Promise.reject(new ReadroomError('workerDied', 'It ended by SIGSEGV.')),
    };
    const { problems } = await verifyPackage({ folder: join(folder, 'package'), client });
    expect(problems).toEqual(['The examples could not be predicted: It ended by SIGSEGV.']);
  });

  it('refuses what is no package', async () => {
    await mkdir(join(folder, 'project'));
    await writeFile(join(folder, 'project', 'readroom.json'), '{}');
    await writeFile(join(folder, 'project', 'project.sqlite'), '');
    const check = (name: string) => verifyPackage({ folder: join(folder, name), client: compute });
    await expect(check('project')).rejects.toMatchObject({ code: 'badPackage' });
    await expect(check('.')).rejects.toMatchObject({ code: 'badPackage' });
    await expect(check('nowhere')).rejects.toMatchObject({ code: 'fileNotFound' });
  });
});

describe('a package of every task', () => {
  const stateOf = async (name: MadeUpTask, table?: 'both') => {
    const { folder: at, client } = await writeTaskPackage(folder, name, table);
    expect(await verifyPackage({ folder: at, client })).toEqual({ ok: true, problems: [] });
    return { at, content: await readPackage(at), card: await readFile(join(at, 'MODEL_CARD.md'), 'utf8') };
  };

  // Would catch: a package that calls every model a classification, or leaves out how its output is to be read.
  it.each([
    ['multiLabel', 'sigmoid', [3], /each on its own/],
    ['ordinal', 'sigmoid', [3], /P\(at least grade k\)/],
    ['regression', 'linear', [1], /in months/],
    ['segmentation', 'softmax', [32, 32, 3], /every pixel/],
  ] as const)(
    '%s is exported, verified and says how it is read',
    async (name, activation, shape, meaning) => {
      const { at, content, card } = await stateOf(name);
      const task = packageTask(content);
      expect(task.kind).toBe(name);
      expect(content.formatVersion).toBe(2);
      expect(content.classes).toEqual(classesOf(task));
      expect(content.output).toMatchObject({
        activation,
        shape,
        meaning: expect.stringMatching(meaning) as unknown,
      });
      expect(content.operatingPoint).toBeNull();
      expect(card).toContain(activation);
      const model = await readPackageModel(at);
      expect(model.task).toEqual(task);
      expect(Object.keys(content.thresholds ?? {})).toEqual(name === 'multiLabel' ? content.classes : []);
      expect(model.thresholds).toEqual(
        content.thresholds ? Object.values(content.thresholds).map(({ threshold }) => threshold) : null,
      );
    },
  );

  // Would catch: a second input without its meaning, which nobody else could fill.
  it('says how a row of the clinical table becomes the second input', async () => {
    const { content, card } = await stateOf('regression', 'both');
    expect(content.table).toMatchObject({ name: 'table', use: 'both', features: ['age (a)'] });
    expect(content.table!.columns[0]).toMatchObject({ mean: 50, deviation: 10 });
    expect(card).toContain('beside the picture');
  });

  // Would catch: a change by which packages that people have handed on no longer read.
  it('of format version 1 is verified and read as one of several classes', async () => {
    const at = join(folder, 'version-1');
    await cp('test/fixtures/package-version-1', at, { recursive: true });
    expect(await verifyPackage({ folder: at, client: compute })).toEqual({ ok: true, problems: [] });
    const model = await readPackageModel(at);
    expect(model.task).toEqual({ kind: 'multiClass', classes: ['normal', 'fracture'] });
    expect(model).toMatchObject({ operatingPoint: { positiveIndex: 1 }, table: null, thresholds: null });
    const { data } = decodeNpy(await readFile(join(at, 'examples', 'example-00.npy')));
    const pixels = Uint8Array.from(data, (value) => Math.round((value * 0.3 + 0.2) * 255));
    await writeFile(join(folder, 'one.u8'), pixels);
    const to = join(folder, 'one.f32');
    const one = { folder: at, inputs: join(folder, 'one.u8'), count: 1, to };
    expect(await predictPackage(one, () => Promise.resolve())).toEqual({ width: 2 });
    const said = new Float32Array(new Uint8Array(await readFile(to)).buffer);
    const stated = decodeNpy(await readFile(join(at, 'examples', 'probabilities.npy'))).data;
    expect(largestDifference(said, stated.subarray(0, 2))).toBeLessThan(1e-5);
  });
});

describe('examples', () => {
  // Would catch: examples of numbers that all lie at one end, or of one set of classes alone.
  it('of numbers go from the smallest to the largest, and of several labels over all sets', () => {
    const numbers = exampleRows(madeUpTaskRun('regression').manifest).map(({ label }) => Number(label));
    expect(numbers).toHaveLength(16);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    const { manifest } = madeUpTaskRun('multiLabel');
    const sets = (part: readonly ManifestRow[]): Set<string> =>
      new Set(part.map(({ label }) => String(label)));
    expect(sets(exampleRows(manifest)).size).toBe(Math.min(16, sets(manifest.rows.val).size));
  });

  it('come from every class of validation, never from test, and are the same each time', () => {
    const { manifest } = madeUpRun({ classes: ['a', 'b', 'c'] });
    const examples = exampleRows(manifest);
    const labels = examples.map(({ label }) => label);
    expect(new Set(examples.map(({ slot }) => slot)).size).toBe(16);
    expect(examples.every((row) => manifest.rows.val.includes(row))).toBe(true);
    expect([0, 1, 2].map((label) => labels.filter((one) => one === label).length)).toEqual([6, 5, 5]);
    expect(exampleRows(manifest)).toEqual(examples);
  });

  it('are filled up from training where validation is small, equal pictures counted once', () => {
    const { manifest } = madeUpRun({ patients: 40, filmsPerPatient: 1 });
    const val = manifest.rows.val.map((row) => ({ ...row, slot: Number(row.label) }));
    const slots = exampleRows({ ...manifest, rows: { ...manifest.rows, val } }).map(({ slot }) => slot);
    expect(new Set(slots).size).toBe(16);
    const test = new Set(manifest.rows.test.map((row) => row.slot));
    expect(slots.some((slot) => test.has(slot))).toBe(false);
  });
});

it('writes and reads sums of names with a backslash or a line break as sha256sum does', async () => {
  const sums = [
    { path: 'plain name.txt', sha256: 'a'.repeat(64) },
    { path: 'back\\slash', sha256: 'b'.repeat(64) },
    { path: 'line\nbreak', sha256: 'c'.repeat(64) },
  ];
  expect(parseSums(formatSums(sums))).toEqual({ sums, bad: [] });
  await writeFile(join(folder, 'line\nbreak'), 'x');
  const { stdout } = await run('sha256sum', ['line\nbreak'], { cwd: folder });
  expect(parseSums(stdout).sums).toMatchObject([{ path: 'line\nbreak' }]);
});

describe('writeTensors', () => {
  it('writes what the model is fed under safe names, with an index that names the files as given', async () => {
    const { geometry, normalization } = trained.model;
    const to = join(folder, 'tensors');
    const files = [
      { file: 'films/a "b", c.png', row: 2 },
      { file: 'broken.png', row: null },
      { file: '../..\\évil\n<img>.jpeg', row: 0 },
    ];
    expect(await writeTensors({ to, inputs, geometry, tiles: null, normalization, files })).toEqual({
      folder: to,
      tensors: 2,
    });
    expect((await readdir(to)).sort()).toEqual([
      '00000-a_b_c.png.npy',
      '00002-e_vil_img_.jpeg.npy',
      'index.csv',
    ]);
    expect(await readFile(join(to, 'index.csv'), 'utf8')).toBe(
      'file,tensor\r\n"films/a ""b"", c.png",00000-a_b_c.png.npy\r\n"../..\\évil\n<img>.jpeg",00002-e_vil_img_.jpeg.npy\r\n',
    );
    const { data, shape } = decodeNpy(await readFile(join(to, '00000-a_b_c.png.npy')));
    const pixels = (await readFile(inputs)).subarray(2 * 784, 3 * 784);
    expect(shape).toEqual([28, 28, 1]);
    expect(data[5]).toBeCloseTo((pixels[5]! / 255 - 0.2) / 0.3, 5);
  });

  it('overwrites nothing', async () => {
    const { geometry, normalization } = trained.model;
    const writing = writeTensors({ to: shared, inputs, geometry, tiles: null, normalization, files: [] });
    await expect(writing).rejects.toMatchObject({ code: 'folderNotEmpty' });
  });
});
