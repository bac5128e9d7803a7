import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'vitest';

import { importReportSchema, splitReportSchema } from '../../src/contract/dataset.ts';
import { ReadroomError } from '../../src/contract/errors.ts';
import type { EngineEvent } from '../../src/contract/events.ts';
import { waitForJob, type EngineClient } from '../../src/rpc/jobs.ts';
import { greyPng, pattern } from '../support/picture-files.ts';

/** 16 films of 8 patients in two class folders, and one text that is called a picture. */
export function writeFilms(): string {
  const folder = mkdtempSync(join(tmpdir(), 'readroom-films-'));
  for (let index = 0; index < 16; index += 1) {
    const name = index % 2 === 0 ? 'normal' : 'opacity';
    mkdirSync(join(folder, name), { recursive: true });
    const samples = pattern(12 * 12).map((sample) => (sample * (index + 3)) % 256);
    writeFileSync(join(folder, name, `P${Math.floor(index / 2)}_${index}.png`), greyPng(12, 12, samples));
  }
  writeFileSync(join(folder, 'normal', 'notes.png'), 'not a picture');
  return folder;
}

async function failureOf(call: Promise<unknown>): Promise<ReadroomError> {
  const error: unknown = await call.then(
    () => new Error('it did not fail'),
    (failure: unknown) => failure,
  );
  if (error instanceof ReadroomError) return error;
  throw error;
}

/**
 * A morning's work through a client, and what it must look like whatever carries the calls: import,
 * labels with undo and history, a split, failures with code and hint, and the events of all that.
 */
export async function playScenario(client: EngineClient): Promise<void> {
  const films = writeFilms();
  const folder = mkdtempSync(join(tmpdir(), 'readroom-project-'));
  const listening = new AbortController();
  const seen: EngineEvent[] = [];
  let lastSeq = 0;
  let refusal: unknown = null;
  const listener = (async () => {
    for await (const { seq, event } of await client.system.events(
      { since: 0 },
      { signal: listening.signal },
    )) {
      if (seq !== lastSeq + 1) refusal = new Error(`event ${seq} came after event ${lastSeq}`);
      lastSeq = seq;
      seen.push(event);
    }
  })().catch((error: unknown) => {
    if (!listening.signal.aborted) refusal = error;
  });

  const made = await client.project.create({ path: join(folder, 'chest'), name: 'Röntgen – „Thorax“' });
  expect(made).toMatchObject({ name: 'Röntgen – „Thorax“', images: 0, classes: [], readOnly: false });
  const { project } = made;

  const importing = await client.dataset.import({
    project,
    sources: [films],
    labels: { from: 'folder' },
    patient: { from: 'regex', pattern: '(P[0-9]+)_' },
  });
  const report = importReportSchema.parse(await waitForJob(client, importing.job));
  expect(report).toMatchObject({
    added: 16,
    images: 16,
    patients: 8,
    labelled: 16,
    classes: ['normal', 'opacity'],
  });
  expect(report.refused).toMatchObject([{ code: 'notAnImage' }]);

  const again = await client.dataset.import({ project, sources: [films], labels: { from: 'none' } });
  expect(importReportSchema.parse(await waitForJob(client, again.job))).toMatchObject({
    added: 0,
    alreadyPresent: 16,
  });
  // A client that comes back later reads the row: nothing was missed.
  expect(await waitForJob(client, importing.job)).toEqual(await waitForJob(client, importing.job));

  const { total, rows } = await client.dataset.images({ project, limit: 5 });
  expect([total, rows.length]).toEqual([16, 5]);
  const first = rows[0]!;
  const other = first.label === 'normal' ? 'opacity' : 'normal';

  const labelled = await client.label.set({ project, image: first.image, class: other, reader: 'Dr Weber' });
  expect(labelled).toMatchObject({ image: first.image, label: other, reader: 'Dr Weber' });
  await client.label.undo({ project, reader: 'Dr Weber' });
  await client.label.redo({ project, reader: 'Dr Weber' });
  const history = await client.label.history({ project, image: first.image });
  expect(history.filter((event) => event.reader === 'Dr Weber').map(({ kind }) => kind)).toEqual([
    'label.set',
    'undo',
    'redo',
  ]);

  const splitting = await client.dataset.split({ project, train: 0.5, val: 0.25, test: 0.25, seed: 7 });
  const split = splitReportSchema.parse(await waitForJob(client, splitting.job));
  expect(split.patients.train + split.patients.val + split.patients.test).toBe(8);
  expect(await client.dataset.currentSplit({ project })).toEqual(split);

  const unknown = await failureOf(
    client.label.set({ project, image: 'no-such-film.png', class: other, reader: 'Dr Weber' }),
  );
  expect(unknown.code).toBe('unknownImage');
  expect(unknown.message).toContain('no-such-film.png');
  expect((await failureOf(client.project.create({ path: join(folder, 'chest') }))).code).toBe(
    'projectExists',
  );
  expect((await failureOf(client.job.get({ job: 'none' }))).code).toBe('unknownJob');
  // @ts-expect-error a share that is no number is the point
  const refused = await failureOf(client.dataset.split({ project, train: 'most' }));
  expect(refused.code).toBe('usage');
  expect(refused.message).toContain('train');
  const failing = await client.dataset.import({
    project,
    sources: [join(films, 'gone')],
    labels: { from: 'none' },
  });
  expect((await failureOf(waitForJob(client, failing.job))).hint).not.toBe('');

  await expect.poll(() => seen.filter(({ type }) => type === 'job.ended')).toHaveLength(4);
  listening.abort();
  await listener;
  expect(refusal).toBeNull();
  expect(seen.filter(({ type }) => type === 'label.changed')).toHaveLength(3);
  await client.project.close({ project });
  expect((await failureOf(client.project.get({ project }))).code).toBe('projectNotFound');
}
