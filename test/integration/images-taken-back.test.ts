import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';

import { imageDetail } from '../../src/engine/dataset/image-detail.ts';
import { labelsAsOf } from '../../src/engine/label/label-history.ts';
import { assignLabels, reverseLabel, setLabel } from '../../src/engine/label/label-service.ts';
import { planTraining } from '../../src/engine/runs/train.ts';
import { type ImportBench, openImportBench } from '../support/import-project.ts';
import { greyPng, pattern } from '../support/picture-files.ts';
import { openRunBench, quickly, spawn, untroubled } from '../support/run-bench.ts';

let bench: ImportBench;
afterEach(() => bench.close());

const picture = (shade: number): Buffer =>
  greyPng(
    4,
    4,
    pattern(16).map((value) => (value + shade) % 256),
  );
const undo = (reader: string) => reverseLabel(bench.session, 'undo', reader);
const redo = (reader: string) => reverseLabel(bench.session, 'redo', reader);
const detail = (name: string) => imageDetail(bench.session, bench.session.dataset.findImage(name));

/** Takes an import back that nobody did by name. */
function takeBackAll(): void {
  const database = new Database(path.join(bench.session.folder, 'project.sqlite'), { readonly: true });
  const id = database.prepare<[], string>('SELECT id FROM import').pluck().get()!;
  database.close();
  const actor = bench.session.projects.readerNamed('Ada', 'person').id;
  bench.session.writing().journal.set([{ target: { kind: 'import', id }, to: null }], { actor, round: '' });
}

describe('images whose import was taken back', () => {
  it('are trained on by no run that waited or was paused meanwhile', async () => {
    bench = await openRunBench();
    const hold = new AbortController();
    const plan = (request: { resume?: string } = {}) =>
      planTraining(
        bench.session,
        { set: request.resume === undefined ? quickly : {}, ...request },
        {
          ...{ spawn, pool: bench.pool, keptWeights: bench.keptWeights },
          publish: ({ type }) => type === 'run.stepEnded' && hold.abort(),
        },
      );
    const paused = await plan();
    expect((await paused.train(untroubled(), hold.signal)).status).toBe('paused');
    const waiting = await plan();
    takeBackAll();
    const refusal = {
      code: 'unknownImage',
      message: '24 of 24 images of this version of the dataset were taken back with their import.',
    };
    await expect(waiting.train(untroubled())).rejects.toMatchObject(refusal);
    const resumed = await plan({ resume: paused.run });
    await expect(resumed.train(untroubled())).rejects.toMatchObject(refusal);
    expect(bench.session.runs.get(waiting.run).status).toBe('failed');
  });

  it('leave their places to other files, and do not come back there', async () => {
    bench = await openImportBench({ classes: ['a'] });
    bench.write({ 'x.png': picture(1), 'y.png': picture(2) });
    await bench.run({ reader: 'Ada' });
    const before = detail('x.png');
    undo('Ada');
    bench.write({ 'x.png': picture(3) });
    const again = await bench.run({ sources: ['x.png'], reader: 'Ben' });
    expect(again).toMatchObject({ added: 1, refused: [] });
    expect(detail('x.png').pixelSha256).not.toBe(before.pixelSha256);
    expect(() => redo('Ada')).toThrow('Another picture was imported since from where "x.png" lay.');
    // Under another name it is the image that it was.
    bench.write({ 'z.png': picture(1) });
    expect(await bench.run({ reader: 'Ben' })).toMatchObject({ added: 2, alreadyPresent: 1, refused: [] });
    expect(detail('z.png').image).toBe(before.image);
    expect(bench.session.dataset.file(before.image).missingSince).toBeNull();
  });

  it('keep the time from which they were there, and those who read only them are no readers of the project', async () => {
    bench = await openImportBench({ classes: ['a'] });
    bench.write({ 'x.png': picture(1) });
    await bench.run({ reader: 'Ada' });
    const { image } = detail('x.png');
    assignLabels(bench.session, [image], { change: { class: 'a' }, reader: 'Ada', round: '' });
    const then = new Date().toISOString();
    await sleep(5);
    expect(bench.session.dataset.dataFlow()).toMatchObject({ images: 1, readers: 1 });
    takeBackAll();
    expect(bench.session.dataset.dataFlow()).toMatchObject({ images: 0, readers: 0 });
    await bench.run({ reader: 'Ben' });
    expect(labelsAsOf(bench.session, then, [image])).toMatchObject([{ label: 'a' }]);
  });
});

describe('whose images are, as an import said,', () => {
  const table = (patients: Record<string, string>): void =>
    writeFileSync(
      path.join(bench.data, 'patients.csv'),
      ['file,label,patient', ...Object.entries(patients).map(([file, key]) => `${file},,${key}`)].join('\n'),
    );
  const name = (reader: string) =>
    bench.run({
      ...{ sources: ['films'], reader, patient: { from: 'column', column: 'patient' } },
      labels: { from: 'table', file: path.join(bench.data, 'patients.csv') },
    });

  it('is taken back and said again with it', async () => {
    bench = await openImportBench({ classes: ['a'] });
    bench.write({ 'films/x.png': picture(1), 'films/y.png': picture(2) });
    await bench.run({ sources: ['films'] });
    table({ 'x.png': 'wrong', 'y.png': 'wrong' });
    await name('Ada');
    setLabel(bench.session, { image: 'x.png', class: 'a', reader: 'Ben' });
    expect(detail('x.png').patient).toBe('wrong');
    undo('Ada');
    expect(detail('x.png')).toMatchObject({ patient: null, label: 'a' });
    redo('Ada');
    expect([detail('x.png').patient, detail('y.png').patient]).toEqual(['wrong', 'wrong']);
    undo('Ada');
    table({ 'x.png': 'right' });
    await name('Ben');
    // Who is first again is believed again.
    expect([detail('x.png').patient, detail('y.png').patient]).toEqual(['right', null]);
    redo('Ada');
    expect([detail('x.png').patient, detail('y.png').patient]).toEqual(['wrong', 'wrong']);
    undo('Ada');
    expect([detail('x.png').patient, detail('y.png').patient]).toEqual(['right', null]);
  });
});
