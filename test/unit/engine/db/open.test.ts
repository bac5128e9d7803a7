import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { createProject, openProject, openProjectForReading } from '../../../../src/engine/project/session.ts';
import { openForWriting } from '../../../../src/engine/db/open.ts';

const options = { program: 'readroom test', lockWaitMs: 0 };
let folder: string;

beforeEach(async () => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-open-')), 'project');
  (await createProject({ path: folder, classes: ['a', 'b'] }, options)).close();
});

afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

it('leaves a database that read-only media could open', () => {
  const session = openProjectForReading(folder);
  expect(session.summary()).toMatchObject({ readOnly: true, notices: [], images: 0 });
  expect(() => session.writing()).toThrow(expect.objectContaining({ code: 'projectReadOnly' }));
  session.close();
});

it('reads beside a writer', async () => {
  const writer = await openProject(folder, options);
  const reader = openProjectForReading(folder);
  writer.projects.readerNamed('Ada', 'person');
  expect(reader.projects.readers().map(({ name }) => name)).toEqual(['import', 'Ada']);
  reader.close();
  writer.close();
});

it('refuses a second writer naming the first, and is free again after kill -9', async () => {
  const holder = fork(path.join(import.meta.dirname, '..', '..', '..', 'support', 'hold-project.ts'), [
    folder,
  ]);
  await once(holder, 'message');
  await expect(openProject(folder, options)).rejects.toMatchObject({
    code: 'projectLocked',
    data: { pid: holder.pid, program: 'the holder' },
  });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  (await openProject(folder, options)).close();
});

it('refuses a schema of a newer Readroom, naming both versions', async () => {
  const database = openForWriting(path.join(folder, 'project.sqlite'));
  database.handle.pragma('user_version = 99');
  database.close();
  await expect(openProject(folder, options)).rejects.toMatchObject({
    code: 'projectNewer',
    data: { found: 99 },
  });
});

it('refuses a text file, and a torn database, as damaged and never overwrites them', async () => {
  const file = path.join(folder, 'project.sqlite');
  truncateSync(file, 5000);
  await expect(openProject(folder, options)).rejects.toMatchObject({ code: 'projectDamaged' });
  writeFileSync(file, 'this is a text file, not a database at all');
  await expect(openProject(folder, options)).rejects.toMatchObject({ code: 'projectDamaged' });
  expect(() => openProjectForReading(folder)).toThrow(expect.objectContaining({ code: 'projectDamaged' }));
});

it('says what a folder is not', async () => {
  await expect(openProject(path.join(folder, 'nowhere'), options)).rejects.toMatchObject({
    code: 'projectNotFound',
  });
  await expect(openProject(path.dirname(folder), options)).rejects.toMatchObject({ code: 'notAProject' });
  await expect(createProject({ path: folder }, options)).rejects.toMatchObject({ code: 'projectExists' });
});
