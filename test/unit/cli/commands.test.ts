import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, test } from 'vitest';

import { commands } from '../../../src/cli/commands/index.ts';
import { cannedRun, createCannedEngine, type CannedOptions } from '../../support/canned-engine.ts';
import { runInProcess, type CliSetting } from '../../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'readroom-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'recipe.json'), '{"epochs": 3}');
writeFileSync(join(folder, 'broken.json'), '{"epochs": ');
writeFileSync(join(folder, 'list.txt'), 'a.png\r\nsub/b c.png\n');

const run = async (argv: string[], options: CannedOptions = {}, setting: Partial<CliSetting> = {}) => {
  const engine = createCannedEngine(options);
  return { ...(await runInProcess(argv, { router: engine.router, ...setting })), asked: engine.asked };
};

/** A call of each command that succeeds, and the keys that cli.md promises of its document. */
const successes: Record<string, { argv: string[]; keys: string[] }> = {
  new: {
    argv: ['new', 'chest', '--classes', 'normal,pneumonia'],
    keys: ['project', 'template', 'task', 'classes'],
  },
  import: {
    argv: ['import', 'chest', 'films', '--labels', 'folder', '--patient', 'regex:^(P[0-9]+)'],
    keys: ['added', 'alreadyPresent', 'refused', 'images', 'patients', 'labelled'],
  },
  label: {
    argv: ['label', 'chest', 'a.png', '--class', 'pneumonia'],
    keys: ['image', 'label', 'reader', 'event'],
  },
  images: { argv: ['images', 'chest'], keys: ['images'] },
  undo: { argv: ['undo', 'chest'], keys: ['image', 'label', 'reader', 'event'] },
  redo: { argv: ['redo', 'chest', '--reader', 'Dr Weber'], keys: ['image', 'label', 'reader', 'event'] },
  history: { argv: ['history', 'chest', 'a.png'], keys: ['events'] },
  log: { argv: ['log', 'chest', '--limit', '5', '--about', 'class'], keys: ['actions'] },
  'as-of': {
    argv: ['as-of', 'chest', '--at', '2026-01-01', '--to', join(folder, 'labels.csv')],
    keys: ['at', 'images', 'labelled', 'classes', 'file', 'lines'],
  },
  labels: {
    argv: ['labels', 'export', 'chest', '--format', 'csv', '--to', 'labels.csv', '--which', 'record'],
    keys: ['format', 'to', 'images', 'labels', 'shapes', 'warnings'],
  },
  merge: {
    argv: ['merge', 'chest', 'copy'],
    keys: ['events', 'images', 'missing', 'readers', 'conflicts', 'labelled'],
  },
  conflicts: { argv: ['conflicts', 'chest'], keys: ['conflicts'] },
  table: { argv: ['table', 'show', 'chest'], keys: ['table'] },
  classes: { argv: ['classes', 'versions', 'chest'], keys: ['versions'] },
  profiles: {
    argv: ['profiles', 'add', 'Ada', '--project', 'chest', '--role', 'owner'],
    keys: ['name', 'secret'],
  },
  rounds: { argv: ['rounds', 'chest'], keys: ['rounds'] },
  'open-round': {
    argv: [
      'open-round',
      'chest',
      '--name',
      'First',
      '--readers',
      'Ada,Ben',
      '--assign',
      'overlap=2',
      '--washout',
      '14',
    ],
    keys: ['round', 'name', 'status', 'readers', 'warnings'],
  },
  'close-round': { argv: ['close-round', 'chest', 'r1'], keys: ['round', 'status', 'disagreements'] },
  agreement: { argv: ['agreement', 'chest', 'r1'], keys: ['round', 'parts'] },
  'label-rule': {
    argv: ['label-rule', 'chest', 'majority', '--dry-run'],
    keys: ['rule', 'changed', 'gained', 'lost', 'images', 'examples'],
  },
  adjudicate: {
    argv: ['adjudicate', 'chest', 'r1', 'a.png', '--class', 'normal'],
    keys: ['image', 'words', 'decided'],
  },
  split: {
    argv: ['split', 'chest', '--train', '.7', '--val', '.15', '--test', '.15', '--folds', '2'],
    keys: ['version', 'counts', 'patients', 'byClass', 'warnings', 'folds'],
  },
  train: {
    argv: ['train', 'chest', '--set', 'epochs=2', '--set', 'network.scale=.25'],
    keys: [
      ...['run', 'status', 'epochs', 'bestEpoch', 'stoppedBecause', 'history', 'imagesPerSecond', 'backend'],
      ...['device', 'threads', 'seconds', 'weightsSha256'],
    ],
  },
  evaluate: {
    argv: ['evaluate', 'chest', 'latest'],
    keys: ['run', 'split', 'n', 'patients', 'testOpenings', 'classes', 'confusion', 'metrics'],
  },
  compare: {
    argv: ['compare', 'chest', 'run-1', 'run-2', 'run-3'],
    keys: ['split', 'n', 'patients', 'reference', 'runs', 'metrics', 'correction', 'warnings'],
  },
  runs: { argv: ['runs', 'chest'], keys: ['runs'] },
  weights: { argv: ['weights', 'list'], keys: ['weights'] },
  cache: { argv: ['cache', 'chest'], keys: ['bytes', 'limitBytes'] },
  rerun: { argv: ['rerun', 'chest', 'run-1'], keys: ['same', 'weightsSha256'] },
  report: { argv: ['report', 'chest', 'run-1', '--to', 'r.html'], keys: ['file', 'bytes'] },
  export: {
    argv: ['export', 'chest', 'run-1', '--to', 'model'],
    keys: ['folder', 'files', 'formats', 'roundTrip'],
  },
  verify: { argv: ['verify', 'model'], keys: ['ok', 'problems'] },
  predict: { argv: ['predict', 'model', 'a.png', 'b.png'], keys: ['predictions'] },
  sample: {
    argv: ['sample', 'films', '--template', 'pneumonia'],
    keys: ['folder', 'images', 'patients', 'classes', 'generated', 'generatorVersion'],
  },
  doctor: {
    argv: ['doctor'],
    keys: ['ok', 'node', 'chosenBackend', 'backends', 'electron', 'sqlite', 'checks'],
  },
};
const later = ['deidentify', 'study', 'monitor'];

const failedRun = {
  ...cannedRun,
  status: 'failed',
  stoppedBecause: 'nonFiniteLoss',
  error: { code: 'nonFiniteLoss', message: 'The loss is NaN.', hint: 'Lower the learning rate.' },
};

test('every command is exercised here, or not implemented yet, or serve', () => {
  expect(commands.map(({ name }) => name).sort()).toEqual(
    [...Object.keys(successes), ...later, 'serve'].sort(),
  );
});

describe.each(Object.entries(successes))('%s', (_name, { argv, keys }) => {
  test('prints one JSON document with the promised keys, and exits 0', async () => {
    const { status, out, engine } = await run([...argv, '--json']);
    expect(status).toBe(0);
    expect(Object.keys(JSON.parse(out) as object)).toEqual(expect.arrayContaining(keys));
    expect(engine).toEqual({ started: 1, closed: 1 });
  });

  test('prints words for people, without what would steer a terminal', async () => {
    const { status, out } = await run(argv);
    expect(status).toBe(0);
    expect(out.trim()).not.toBe('');
    expect(() => JSON.parse(out) as unknown).toThrow();
    expect(out).not.toMatch(/\u001b|undefined|NaN|\[object/);
  });

  test('prints one JSON document when refused, and exits 1', async () => {
    const { status, out, engine } = await run([...argv, '--json'], { fail: 'projectDamaged' });
    // runs and history open a project first, like all that name one.
    expect(status).toBe(1);
    expect(JSON.parse(out)).toEqual({
      error: { code: 'projectDamaged', message: 'It was refused.', hint: 'Do something else.' },
    });
    expect(engine.closed).toBe(engine.started);
  });

  test('prints a sentence on stderr when refused', async () => {
    const { status, out, err } = await run(argv, { fail: 'diskFull' });
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain('It was refused.\nDo something else.');
  });
});

describe.each(commands.map(({ name }) => name))('%s', (name) => {
  test('--help shows an example that begins with the command', async () => {
    const { status, out, engine } = await run([name, '--help']);
    expect(status).toBe(0);
    expect(out).toMatch(new RegExp(`Examples?:\n[^]*readroom ${name} ?`));
    expect(engine.started).toBe(0);
  });

  test('an unknown option is wrong usage', async () => {
    const { status, out } = await run([name, 'a', 'b', '--no-such-option', '--json']);
    if (later.includes(name)) expect(status).toBe(1);
    else {
      expect(status).toBe(2);
      expect(JSON.parse(out)).toMatchObject({ error: { code: 'usage' } });
    }
  });
});

describe('what is not there yet', () => {
  test.each([
    ['deidentify', 'films', '--to', 'x', '--dry-run'],
    ['study', 'chest', '--kind', 'benchmark'],
    ['monitor', 'chest', 'run-1', 'films'],
    ['export', 'chest', 'run-1', '--to', 'x', '--formats', 'onnx,keras'],
    ['report', 'chest', 'run-1', '--to', 'x.pdf'],
  ])('%s %s %s %s %s exits 1 with notImplementedYet and touches nothing', async (...argv) => {
    const { status, out, asked } = await run([...argv.filter(Boolean), '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'notImplementedYet' } });
    expect(asked).toEqual([]);
  });
});

describe('wrong usage exits 2', () => {
  test.each([
    [[]],
    [['nonsense']],
    [['--nonsense']],
    [['train']],
    [['new', 'a', 'b']],
    [['new', 'a', '--classes', 'x,,y']],
    [['split', 'chest', '--seed', 'one']],
    [['split', 'chest', '--by', 'hospital']],
    [['split', 'chest', '--train', '2']],
    [['import', 'chest']],
    [['import', 'chest', 'films', '--patient', 'name']],
    [['import', 'chest', 'films', '--patient', 'regex:']],
    [['import', 'chest', 'films', '--split-from', 'table']],
    [['label', 'chest', 'a.png']],
    [['label-rule', 'chest', 'oldest']],
    [['open-round', 'chest', '--name', 'A', '--readers', 'A', '--unlabelled', '--images', 'i1']],
    [['label', 'chest', 'a.png', '--class', 'x', '--value', '3']],
    [['label', 'chest', 'a.png', '--value', 'x']],
    [['images', 'chest', '--split', 'training']],
    [['images', 'chest', '--status', 'odd']],
    [['train', 'chest', '--set', 'epochs']],
    [['train', 'chest', '--set', '=3']],
    [['evaluate', 'chest', 'latest', '--split', 'train']],
    [['report', 'chest', 'latest']],
    [['report', 'chest', 'latest', '--to', 'r.docx']],
    [['export', 'chest', 'latest', '--to', 'x', '--formats', 'pickle']],
    [['predict', 'model']],
    [['sample', 'films']],
    [['sample', 'films', '--template', 'pneumonia', '--images', '3']],
    [['serve', '--port', '70000']],
    [['serve', '--allow-remote']],
    [['serve', '--cert', 'c.pem']],
  ])('%j', async (argv) => {
    const { status, out, engine } = await run([...argv, '--json']);
    expect(status).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'usage', message: expect.stringMatching(/^[^]*\.$/) as string },
    });
    expect(engine.closed).toBe(engine.started);
  });
});

describe('what the engine is asked', () => {
  const askedOf = async (argv: string[], setting: Partial<CliSetting> = {}) => {
    const { asked, status } = await run(argv, {}, { cwd: folder, ...setting });
    expect(status).toBe(0);
    return Object.fromEntries(asked) as Record<string, Record<string, unknown>>;
  };

  test('paths are absolute, from where the caller stands', async () => {
    const asked = await askedOf(['import', 'chest', 'films', '/abs/x.zip', '--labels', 'labels.csv']);
    expect(asked['open']).toEqual({ path: join(folder, 'chest'), mode: 'write' });
    expect(asked['import']).toMatchObject({
      sources: [join(folder, 'films'), '/abs/x.zip'],
      labels: { from: 'table', file: join(folder, 'labels.csv') },
    });
  });

  test('the label rule of an import is the engine’s choice unless said', async () => {
    expect((await askedOf(['import', 'chest', 'films']))['import']).toMatchObject({
      labels: { from: 'auto' },
      patient: null,
    });
    expect((await askedOf(['import', 'chest', 'films', '--labels', 'none']))['import']).toMatchObject({
      labels: { from: 'none' },
    });
  });

  test('runs are compared with the one that is named, and the project is left to others', async () => {
    const asked = await askedOf(['compare', 'chest', 'a', 'b', '--split', 'val', '--reference', 'b']);
    expect(asked['compare']).toMatchObject({ runs: ['a', 'b'], split: 'val', reference: 'b' });
    expect(asked['open']).toMatchObject({ mode: 'read' });
  });

  test('a level and its pooling are asked for as they are', async () => {
    const asked = await askedOf(['evaluate', 'chest', 'latest', '--level', 'patient', '--pooling', 'max']);
    expect(asked['evaluate']).toMatchObject({ level: 'patient', pooling: 'max' });
  });

  test('images are filtered by the engine: classes by name in any case, none for what has none', async () => {
    const filters = [
      '--class',
      'PNEUMONIA,none',
      '--split',
      'test,none',
      '--patient',
      'P1',
      '--status',
      'unsure',
    ];
    const asked = await askedOf(['images', 'chest', ...filters, '--text', 'ap']);
    expect(asked['openView']).toMatchObject({
      query: {
        ...{ classes: ['c1', null], parts: ['test', null], patients: ['P1'], status: ['unsure'], text: 'ap' },
      },
    });
    expect(Object.keys(await askedOf(['images', 'chest']))).not.toContain('openView');
  });

  test.each([
    ['folder', { from: 'folder' }],
    ['tag', { from: 'tag' }],
    ['column:patient id', { from: 'column', column: 'patient id' }],
    ['regex:^(P[0-9]+):', { from: 'regex', pattern: '^(P[0-9]+):' }],
  ])('--patient %s', async (text, rule) => {
    expect((await askedOf(['import', 'chest', 'films', '--patient', text]))['import']).toMatchObject({
      patient: rule,
    });
  });

  test('a dry run and reading commands leave the project to others', async () => {
    expect((await askedOf(['import', 'chest', 'films', '--dry-run']))['open']).toMatchObject({
      mode: 'read',
    });
    expect((await askedOf(['runs', 'chest']))['open']).toMatchObject({ mode: 'read' });
    const looked = await askedOf(['cache', 'chest']);
    expect(looked['open']).toMatchObject({ mode: 'read' });
    expect(Object.keys(looked)).not.toContain('clearPrepared');
    const cleared = await askedOf(['cache', 'chest', '--clear']);
    expect(cleared['open']).toMatchObject({ mode: 'write' });
    expect(cleared['clearPrepared']).toEqual({ project: 'p1' });
  });

  test('settings are gathered, as JSON where they read as such', async () => {
    const settings = [
      'network.id=alexnet',
      'network.scale=.25',
      'input.size=null',
      'augmentation.horizontalFlip=true',
      'name=a=b',
      'epochs=1',
      'epochs=2',
    ];
    const asked = await askedOf(['train', 'chest', ...settings.flatMap((setting) => ['--set', setting])]);
    expect(asked['train']).toMatchObject({
      set: {
        'network.id': 'alexnet',
        'network.scale': 0.25,
        'input.size': null,
        'augmentation.horizontalFlip': true,
        name: 'a=b',
        epochs: 2,
      },
    });
  });

  test('a training that memory or disk do not suffice for is refused with what would fit, unless told otherwise', async () => {
    const memory = {
      of: 'memory' as const,
      message: 'Training needs about 9.0 GB of memory; 4.0 GB are free.',
      hint: 'It fits with microBatchSize 8.',
      proposal: { microBatchSize: 8 },
    };
    const plan = { shortages: [memory], problems: [`${memory.message} ${memory.hint}`] };
    const refused = await run(['train', 'chest', '--json'], { plan });
    expect(refused.status).toBe(1);
    expect(JSON.parse(refused.out)).toMatchObject({
      error: { code: 'outOfMemory', message: memory.message },
    });
    expect(refused.out).toContain('--set microBatchSize=8');
    expect(refused.asked.map(([procedure]) => procedure)).not.toContain('train');
    const disk = { ...memory, of: 'disk' as const, proposal: null };
    const full = await run(['train', 'chest', '--json'], {
      plan: { shortages: [disk], problems: plan.problems },
    });
    expect(JSON.parse(full.out)).toMatchObject({ error: { code: 'diskFull' } });
    // What else is wrong is refused by the training itself, with its own code.
    const worse = { plan: { ...plan, problems: [...plan.problems, 'There is no split.'] } };
    for (const [argv, options] of [
      [['train', 'chest', '--anyway'], { plan }],
      [['train', 'chest', '--resume', 'latest'], { plan }],
      [['train', 'chest'], worse],
    ] as [string[], CannedOptions][])
      expect((await run(argv, options)).asked.map(([procedure]) => procedure)).toContain('train');
  });

  test('a recipe is a file or a preset', async () => {
    expect((await askedOf(['train', 'chest', '--recipe', 'recipe.json']))['train']).toMatchObject({
      recipe: { epochs: 3 },
    });
    expect((await askedOf(['train', 'chest', '--recipe', 'tutorial']))['train']).toMatchObject({
      preset: 'tutorial',
    });
  });

  test('a recipe file may have any name that no preset has', async () => {
    writeFileSync(join(folder, 'mine'), '{"epochs": 4}');
    const asked: unknown[] = [];
    const engine = createCannedEngine();
    const setting = { router: engine.router, cwd: folder };
    await runInProcess(['train', 'chest', '--recipe', 'sub/../mine'], setting);
    await runInProcess(['train', 'chest', '--recipe', 'tutorial'], setting);
    for (const [procedure, input] of engine.asked) if (procedure === 'train') asked.push(input);
    expect(asked).toMatchObject([{ recipe: { epochs: 4 } }, { preset: 'tutorial' }]);
    const unknown = createCannedEngine({ fail: 'unknownRecipe', failing: ['checkRecipe'] });
    await runInProcess(['train', 'chest', '--recipe', 'mine'], { router: unknown.router, cwd: folder });
    expect(
      unknown.asked.filter(([procedure]) => procedure === 'checkRecipe').map(([, input]) => input),
    ).toMatchObject([{ preset: 'mine' }, { recipe: { epochs: 4 } }]);
  });

  test('a recipe file that is missing or broken is refused before anything starts', async () => {
    for (const [file, code] of [
      ['none.json', 'fileNotFound'],
      ['broken.json', 'badRecipe'],
    ] as const) {
      const { status, out, asked } = await run(
        ['train', 'chest', '--recipe', file, '--json'],
        {},
        { cwd: folder },
      );
      expect(status).toBe(1);
      expect(JSON.parse(out)).toMatchObject({ error: { code } });
      expect(asked.map(([procedure]) => procedure)).not.toContain('train');
    }
  });

  test('predict takes a package, or a project and its run, and lists of files', async () => {
    const all = await askedOf(['predict', 'my:latest', 'x.png', '--from', 'list.txt']);
    expect(all['open']).toEqual({ path: join(folder, 'my'), mode: 'read' });
    expect(all['predict']).toMatchObject({
      model: { project: 'p1', run: 'latest' },
      images: ['x.png', 'a.png', 'sub/b c.png'].map((name) => join(folder, name)),
    });
    const piped = await askedOf(['predict', 'model', '--from', '-'], { stdin: 'one.png\n' });
    expect(piped['predict']).toMatchObject({
      model: { folder: join(folder, 'model') },
      images: [join(folder, 'one.png')],
    });
  });

  test('labels are given by the named reader, else by the user', async () => {
    expect((await askedOf(['label', 'chest', 'a.png', '--class', 'x']))['label']).toMatchObject({
      reader: 'weber',
    });
    expect((await askedOf(['label', 'chest', 'a.png', '--clear', '--reader', 'B']))['label']).toMatchObject({
      reader: 'B',
      class: null,
    });
    expect((await run(['label', 'chest', 'a.png', '--value', '-3'])).asked.at(-1)).toMatchObject([
      'label',
      { value: -3 },
    ]);
  });
});

describe('outcomes that are not simply done', () => {
  test('a label under the operating point stands beside its own probability, not the largest', async () => {
    const below = {
      file: '/pictures/a.png',
      label: 'normal',
      probabilities: { normal: 0.46, pneumonia: 0.54 },
    };
    const operatingPoint = { positive: 'pneumonia', threshold: 0.55 };
    const task = { kind: 'binary', classes: ['normal', 'pneumonia'] };
    const { out } = await run(['predict', 'model', 'a.png'], {
      results: { predict: { predictions: [below], task, operatingPoint, generated: true } },
    });
    expect(out).toMatch(/a\.png +normal +0\.46\d* +pneumonia 0\.54/);
    expect(out).toContain('The label is pneumonia from a probability of 0.55');
    expect(out).toContain('GENERATED');
  });

  test('predictions name files as the caller did; some refused is done, all refused is not', async () => {
    const some = await run(['predict', 'model', 'a.png', 'b.png', '--json']);
    const { predictions } = JSON.parse(some.out) as { predictions: { file: string }[] };
    expect(predictions.map(({ file }) => file)).toEqual(['a.png', 'b.png']);
    const refused = {
      file: '/pictures/b.png',
      label: null,
      probabilities: {},
      error: { code: 'notAnImage', message: 'It is text.' },
    };
    const none = await run(['predict', 'model', 'b.png', '--json'], {
      results: {
        predict: { predictions: [refused], task: { kind: 'binary', classes: ['normal', 'pneumonia'] } },
      },
    });
    expect(none.status).toBe(1);
    expect(JSON.parse(none.out)).toMatchObject({
      error: { code: 'notAnImage' },
      predictions: [{ file: 'b.png' }],
    });
  });

  test('a package with problems exits 1, with problems and error in one document', async () => {
    const { status, out } = await run(['verify', 'model', '--json'], {
      results: { verify: { ok: false, problems: ['A checksum differs.'] } },
    });
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      problems: ['A checksum differs.'],
      error: { code: 'badPackage' },
    });
  });

  test('Ctrl-C in a training stops it, says how to go on, and exits 130', async () => {
    for (const json of [true, false]) {
      const interrupt = new AbortController();
      const { status, out, err, engine } = await run(
        ['train', 'chest', ...(json ? ['--json'] : [])],
        { trainUntilCancelled: { status: 'interrupted', stoppedBecause: 'cancelled', epochs: 1 } },
        {
          signal: interrupt.signal,
          onOutput: (_out, errSoFar) => errSoFar.includes('step 1 of 2') && interrupt.abort(),
        },
      );
      expect(status).toBe(130);
      expect(engine).toEqual({ started: 1, closed: 1 });
      expect(err).toMatch(
        /Training: epoch 1 of 2 · step 1 of 2 · loss 0.5000 · 84 images\/s · 90 s|2 min left/,
      );
      if (json) {
        expect(JSON.parse(out)).toMatchObject({
          run: 'run-1',
          error: { code: 'interrupted', hint: 'Go on with: readroom train chest --resume run-1' },
        });
      } else expect(out).toContain('readroom train chest --resume run-1');
    }
  });

  test('what breaks after Ctrl-C is an interruption, and a fault of ours is told with it', async () => {
    const broken: CannedOptions = { fail: 'internal', failing: ['open'] };
    const { status, err } = await run(['split', 'chest'], broken, { signal: AbortSignal.abort() });
    expect(status).toBe(130);
    expect(err).toMatch(/^Interrupted\. Meanwhile something failed: It was refused\.\n/);
    const gone: CannedOptions = { fail: 'workerDied', failing: ['open'] };
    const ended = await run(['split', 'chest'], gone, { signal: AbortSignal.abort() });
    expect(ended.err).toMatch(/^Interrupted\.\n/);
    expect((await run(['split', 'chest'], broken)).status).toBe(1);
  });

  test('a run that ends without a model exits 1', async () => {
    const { status, out } = await run(['train', 'chest', '--json'], { results: { train: failedRun } });
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ run: 'run-1', error: { code: 'nonFiniteLoss' } });
  });
});

describe('what people read', () => {
  test('figures have their interval and method, and too few cases say so', async () => {
    const { out } = await run(['evaluate', 'chest', 'latest']);
    expect(out).toMatch(/AUC +0\.93 +0\.90–0\.95 +bootstrap by patient/);
    expect(out).toMatch(/NPV +too few/);
    expect(out).toContain('GENERATED');
    expect(out).toMatch(/opened 1 time\./);
  });

  test('differences have their interval, p and what they come to; less may be better', async () => {
    const { out } = await run(['compare', 'chest', 'run-1', 'run-2', 'run-3', '--split', 'val']);
    expect(out).toMatch(/AUC +both +\+0\.15 +0\.12–0\.17 +0\.001 +0\.002 +better/);
    expect(out).toMatch(/AUC +table +-0\.01 .* 0\.700 +not told apart/);
    expect(out).toMatch(/Brier score \(less is better\) +both +-0\.05 .* better/);
    expect(out).toMatch(/Brier score \(less is better\) +table +\+0\.04 .* worse/);
    expect(out).toMatch(/NPV +both +too few +– +–\n/);
    expect(out).toContain('Differences from image, on the same patients');
  });

  const judged = {
    ...{
      run: 'run-1',
      split: 'test',
      n: 40,
      patients: 20,
      testOpenings: 1,
      positive: null,
      operatingPoint: null,
    },
    ...{ classes: [] as string[], confusion: [], warnings: [], splitBy: 'patient', generated: false },
  };
  const figure = (value: number) => ({ value, low: value - 1, high: value + 1, method: 'bootstrap' });

  test('numbers are told in their unit, beside what the training mean would do', async () => {
    const evaluate = {
      ...{ ...judged, task: 'regression', unit: 'months', level: 'patient', pooling: 'mean', images: 80 },
      metrics: { mae: figure(12.345), bias: figure(0.5), r2: figure(0.5) },
      baseline: { value: 100, metrics: { mae: figure(30) } },
    };
    const { out } = await run(['evaluate', 'chest', 'latest'], { results: { evaluate } });
    expect(out).toMatch(/40 patients by the mean of 80 images\./);
    expect(out).toMatch(/Mean absolute error +12\.3 months +11\.3–13\.3/);
    // A dash would read as a minus.
    expect(out).toMatch(/Bias \(predicted − true\) +0\.5 months +-0\.5 to 1\.5/);
    expect(out).toMatch(/R² +0\.50 /);
    expect(out).toMatch(/training mean for every image would give:\n.*\n.*30 months/);
    expect(out).not.toContain('truth \\ predicted');
  });

  test('masks are told by class, with what was missed', async () => {
    const outcomes = { tumour: { both: 30, missed: 3, false: 1, absent: 6 } };
    const metrics = { dice: figure(0.5), hausdorff95: figure(4) };
    const evaluate = {
      ...{ ...judged, task: 'segmentation', unit: 'mm', classes: ['tumour'], metrics },
      ...{ perClass: { tumour: metrics }, outcomes },
    };
    const { out } = await run(['evaluate', 'chest', 'latest'], { results: { evaluate } });
    expect(out).toMatch(/tumour +0\.50 .* +4 mm \(3–5\) +3 images +1 image/);
  });

  test('runs are called what the screens call them', async () => {
    const { out } = await run(['runs', 'chest']);
    expect(out).toMatch(/second try +stopped/);
    expect(out).not.toContain('cancelled');
  });

  test('the room of prepared images stands beside its bound; what went beside what stayed', async () => {
    const { out } = await run(['cache', 'chest']);
    expect(out).toBe('Images prepared for trainings take 1.2 GB, of at most 20.0 GB.\n');
    const cleared = await run(['cache', 'chest', '--clear']);
    expect(cleared.out).toMatch(/^900 MB .*removed\. 300 MB stayed/);
    const { out: json } = await run(['cache', 'chest', '--clear', '--json']);
    expect(JSON.parse(json)).toEqual({ removedBytes: 9e8, keptBytes: 3e8 });
  });

  test('a conflict is told by its file, with the time of either side', async () => {
    const { out } = await run(['conflicts', 'chest']);
    expect(out).toMatch(
      /c1 +P0002-2\.png +Ada +pneumonia \(Ada, 2026-01-02 00:00:00\) +normal \(Ben, 2026-01-01 00:00:00\)/,
    );
  });

  test('who cannot be added as a server has the project open is told where else', async () => {
    const argv = ['profiles', 'add', 'Ada', '--project', 'chest'];
    const { status, err, asked } = await run(argv, { fail: 'projectLocked', failing: ['open'] });
    expect(status).toBe(1);
    expect(err).toContain('“Let a person sign in”');
    expect(asked.map(([procedure]) => procedure)).not.toContain('profile');
  });

  test('a file name cannot colour the terminal', async () => {
    expect((await run(['import', 'chest', 'films'])).out).toContain('a�[31m.png: It is text. [notAnImage]');
  });

  test('a bar is drawn on a terminal only', async () => {
    const setting = (errIsTerminal: boolean) => ({ errIsTerminal });
    const interrupt = () => {
      const controller = new AbortController();
      return {
        signal: controller.signal,
        onOutput: (_: string, err: string) => err.includes('step') && controller.abort(),
      };
    };
    const stopping = { trainUntilCancelled: { status: 'interrupted' as const } };
    expect((await run(['train', 'chest'], stopping, { ...setting(true), ...interrupt() })).err).toMatch(
      /█+░+ epoch 1/,
    );
    expect((await run(['train', 'chest'], stopping, { ...setting(false), ...interrupt() })).err).not.toMatch(
      /[\r█\u001b]/,
    );
  });
});

describe('serve', () => {
  test.each([false, true])(
    'prints its address once it answers, json %s, and ends at Ctrl-C',
    async (json) => {
      const interrupt = new AbortController();
      let answered = 0;
      const { status, out, engine } = await run(
        ['serve', 'chest', '--port', '0', ...(json ? ['--json'] : [])],
        {},
        {
          signal: interrupt.signal,
          onOutput: (printed) => {
            if (!printed.includes('http') || answered !== 0) return;
            answered = -1;
            const url = json ? (JSON.parse(printed) as { url: string }).url : printed.trim();
            void fetch(url, { redirect: 'manual' }).then((response) => {
              answered = response.status;
              interrupt.abort();
            });
          },
        },
      );
      expect([status, answered]).toEqual([0, 303]);
      if (json) expect(Object.keys(JSON.parse(out) as object)).toEqual(['url']);
      else expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/);
      expect(engine).toEqual({ started: 1, closed: 1 });
    },
  );
});

test('--version and --help need no engine', async () => {
  expect(await run(['--version'])).toMatchObject({ status: 0, out: '9.9.9\n', engine: { started: 0 } });
  expect(JSON.parse((await run(['--version', '--json'])).out)).toEqual({ version: '9.9.9' });
  expect((await run(['help', 'train'])).out).toContain('readroom train chest --resume latest');
});

test('opens for reading only what a dry run looks at, and says that nothing was changed', async () => {
  const file = {
    file: 'films/a.png',
    state: 'new',
    class: 'ill',
    patient: 'P1',
    part: null,
    width: 6,
    height: 5,
  };
  const files = [{ ...file, reason: null }];
  const report = {
    dryRun: true,
    added: 1,
    alreadyPresent: 0,
    refused: [],
    images: 1,
    patients: 1,
    labelled: 1,
  };
  const more = { classes: ['ill'], byClass: { ill: 1 }, warnings: [], labelsFrom: 'folder' };
  const { router, asked } = createCannedEngine({ results: { import: { ...report, ...more, files } } });
  const importing = await runInProcess(['import', 'chest', 'films', '--dry-run'], { router });
  expect(importing.out).toMatch(/films\/a\.png\s+new\s+ill\s+P1\s+–\s+6 × 5/);
  const splitting = await runInProcess(['split', 'chest', '--dry-run'], { router });
  expect(splitting.out).toContain('Dry run, nothing was changed. The split would be by patient');
  const opened = asked.filter(([procedure]) => procedure === 'open');
  expect(opened.map(([, input]) => input)).toMatchObject([{ mode: 'read' }, { mode: 'read' }]);
  expect(asked.find(([procedure]) => procedure === 'split')?.[1]).toMatchObject({ dryRun: true });
});
