import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { openForWriting } from '../../../../src/engine/db/open.ts';
import { createOpenProjects } from '../../../../src/engine/projects.ts';
import { createProject, openProject, openProjectForReading } from '../../../../src/engine/project/session.ts';

const options = { program: 'readroom test', lockWaitMs: 0 };
let folder: string;
let database: string;

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'readroom-session-')), 'project');
  database = path.join(folder, 'project.sqlite');
});

afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

it('lets only one of two that make a project at once make it, and harms it not', async () => {
  // Both find the folder empty; the second then waits for the lock.
  const first = createProject({ path: folder, classes: ['a', 'b'] }, options);
  const second = createProject({ path: folder, classes: ['x'] }, { ...options, lockWaitMs: 10_000 });
  const refusal = expect(second).rejects.toMatchObject({ code: 'projectExists' });
  (await first).close();
  await refusal;
  const session = await openProject(folder, options);
  expect(session.projects.classes().map(({ name }) => name)).toEqual(['a', 'b']);
  session.close();
});

it.each([
  ['an empty file', () => writeFileSync(database, '')],
  ['a schema without a project', () => openForWriting(database).close()],
  ['a log beside it', () => void openForWriting(database)],
])('makes a project where one that was killed left %s, and says so', async (_what, leave) => {
  mkdirSync(folder);
  leave();
  writeFileSync(path.join(folder, 'readroom.json'), '{}');
  const sentence = { code: 'notAProject', hint: expect.stringContaining('readroom new') as string };
  await expect(openProject(folder, options)).rejects.toMatchObject(sentence);
  expect(() => openProjectForReading(folder)).toThrow(expect.objectContaining(sentence));
  const session = await createProject({ path: folder, classes: ['a'] }, options);
  expect(session.summary().classes).toHaveLength(1);
  session.close();
  (await openProject(folder, options)).close();
});

it('keeps what it did not make, and writes nothing into a folder that is no project', async () => {
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'film.png'), 'x');
  await expect(openProject(folder, options)).rejects.toMatchObject({ code: 'notAProject' });
  expect(readdirSync(folder)).toEqual(['film.png']);
  openForWriting(database).close();
  await expect(createProject({ path: folder }, options)).rejects.toMatchObject({ code: 'folderNotEmpty' });
  expect(existsSync(path.join(folder, 'film.png'))).toBe(true);
});

it('opens although the daily backup fails, and says so', async () => {
  (await createProject({ path: folder }, options)).close();
  writeFileSync(path.join(folder, 'backups'), 'a file where the folder should be');
  const projects = createOpenProjects(options, {
    settle: () => Promise.resolve(),
    opened: () => undefined,
    openedAgain: () => undefined,
    closing: () => undefined,
    closed: () => undefined,
  });
  const session = await projects.open(folder, 'write');
  expect(session.summary().notices).toEqual([expect.stringContaining('backup')]);
  await projects.close(session.id);
});

it('reports a run whose engine was killed as interrupted, and one that trains elsewhere as running', async () => {
  (await createProject({ path: folder }, options)).close();
  const written = openForWriting(database);
  written.handle.exec(`
    INSERT INTO dataset_version (hash, split_by, seed, report, created_at)
      VALUES ('${'0'.repeat(64)}', 'image', 1, '{}', '2026-01-01');
    INSERT INTO run (id, status, recipe, dataset_version, network, parameters, warnings, created_at)
      VALUES ('r', 'running', '{}', '${'0'.repeat(64)}', 'alexnet', 1, '[]', '2026-01-01');
    INSERT INTO job (id, kind, status, done, note, started_at) VALUES ('j', 'train', 'running', 0, '', '2026-01-01');`);
  written.close();
  const support = path.join(import.meta.dirname, '..', '..', '..', 'support');
  const holder = fork(path.join(support, 'hold-project.ts'), [folder]);
  await once(holder, 'message');
  const reader = openProjectForReading(folder);
  const seen = (): string[] => [reader.runs.get('r').status, reader.runs.list()[0]!.status];
  expect(seen()).toEqual(['running', 'running']);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(seen()).toEqual(['interrupted', 'interrupted']);
  expect(reader.jobs.get('j')?.status).toBe('interrupted');
  expect(reader.runs.unfinished()).toEqual(['r']);
  reader.close();
});
