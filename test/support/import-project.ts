import { createKeptWeights, type KeptWeights } from '../../src/engine/weights/kept-weights.ts';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { z } from 'zod';

import { importInput, type ImportReport } from '../../src/contract/import.ts';
import type { LabelSchema } from '../../src/contract/project.ts';
import { importImages, importTarget } from '../../src/engine/dataset/import.ts';
import { openForWriting } from '../../src/engine/db/open.ts';
import type { JobContext } from '../../src/engine/jobs.ts';
import {
  createDecodePool,
  type DecodePool,
  type DecodePoolOptions,
} from '../../src/engine/media/decode-pool.ts';
import { createProject, type ProjectSession } from '../../src/engine/project/session.ts';
import { createForkSpawner } from '../../src/rpc/child-process.ts';

export const spawnDecoder = createForkSpawner((entry) =>
  path.join(import.meta.dirname, '..', '..', 'src', 'worker', `${entry}.ts`),
);

export interface ImportBench {
  /** Where sources are put. */
  data: string;
  session: ProjectSession;
  pool: DecodePool;
  /** Empty, beside the project. */
  keptWeights: KeptWeights;
  notes: string[];
  /** Writes files below `data`, with their folders. */
  write(files: Readonly<Record<string, Buffer | string>>): void;
  /** Imports with the real decode child; sources are below `data`. */
  run(input?: ImportOptions): Promise<ImportReport>;
  close(): Promise<void>;
}

export type ImportOptions = Partial<Omit<z.input<typeof importInput>, 'project'>> & {
  signal?: AbortSignal;
};

/** A new project beside an empty folder of data, with a pool of real decode children. */
export async function openImportBench(
  options: { classes?: string[]; labels?: LabelSchema; pool?: Partial<DecodePoolOptions> } = {},
): Promise<ImportBench> {
  const folder = mkdtempSync(path.join(tmpdir(), 'readroom-import-'));
  const data = path.join(folder, 'data');
  mkdirSync(data);
  const project = {
    path: path.join(folder, 'project'),
    ...(options.classes ? { classes: options.classes } : {}),
    ...(options.labels ? { labels: options.labels } : {}),
  };
  const session = await createProject(project, { program: 'test', lockWaitMs: 0 });
  const pool = createDecodePool({ spawn: spawnDecoder, size: 1, ...options.pool });
  const notes: string[] = [];
  return {
    data,
    session,
    pool,
    keptWeights: createKeptWeights(path.join(folder, 'weights')),
    notes,
    write(files) {
      for (const [name, content] of Object.entries(files)) {
        const file = path.join(data, name);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    },
    run({ sources = ['.'], signal = new AbortController().signal, ...input } = {}) {
      const context: JobContext = { signal, progress: (_done, _total, note) => void notes.push(note) };
      return importImages({
        input: importInput.parse({
          ...input,
          project: session.id,
          sources: sources.map((source) => path.join(data, source)),
        }),
        ...importTarget(session, input.dryRun ?? false),
        pool,
        context,
      });
    },
    async close() {
      await pool.close();
      session.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes a project forget what is kept of pictures since schema 2, as if it had been imported before. */
export function forgetPictureFacts(folder: string): void {
  const database = openForWriting(path.join(folder, 'project.sqlite'));
  database.handle.exec(
    'UPDATE image SET mean = NULL, deviation = NULL, sharpness = NULL, difference_hash = NULL',
  );
  // Not by its own close, which would change the journal's mode under the session.
  database.handle.close();
}
